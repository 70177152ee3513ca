namespace FastKv.Network;

/// <summary>Why a connection ended.</summary>
public enum CloseReason
{
    /// <summary>The peer sent its end of stream (FIN) in good order.</summary>
    Peer,

    /// <summary>A socket error: reset, refused, timed out. <see cref="Connection.ErrorCode"/> has the errno.</summary>
    Error,

    /// <summary>This side called <see cref="EventLoop.Close"/>.</summary>
    Local,
}
