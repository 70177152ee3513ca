namespace FastKv.Engine.Configuration;

/// <summary>What to evict when <c>maxmemory</c> is reached.</summary>
public enum MaxMemoryPolicy
{
    /// <summary>The key used least recently, of those with an expiry.</summary>
    VolatileLru,

    /// <summary>The key used least often, of those with an expiry.</summary>
    VolatileLfu,

    /// <summary>A random key, of those with an expiry.</summary>
    VolatileRandom,

    /// <summary>The key that expires first.</summary>
    VolatileTtl,

    /// <summary>The key used least recently.</summary>
    AllKeysLru,

    /// <summary>The key used least often.</summary>
    AllKeysLfu,

    /// <summary>A random key.</summary>
    AllKeysRandom,

    /// <summary>Nothing: writes that need memory are refused.</summary>
    NoEviction,
}

/// <summary>Which event loop the shards run on.</summary>
public enum IoEngine
{
    /// <summary>io_uring if the kernel offers what is needed, else epoll.</summary>
    Auto,

    /// <summary>io_uring, or the start fails.</summary>
    IoUring,

    /// <summary>epoll.</summary>
    Epoll,
}

/// <summary>Who may use a protected feature.</summary>
public enum ProtectedAction
{
    /// <summary>Nobody.</summary>
    No,

    /// <summary>Everybody.</summary>
    Yes,

    /// <summary>Connections from this machine.</summary>
    Local,
}

/// <summary>What starts and watches the server.</summary>
public enum Supervision
{
    /// <summary>Upstart: the server stops itself with SIGSTOP when ready.</summary>
    Upstart,

    /// <summary>systemd: the server writes READY=1 to NOTIFY_SOCKET.</summary>
    Systemd,

    /// <summary>Whichever of the two the environment shows.</summary>
    Auto,

    /// <summary>Nothing.</summary>
    No,
}

/// <summary>How a shutdown by signal is done.</summary>
[Flags]
public enum ShutdownFlags
{
    /// <summary>Save if save points are configured.</summary>
    Default = 0,

    /// <summary>Save in any case.</summary>
    Save = 1,

    /// <summary>Do not save.</summary>
    NoSave = 2,

    /// <summary>Do not wait for replicas.</summary>
    Now = 4,

    /// <summary>Go even if saving fails.</summary>
    Force = 8,
}

/// <summary><c>appendfsync</c>.</summary>
public enum AppendFsync
{
    /// <summary>Once a second, beside the server.</summary>
    EverySecond = 0,

    /// <summary>Before the replies of what was written leave.</summary>
    Always = 1,

    /// <summary>When the kernel likes to.</summary>
    No = 2,
}
