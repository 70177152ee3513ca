// The contract of an event loop, and what both engines share: connection slots, queues of work for the next turn, closing.
// Data plane.
//
// One turn (Poll):
//
//   flush queue ──► sends                         ┐
//   deferred queue ──► close, end of stream, ...  ├─ may call the handler, which may fill both queues again
//   retry queue (after a shortage) ──► as above   ┘
//   wait in the kernel (not at all if anything was handled or queued)
//   events ──► OnReceived, OnAccepted, OnWritable, OnConnected
//
// A connection is freed only from the deferred queue, that is never while events of a turn are being handed out, and (io_uring) not
// before the kernel has answered every request on it. So an event always finds the connection that it was meant for.
using System.Net;
using FastKv.Memory;
using FastKv.Network.Native;

namespace FastKv.Network;

/// <summary>
/// A single-threaded event loop over stream sockets. Except for <see cref="Wake"/>, members are to be called on the one thread that calls
/// <see cref="Poll"/>; before the first Poll they may be called on the thread that created the loop.
/// Once warm, no turn, receive or send allocates on the managed heap.
/// </summary>
public abstract class EventLoop : IDisposable
{
    /// <summary>Pause after running out of descriptors or memory, before accepting again.</summary>
    private const int AcceptBackOffMs = 50;

    /// <summary>Pause before a send or receive is tried again for which the kernel had no memory.</summary>
    private const int ShortageBackOffMs = 1;

    private readonly BufferPool _pool;
    private readonly List<Listener> _listeners = [];
    private ConnectionQueue _deferred = new();
    private ConnectionQueue _delayed = new();
    private long _retryAtMs = long.MaxValue;

    private protected EventLoop(IConnectionHandler handler, BufferPool pool, int connectionsMax)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(connectionsMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(connectionsMax, Token.IndexMax);
        Handler = handler;
        _pool = pool;
        Connections = new ConnectionTable(this, pool, connectionsMax);

        // The runtime binds this call when it is first made, which allocates: not in the middle of a turn that a signal has interrupted.
        _ = Libc.LastError;
    }

    /// <summary>Something an operator should know (descriptors exhausted, a kernel fallback): one line, on the loop's thread.</summary>
    public event Action<string>? Warning;

    /// <summary><c>io_uring</c> or <c>epoll</c>.</summary>
    public abstract string EngineName { get; }

    /// <summary>Connections adopted or connecting, and not yet closed.</summary>
    public int ConnectionCount => Connections.Count;

    /// <summary>The most that <see cref="Adopt"/> and <see cref="Connect(EndPoint, object?)"/> take.</summary>
    public int ConnectionsMax => Connections.Max;

    /// <summary>Bytes received since the start.</summary>
    public long ReceivedBytes { get; internal set; }

    /// <summary>Bytes handed to the kernel since the start.</summary>
    public long SentBytes { get; internal set; }

    private protected IConnectionHandler Handler { get; }

    private protected ConnectionTable Connections { get; }

    /// <summary>The open and closing listeners; an index stays a listener's own until the loop ends.</summary>
    private protected List<Listener> Listeners => _listeners;

    private protected int DeferredCount => _deferred.Count;

    /// <summary>Handler calls of the present Poll: its result.</summary>
    private protected int Handled { get; set; }

    /// <summary>Connections whose output is to be sent by the next turn.</summary>
    private protected ConnectionQueue FlushQueue = new();

    /// <summary>
    /// Makes a loop. <paramref name="pool"/> feeds the output chains, and must be used by this loop's thread only. At most
    /// <paramref name="connectionsMax"/> connections can be open. Throws <see cref="NetworkException"/> with the reason when
    /// <see cref="IoEngine.IoUring"/> is asked for and missing.
    /// </summary>
    public static EventLoop Create(IoEngine engine, IConnectionHandler handler, BufferPool pool, int connectionsMax = 16384)
    {
        if (engine == IoEngine.Epoll) return new Epoll.EpollEventLoop(handler, pool, connectionsMax);
        if (ProbeIoUring(out string reason)) return new Uring.UringEventLoop(handler, pool, connectionsMax);
        if (engine == IoEngine.IoUring) throw new NetworkException($"io_uring is not usable here: {reason}");
        return new Epoll.EpollEventLoop(handler, pool, connectionsMax);
    }

