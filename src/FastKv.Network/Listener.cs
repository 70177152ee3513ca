// A listening socket of one event loop. Control plane.
using System.Net;

namespace FastKv.Network;

/// <summary>A listening socket. Made by <see cref="EventLoop.Listen"/>, ended by <see cref="EventLoop.CloseListener"/>.</summary>
public sealed class Listener
{
    internal Listener(int socket, EndPoint endPoint, int index)
    {
        Socket = socket;
        EndPoint = endPoint;
        Index = index;
    }

    /// <summary>The address it is bound to; a requested port 0 has become the real port.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Whether it is a Unix domain socket.</summary>
    public bool IsUnixSocket => EndPoint is System.Net.Sockets.UnixDomainSocketEndPoint;

    /// <summary>Whatever the owner wants to find again in <see cref="IConnectionHandler.OnAccepted"/>.</summary>
    public object? Owner { get; set; }

    /// <summary>The descriptor; -1 once closed.</summary>
    internal int Socket { get; private set; }

    internal int Index { get; }

    internal bool IsClosed { get; set; }

    /// <summary>An accept request is in the kernel (io_uring).</summary>
    internal bool IsArmed { get; set; }

    /// <summary>Connections may be waiting in the backlog (epoll).</summary>
    internal bool IsReady { get; set; }

    /// <summary>Accepting is suspended until the loop's retry time, because descriptors or memory ran out.</summary>
    internal bool IsBackingOff { get; set; }

    /// <summary>Closes the descriptor once: a second close(2) could hit a stranger that got the same number.</summary>
    internal void CloseSocket()
    {
        if (Socket >= 0) Native.Libc.Close(Socket);
        Socket = -1;
    }
}
