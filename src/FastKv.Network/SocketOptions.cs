// Options and addresses of raw descriptors. Control plane: once per connection.
using System.Net;
using FastKv.Network.Native;

namespace FastKv.Network;

/// <summary>What can be done with a socket descriptor outside any loop; safe on every thread.</summary>
public static unsafe class SocketOptions
{
    /// <summary>
    /// TCP keep-alive as Redis sets it: first probe after <paramref name="seconds"/> of silence, then every third of that, dead after three.
    /// 0 or less turns it off. Returns false when the socket refuses (for instance a Unix socket).
    /// </summary>
    public static bool SetKeepAlive(int socket, int seconds)
    {
        if (!Set(socket, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, seconds > 0 ? 1 : 0)) return false;
        if (seconds <= 0) return true;
        return Set(socket, Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE, seconds)
            && Set(socket, Libc.IPPROTO_TCP, Libc.TCP_KEEPINTVL, Math.Max(1, seconds / 3))
            && Set(socket, Libc.IPPROTO_TCP, Libc.TCP_KEEPCNT, 3);
    }

    /// <summary>The peer's address; null when there is none (closed, or a nameless Unix peer).</summary>
    public static EndPoint? GetRemoteEndPoint(int socket)
    {
        byte* buffer = stackalloc byte[NativeAddress.BytesMax];
        uint length = NativeAddress.BytesMax;
        return socket >= 0 && Libc.GetPeerName(socket, buffer, &length) == 0 ? NativeAddress.Read(new ReadOnlySpan<byte>(buffer, (int)length)) : null;
    }

    /// <summary>The own address; null when there is none.</summary>
    public static EndPoint? GetLocalEndPoint(int socket)
    {
        byte* buffer = stackalloc byte[NativeAddress.BytesMax];
        uint length = NativeAddress.BytesMax;
        return socket >= 0 && Libc.GetSockName(socket, buffer, &length) == 0 ? NativeAddress.Read(new ReadOnlySpan<byte>(buffer, (int)length)) : null;
    }

    /// <summary>Closes a descriptor that no loop has adopted, e.g. an accepted one that is turned away.</summary>
    public static void Close(int socket) => Libc.Close(socket);

    /// <summary>Tries once to send a short farewell (e.g. an error reply) without blocking, then closes. For descriptors that no loop has adopted.</summary>
    public static void SendAndClose(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* data = bytes) Libc.Send(socket, data, (nuint)bytes.Length, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
        Libc.Close(socket);
    }

    /// <summary>Switches Nagle's algorithm off. False for a socket that has none, that is a Unix socket.</summary>
    internal static bool SetNoDelay(int socket) => Set(socket, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);

    /// <summary>Takes the pending error of a socket: an errno, 0 for none.</summary>
    internal static int TakeError(int socket)
    {
        int error = 0;
        uint length = sizeof(int);
        return Libc.GetSockOpt(socket, Libc.SOL_SOCKET, Libc.SO_ERROR, &error, &length) == 0 ? error : Libc.LastError;
    }

    internal static bool Set(int socket, int level, int option, int value) => Libc.SetSockOpt(socket, level, option, &value, sizeof(int)) == 0;
}