    /// <summary>
    /// Whether this kernel (and its seccomp profile, and the memory limit) offers what the io_uring engine needs. Tried out once per process with a
    /// small ring; <paramref name="reason"/> says what is missing, or which set-up was accepted.
    /// </summary>
    public static bool ProbeIoUring(out string reason) => Uring.UringProbe.IsUsable(out reason);

    /// <summary>
    /// Takes over a connected, non-blocking socket (see <see cref="IConnectionHandler.OnAccepted"/>), switches Nagle's algorithm off and starts
    /// receiving. Throws <see cref="InvalidOperationException"/> when <see cref="ConnectionsMax"/> are open: the socket stays the caller's then.
    /// </summary>
    public Connection Adopt(int socket, object? owner)
    {
        Connection connection = RentSlot();
        connection.Open(socket, owner);
        if (!SocketOptions.SetNoDelay(socket)) connection.Flags |= ConnectionFlags.UnixSocket;
        StartReceive(connection);
        return connection;
    }

    /// <summary>
    /// Connects without blocking. <see cref="IConnectionHandler.OnConnected"/> or <see cref="IConnectionHandler.OnClosed"/> follows in a later Poll.
    /// Output may be appended and flushed at once: it leaves when the connection stands. Throws <see cref="NetworkException"/> when no socket
    /// can be made, <see cref="InvalidOperationException"/> when <see cref="ConnectionsMax"/> are open.
    /// </summary>
    public Connection Connect(EndPoint endPoint, object? owner)
    {
        int socket = SocketFactory.BeginConnect(endPoint, out int error);
        Connection? connection = Connections.Rent();
        if (connection is null)
        {
            Libc.Close(socket);
            throw TooManyConnections();
        }

        connection.Open(socket, owner);
        connection.Flags |= ConnectionFlags.Connecting;
        if (!SocketOptions.SetNoDelay(socket)) connection.Flags |= ConnectionFlags.UnixSocket;
        if (error == 0) StartConnect(connection);
        else Fail(connection, error);
        return connection;
    }

    /// <summary>
    /// Listens on a TCP (v4, or v6 only) or Unix address. TCP: SO_REUSEADDR, and a busy port is retried for 50 ms. Unix: an existing
    /// file of that name is removed first, and <paramref name="unixMode"/> set if given. Throws <see cref="NetworkException"/>.
    /// </summary>
    public Listener Listen(EndPoint endPoint, int backlog, UnixFileMode? unixMode = null)
    {
        int socket = SocketFactory.CreateListening(endPoint, backlog, unixMode);
        EndPoint bound = SocketOptions.GetLocalEndPoint(socket) ?? endPoint;
        var listener = new Listener(socket, bound, _listeners.Count);
        _listeners.Add(listener);
        StartAccept(listener);
        return listener;
    }

    /// <summary>Stops accepting. The address can be bound again at once; a Unix socket's file is removed. Idempotent.</summary>
    public void CloseListener(Listener listener)
    {
        if (listener.IsClosed) return;
        listener.IsClosed = true;
        if (listener.IsUnixSocket) Libc.Unlink(listener.EndPoint.ToString()!);
        StopAccept(listener);
    }

    /// <summary>
    /// No OnReceived from now on. What has arrived already is kept, and what keeps arriving fills the kernel's buffer, which slows the sender.
    /// </summary>
    public void PauseReceive(Connection connection) => connection.Flags |= ConnectionFlags.Paused;

