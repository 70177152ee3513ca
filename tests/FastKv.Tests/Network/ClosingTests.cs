using System.Net;
using System.Net.Sockets;
using FastKv.Network;
using Xunit;

namespace FastKv.Tests.Network;

/// <summary>Every way a connection can end, and that descriptors are reused safely.</summary>
public sealed class ClosingTests
{
    public static TheoryData<IoEngine> Engines => new(IoEngine.Epoll, IoEngine.IoUring);

    [Theory]
    [MemberData(nameof(Engines))]
    public void AnswersAHalfClosedPeer(IoEngine engine)
    {
        using var host = new LoopHost(engine);
        using Socket client = LoopHost.Dial(host.Listen().EndPoint);
        client.Send("request"u8);
        client.Shutdown(SocketShutdown.Send);
        byte[] reply = new byte[7];
        LoopHost.ReceiveAll(client, reply);
        Assert.Equal("request"u8.ToArray(), reply);
        Assert.Equal(0, client.Receive(reply));
        host.WaitUntil(() => host.Loop.ConnectionCount == 0, "closed");
        Assert.Equal([CloseReason.Peer], host.CloseReasons);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void LetsTheOwnerAnswerLateAfterAHalfClose(IoEngine engine)
    {
        using var host = new LoopHost(engine);
        Connection? waiting = null;
        host.Received = (_, _) => { };
        host.PeerClosed = connection => waiting = connection;
        using Socket client = LoopHost.Dial(host.Listen().EndPoint);
        client.Send("request"u8);
        client.Shutdown(SocketShutdown.Send);
        host.WaitUntil(() => waiting is not null, "the end of the stream");
        host.Do(() =>
        {
            Assert.False(waiting!.IsClosing);
            waiting.Output.Append("late"u8);
            host.Loop.Close(waiting, afterFlush: true);
        });
        byte[] reply = new byte[4];
        LoopHost.ReceiveAll(client, reply);
        Assert.Equal("late"u8.ToArray(), reply);
        host.WaitUntil(() => host.Loop.ConnectionCount == 0, "closed");
        Assert.Equal([CloseReason.Peer], host.CloseReasons);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void DeliversEverythingBeforeClosing(IoEngine engine)
    {
        const int Total = 10_000_000;
        using var host = new LoopHost(engine);
        int received = 0;
        host.Received = (connection, _) =>
        {
            received++;
            connection.Output.Append(new byte[Total]);
            host.Loop.Close(connection, afterFlush: true);
            host.Loop.Close(connection, afterFlush: true);
            Assert.True(connection.IsClosing);
        };
        using Socket client = LoopHost.Dial(host.Listen().EndPoint);
        client.Send("x"u8);
        Thread.Sleep(50);
        client.Send("ignored"u8);
        byte[] buffer = new byte[65536];
        long count = 0;
        for (int part = client.Receive(buffer); part > 0 && count < Total; part = count < Total ? client.Receive(buffer) : 0) count += part;
        Assert.Equal(Total, count);
        host.WaitUntil(() => host.Loop.ConnectionCount == 0, "closed");
        Assert.Equal([CloseReason.Local], host.CloseReasons);
        Assert.Equal(1, host.Do(() => received));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void ClosesAtOnceThoughOutputIsStuck(IoEngine engine)
    {
        using var host = new LoopHost(engine);
        Connection? stuck = null;
        host.Received = (connection, _) =>
        {
            stuck = connection;
            connection.Output.Append(new byte[50_000_000]);
            host.Loop.Flush(connection);
        };
        using Socket client = LoopHost.Dial(host.Listen().EndPoint);
        client.Send("x"u8);
        host.WaitUntil(() => stuck is { PendingOutputBytes: < 50_000_000 }, "some of it to leave");
        host.Do(() => host.Loop.Close(stuck!, afterFlush: true));
        Assert.Equal(1, host.Do(() => host.Loop.ConnectionCount));
        host.Do(() => host.Loop.Close(stuck!, afterFlush: false));
        host.WaitUntil(() => host.Loop.ConnectionCount == 0, "closed");
        Assert.Equal([CloseReason.Local], host.CloseReasons);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void NoticesAResetDuringASend(IoEngine engine)
    {
        using var host = new LoopHost(engine);
        int error = 0;
        host.Closed = (connection, _) => error = connection.ErrorCode;
        host.Received = (connection, _) =>
        {
            connection.Output.Append(new byte[50_000_000]);
            host.Loop.Flush(connection);
        };
        Socket client = LoopHost.Dial(host.Listen().EndPoint);
        client.Send("x"u8);
        byte[] some = new byte[1000];
        LoopHost.ReceiveAll(client, some);
        client.LingerState = new LingerOption(true, 0);
        client.Dispose();
        host.WaitUntil(() => host.Loop.ConnectionCount == 0, "closed");
        Assert.Equal([CloseReason.Error], host.CloseReasons);
        Assert.NotEqual(0, host.Do(() => error));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void ClosesFromInsideACallbackOnceAndNotReentrantly(IoEngine engine)
    {
        using var host = new LoopHost(engine);
        bool inReceived = false;
        bool reentrant = false;
        EndPoint? remote = null;
        host.Received = (connection, _) =>
        {
            inReceived = true;
            host.Loop.Close(connection, afterFlush: false);
            host.Loop.Close(connection, afterFlush: false);
            inReceived = false;
        };
        host.Closed = (connection, _) =>
        {
            reentrant = inReceived;
            remote = connection.RemoteEndPoint;
            host.Loop.Close(connection, afterFlush: false);
            host.Loop.Flush(connection);
        };
        using Socket client = LoopHost.Dial(host.Listen().EndPoint);
        client.Send("x"u8);
        host.WaitUntil(() => host.CloseReasons.Count == 1 && host.Loop.ConnectionCount == 0, "closed");
        Assert.False(host.Do(() => reentrant));
        Assert.Equal(client.LocalEndPoint, remote);
        host.Do(() => { });
        Assert.Single(host.CloseReasons);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void SurvivesAStormOfShortConnections(IoEngine engine)
    {
        const int Count = 10_000;
        const int Threads = 4;
        using var host = new LoopHost(engine);
        Listener tcp = host.Listen("v4");
        Listener unix = host.Listen("unix");
        int wrong = 0;
        host.Accepted = connection => connection.Owner = new Marker { Id = -1 };
        host.Received = (connection, bytes) =>
        {
            // Every connection sends one id over and over: another one's bytes on a reused slot or descriptor would show.
            var marker = (Marker)connection.Owner!;
            foreach (byte value in bytes)
            {
                if (marker.Id < 0) marker.Id = value;
                if (marker.Id != value) wrong++;
            }

            connection.Output.Append(bytes);
            host.Loop.Flush(connection);
            if (marker.Id % 5 == 0) host.Loop.Close(connection, afterFlush: marker.Id % 2 == 0);
        };
        var threads = new Thread[Threads];
        for (int t = 0; t < Threads; t++)
        {
            int seed = t;
            threads[t] = new Thread(() => Storm(t % 2 == 0 ? tcp.EndPoint : unix.EndPoint, Count / Threads, seed));
            threads[t].Start();
        }

        foreach (Thread thread in threads) thread.Join();
        host.WaitUntil(() => host.Loop.ConnectionCount == 0, "all closed");
        Assert.Equal(0, host.Do(() => wrong));
        Assert.Equal(Count, host.CloseReasons.Count);
    }

    private static void Storm(EndPoint endPoint, int count, int seed)
    {
        var random = new Random(seed);
        byte[] message = new byte[200];
        for (int i = 0; i < count; i++)
        {
            using Socket client = LoopHost.Dial(endPoint);
            client.LingerState = new LingerOption(true, 0);
            int kind = random.Next(4);
            if (kind == 0) continue;
            message.AsSpan().Fill((byte)random.Next(256));
            try
            {
                client.Send(message);
                if (kind > 1) LoopHost.ReceiveAll(client, message.AsSpan(0, 100));
            }
            catch (Exception exception) when (exception is SocketException or EndOfStreamException)
            {
                // The server closes some of them hard: a reset is one of the things this test is about.
                continue;
            }
        }
    }

    private sealed class Marker
    {
        internal int Id { get; set; }
    }
}
