// One stream socket of an event loop, with its output chain. Data plane: pooled, reused, and touched by the loop's thread only.
using System.Net;
using FastKv.Memory;

namespace FastKv.Network;

/// <summary>
/// A stream connection. Belongs to one <see cref="EventLoop"/> and its thread; objects are reused after
/// <see cref="IConnectionHandler.OnClosed"/>.
/// </summary>
public sealed class Connection
{
    internal readonly int Index;
    internal ConnectionFlags Flags;

    /// <summary>Counts the reuses of this slot: an answer of the kernel to an earlier occupant carries an earlier number.</summary>
    internal uint Generation;

    /// <summary>Requests that the kernel has not finished (io_uring): the descriptor stays open while there are any.</summary>
    internal int InFlight;

    /// <summary>Bytes of the send in flight, and the turn in which it was handed over (io_uring).</summary>
    internal long SendRequestedBytes;
    internal ulong SendTurn;

    /// <summary>Bytes that arrived after PauseReceive; delivered first by ResumeReceive (io_uring).</summary>
    internal NativeBuffer Stash;

    internal CloseReason Reason;

    private EndPoint? _remote;
    private EndPoint? _local;

    internal Connection(EventLoop loop, int index, BufferPool pool)
    {
        Loop = loop;
        Index = index;
        Output = new BufferChain(pool);
    }

    /// <summary>The loop that it belongs to.</summary>
    public EventLoop Loop { get; }

    /// <summary>
    /// What is to be sent: append, then <see cref="EventLoop.Flush"/>. The kernel may be reading the front of the chain at any time between
    /// two Polls: only append; never consume, move or clear.
    /// </summary>
    public BufferChain Output { get; }

    /// <summary>Bytes appended and not yet taken by the kernel.</summary>
    public long PendingOutputBytes => Output.Length;

    /// <summary>Whatever the owner attached when adopting or connecting.</summary>
    public object? Owner { get; set; }

    /// <summary>Nothing is sent, whatever <see cref="EventLoop.Flush"/> and Close ask for, until the owner clears it and flushes again.</summary>
    public bool IsHeld { get; set; }

    /// <summary>The descriptor; -1 once closed.</summary>
    public int Socket { get; internal set; } = -1;

    /// <summary>Close was called or an error ended the connection; OnReceived will not be called any more.</summary>
    public bool IsClosing => (Flags & ConnectionFlags.Closing) != 0;

    /// <summary>The peer ended its sending direction.</summary>
    public bool IsPeerClosed => (Flags & ConnectionFlags.PeerClosed) != 0;

    /// <summary>Receiving is paused.</summary>
    public bool IsPaused => (Flags & ConnectionFlags.Paused) != 0;

    /// <summary>The connection is over a Unix domain socket.</summary>
    public bool IsUnixSocket => (Flags & ConnectionFlags.UnixSocket) != 0;

    /// <summary>The errno that ended the connection; 0 when none did.</summary>
    public int ErrorCode { get; internal set; }

    /// <summary>The peer's address: looked up once, when asked for. Null when the socket is gone, or for a Unix peer without a name.</summary>
    public EndPoint? RemoteEndPoint => _remote ??= SocketOptions.GetRemoteEndPoint(Socket);

    /// <summary>The own address: looked up once, when asked for. For a Unix socket the path of the listener.</summary>
    public EndPoint? LocalEndPoint => _local ??= SocketOptions.GetLocalEndPoint(Socket);

    internal bool Has(ConnectionFlags flag) => (Flags & flag) != 0;

    internal void Open(int socket, object? owner)
    {
        Socket = socket;
        Owner = owner;
        Flags = ConnectionFlags.Active;
        Reason = CloseReason.Local;
        ErrorCode = 0;
    }

    internal void Reset()
    {
        Socket = -1;
        Owner = null;
        Flags = ConnectionFlags.None;
        Generation++;
        IsHeld = false;
        Output.Clear();
        if (Stash.Length > 0) Stash.Release();
        Stash = default;
        _remote = null;
        _local = null;
    }
}
