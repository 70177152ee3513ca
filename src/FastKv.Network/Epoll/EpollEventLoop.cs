// The epoll engine: edge-triggered, one registration per socket for its whole life. Data plane.
//
// Readable edge ──► one recv of up to 64 KiB per turn. A short read has emptied the socket, so it is not repeated to hear EAGAIN (7% of the
// cost of a request); a full one puts the connection into the ready queue, read again by the next turn: no connection starves the others.
// A hang-up brings no further edge, so from then on reading goes on to the end of the stream.
//
// Sends happen at the start of a turn, directly; EAGAIN leaves SendPending set until a writable edge.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FastKv.Memory;
using FastKv.Network.Native;

namespace FastKv.Network.Epoll;

internal sealed unsafe class EpollEventLoop : EventLoop
{
    private const int ReceiveBytes = 64 * 1024;

    /// <summary>Connections accepted per listener and turn.</summary>
    private const int AcceptsMax = 64;

    /// <summary>Sends per connection and turn: a fast reader of a long reply does not hold up the others.</summary>
    private const int SendsMax = 16;

    private const uint HangUpEvents = Libc.EPOLLRDHUP | Libc.EPOLLHUP | Libc.EPOLLERR;

    private readonly EpollInstance _epoll;
    private readonly int _wakeEvent;
    private readonly byte* _receive = (byte*)NativeMemory.Alloc(ReceiveBytes);
    private readonly IoVector* _vectors = (IoVector*)NativeMemory.Alloc(OutputVectors.VectorsMax, (nuint)sizeof(IoVector));
    private ConnectionQueue _ready = new();
    private int _readyListeners;
    private WakeFlag _wake;
    private bool _disposed;

    /// <param name="handler">Is told of events.</param>
    /// <param name="pool">Feeds the output chains.</param>
    /// <param name="connectionsMax">Slots.</param>
    /// <param name="hasMicroseconds">For tests: false behaves as a kernel before 5.11, without epoll_pwait2.</param>
    internal EpollEventLoop(IConnectionHandler handler, BufferPool pool, int connectionsMax, bool hasMicroseconds = true)
        : base(handler, pool, connectionsMax)
    {
        _epoll = new EpollInstance(hasMicroseconds);
        _wakeEvent = Libc.EventFd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (_wakeEvent < 0) throw new NetworkException("eventfd", Libc.LastError);
        int error = _epoll.Add(_wakeEvent, Libc.EPOLLIN, Token.Of(TokenKind.Wake, 0));
        if (error != 0) throw new NetworkException("epoll_ctl", error);
    }

    /// <inheritdoc/>
    public override string EngineName => "epoll";

    private bool HasWork => Handled > 0 || DeferredCount > 0 || FlushQueue.Count > 0 || _ready.Count > 0 || _readyListeners > 0;

    /// <inheritdoc/>
    public override int Poll(long timeoutMicroseconds)
    {
        Handled = 0;
        bool sent = FlushQueue.Count > 0;
        SendQueued();
        RunDeferred();
        if (_readyListeners > 0) AcceptReady();
        if (_ready.Count > 0) ReceiveReady();
        if (FlushQueue.Count > 0) SendQueued();
        if (timeoutMicroseconds != 0) timeoutMicroseconds = HasWork ? 0 : LimitTimeout(timeoutMicroseconds);

        // After answering, look once without sleeping: under load the next requests are there already, and a sleep costs more.
        if (timeoutMicroseconds != 0 && sent)
        {
            Turn(0);
            if (Handled > 0) return Handled;
            if (HasWork) timeoutMicroseconds = 0;
        }

        if (timeoutMicroseconds != 0 && !_wake.TrySleep()) timeoutMicroseconds = 0;
        bool slept = timeoutMicroseconds != 0;
        Turn(timeoutMicroseconds);
        if (slept) _wake.Woken();
        return Handled;
    }

    /// <inheritdoc/>
    public override void Wake()
    {
        // Every write to an eventfd is an edge, so that the loop never needs to read it.
        if (_wake.Request()) Libc.SignalEventFd(_wakeEvent);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        CloseDescriptors();
        ReleaseConnections();
        _epoll.Dispose();
        Libc.Close(_wakeEvent);
        NativeMemory.Free(_receive);
        NativeMemory.Free(_vectors);
    }

