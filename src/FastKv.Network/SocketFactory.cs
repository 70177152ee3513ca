// Makes listening and connecting sockets. Control plane.
using System.Net;
using System.Net.Sockets;
using FastKv.Network.Native;

namespace FastKv.Network;

internal static unsafe class SocketFactory
{
    /// <summary>
    /// How long a busy address is retried. After kill -9 of an io_uring process its ring is torn down by a kernel worker, and the
    /// port stays bound meanwhile: 5 to 9 ms were measured.
    /// </summary>
    private const int BindRetryMs = 50;

    private const int BindRetryStepMs = 2;

    /// <summary>A bound, listening, non-blocking socket. Throws <see cref="NetworkException"/> naming the call that failed.</summary>
    internal static int CreateListening(EndPoint endPoint, int backlog, UnixFileMode? unixMode)
    {
        int family = NativeAddress.Family(endPoint);
        int socket = Create(family);
        try
        {
            SocketOptions.Set(socket, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
            if (family == Libc.AF_INET6) SocketOptions.Set(socket, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 1);
            string? path = family == Libc.AF_UNIX ? endPoint.ToString() : null;
            if (path is not null) Libc.Unlink(path);
            Bind(socket, endPoint);
            if (path is not null && unixMode is { } mode && Libc.ChangeMode(path, (uint)mode) != 0) throw new NetworkException("chmod", Libc.LastError);
            if (Libc.Listen(socket, backlog) != 0) throw new NetworkException("listen", Libc.LastError);
            return socket;
        }
        catch
        {
            Libc.Close(socket);
            throw;
        }
    }

    /// <summary>Begins a non-blocking connect. <paramref name="error"/> is 0 when it is under way or done.</summary>
    internal static int BeginConnect(EndPoint endPoint, out int error)
    {
        int socket = Create(NativeAddress.Family(endPoint));
        byte* address = stackalloc byte[NativeAddress.BytesMax];
        uint length = NativeAddress.Write(endPoint, new Span<byte>(address, NativeAddress.BytesMax));
        error = Libc.Connect(socket, address, length) == 0 ? 0 : Libc.LastError;
        if (error is Errno.EINPROGRESS or Errno.EINTR) error = 0;
        return socket;
    }

    private static int Create(int family)
    {
        int socket = Libc.Socket(family, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        return socket >= 0 ? socket : throw new NetworkException("socket", Libc.LastError);
    }

    private static void Bind(int socket, EndPoint endPoint)
    {
        byte* address = stackalloc byte[NativeAddress.BytesMax];
        uint length = NativeAddress.Write(endPoint, new Span<byte>(address, NativeAddress.BytesMax));
        long deadlineMs = Environment.TickCount64 + BindRetryMs;
        while (Libc.Bind(socket, address, length) != 0)
        {
            int error = Libc.LastError;
            if (error != Errno.EADDRINUSE || endPoint is UnixDomainSocketEndPoint || Environment.TickCount64 >= deadlineMs)
                throw new NetworkException("bind", error);
            Thread.Sleep(BindRetryStepMs);
        }
    }
}
