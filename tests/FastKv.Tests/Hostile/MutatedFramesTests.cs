using System.Net.Sockets;
using System.Text;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Hostile;

/// <summary>
/// A million RESP frames that were damaged by chance, and plain random bytes. Whatever comes, the server must live, keep other clients
/// served and leak nothing; what it answers to damage is compared elsewhere (ProtocolErrorTests).
/// </summary>
[Collection(HeavyCollection.Name)]
public sealed class MutatedFramesTests(ITestOutputHelper output)
{
    private const int Frames = 1_000_000;
    private const int MaxFramesPerConnection = 250;
    private const int Senders = 4;

    // Commands that stop, block or reconfigure a server are left out: damage must not look like an order to do so.
    private static readonly string[][] Commands =
    [
        ["GET", "k1"], ["SET", "k1", "value"], ["SET", "k2", "v", "EX", "100"], ["MGET", "k1", "k2", "k3"], ["MSET", "k1", "a", "k2", "b"], ["INCR", "n"],
        ["APPEND", "a", "x"], ["DEL", "a", "k2"],
        ["SETRANGE", "r", "10", "abc"], ["GETRANGE", "r", "0", "-1"], ["SETBIT", "b", "7", "1"], ["BITFIELD", "b", "SET", "u8", "0", "255"],
        ["BITOP", "OR", "b2", "b", "k1"], ["BITCOUNT", "b"],
        ["EXPIRE", "k1", "100"], ["TTL", "k1"], ["RENAME", "k1", "k2"], ["COPY", "k1", "k3"], ["SCAN", "0"], ["KEYS", "*"], ["SELECT", "1"],
        ["MOVE", "k1", "2"], ["PING"], ["ECHO", "x"], ["HELLO", "3"],
        ["OBJECT", "ENCODING", "k1"], ["TYPE", "k1"], ["LCS", "k1", "k2"], ["COMMAND", "GETKEYS", "SET", "a", "b"], ["CLIENT", "SETNAME", "x"], ["RESET"],
        ["DBSIZE"], ["TIME"], ["GETEX", "k1"],
    ];

    // No large offset that is valid: a stray one would allocate up to half a gigabyte at once.
    private static readonly string[] Numbers = ["0", "-1", "9223372036854775807", "-9223372036854775808", "4294967296", "18446744073709551616", "1.5", "nan",
        "65536"];

    [Theory]
    [MemberData(nameof(HostileServers.Kinds), MemberType = typeof(HostileServers))]
    public void A_million_damaged_frames(ServerKind kind)
    {
        const int Seed = 20_261_120;
        using ServerProcess server = ServerProcess.Start(kind);
        long before = server.RssBytes;
        int connections = 0;
        var senders = new Thread[Senders];
        var failures = new List<string>();
        for (int i = 0; i < Senders; i++)
        {
            int seed = Seed + i;
            senders[i] = new Thread(() =>
            {
                try
                {
                    Interlocked.Add(ref connections, Send(server, seed, Frames / Senders));
                }
                catch (Exception e)
                {
                    lock (failures)
                        failures.Add($"seed {seed}: {e}");
                }
            });
            senders[i].Start();
        }
        foreach (Thread sender in senders)
            sender.Join();
        Assert.True(failures.Count == 0, string.Join('\n', failures) + server.Log);
        output.WriteLine($"seed {Seed}: {Frames} frames over {connections} connections");
        using (RespClient client = server.Connect())
        {
            string processed = client.Call("INFO", "stats").Text.Split("total_commands_processed:")[1].Split('\r')[0];
            output.WriteLine($"{processed} commands processed");
            Assert.True(long.Parse(processed) > Frames / 2, $"only {processed} of {Frames} frames got past the parser");
        }
        HostileServers.AssertRecovered(server, before, 64 << 20);
    }

    // Each connection carries batches of commands whose arguments are damaged but framed well, so that they get past the parser,
    // and ends with damaged framing, which ends the connection or makes it wait for bytes that never come.
    private static int Send(ServerProcess server, int seed, int count)
    {
        var random = new Random(seed);
        var batch = new MemoryStream();
        int connections = 0;
        for (int sent = 0; sent < count; connections++)
        {
            using RespClient client = random.Next(2) == 0 ? server.Connect() : server.ConnectUnix();
            int frames = random.Next(1, MaxFramesPerConnection);
            sent += frames;
            batch.SetLength(0);
            for (int i = 0; i < frames - 4; i++)
                batch.Write(DamagedCommand(random));
            for (int i = 0; i < 4; i++)
                batch.Write(DamagedFraming(random));
            try
            {
                client.SendRaw(batch.ToArray());
                client.Socket.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.NotConnected)
            {
                // Closed upon the first protocol error: the next connection carries on.
                continue;
            }
            client.ReadToEnd();
        }
        return connections;
    }

    private static byte[] DamagedCommand(Random random)
    {
        byte[][] command = Commands[random.Next(Commands.Length)].Select(Encoding.Latin1.GetBytes).ToArray();
        int at = random.Next(command.Length);
        switch (random.Next(8))
        {
            case 0:
                command[at] = Noise(random, 40);
                break;
            case 1:
                return RespClient.Encode(command[..at].Append(Noise(random, 8)).Concat(command[at..]).ToArray());
            case 2 when command.Length > 1:
                return RespClient.Encode(command.Where((_, i) => i != at).ToArray());
            case 3:
                command[at] = Encoding.ASCII.GetBytes(Numbers[random.Next(Numbers.Length)]);
                break;
            case 4:
                command[at][random.Next(command[at].Length)] = (byte)random.Next(256);
                break;
            case 5:
                return RespClient.Encode(command.Concat(Commands[random.Next(Commands.Length)].Select(Encoding.Latin1.GetBytes)).ToArray());
            default:
                break;
        }
        return RespClient.Encode(command);
    }

    private static byte[] DamagedFraming(Random random)
    {
        byte[] frame = RespClient.Encode(Commands[random.Next(Commands.Length)]);
        int at = random.Next(frame.Length);
        switch (random.Next(7))
        {
            case 0:
                frame[at] = (byte)random.Next(256);
                return frame;
            case 1:
                return frame[..at];
            case 2:
                return [.. frame[..at], .. frame[random.Next(frame.Length)..]];
            case 3:
                return [.. frame[..at], .. Encoding.ASCII.GetBytes(random.Next(2) == 0 ? "-1" : random.NextInt64().ToString()), .. frame[at..]];
            case 4:
                return [.. frame[..at], .. "\r\n"u8, .. frame[at..]];
            case 5:
                return Noise(random, 60);
            default:
                return [.. Encoding.ASCII.GetBytes($"*{random.Next(-3, 2_000_000)}\r\n"), .. frame[at..]];
        }
    }

    private static byte[] Noise(Random random, int maxLength)
    {
        var noise = new byte[random.Next(maxLength)];
        random.NextBytes(noise);
        return noise;
    }
}
