using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Hostile;

/// <summary>Clients that never finish, never read, never speak, or come in thousands.</summary>
[Collection(HeavyCollection.Name)]
public sealed partial class ConnectionTests
{
    private const int ManyConnections = 10_000;

    [Theory]
    [MemberData(nameof(HostileServers.Kinds), MemberType = typeof(HostileServers))]
    public void Slow_and_half_open_connections_hold_nobody_up(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        long before = server.RssBytes;
        var slow = new List<RespClient>();
        byte[] command = RespClient.Encode("SET", "slow", new string('x', 40));
        for (int i = 0; i < 100; i++)
        {
            RespClient client = server.Connect();
            slow.Add(client);
            switch (i % 4)
            {
                case 0: // Announces an argument that never comes.
                    client.SendRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$400000000\r\nabc");
                    break;
                case 1: // Says nothing more after closing its side in the middle of a command.
                    client.SendRaw(command.AsSpan(0, 9));
                    client.Socket.Shutdown(SocketShutdown.Send);
                    break;
                case 2: // Goes away with a reset.
                    client.SendRaw(command.AsSpan(0, 12));
                    client.Socket.LingerState = new LingerOption(true, 0);
                    client.Dispose();
                    break;
                default:
                    break;
            }
        }
        // One byte at a time over the silent ones; each command completes, and meanwhile others are served at once.
        var watch = Stopwatch.StartNew();
        using RespClient other = server.Connect();
        foreach (byte b in command)
        {
            for (int i = 3; i < slow.Count; i += 4)
                slow[i].SendRaw([b]);
            Assert.Equal("PONG", other.Call("PING").Text);
        }
        Assert.True(watch.ElapsedMilliseconds < 30_000);
        for (int i = 3; i < slow.Count; i += 4)
            Assert.Equal("OK", slow[i].Read().Text);
        foreach (RespClient client in slow)
            client.Dispose();
        other.Dispose();
        HostileServers.AssertRecovered(server, before, 32 << 20);
    }

    [Theory]
    [MemberData(nameof(HostileServers.Kinds), MemberType = typeof(HostileServers))]
    public void Ten_thousand_connections(ServerKind kind)
    {
        RaiseDescriptorLimit(ManyConnections + 2000);
        using ServerProcess server = ServerProcess.Start(kind, "--maxclients", (ManyConnections + 100).ToString(), "--tcp-backlog", "4096");
        long before = server.RssBytes;
        var clients = new List<RespClient>(ManyConnections);
        try
        {
            byte[] command = RespClient.Encode("INCR", "n");
            // Several loopback addresses would be needed past 28,000: the ephemeral ports of one suffice here.
            for (int i = 0; i < ManyConnections; i++)
                clients.Add(server.Connect(60_000));
            for (int round = 1; round <= 2; round++)
            {
                foreach (RespClient client in clients)
                    client.SendRaw(command);
                var seen = new HashSet<long>();
                foreach (RespClient client in clients)
                    Assert.True(seen.Add(client.Read().Integer));
                Assert.Equal((long)round * ManyConnections, seen.Max());
            }
            Assert.Contains($"connected_clients:{ManyConnections}\r\n", clients[0].Call("INFO", "clients").Text, StringComparison.Ordinal);
        }
        finally
        {
            foreach (RespClient client in clients)
                client.Dispose();
        }
        HostileServers.AssertRecovered(server, before, 128 << 20);
    }

    [Theory]
    [MemberData(nameof(HostileServers.Kinds), MemberType = typeof(HostileServers))]
    public void The_client_over_maxclients_is_told_so(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind, "--maxclients", "10");
        var clients = new List<RespClient>();
        for (int i = 0; i < 10; i++)
        {
            clients.Add(server.Connect());
            Assert.Equal("PONG", clients[i].Call("PING").Text);

            // Whoever asked whether the server has started may not have gone yet.
            if (i == 0)
                Patience.Until(() => clients[0].Call("INFO", "clients").Text.Contains("connected_clients:1\r\n", StringComparison.Ordinal), "somebody is there");
        }
        using (RespClient refused = server.Connect())
            Assert.Equal("-ERR max number of clients reached\r\n", Encoding.Latin1.GetString(refused.ReadToEnd()));
        Assert.Contains("rejected_connections:1\r\n", clients[0].Call("INFO", "stats").Text, StringComparison.Ordinal);
        Assert.Equal("OK", clients[0].Call("CONFIG", "SET", "maxclients", "20").Text);
        using (RespClient more = server.Connect())
            Assert.Equal("PONG", more.Call("PING").Text);
        foreach (RespClient client in clients)
            client.Dispose();
        HostileServers.AssertSoon(() => Answers(server), () => "no connection is accepted after the others have gone");
    }

    [Theory]
    [MemberData(nameof(HostileServers.Kinds), MemberType = typeof(HostileServers))]
    public void Idle_clients_are_closed_after_the_timeout(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind, "--timeout", "2");
        using RespClient idle = server.Connect();
        using RespClient busy = server.Connect();
        Assert.Equal("PONG", idle.Call("PING").Text);
        for (int i = 0; i < 15; i++)
        {
            Assert.Equal("PONG", busy.Call("PING").Text);
            Thread.Sleep(200);
        }
        Assert.Empty(idle.ReadToEnd());
    }

    private static bool Answers(ServerProcess server)
    {
        try
        {
            using RespClient client = server.Connect();
            return client.Call("PING").Text == "PONG";
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException)
        {
            return false;
        }
    }

    private static void RaiseDescriptorLimit(ulong atLeast)
    {
        const int NoFile = 7;
        GetLimit(NoFile, out Limit limit);
        if (limit.Soft >= atLeast)
            return;
        Limit raised = new(atLeast, Math.Max(limit.Hard, atLeast));
        Assert.True(SetLimit(NoFile, in raised) == 0, $"this test needs {atLeast} descriptors and may have {limit.Hard}");
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    private readonly record struct Limit(ulong Soft, ulong Hard);
}
