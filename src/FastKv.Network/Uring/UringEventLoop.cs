// The io_uring engine. Data plane.
//
// One io_uring_enter per turn carries out all sends of the turn and collects everything that has arrived. Receiving is a multishot
// request per connection that stays in the kernel; its bytes come in buffers of the loop's ring and are handed on in place.
//
// Life of a request: Connection.InFlight counts those that the kernel still has. A descriptor is closed, and its slot reused, only
// when there are none, so an answer always belongs to the slot's present occupant; the generation in its token is a second bolt.
//
//   multishot receive   armed ──► completions with MORE ──► one without: re-arm, unless closing, paused or at the end of the stream
//   close               cancel everything of the descriptor ──► last completion ──► OnClosed ──► close(2)
//   pause               first bytes that still arrive are stashed, and then the receive is cancelled (no cost if none arrive)
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;
using FastKv.Network.Native;

namespace FastKv.Network.Uring;

internal sealed unsafe class UringEventLoop : EventLoop
{
    /// <summary>A turn with more requests is submitted in several goes.</summary>
    private const uint SubmissionEntries = 1024;

    /// <summary>Completions of one turn beyond this wait in the kernel's overflow list, which the next enter empties.</summary>
    private const uint CompletionEntries = 8192;

    private readonly Ring _ring;
    private readonly ReceiveBuffers _buffers;
    private readonly SendFrames _frames = new();
    private readonly int _wakeEvent;
    private WakeFlag _wake;
    private ulong _turn;
    private bool _buffersRanOut;
    private bool _wakesByRing;
    private bool _disposed;

    /// <param name="handler">Is told of events.</param>
    /// <param name="pool">Feeds the output chains.</param>
    /// <param name="connectionsMax">Slots.</param>
    /// <param name="setupsSkipped">For tests: behave as on an older kernel (1: 5.19 to 6.0, without task-work flags: 2).</param>
    internal UringEventLoop(IConnectionHandler handler, BufferPool pool, int connectionsMax, int setupsSkipped = 0)
        : base(handler, pool, connectionsMax)
    {
        _wakesByRing = setupsSkipped == 0;
        _ring = new Ring(SubmissionEntries, CompletionEntries, setupsSkipped);
        _buffers = new ReceiveBuffers(_ring);
        _wakeEvent = Libc.EventFd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (_wakeEvent < 0) throw new NetworkException("eventfd", Libc.LastError);
        ArmWakeEvent();
    }

    /// <inheritdoc/>
    public override string EngineName => "io_uring";

