using System.Net;
using System.Net.Sockets;
using FastKv.Network;
using Xunit;

namespace FastKv.Tests.Network;

/// <summary>Bytes come back as they were sent: every transport, small and large, one connection and many.</summary>
public sealed class EchoTests
{
    public static TheoryData<IoEngine> Engines => new(IoEngine.Epoll, IoEngine.IoUring);

    public static TheoryData<IoEngine, string> Transports
    {
        get
        {
            var data = new TheoryData<IoEngine, string>();
            foreach (string transport in new[] { "v4", "v6", "unix" })
            {
                data.Add(IoEngine.Epoll, transport);
                data.Add(IoEngine.IoUring, transport);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public void EchoesPiecesOfEverySize(IoEngine engine, string transport)
    {
        using var host = new LoopHost(engine);
        using Socket client = LoopHost.Dial(host.Listen(transport).EndPoint);
        var random = new Random(1);
        for (int round = 0; round < 200; round++)
        {
            byte[] sent = new byte[random.Next(1, round % 10 == 0 ? 100_000 : 2000)];
            random.NextBytes(sent);
            byte[] received = new byte[sent.Length];
            client.Send(sent);
            LoopHost.ReceiveAll(client, received);
            Assert.Equal(sent, received);
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void EchoesByteByByte(IoEngine engine)
    {
        using var host = new LoopHost(engine);
        using Socket client = LoopHost.Dial(host.Listen().EndPoint);
        client.NoDelay = true;
        byte[] one = new byte[1];
        for (int i = 0; i < 2000; i++)
        {
            one[0] = (byte)i;
            client.Send(one);
            LoopHost.ReceiveAll(client, one);
            Assert.Equal((byte)i, one[0]);
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public void CarriesAHundredMegabytesBothWays(IoEngine engine, string transport)
    {
        const int Total = 100 * 1024 * 1024;
        const int OutputMax = 1024 * 1024;
        using var host = new LoopHost(engine);
        host.Received = (connection, bytes) =>
        {
            connection.Output.Append(bytes);
            host.Loop.Flush(connection);
            if (connection.PendingOutputBytes > OutputMax) host.Loop.PauseReceive(connection);
        };
        host.Writable = host.Loop.ResumeReceive;
        using Socket client = LoopHost.Dial(host.Listen(transport).EndPoint);
        var sender = new Thread(() => SendPattern(client, Total));
        sender.Start();
        CheckPattern(client, Total, stallEvery: 0);
        sender.Join();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void FinishesALongReplyToASlowReader(IoEngine engine)
    {
        const int Total = 32 * 1024 * 1024;
        using var host = new LoopHost(engine);
        int writable = 0;
        host.Writable = _ => Interlocked.Increment(ref writable);
        host.Received = (connection, _) =>
        {
            for (int position = 0; position < Total; position += PatternStep) connection.Output.Append(Pattern(position));
            host.Loop.Flush(connection);
        };
        using Socket client = LoopHost.Dial(host.Listen().EndPoint);
        client.Send("x"u8);
        CheckPattern(client, Total, stallEvery: 4 * 1024 * 1024);
        host.WaitUntil(() => Volatile.Read(ref writable) == 1, "one OnWritable");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void ServesAThousandConnections(IoEngine engine)
    {
        using var host = new LoopHost(engine);
        Listener listener = host.Listen();
        var clients = new Socket[1000];
        for (int i = 0; i < clients.Length; i++) clients[i] = LoopHost.Dial(listener.EndPoint);
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < clients.Length; i++) clients[i].Send(BitConverter.GetBytes(i + round));
            byte[] reply = new byte[sizeof(int)];
            for (int i = 0; i < clients.Length; i++)
            {
                LoopHost.ReceiveAll(clients[i], reply);
                Assert.Equal(i + round, BitConverter.ToInt32(reply));
            }
        }

        Assert.Equal(clients.Length, host.Do(() => host.Loop.ConnectionCount));
        foreach (Socket client in clients) client.Dispose();
        host.WaitUntil(() => host.Loop.ConnectionCount == 0, "all closed");
        Assert.Equal(clients.Length, host.CloseReasons.Count(reason => reason == CloseReason.Peer));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void AllocatesNothingPerRoundTrip(IoEngine engine)
    {
        const int Warm = 2000;
        const int Measured = 10_000;
        using var host = new LoopHost(engine);
        int rounds = 0;
        long before = 0;
        long after = 0;
        host.Received = (connection, bytes) =>
        {
            rounds++;
            if (rounds == Warm) before = GC.GetAllocatedBytesForCurrentThread();
            if (rounds == Warm + Measured) after = GC.GetAllocatedBytesForCurrentThread();
            connection.Output.Append(bytes);
            host.Loop.Flush(connection);
        };
        using Socket client = LoopHost.Dial(host.Listen().EndPoint);
        byte[] message = new byte[64];
        for (int i = 0; i < Warm + Measured; i++)
        {
            client.Send(message);
            LoopHost.ReceiveAll(client, message);
        }

        Assert.Equal(Warm + Measured, host.Do(() => rounds));

        // Nothing per round trip; the runtime may put a word or two on the thread's account once (a contended lock gets its sync block).
        Assert.InRange(after - before, 0, 256);
    }

    private const int PatternStep = 64 * 1024;

    /// <summary>64 KiB that tell their position.</summary>
    private static byte[] Pattern(int position)
    {
        byte[] bytes = new byte[PatternStep];
        for (int i = 0; i < bytes.Length; i += 8) BitConverter.TryWriteBytes(bytes.AsSpan(i), (long)position + i);
        return bytes;
    }

    private static void SendPattern(Socket socket, int total)
    {
        for (int position = 0; position < total; position += PatternStep)
        {
            byte[] bytes = Pattern(position);
            for (int sent = 0; sent < bytes.Length;) sent += socket.Send(bytes.AsSpan(sent));
        }
    }

    private static void CheckPattern(Socket socket, int total, int stallEvery)
    {
        byte[] received = new byte[PatternStep];
        for (int position = 0; position < total; position += PatternStep)
        {
            if (stallEvery > 0 && position % stallEvery == 0) Thread.Sleep(20);
            LoopHost.ReceiveAll(socket, received);
            Assert.True(received.AsSpan().SequenceEqual(Pattern(position)), $"wrong bytes near {position}");
        }
    }
}