    private protected override void StartReceive(Connection connection) => Register(connection);

    private protected override void StartConnect(Connection connection) => Register(connection);

    private protected override void ContinueReceive(Connection connection)
    {
        if (connection.Has(ConnectionFlags.Readable)) QueueReady(connection);
    }

    private protected override void StartAccept(Listener listener)
    {
        if (!listener.IsArmed)
        {
            listener.IsArmed = true;
            int error = _epoll.Add(listener.Socket, Libc.EPOLLIN, Token.Of(TokenKind.Accept, listener.Index));
            if (error != 0) throw new NetworkException("epoll_ctl", error);
        }

        SetReady(listener, true);
    }

    private protected override void StopAccept(Listener listener)
    {
        SetReady(listener, false);
        listener.CloseSocket();
    }

    private protected override bool ReleaseSocket(Connection connection) => true;

    /// <summary>Once per socket: a connecting one is known to epoll already when it begins to receive.</summary>
    private void Register(Connection connection)
    {
        const uint Interest = Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLRDHUP;
        if (connection.Has(ConnectionFlags.Registered)) return;
        connection.Flags |= ConnectionFlags.Registered;
        int error = _epoll.Add(connection.Socket, Interest, Token.Of(TokenKind.Receive, connection));
        if (error != 0) Fail(connection, error);
    }

    private void Turn(long timeoutMicroseconds)
    {
        int count = _epoll.Wait(timeoutMicroseconds);
        for (int i = 0; i < count; i++) Dispatch(_epoll.TokenOf(i), _epoll.Events(i));
    }

    // Not inlined: the loop around it then stays small, and never runs in code that was compiled on stack replacement.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Dispatch(ulong token, uint events)
    {
        switch (Token.Kind(token))
        {
            case TokenKind.Receive:
                DispatchConnection(token, events);
                break;
            case TokenKind.Accept:
                Accept(Listeners[Token.Index(token)]);
                break;
        }
    }

    private void DispatchConnection(ulong token, uint events)
    {
        Connection connection = Connections[Token.Index(token)];
        if (connection.Generation != Token.Generation(token)) return;
        if (connection.Has(ConnectionFlags.Connecting))
        {
            if ((events & (Libc.EPOLLOUT | HangUpEvents)) == 0 || connection.Has(ConnectionFlags.Closing)) return;
            CompleteConnect(connection);
            if (connection.Has(ConnectionFlags.Closing)) return;
        }

        if ((events & HangUpEvents) != 0) connection.Flags |= ConnectionFlags.HangUp;
        if ((events & Libc.EPOLLOUT) != 0 && connection.Has(ConnectionFlags.SendPending))
        {
            connection.Flags &= ~ConnectionFlags.SendPending;
            Flush(connection);
        }

        if ((events & (Libc.EPOLLIN | HangUpEvents)) == 0) return;
        connection.Flags |= ConnectionFlags.Readable;
        if (!connection.Has(ConnectionFlags.ReadyQueued)) Receive(connection);
    }

    private void Receive(Connection connection)
    {
        const ConnectionFlags Hindrance = ConnectionFlags.Paused | ConnectionFlags.PeerClosed | ConnectionFlags.Connecting;
        if (connection.Has(Hindrance) || IsDead(connection)) return;
        nint count = Libc.Receive(connection.Socket, _receive, ReceiveBytes, 0);
        if (count < ReceiveBytes) ContinueAfterReceive(connection, count);
        else QueueReady(connection);
        if (count <= 0 || connection.Has(ConnectionFlags.Closing)) return;
        ReceivedBytes += count;
        Handled++;
        Handler.OnReceived(connection, new ReadOnlySpan<byte>(_receive, (int)count));
    }

    /// <summary>A connection that closes after its output goes on reading, and drops what it reads, in order to hear of a reset.</summary>
    private static bool IsDead(Connection connection) =>
        (connection.Flags & (ConnectionFlags.Closing | ConnectionFlags.CloseAfterFlush)) == ConnectionFlags.Closing;