    /// <inheritdoc/>
    public override int Poll(long timeoutMicroseconds)
    {
        _ring.EnsureEnabled();
        Handled = 0;
        QueueSends();
        RunDeferred();
        if (FlushQueue.Count > 0) QueueSends();
        if (timeoutMicroseconds != 0) timeoutMicroseconds = HasWork ? 0 : LimitTimeout(timeoutMicroseconds);
        else if (_ring.IsIdle) return Handled;

        // Sends complete within the submission, so one that also waits would return at once on their account. Submitting without waiting
        // first lets Poll sleep, and under load picks up what has arrived meanwhile without sleeping at all.
        if (timeoutMicroseconds != 0 && _ring.Unsubmitted > 0)
        {
            Turn(0);
            if (HasWork) timeoutMicroseconds = 0;
            if (Handled > 0) return Handled;
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
        if (!_wake.Request()) return;
        if (Volatile.Read(ref _wakesByRing) && SendRingMessage()) return;

        // Kernels before 6.13 cannot send a message to a ring without a ring of one's own.
        Volatile.Write(ref _wakesByRing, false);
        Libc.SignalEventFd(_wakeEvent);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        CloseDescriptors();
        foreach (Listener listener in Listeners) listener.CloseSocket();

        // Closing the ring cancels what is in flight; only then is the memory that it refers to given back.
        _ring.Dispose();
        _buffers.Dispose();
        _frames.Dispose();
        Libc.Close(_wakeEvent);
        ReleaseConnections();
    }

    private bool HasWork => Handled > 0 || DeferredCount > 0 || FlushQueue.Count > 0;

    private protected override void StartReceive(Connection connection)
    {
        Debug.Assert(!connection.Has(ConnectionFlags.ReceiveArmed));
        SubmissionEntry* entry = _ring.Next();
        entry->Opcode = UringAbi.OpReceive;
        entry->Flags = UringAbi.EntryBufferSelect;
        entry->IoPriority = UringAbi.ReceiveMultishot;
        entry->Descriptor = connection.Socket;
        entry->BufferGroup = ReceiveBuffers.Group;
        entry->UserData = Token.Of(TokenKind.Receive, connection);
        connection.Flags = (connection.Flags | ConnectionFlags.ReceiveArmed) & ~ConnectionFlags.ReceiveCancelSent;
        connection.InFlight++;
    }

    private protected override void ContinueReceive(Connection connection)
    {
        if (!connection.Has(ConnectionFlags.ReceiveArmed)) StartReceive(connection);
    }

    private protected override void StartConnect(Connection connection)
    {
        SubmissionEntry* entry = _ring.Next();
        entry->Opcode = UringAbi.OpPollAdd;
        entry->Descriptor = connection.Socket;
        entry->OperationFlags = Libc.EPOLLOUT;
        entry->UserData = Token.Of(TokenKind.Connect, connection);
        connection.InFlight++;
    }

    private protected override void StartAccept(Listener listener)
    {
        SubmissionEntry* entry = _ring.Next();
        entry->Opcode = UringAbi.OpAccept;
        entry->IoPriority = UringAbi.AcceptMultishot;
        entry->Descriptor = listener.Socket;
        entry->OperationFlags = Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC;
        entry->UserData = Token.Of(TokenKind.Accept, listener.Index);
        listener.IsArmed = true;
    }

    private protected override void StopAccept(Listener listener)
    {
        if (_disposed) return;
        if (!listener.IsArmed)
        {
            listener.CloseSocket();
            return;
        }

        // The descriptor stays until the accept request has ended; shutting it down frees the address before that.
        Libc.Shutdown(listener.Socket, Libc.SHUT_RDWR);
        Cancel(listener.Socket, UringAbi.CancelAll | UringAbi.CancelByDescriptor, Token.Of(TokenKind.Wake, 0));
    }

    private protected override bool ReleaseSocket(Connection connection)
    {
        if (connection.InFlight == 0) return true;
        if (!connection.Has(ConnectionFlags.CancelSent))
        {
            connection.Flags |= ConnectionFlags.CancelSent;
            Cancel(connection.Socket, UringAbi.CancelAll | UringAbi.CancelByDescriptor, Token.Of(TokenKind.Cancel, connection));
        }

        return false;
    }

    /// <summary>Cancels all requests of a descriptor, or the one with a given token.</summary>
    private void Cancel(int descriptor, uint flags, ulong userData, ulong target = 0)
    {
        SubmissionEntry* entry = _ring.Next();
        entry->Opcode = UringAbi.OpAsyncCancel;
        entry->Descriptor = descriptor;
        entry->Address = target;
        entry->OperationFlags = flags;
        entry->UserData = userData;
    }

    private void ArmWakeEvent()
    {
        SubmissionEntry* entry = _ring.Next();
        entry->Opcode = UringAbi.OpPollAdd;
        entry->Descriptor = _wakeEvent;
        entry->Length = UringAbi.PollMultishot;
        entry->OperationFlags = Libc.EPOLLIN;
        entry->UserData = Token.Of(TokenKind.Wake, 1);
    }

    /// <summary>Posts a completion into this loop's ring from any thread (kernel 6.13): a third cheaper for the sleeper than an eventfd.</summary>
    private bool SendRingMessage()
    {
        SubmissionEntry entry = default;
        entry.Opcode = UringAbi.OpMessageRing;
        entry.Descriptor = _ring.Descriptor;
        entry.Offset = Token.Of(TokenKind.Wake, 0);
        return Ring.Register(-1, UringAbi.RegisterSendMessageRing, &entry, 1) == 0;
    }

    private void QueueSends()
    {
        int count = FlushQueue.Count;
        for (int i = 0; i < count; i++) QueueSend(FlushQueue[i]);
        FlushQueue.RemoveFirst(count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void QueueSend(Connection connection)
    {
        connection.Flags &= ~ConnectionFlags.FlushQueued;
        if (connection.IsHeld || !MaySend(connection)) return;
        BufferChain output = connection.Output;
        BufferSegment* head = output.Head;
        int headBytes = head->Length - head->Consumed;
        bool fitsOneSegment = headBytes == output.Length;
        if (!fitsOneSegment && _frames.IsFull) SubmitFrames();
        SubmissionEntry* entry = _ring.Next();
        if (fitsOneSegment)
        {
            entry->Opcode = UringAbi.OpSend;
            entry->Address = (ulong)(head->Data + head->Consumed);
            entry->Length = (uint)headBytes;
            connection.SendRequestedBytes = headBytes;
        }
        else
        {
            SetMessage(entry, connection);
        }

        entry->Descriptor = connection.Socket;
        entry->OperationFlags = Libc.MSG_NOSIGNAL;
        entry->UserData = Token.Of(TokenKind.Send, connection);
        connection.Flags |= ConnectionFlags.SendPending;
        connection.SendTurn = _turn;
        connection.InFlight++;
    }

    /// <summary>An entry of the flush queue may have been overtaken by a close, or by a send on behalf of another entry.</summary>
    private static bool MaySend(Connection connection)
    {
        const ConnectionFlags Relevant = ConnectionFlags.Active | ConnectionFlags.SendPending | ConnectionFlags.Connecting;
        if ((connection.Flags & Relevant) != ConnectionFlags.Active || connection.Output.Length == 0) return false;
        return (connection.Flags & (ConnectionFlags.Closing | ConnectionFlags.CloseAfterFlush)) != ConnectionFlags.Closing;
    }

    private void SubmitFrames()
    {
        _ring.Submit();
        _frames.Reset();
    }

    private void SetMessage(SubmissionEntry* entry, Connection connection)
    {
        MessageHeader* header = _frames.Next(connection.Output, out connection.SendRequestedBytes);
        entry->Opcode = UringAbi.OpSendMessage;
        entry->Address = (ulong)header;
        entry->Length = 1;
    }

    /// <summary>Enters the kernel and hands out what it brings.</summary>
    private void Turn(long timeoutMicroseconds)
    {
        _turn++;
        _ring.Enter(timeoutMicroseconds);
        if (_ring.Unsubmitted == 0) _frames.Reset();
        _ring.Completions(out uint head, out uint tail);
        if (head == tail) return;
        for (uint position = head; position != tail; position++) Dispatch(_ring.Completion(position));
        _ring.Release(tail);
        if (_buffersRanOut) GrowBuffers();
        _buffers.Publish();
    }

    private void GrowBuffers()
    {
        _buffersRanOut = false;
        _buffers.Grow();
    }

    // Not inlined: the loop around it then stays small, and never runs in code that was compiled on stack replacement.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Dispatch(CompletionEntry* completion)
    {
        ulong token = completion->UserData;
        switch (Token.Kind(token))
        {
            case TokenKind.Receive:
                CompleteReceive(Find(token), completion->Result, completion->Flags);
                break;
            case TokenKind.Send:
                CompleteSend(Find(token), completion->Result);
                break;
            case TokenKind.Connect:
                CompleteConnectPoll(Find(token), completion->Result);
                break;
            case TokenKind.Cancel:
                CompleteCancel(token, completion->Result);
                break;
            case TokenKind.Accept:
                CompleteAccept(Listeners[Token.Index(token)], completion->Result, completion->Flags);
                break;
            case TokenKind.Wake:
                if (Token.Index(token) == 1 && (completion->Flags & UringAbi.CompletionMore) == 0) ArmWakeEvent();
                break;
        }
    }

    private Connection Find(ulong token)
    {
        Connection connection = Connections[Token.Index(token)];
        Debug.Assert(connection.Generation == Token.Generation(token) && connection.Has(ConnectionFlags.Active));
        return connection;
    }

    private void CompleteReceive(Connection connection, int result, uint flags)
    {
        bool more = (flags & UringAbi.CompletionMore) != 0;
        if (!more)
        {
            connection.InFlight--;
            connection.Flags &= ~(ConnectionFlags.ReceiveArmed | ConnectionFlags.ReceiveCancelSent);
        }

        if ((flags & UringAbi.CompletionBuffer) != 0)
        {
            int buffer = (int)(flags >> UringAbi.CompletionBufferShift);
            if (result > 0) Receive(connection, _buffers.Address(buffer), result);
            _buffers.Return(buffer);
        }

        if (!more) ContinueAfterReceive(connection, result);
    }

    private void Receive(Connection connection, byte* data, int count)
    {
        ReceivedBytes += count;
        if (connection.Has(ConnectionFlags.Closing)) return;
        if (!connection.Has(ConnectionFlags.Paused) && connection.Stash.Length == 0)
        {
            Handled++;
            Handler.OnReceived(connection, new ReadOnlySpan<byte>(data, count));
            return;
        }

        connection.Stash.Append(data, count);
        if (!connection.Has(ConnectionFlags.Paused)) Defer(connection);
        else if ((connection.Flags & (ConnectionFlags.ReceiveArmed | ConnectionFlags.ReceiveCancelSent)) == ConnectionFlags.ReceiveArmed)
            CancelReceive(connection);
    }

    private void CancelReceive(Connection connection)
    {
        connection.Flags |= ConnectionFlags.ReceiveCancelSent;
        Cancel(-1, 0, Token.Of(TokenKind.Cancel, connection), Token.Of(TokenKind.Receive, connection));
    }

    /// <summary>The multishot receive has ended: at the end of the stream, cancelled, out of buffers, or for a reason of the kernel's own.</summary>
    private void ContinueAfterReceive(Connection connection, int result)
    {
        if (connection.Has(ConnectionFlags.Closing))
        {
            Defer(connection);
            return;
        }

        switch (-result)
        {
            case 0:
                ReachEndOfStream(connection);
                break;
            case Errno.ENOBUFS:
                _buffersRanOut = true;
                Rearm(connection);
                break;
            case < 0 or Errno.EINTR or Errno.EAGAIN or Errno.ECANCELED:
                Rearm(connection);
                break;
            case Errno.ENOMEM:
                Delay(connection);
                break;
            default:
                Fail(connection, -result);
                break;
        }
    }

    private void Rearm(Connection connection)
    {
        if (!connection.Has(ConnectionFlags.Paused)) StartReceive(connection);
    }

    private void CompleteSend(Connection connection, int result)
    {
        connection.InFlight--;
        connection.Flags &= ~ConnectionFlags.SendPending;
        if (result >= 0)
        {
            // Answered in a later turn than asked for: the socket was full in between.
            if (CompleteSend(connection, result, connection.SendRequestedBytes, connection.SendTurn + 1 != _turn)) Flush(connection);
        }
        else if (!connection.Has(ConnectionFlags.Closing) || connection.Has(ConnectionFlags.CloseAfterFlush))
        {
            RetrySend(connection, -result);
        }

        if (connection.Has(ConnectionFlags.Closing)) Defer(connection);
    }

    private void RetrySend(Connection connection, int error)
    {
        if (error is Errno.EINTR or Errno.EAGAIN) Flush(connection);
        else if (Errno.IsShortage(error)) Delay(connection);
        else Fail(connection, error);
    }

    private void CompleteConnectPoll(Connection connection, int result)
    {
        connection.InFlight--;
        if (connection.Has(ConnectionFlags.Closing) && !connection.Has(ConnectionFlags.CloseAfterFlush)) Defer(connection);
        else if (result < 0) Fail(connection, -result);
        else CompleteConnect(connection);
    }

    /// <summary>
    /// A cancel was answered. If that of a closing connection did not find requests that are in flight, shutting the socket down ends
    /// them: both a receive and a send return then. If that of a pause came too late, the next bytes to be stashed try again.
    /// </summary>
    private void CompleteCancel(ulong token, int result)
    {
        Connection connection = Connections[Token.Index(token)];
        if (connection.Generation != Token.Generation(token)) return;
        if (result < 0) connection.Flags &= ~ConnectionFlags.ReceiveCancelSent;
        if (connection.Has(ConnectionFlags.CancelSent) && connection.InFlight > 0 && result <= 0)
            Libc.Shutdown(connection.Socket, Libc.SHUT_RDWR);
    }

    private void CompleteAccept(Listener listener, int result, uint flags)
    {
        if (result >= 0 && listener.IsClosed)
        {
            Libc.Close(result);
        }
        else if (result >= 0)
        {
            Handled++;
            Handler.OnAccepted(result, listener);
        }

        if ((flags & UringAbi.CompletionMore) != 0) return;
        listener.IsArmed = false;
        if (listener.IsClosed) listener.CloseSocket();
        else if (result >= 0 || !BackOffAccept(listener, -result)) StartAccept(listener);
    }
}
