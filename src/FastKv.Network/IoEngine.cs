namespace FastKv.Network;

/// <summary>Which kernel interface an <see cref="EventLoop"/> runs on (configuration <c>io-engine</c>).</summary>
public enum IoEngine
{
    /// <summary>io_uring where the kernel offers all that is needed (see <see cref="EventLoop.ProbeIoUring"/>), else epoll.</summary>
    Auto,

    /// <summary>io_uring; creating the loop fails where the kernel lacks it.</summary>
    IoUring,

    /// <summary>epoll.</summary>
    Epoll,
}
