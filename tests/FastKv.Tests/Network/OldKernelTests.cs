using System.Net.Sockets;
using FastKv.Memory;
using FastKv.Network;
using FastKv.Network.Epoll;
using FastKv.Network.Uring;
using Xunit;

namespace FastKv.Tests.Network;

/// <summary>The ways around what older kernels lack: io_uring without deferred task work and ring messages, epoll without microseconds.</summary>
public sealed class OldKernelTests
{
    public static TheoryData<string> Kernels => new("io_uring 5.19", "io_uring 5.18", "epoll 5.10");

    [Theory]
    [MemberData(nameof(Kernels))]
    public void WorksAll(string kernel)
    {
        using var host = new LoopHost((handler, pool) => Create(kernel, handler, pool));
        var random = new Random(3);
        using Socket client = LoopHost.Dial(host.Listen().EndPoint);
        byte[] sent = new byte[50_000];
        byte[] received = new byte[sent.Length];
        for (int round = 0; round < 100; round++)
        {
            random.NextBytes(sent);
            client.Send(sent);
            LoopHost.ReceiveAll(client, received);
            Assert.Equal(sent, received);
            Assert.Equal(1, host.Do(() => host.Loop.ConnectionCount));
        }

        client.Close();
        host.WaitUntil(() => host.Loop.ConnectionCount == 0, "closed");
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void WaitsAtMostTheTimeGiven(string kernel)
    {
        using var pool = new BufferPool();
        using EventLoop loop = Create(kernel, new NullHandler(), pool);
        Assert.Equal(0, loop.Poll(0));
        Assert.Equal(0, loop.Poll(1));
        Assert.Equal(0, loop.Poll(1500));
        loop.Wake();
        Assert.Equal(0, loop.Poll(-1));
    }

    private static EventLoop Create(string kernel, IConnectionHandler handler, BufferPool pool) => kernel switch
    {
        "io_uring 5.19" => new UringEventLoop(handler, pool, 100, setupsSkipped: 1),
        "io_uring 5.18" => new UringEventLoop(handler, pool, 100, setupsSkipped: 2),
        _ => new EpollEventLoop(handler, pool, 100, hasMicroseconds: false),
    };

    private sealed class NullHandler : IConnectionHandler
    {
        public void OnAccepted(int socket, Listener listener) => SocketOptions.Close(socket);

        public void OnReceived(Connection connection, ReadOnlySpan<byte> bytes)
        {
        }

        public void OnWritable(Connection connection)
        {
        }

        public void OnClosed(Connection connection, CloseReason reason)
        {
        }
    }
}
