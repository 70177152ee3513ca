namespace FastKv.Network.Native;

/// <summary>Linux error numbers (the generic numbering of x86-64 and arm64).</summary>
internal static class Errno
{
    internal const int EINTR = 4;
    internal const int EAGAIN = 11;
    internal const int ENOMEM = 12;
    internal const int EBUSY = 16;
    internal const int EINVAL = 22;
    internal const int ENFILE = 23;
    internal const int EMFILE = 24;
    internal const int ENOSYS = 38;
    internal const int ETIME = 62;
    internal const int EPROTO = 71;
    internal const int EADDRINUSE = 98;
    internal const int ECONNABORTED = 103;
    internal const int ENOBUFS = 105;
    internal const int ETIMEDOUT = 110;
    internal const int EINPROGRESS = 115;
    internal const int ECANCELED = 125;

    /// <summary>The kernel is short of memory: the same call may succeed a little later.</summary>
    internal static bool IsShortage(int error) => error is ENOBUFS or ENOMEM;
}
