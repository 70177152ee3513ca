namespace FastKv.Network;

/// <summary>State bits of a connection; those of one engine only are marked so.</summary>
[Flags]
internal enum ConnectionFlags
{
    None = 0,

    /// <summary>The slot holds an adopted or connecting socket.</summary>
    Active = 1 << 0,

    /// <summary>connect(2) is under way; output waits.</summary>
    Connecting = 1 << 1,

    /// <summary>Stands in the loop's flush queue.</summary>
    FlushQueued = 1 << 2,

    /// <summary>The kernel has a send (io_uring), or said that the socket is full (epoll): its answer resumes sending, a Flush need not.</summary>
    SendPending = 1 << 3,

    /// <summary>Output was left over by a send: OnWritable is due once it is gone.</summary>
    SendWaited = 1 << 4,

    /// <summary>Stands in the loop's queue of connections to be looked at by the next Poll.</summary>
    DeferredQueued = 1 << 5,

    /// <summary>The owner wants no OnReceived.</summary>
    Paused = 1 << 6,

    /// <summary>Close was asked for, or an error ended the connection.</summary>
    Closing = 1 << 7,

    /// <summary>With Closing: the output leaves first.</summary>
    CloseAfterFlush = 1 << 8,

    /// <summary>End of stream was read.</summary>
    PeerClosed = 1 << 9,

    /// <summary>OnPeerClosed was called.</summary>
    PeerClosedTold = 1 << 10,

    /// <summary>A Unix domain socket.</summary>
    UnixSocket = 1 << 11,

    /// <summary>Stands in the queue of connections to be retried after a pause (kernel out of memory).</summary>
    DelayQueued = 1 << 12,

    /// <summary>io_uring: a multishot receive is in the kernel.</summary>
    ReceiveArmed = 1 << 13,

    /// <summary>io_uring: that receive is being cancelled, because of Paused.</summary>
    ReceiveCancelSent = 1 << 14,

    /// <summary>io_uring: everything of this socket is being cancelled, because of Closing.</summary>
    CancelSent = 1 << 15,

    /// <summary>epoll: the socket may hold unread bytes.</summary>
    Readable = 1 << 16,

    /// <summary>epoll: stands in the queue of connections to be read by the next Poll.</summary>
    ReadyQueued = 1 << 17,

    /// <summary>epoll: the peer hung up: read until the end, even past short reads, for no further edge will come.</summary>
    HangUp = 1 << 18,

    /// <summary>epoll: the socket is registered.</summary>
    Registered = 1 << 19,
}