    /// <summary>A short read: the socket is empty, at its end, or broken.</summary>
    private void ContinueAfterReceive(Connection connection, nint count)
    {
        if (count > 0)
        {
            if (connection.Has(ConnectionFlags.HangUp)) QueueReady(connection);
            else connection.Flags &= ~ConnectionFlags.Readable;
            return;
        }

        if (count == 0)
        {
            ReachEndOfStream(connection);
            return;
        }

        int error = Libc.LastError;
        if (error == Errno.EAGAIN) connection.Flags &= ~ConnectionFlags.Readable;
        else if (error == Errno.EINTR) QueueReady(connection);
        else if (Errno.IsShortage(error)) Delay(connection);
        else Fail(connection, error);
    }

    private void QueueReady(Connection connection)
    {
        if (connection.Has(ConnectionFlags.ReadyQueued)) return;
        connection.Flags |= ConnectionFlags.ReadyQueued;
        _ready.Add(connection);
    }

    private void ReceiveReady()
    {
        int count = _ready.Count;
        for (int i = 0; i < count; i++)
        {
            Connection connection = _ready[i];
            connection.Flags &= ~ConnectionFlags.ReadyQueued;
            if (connection.Has(ConnectionFlags.Active)) Receive(connection);
        }

        _ready.RemoveFirst(count);
    }

    private void SendQueued()
    {
        int count = FlushQueue.Count;
        for (int i = 0; i < count; i++) SendQueued(FlushQueue[i]);
        FlushQueue.RemoveFirst(count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void SendQueued(Connection connection)
    {
        const ConnectionFlags Relevant = ConnectionFlags.Active | ConnectionFlags.SendPending | ConnectionFlags.Connecting;
        connection.Flags &= ~ConnectionFlags.FlushQueued;
        if ((connection.Flags & Relevant) != ConnectionFlags.Active || connection.Output.Length == 0 || connection.IsHeld || IsDead(connection)) return;
        for (int sends = 0; sends < SendsMax; sends++)
        {
            nint count = SendFront(connection.Output, connection.Socket, out long requested);
            if (count < 0)
            {
                ContinueAfterSendError(connection, Libc.LastError);
                return;
            }

            // A short send is followed by another, which says EAGAIN: only that makes the kernel report the next writable edge for certain.
            if (!CompleteSend(connection, count, requested, waited: false)) return;
        }

        Flush(connection);
    }

    private nint SendFront(BufferChain output, int socket, out long requested)
    {
        BufferSegment* head = output.Head;
        requested = head->Length - head->Consumed;
        if (requested == output.Length) return Libc.Send(socket, head->Data + head->Consumed, (nuint)requested, Libc.MSG_NOSIGNAL);
        MessageHeader message = default;
        message.Vectors = _vectors;
        message.VectorCount = (nuint)OutputVectors.Gather(output, _vectors, out requested);
        return Libc.SendMessage(socket, &message, Libc.MSG_NOSIGNAL);
    }

    private void ContinueAfterSendError(Connection connection, int error)
    {
        connection.Flags |= ConnectionFlags.SendWaited;
        if (error == Errno.EAGAIN) connection.Flags |= ConnectionFlags.SendPending;
        else if (error == Errno.EINTR) Flush(connection);
        else if (Errno.IsShortage(error)) Delay(connection);
        else Fail(connection, error);
    }

    private void SetReady(Listener listener, bool ready)
    {
        if (listener.IsReady == ready) return;
        listener.IsReady = ready;
        _readyListeners += ready ? 1 : -1;
    }

    private void AcceptReady()
    {
        foreach (Listener listener in Listeners)
        {
            if (listener.IsReady) Accept(listener);
        }
    }

    private void Accept(Listener listener)
    {
        if (listener.IsClosed || listener.IsBackingOff) return;
        for (int accepted = 0; accepted < AcceptsMax; accepted++)
        {
            int socket = Libc.Accept4(listener.Socket, null, null, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
            if (socket < 0 && StopsAccepting(listener, Libc.LastError)) return;
            if (socket < 0) continue;
            Handled++;
            Handler.OnAccepted(socket, listener);
            if (listener.IsClosed) return;
        }

        SetReady(listener, true);
    }

    private bool StopsAccepting(Listener listener, int error)
    {
        if (error != Errno.EAGAIN && !BackOffAccept(listener, error)) return false;
        SetReady(listener, false);
        return true;
    }
}