    /// <summary>Delivers what was kept, from the next Poll on, and receives again.</summary>
    public void ResumeReceive(Connection connection)
    {
        if (!connection.Has(ConnectionFlags.Paused)) return;
        connection.Flags &= ~ConnectionFlags.Paused;
        Defer(connection);
    }

    /// <summary>Sends <see cref="Connection.Output"/>, all of it, from the next Poll on. Cheap and idempotent: O(1), no system call.</summary>
    public void Flush(Connection connection)
    {
        const ConnectionFlags Relevant =
            ConnectionFlags.Active | ConnectionFlags.FlushQueued | ConnectionFlags.SendPending | ConnectionFlags.Connecting;
        if ((connection.Flags & Relevant) != ConnectionFlags.Active) return;
        connection.Flags |= ConnectionFlags.FlushQueued;
        FlushQueue.Add(connection);
    }

    /// <summary>
    /// Ends a connection: at once, or <paramref name="afterFlush"/> when its output has left (which a peer that does not read can put off for ever:
    /// a second Close without it cuts that short). Idempotent. OnClosed follows in a later Poll.
    /// </summary>
    public void Close(Connection connection, bool afterFlush)
    {
        CloseReason reason = connection.Has(ConnectionFlags.PeerClosed) ? CloseReason.Peer : CloseReason.Local;
        RequestClose(connection, afterFlush, reason);
    }

    /// <summary>
    /// One turn: sends what is queued, waits at most <paramref name="timeoutMicroseconds"/> (0: not at all; -1: without limit) for something to
    /// happen, calls the handler. Returns the number of handler calls' worth of events; 0 also after a wake-up or a signal.
    /// </summary>
    public abstract int Poll(long timeoutMicroseconds);

    /// <summary>
    /// Makes a Poll that blocks, or the next one that would, return. Any thread; publish the work first. Only the first call of many to
    /// a sleeping loop makes a system call. Must not be called during or after Dispose.
    /// </summary>
    public abstract void Wake();

    /// <summary>Closes every socket without calling the handler. On the loop's thread, or after that has ended.</summary>
    public abstract void Dispose();

    /// <summary>Begins to receive on an adopted or just connected socket.</summary>
    private protected abstract void StartReceive(Connection connection);

    /// <summary>Arranges for <see cref="CompleteConnect"/> when the socket becomes writable.</summary>
    private protected abstract void StartConnect(Connection connection);

    /// <summary>Receives again after a pause, if it does not any more.</summary>
    private protected abstract void ContinueReceive(Connection connection);

    /// <summary>Begins to accept, also after a back-off.</summary>
    private protected abstract void StartAccept(Listener listener);

    /// <summary>Ends accepting and closes the descriptor as soon as the kernel is done with it.</summary>
    private protected abstract void StopAccept(Listener listener);

    /// <summary>Whether a hard close may finish now; if not, the engine has arranged for the connection to be deferred again.</summary>
    private protected abstract bool ReleaseSocket(Connection connection);

    private protected void Warn(string message) => Warning?.Invoke(message);

    /// <summary>Has the next Poll look at the connection.</summary>
    private protected void Defer(Connection connection)
    {
        if (connection.Has(ConnectionFlags.DeferredQueued) || !connection.Has(ConnectionFlags.Active)) return;
        connection.Flags |= ConnectionFlags.DeferredQueued;
        _deferred.Add(connection);
    }

    /// <summary>Ends a connection because of a socket error.</summary>
    private protected void Fail(Connection connection, int error)
    {
        if (connection.ErrorCode == 0) connection.ErrorCode = error;
        RequestClose(connection, afterFlush: false, CloseReason.Error);
    }

    private protected void ReachEndOfStream(Connection connection)
    {
        connection.Flags |= ConnectionFlags.PeerClosed;
        Defer(connection);
    }

