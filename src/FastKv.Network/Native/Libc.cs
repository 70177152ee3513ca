// The system calls that the event loops make, and their constants for Linux on x86-64 and arm64 (both use the generic numbers).
// None suppresses the GC transition: any of them may block for a moment, and a thread that blocks without it stops every collection.
using System.Runtime.InteropServices;

namespace FastKv.Network.Native;

internal static unsafe partial class Libc
{
    internal const int AF_UNIX = 1;
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;

    internal const int SOCK_STREAM = 1;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;

    internal const int SOL_SOCKET = 1;
    internal const int SO_REUSEADDR = 2;
    internal const int SO_ERROR = 4;
    internal const int SO_KEEPALIVE = 9;
    internal const int IPPROTO_TCP = 6;
    internal const int TCP_NODELAY = 1;
    internal const int TCP_KEEPIDLE = 4;
    internal const int TCP_KEEPINTVL = 5;
    internal const int TCP_KEEPCNT = 6;
    internal const int IPPROTO_IPV6 = 41;
    internal const int IPV6_V6ONLY = 26;

    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_NOSIGNAL = 0x4000;
    internal const int SHUT_RDWR = 2;

    internal const int EPOLL_CLOEXEC = 0x80000;
    internal const int EPOLL_CTL_ADD = 1;
    internal const uint EPOLLIN = 0x1;
    internal const uint EPOLLOUT = 0x4;
    internal const uint EPOLLERR = 0x8;
    internal const uint EPOLLHUP = 0x10;
    internal const uint EPOLLRDHUP = 0x2000;
    internal const uint EPOLLET = 1u << 31;

    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;

    internal const int PROT_READ = 1;
    internal const int PROT_WRITE = 2;
    internal const int MAP_SHARED = 1;
    internal const int MAP_PRIVATE = 2;
    internal const int MAP_ANONYMOUS = 0x20;
    internal const int MAP_POPULATE = 0x8000;
    internal static readonly void* MapFailed = (void*)-1;

    internal const long SYS_io_uring_setup = 425;
    internal const long SYS_io_uring_enter = 426;
    internal const long SYS_io_uring_register = 427;
    internal const long SYS_epoll_pwait2 = 441;

    /// <summary>errno of the last failed call on this thread; the runtime keeps it across the return from a P/Invoke.</summary>
    internal static int LastError => Marshal.GetLastSystemError();

    [LibraryImport("libc", EntryPoint = "socket")]
    internal static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "socketpair")]
    internal static partial int SocketPair(int domain, int type, int protocol, int* sockets);

    [LibraryImport("libc", EntryPoint = "bind")]
    internal static partial int Bind(int socket, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "listen")]
    internal static partial int Listen(int socket, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4")]
    internal static partial int Accept4(int socket, byte* address, uint* length, int flags);

    [LibraryImport("libc", EntryPoint = "connect")]
    internal static partial int Connect(int socket, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "getsockname")]
    internal static partial int GetSockName(int socket, byte* address, uint* length);

    [LibraryImport("libc", EntryPoint = "getpeername")]
    internal static partial int GetPeerName(int socket, byte* address, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    internal static partial int SetSockOpt(int socket, int level, int option, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt")]
    internal static partial int GetSockOpt(int socket, int level, int option, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "recv")]
    internal static partial nint Receive(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send")]
    internal static partial nint Send(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg")]
    internal static partial nint SendMessage(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    internal static partial int Shutdown(int socket, int how);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "write")]
    internal static partial nint Write(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    internal static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "epoll_create1")]
    internal static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    internal static partial int EpollControl(int epoll, int operation, int descriptor, void* eventRecord);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    internal static partial int EpollWait(int epoll, void* events, int eventsMax, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "mmap")]
    internal static partial void* Map(void* address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    internal static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "unlink", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "chmod", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeMode(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "syscall")]
    internal static partial long SystemCall(long number, nint a, nint b, nint c, nint d, nint e, nint f);

    /// <summary>Wakes whoever waits for an eventfd.</summary>
    internal static void SignalEventFd(int descriptor)
    {
        ulong one = 1;
        Write(descriptor, &one, sizeof(ulong));
    }
}
