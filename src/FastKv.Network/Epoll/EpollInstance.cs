// epoll, edge-triggered, with microsecond timeouts where the kernel has them. Data plane.
using System.Runtime.InteropServices;
using FastKv.Network.Native;

namespace FastKv.Network.Epoll;

internal sealed unsafe class EpollInstance : IDisposable
{
    internal const int EventsMax = 512;

    // struct epoll_event is packed on x86-64 only.
    private static readonly int s_tokenOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int s_eventBytes = s_tokenOffset + sizeof(ulong);

    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed(EventsMax * 16);
    private readonly int _descriptor;
    private bool _hasMicroseconds;

    internal EpollInstance(bool hasMicroseconds)
    {
        _hasMicroseconds = hasMicroseconds;
        _descriptor = Libc.EpollCreate(Libc.EPOLL_CLOEXEC);
        if (_descriptor < 0) throw new NetworkException("epoll_create1", Libc.LastError);
    }

    /// <summary>Registers a descriptor for edges of the given events; returns 0 or an errno. Closing the descriptor ends the registration.</summary>
    internal int Add(int descriptor, uint events, ulong token)
    {
        byte* record = stackalloc byte[16];
        *(uint*)record = events | Libc.EPOLLET;
        *(ulong*)(record + s_tokenOffset) = token;
        return Libc.EpollControl(_descriptor, Libc.EPOLL_CTL_ADD, descriptor, record) == 0 ? 0 : Libc.LastError;
    }

    /// <summary>Waits for events: 0 not at all, -1 without limit. Returns their number; 0 also after a signal.</summary>
    internal int Wait(long timeoutMicroseconds)
    {
        int count = timeoutMicroseconds > 0 ? WaitLimited(timeoutMicroseconds) : Libc.EpollWait(_descriptor, _events, EventsMax, (int)timeoutMicroseconds);
        if (count >= 0) return count;
        int error = Libc.LastError;
        return error == Errno.EINTR ? 0 : throw new NetworkException("epoll_wait", error);
    }

    internal uint Events(int index) => *(uint*)(_events + (index * s_eventBytes));

    internal ulong TokenOf(int index) => *(ulong*)(_events + (index * s_eventBytes) + s_tokenOffset);

    public void Dispose()
    {
        Libc.Close(_descriptor);
        NativeMemory.Free(_events);
    }

    private int WaitLimited(long timeoutMicroseconds)
    {
        if (_hasMicroseconds)
        {
            KernelTimespec timespec = KernelTimespec.FromMicroseconds(timeoutMicroseconds);
            long count = Libc.SystemCall(Libc.SYS_epoll_pwait2, _descriptor, (nint)_events, EventsMax, (nint)(&timespec), 0, 0);
            if (count >= 0 || Libc.LastError != Errno.ENOSYS) return (int)count;
            _hasMicroseconds = false;
        }

        // Rounded up: a wait that ends too early would be repeated in a busy loop.
        long milliseconds = Math.Min(int.MaxValue, (timeoutMicroseconds + 999) / 1000);
        return Libc.EpollWait(_descriptor, _events, EventsMax, (int)milliseconds);
    }
}
