using System.Net;
using System.Net.Sockets;
using FastKv.Network;
using Xunit;

namespace FastKv.Tests.Network;

/// <summary>Listening, connecting, pausing, waking, and the engine's choice.</summary>
public sealed class LoopTests
{
    public static TheoryData<IoEngine> Engines => new(IoEngine.Epoll, IoEngine.IoUring);

    [Fact]
    public void ProbesTheKernel()
    {
        bool usable = EventLoop.ProbeIoUring(out string reason);
        Assert.NotEmpty(reason);
        using var host = new LoopHost(IoEngine.Auto);
        Assert.Equal(usable ? "io_uring" : "epoll", host.Loop.EngineName);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void PauseKeepsOrderAndHoldsBack(IoEngine engine)
    {
        const int Total = 4_000_000;
        using var host = new LoopHost(engine);
        var random = new Random(7);
        long expected = 0;
        int pauses = 0;
        string? fault = null;
        host.Received = (connection, bytes) =>
        {
            if (connection.IsPaused) fault ??= "received while paused";
            foreach (byte value in bytes)
            {
                if (value != (byte)(expected * 31 / 7)) fault ??= $"wrong byte at {expected}";
                expected++;
            }

            if (random.Next(3) != 0) return;
            pauses++;
            host.Loop.PauseReceive(connection);
            if (random.Next(2) == 0) host.Loop.ResumeReceive(connection);
            else ThreadPool.QueueUserWorkItem(_ => host.Do(() => host.Loop.ResumeReceive(connection)));
        };
        using Socket client = LoopHost.Dial(host.Listen().EndPoint);
        byte[] data = new byte[Total];
        for (long i = 0; i < Total; i++) data[i] = (byte)(i * 31 / 7);
        for (int sent = 0; sent < Total;) sent += client.Send(data.AsSpan(sent, Math.Min(random.Next(1, 60_000), Total - sent)));
        host.WaitUntil(() => expected == Total || fault is not null, "all bytes");
        Assert.Null(host.Do(() => fault));
        Assert.True(host.Do(() => pauses) > 5);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void APausedConnectionHearsOfTheEndOnlyWhenResumed(IoEngine engine)
    {
        using var host = new LoopHost(engine);
        Connection? paused = null;
        long received = 0;
        host.Accepted = connection =>
        {
            paused = connection;
            host.Loop.PauseReceive(connection);
        };
        host.Received = (_, bytes) => received += bytes.Length;
        Socket client = LoopHost.Dial(host.Listen().EndPoint);
        client.Send(new byte[100_000]);
        client.Dispose();
        Thread.Sleep(50);
        Assert.Equal(0, host.Do(() => received));
        Assert.Empty(host.CloseReasons);
        host.Do(() => host.Loop.ResumeReceive(paused!));
        host.WaitUntil(() => host.Loop.ConnectionCount == 0, "closed");
        Assert.Equal(100_000, host.Do(() => received));
        Assert.Equal([CloseReason.Peer], host.CloseReasons);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void ConnectsAndSendsWhatWasQueuedBefore(IoEngine engine)
    {
        using var server = new LoopHost(engine);
        using var client = new LoopHost(engine);
        foreach (string transport in new[] { "v4", "v6", "unix" })
        {
            EndPoint endPoint = server.Listen(transport).EndPoint;
            string answer = "";
            bool connected = false;
            object owner = new();
            client.Connected = connection => connected = ReferenceEquals(connection.Owner, owner);
            client.Received = (_, bytes) => answer += System.Text.Encoding.ASCII.GetString(bytes);
            client.Do(() =>
            {
                Connection connection = client.Loop.Connect(endPoint, owner);
                connection.Output.Append("hello"u8);
                client.Loop.Flush(connection);
            });
            client.WaitUntil(() => answer == "hello", "the echo");
            Assert.True(client.Do(() => connected));
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void ARefusedConnectEndsWithAnError(IoEngine engine)
    {
        const int ConnectionRefused = 111;
        using var host = new LoopHost(engine);
        Listener listener = host.Listen();
        host.Do(() => host.Loop.CloseListener(listener));
        int error = 0;
        host.Connected = _ => error = -1;
        host.Closed = (connection, _) => error = connection.ErrorCode;
        host.Do(() => host.Loop.Connect(listener.EndPoint, null));
        host.WaitUntil(() => error != 0, "an answer");
        Assert.Equal(ConnectionRefused, host.Do(() => error));
        Assert.Equal([CloseReason.Error], host.CloseReasons);
        host.Do(() => host.Loop.Connect(new UnixDomainSocketEndPoint("/nonexistent/socket"), null));
        host.WaitUntil(() => host.CloseReasons.Count == 2, "an answer");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void AConnectionCanBeClosedWhileConnecting(IoEngine engine)
    {
        using var host = new LoopHost(engine);
        Listener listener = host.Listen();
        host.Do(() =>
        {
            for (int i = 0; i < 50; i++) host.Loop.Close(host.Loop.Connect(listener.EndPoint, null), afterFlush: i % 2 == 0);
        });
        host.WaitUntil(() => host.CloseReasons.Count(reason => reason == CloseReason.Local) >= 50 && host.Loop.ConnectionCount == 0, "all closed");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void WakesFromManyThreads(IoEngine engine)
    {
        using var host = new LoopHost(engine);
        int runs = 0;
        var threads = new Thread[4];
        for (int t = 0; t < threads.Length; t++)
        {
            // A lost wake-up would leave a Do unanswered for ever.
            threads[t] = new Thread(() =>
            {
                for (int i = 0; i < 5000; i++) host.Do(() => runs++);
            });
            threads[t].Start();
        }

        foreach (Thread thread in threads) thread.Join();
        Assert.Equal(20_000, host.Do(() => runs));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void AddressesInUseAreNamedAndFreedAgain(IoEngine engine)
    {
        const int AddressInUse = 98;
        using var host = new LoopHost(engine);
        Listener first = host.Listen();
        var failure = Assert.Throws<NetworkException>(() => host.Listen(first.EndPoint));
        Assert.Equal(AddressInUse, failure.ErrorCode);
        Assert.Equal("bind: Address already in use", failure.Message);
        Listener second = host.Do(() =>
        {
            host.Loop.CloseListener(first);
            return host.Loop.Listen(first.EndPoint, 511);
        });
        using (LoopHost.Dial(second.EndPoint))
        {
        }

        Listener unix = host.Listen("unix");
        Assert.True(unix.IsUnixSocket);
        Assert.True(File.Exists(unix.EndPoint.ToString()));
        Listener again = host.Listen(unix.EndPoint);
        using (Socket client = LoopHost.Dial(again.EndPoint))
        {
            client.Send("x"u8);
            LoopHost.ReceiveAll(client, new byte[1]);
        }

        host.Do(() => host.Loop.CloseListener(again));
        Assert.False(File.Exists(unix.EndPoint.ToString()));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void KnowsItsAddresses(IoEngine engine)
    {
        using var host = new LoopHost(engine);
        Connection? last = null;
        host.Accepted = connection => last = connection;
        foreach (string transport in new[] { "v4", "v6", "unix" })
        {
            last = null;
            Listener listener = host.Listen(transport);
            using Socket client = LoopHost.Dial(listener.EndPoint);
            host.WaitUntil(() => last is not null, "the connection");
            host.Do(() =>
            {
                Assert.Equal(transport == "unix", last!.IsUnixSocket);
                Assert.Equal(listener.EndPoint.ToString(), last.LocalEndPoint!.ToString());
                Assert.Equal(transport == "unix" ? null : client.LocalEndPoint!.ToString(), last.RemoteEndPoint?.ToString());
                Assert.Equal(transport != "unix", SocketOptions.SetKeepAlive(last.Socket, 300));
            });
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void RefusesMoreConnectionsThanItHasSlots(IoEngine engine)
    {
        using var host = new LoopHost(engine, connectionsMax: 2);
        Assert.Throws<InvalidOperationException>(() => host.Do(() =>
        {
            for (int i = 0; i < 3; i++) host.Loop.Connect(new IPEndPoint(IPAddress.Loopback, 9), null);
        }));
        host.WaitUntil(() => host.Loop.ConnectionCount == 0, "refused ones gone");
    }
}