    /// <summary>The socket of a connecting connection became writable: it is connected or refused.</summary>
    private protected void CompleteConnect(Connection connection)
    {
        int error = SocketOptions.TakeError(connection.Socket);
        if (error != 0)
        {
            Fail(connection, error);
            return;
        }

        connection.Flags &= ~ConnectionFlags.Connecting;
        StartReceive(connection);
        Handled++;
        Handler.OnConnected(connection);
        if (connection.Output.Length > 0) Flush(connection);
    }

    /// <summary>
    /// Accounts for a send that took <paramref name="count"/> of <paramref name="requested"/> bytes. True if output is left, and so to be
    /// sent on. <paramref name="waited"/>: the send could not be done at once.
    /// </summary>
    private protected bool CompleteSend(Connection connection, long count, long requested, bool waited)
    {
        SentBytes += count;
        connection.Output.Consume(count);
        if (waited || count < requested) connection.Flags |= ConnectionFlags.SendWaited;
        if (connection.Output.Length > 0) return true;
        const ConnectionFlags Awaited = ConnectionFlags.SendWaited | ConnectionFlags.Closing | ConnectionFlags.Paused;
        if (connection.Has(Awaited)) CompleteOutput(connection);
        return false;
    }

    /// <summary>Judges an accept error: false when it concerned one connection only; else accepting pauses (descriptors or memory ran out).</summary>
    private protected bool BackOffAccept(Listener listener, int error)
    {
        if (error is Errno.EINTR or Errno.EAGAIN or Errno.ECONNABORTED or Errno.EPROTO) return false;
        listener.IsBackingOff = true;
        RetryIn(AcceptBackOffMs);
        Warn($"Accepting client connection: {new NetworkException("accept", error).Message}");
        return true;
    }

    /// <summary>Tries sending and receiving again a little later: the kernel is short of memory.</summary>
    private protected void Delay(Connection connection)
    {
        RetryIn(ShortageBackOffMs);
        if (connection.Has(ConnectionFlags.DelayQueued)) return;
        connection.Flags |= ConnectionFlags.DelayQueued;
        _delayed.Add(connection);
    }

    /// <summary>Looks at the connections deferred so far, and at those whose retry time has come.</summary>
    private protected void RunDeferred()
    {
        if (_retryAtMs != long.MaxValue) RunRetries();
        int count = _deferred.Count;
        if (count == 0) return;
        for (int i = 0; i < count; i++) RunDeferred(_deferred[i]);
        _deferred.RemoveFirst(count);
    }

    /// <summary>The time that Poll may wait: the caller's, cut short by a pending retry.</summary>
    private protected long LimitTimeout(long timeoutMicroseconds)
    {
        if (_retryAtMs == long.MaxValue) return timeoutMicroseconds;
        long untilRetry = Math.Max(0, _retryAtMs - Environment.TickCount64) * 1000;
        return timeoutMicroseconds < 0 ? untilRetry : Math.Min(timeoutMicroseconds, untilRetry);
    }

    /// <summary>
    /// Dispose: every descriptor, whatever its state. Shut down first, since requests in an io_uring keep the socket open beyond close(2):
    /// the peers hear of the end at once, and no byte is copied any more into memory that is about to be given back.
    /// </summary>
    private protected void CloseDescriptors()
    {
        foreach (Listener listener in _listeners) CloseListener(listener);
        for (int i = 0; i < Connections.Created; i++)
        {
            Connection connection = Connections[i];
            if (!connection.Has(ConnectionFlags.Active)) continue;
            Libc.Shutdown(connection.Socket, Libc.SHUT_RDWR);
            Libc.Close(connection.Socket);
        }
    }

    /// <summary>Dispose, once the kernel uses no memory of theirs any more.</summary>
    private protected void ReleaseConnections()
    {
        for (int i = 0; i < Connections.Created; i++)
        {
            if (Connections[i].Has(ConnectionFlags.Active)) Connections.Return(Connections[i]);
        }
    }

    private static InvalidOperationException TooManyConnections() => new("All connection slots of the event loop are in use.");

    private Connection RentSlot() => Connections.Rent() ?? throw TooManyConnections();

