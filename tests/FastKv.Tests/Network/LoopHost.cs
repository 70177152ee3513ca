using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using FastKv.Memory;
using FastKv.Network;

namespace FastKv.Tests.Network;

/// <summary>An event loop on a thread of its own, with a handler made of delegates; adopts what it accepts.</summary>
internal sealed class LoopHost : IConnectionHandler, IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly BufferPool _pool = new();
    private readonly Thread _thread;
    private readonly List<string> _temporaryFiles = [];
    private volatile bool _stopping;
    private Exception? _failure;

    internal delegate void Receiver(Connection connection, ReadOnlySpan<byte> bytes);

    internal LoopHost(IoEngine engine, int connectionsMax = 16384)
        : this((handler, pool) => EventLoop.Create(engine, handler, pool, connectionsMax))
    {
    }

    internal LoopHost(Func<IConnectionHandler, BufferPool, EventLoop> create)
    {
        Loop = create(this, _pool);
        _thread = new Thread(Run) { IsBackground = true, Name = Loop.EngineName };
        _thread.Start();
    }

    internal EventLoop Loop { get; }

    internal Receiver Received { get; set; } = static (connection, bytes) =>
    {
        connection.Output.Append(bytes);
        connection.Loop.Flush(connection);
    };

    internal Action<Connection> Accepted { get; set; } = static _ => { };

    internal Action<Connection> Connected { get; set; } = static _ => { };

    internal Action<Connection> Writable { get; set; } = static _ => { };

    internal Action<Connection, CloseReason> Closed { get; set; } = static (_, _) => { };

    internal Action<Connection>? PeerClosed { get; set; }

    internal ConcurrentQueue<CloseReason> CloseReasons { get; } = new();

    internal ConcurrentQueue<string> Warnings { get; } = new();

    /// <summary>Runs on the loop's thread, and waits for it.</summary>
    internal T Do<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _posted.Enqueue(() =>
        {
            try
            {
                done.SetResult(action());
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        });
        Loop.Wake();
        if (!((IAsyncResult)done.Task).AsyncWaitHandle.WaitOne(s_patience)) throw new TimeoutException("The loop does not answer.");
        return done.Task.GetAwaiter().GetResult();
    }

    internal void Do(Action action) => Do(() =>
    {
        action();
        return 0;
    });

    internal void WaitUntil(Func<bool> condition, string what)
    {
        long deadline = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (!Do(condition))
        {
            if (Environment.TickCount64 > deadline) throw new TimeoutException($"Waited in vain for: {what}");
            Thread.Sleep(1);
        }
    }

    internal Listener Listen(EndPoint endPoint) => Do(() => Loop.Listen(endPoint, 511));

    /// <summary>Listens on the transport "v4", "v6" or "unix".</summary>
    internal Listener Listen(string transport = "v4")
    {
        if (transport == "v4") return Listen(new IPEndPoint(IPAddress.Loopback, 0));
        if (transport == "v6") return Listen(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        string path = Path.Combine(Path.GetTempPath(), $"fastkv-{Guid.NewGuid():N}.sock");
        _temporaryFiles.Add(path);
        return Listen(new UnixDomainSocketEndPoint(path));
    }

    internal static Socket Dial(EndPoint endPoint)
    {
        ProtocolType protocol = endPoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol) { ReceiveTimeout = 60_000, SendTimeout = 60_000 };
        socket.Connect(endPoint);
        return socket;
    }

    internal static void ReceiveAll(Socket socket, Span<byte> target)
    {
        while (target.Length > 0)
        {
            int count = socket.Receive(target);
            if (count == 0) throw new EndOfStreamException();
            target = target[count..];
        }
    }

    void IConnectionHandler.OnAccepted(int socket, Listener listener) => Accepted(Loop.Adopt(socket, null));

    void IConnectionHandler.OnReceived(Connection connection, ReadOnlySpan<byte> bytes) => Received(connection, bytes);

    void IConnectionHandler.OnWritable(Connection connection) => Writable(connection);

    void IConnectionHandler.OnConnected(Connection connection) => Connected(connection);

    void IConnectionHandler.OnPeerClosed(Connection connection)
    {
        if (PeerClosed is { } told) told(connection);
        else Loop.Close(connection, afterFlush: true);
    }

    void IConnectionHandler.OnClosed(Connection connection, CloseReason reason)
    {
        CloseReasons.Enqueue(reason);
        Closed(connection, reason);
    }

    public void Dispose()
    {
        _stopping = true;
        Loop.Wake();
        if (!_thread.Join(s_patience)) throw new TimeoutException("The loop does not end.");
        Loop.Dispose();
        long rented = _pool.RentedBytes;
        _pool.Dispose();
        foreach (string path in _temporaryFiles) File.Delete(path);
        if (_failure is not null) throw new InvalidOperationException("The loop's thread failed.", _failure);
        Xunit.Assert.Equal(0, rented);
    }

    private void Run()
    {
        Loop.Warning += Warnings.Enqueue;
        try
        {
            while (!_stopping)
            {
                while (_posted.TryDequeue(out Action? action)) action();
                Loop.Poll(-1);
            }
        }
        catch (Exception exception)
        {
            _failure = exception;
        }
    }
}
