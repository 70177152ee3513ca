namespace FastKv.Network;

/// <summary>
/// What an <see cref="EventLoop"/> tells its owner. Every call is made on the loop's own thread, inside
/// <see cref="EventLoop.Poll"/>; from inside one may call Flush, Close, Adopt, Connect, PauseReceive and ResumeReceive,
/// but not Poll. Implementations must not throw: the loop has no one to hand an exception to.
/// </summary>
public interface IConnectionHandler
{
    /// <summary>
    /// A connection was accepted. <paramref name="socket"/> is a non-blocking descriptor that now belongs to the handler: hand it
    /// to <see cref="EventLoop.Adopt"/> of some loop (on that loop's thread) or close it with <see cref="SocketOptions.Close"/>.
    /// </summary>
    void OnAccepted(int socket, Listener listener);

    /// <summary>Bytes arrived, in order. They are valid during the call only. Not called after Close, nor while receiving is paused.</summary>
    void OnReceived(Connection connection, ReadOnlySpan<byte> bytes);

    /// <summary>
    /// All output has left, and someone may have been waiting for that: the socket was full in between, or receiving is paused. So an
    /// owner that pauses receiving because of much output can resume it here. Not called for output that leaves at once otherwise.
    /// </summary>
    void OnWritable(Connection connection);

    /// <summary>
    /// The connection is gone. Called exactly once for each adopted or connecting connection, never from inside Close. The object is
    /// reused afterwards: drop every reference to it here. Its addresses can still be read during the call.
    /// </summary>
    void OnClosed(Connection connection, CloseReason reason);

    /// <summary>A connection begun with <see cref="EventLoop.Connect"/> is established. A refused one gets <see cref="OnClosed"/> instead.</summary>
    void OnConnected(Connection connection)
    {
    }

    /// <summary>
    /// The peer will send nothing more, though it may still read. Called one Poll after its last bytes, so that what they asked for
    /// has been answered. By default the connection closes once its output has left, as Redis does; override to wait for answers
    /// that are still on their way, and call Close then. <see cref="OnClosed"/> says <see cref="CloseReason.Peer"/> in both cases.
    /// </summary>
    void OnPeerClosed(Connection connection) => connection.Loop.Close(connection, afterFlush: true);
}