    private void RequestClose(Connection connection, bool afterFlush, CloseReason reason)
    {
        if (!connection.Has(ConnectionFlags.Active)) return;
        if (!connection.Has(ConnectionFlags.Closing))
        {
            connection.Flags |= ConnectionFlags.Closing;
            connection.Reason = reason;
            if (afterFlush) connection.Flags |= ConnectionFlags.CloseAfterFlush;
        }
        else if (!afterFlush)
        {
            connection.Flags &= ~ConnectionFlags.CloseAfterFlush;
        }

        if (afterFlush) Flush(connection);
        Defer(connection);
    }

    private void CompleteOutput(Connection connection)
    {
        bool closing = connection.Has(ConnectionFlags.Closing);
        connection.Flags &= ~ConnectionFlags.SendWaited;
        if (closing)
        {
            Defer(connection);
            return;
        }

        Handled++;
        Handler.OnWritable(connection);
    }

    private void RunDeferred(Connection connection)
    {
        connection.Flags &= ~ConnectionFlags.DeferredQueued;
        if (!connection.Has(ConnectionFlags.Active)) return;
        if (connection.Has(ConnectionFlags.Closing)) ContinueClose(connection);
        else Deliver(connection);
    }

    private void ContinueClose(Connection connection)
    {
        bool waitsForOutput = connection.Has(ConnectionFlags.CloseAfterFlush) && connection.Output.Length > 0;
        if (waitsForOutput || !ReleaseSocket(connection)) return;

        // Whatever the handler calls from OnClosed must not queue this connection again.
        connection.Flags = ConnectionFlags.Active | ConnectionFlags.Closing | ConnectionFlags.DeferredQueued | ConnectionFlags.FlushQueued
            | (connection.Flags & ConnectionFlags.UnixSocket);
        Handled++;
        Handler.OnClosed(connection, connection.Reason);
        Libc.Close(connection.Socket);
        Connections.Return(connection);
    }

    private void Deliver(Connection connection)
    {
        const ConnectionFlags Hindrance = ConnectionFlags.Paused | ConnectionFlags.Closing | ConnectionFlags.Connecting;
        if (connection.Has(Hindrance)) return;
        if (connection.Stash.Length > 0)
        {
            DeliverStash(connection);
            if (connection.Has(Hindrance)) return;
        }

        if (!connection.Has(ConnectionFlags.PeerClosed))
        {
            ContinueReceive(connection);
        }
        else if (!connection.Has(ConnectionFlags.PeerClosedTold))
        {
            connection.Flags |= ConnectionFlags.PeerClosedTold;
            Handled++;
            Handler.OnPeerClosed(connection);
        }
    }

    private unsafe void DeliverStash(Connection connection)
    {
        // Taken out first: the handler may pause again, and what arrives then is a new stash. Spans end at 2 GiB, a stash long before:
        // it is what the kernel had put into the loop's own receive buffers when the pause began.
        NativeBuffer stash = connection.Stash;
        connection.Stash = default;
        Handled++;
        Handler.OnReceived(connection, new ReadOnlySpan<byte>(stash.Data, checked((int)stash.Length)));
        stash.Release();
    }

    private void RetryIn(int milliseconds) => _retryAtMs = Math.Min(_retryAtMs, Environment.TickCount64 + milliseconds);

    private void RunRetries()
    {
        if (Environment.TickCount64 < _retryAtMs) return;
        _retryAtMs = long.MaxValue;
        foreach (Listener listener in _listeners)
        {
            if (!listener.IsBackingOff || listener.IsClosed) continue;
            listener.IsBackingOff = false;
            StartAccept(listener);
        }

        int count = _delayed.Count;
        for (int i = 0; i < count; i++)
        {
            Connection connection = _delayed[i];
            connection.Flags &= ~ConnectionFlags.DelayQueued;
            if (connection.Output.Length > 0) Flush(connection);
            Defer(connection);
        }

        _delayed.RemoveFirst(count);
    }
}
