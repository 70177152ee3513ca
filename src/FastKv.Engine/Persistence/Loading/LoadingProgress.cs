using FastKv.Engine.Configuration;

namespace FastKv.Engine.Persistence.Loading;

/// <summary>How far the loading of the dataset has come. Written by who loads, read by any thread. Control plane.</summary>
internal sealed class LoadingProgress(ServerOptions options)
{
    /// <summary>How long a reader that is slowed down sleeps at a stretch: what is asked for meanwhile takes effect then.</summary>
    private const int SleepMsMax = 10;

    private readonly ServerOptions _options = options;
    private CancellationTokenSource _cancelled = new();
    private long _totalBytes;
    private long _loadedBytes;
    private long _keysLoaded;
    private long _startedMs;
    private long _rdbUsedBytes;
    private volatile bool _isOn;
    private volatile bool _isServing;

    /// <summary>Whether a dataset is being loaded.</summary>
    public bool IsOn => _isOn;

    /// <summary>Whether the loops run meanwhile: at the start of the server.</summary>
    public bool IsServing => _isServing;

    /// <summary>Set when the server is to end.</summary>
    public CancellationToken Cancelled => _cancelled.Token;

    public long TotalBytes => Volatile.Read(ref _totalBytes);

    public long LoadedBytes => Volatile.Read(ref _loadedBytes);

    /// <summary>Keys that were read so far.</summary>
    public long KeysLoaded => Volatile.Read(ref _keysLoaded);

    /// <summary>When it began, Unix milliseconds.</summary>
    public long StartedMs => Volatile.Read(ref _startedMs);

    /// <summary>What the snapshot says of the memory of the server that wrote it (its field <c>used-mem</c>); 0: nothing.</summary>
    public long RdbUsedBytes
    {
        get => Volatile.Read(ref _rdbUsedBytes);
        set => Volatile.Write(ref _rdbUsedBytes, value);
    }

    public void Begin(long totalBytes, long nowMs)
    {
        Volatile.Write(ref _totalBytes, totalBytes);
        Volatile.Write(ref _loadedBytes, 0);
        Volatile.Write(ref _keysLoaded, 0);
        Volatile.Write(ref _rdbUsedBytes, 0);
        Volatile.Write(ref _startedMs, nowMs);
        _isOn = true;
    }

    /// <summary>The loops are about to run, before anything is loaded.</summary>
    public void BeginServing(long nowMs)
    {
        Begin(0, nowMs);
        _isServing = true;
    }

    public void Add(long bytes) => Interlocked.Add(ref _loadedBytes, bytes);

    public void AddKeys(long keys) => Interlocked.Add(ref _keysLoaded, keys);

    public void End()
    {
        if (!_isServing)
            _isOn = false;
    }

    /// <summary>Clients may have all commands from now on.</summary>
    public void EndServing() => _isOn = _isServing = false;

    /// <summary>The server is to end: what loads gives up.</summary>
    public void Cancel() => _cancelled.Cancel();

    /// <summary>
    /// Waits as <c>key-load-delay</c> asks for: so many microseconds for each of <paramref name="keys"/>; a negative number −n is a microsecond for every n.
    /// </summary>
    /// <exception cref="OperationCanceledException">The server is to end.</exception>
    public void Delay(int keys)
    {
        double waitedMs = 0;
        while (_options.KeyLoadDelayUs != 0)
        {
            int delay = _options.KeyLoadDelayUs;
            double wantedMs = (delay > 0 ? (double)delay * keys : keys / -(double)delay) / 1000;
            if (waitedMs >= wantedMs)
                break;
            int step = (int)Math.Clamp(Math.Ceiling(wantedMs - waitedMs), 1, SleepMsMax);
            _ = Cancelled.WaitHandle.WaitOne(step);
            Cancelled.ThrowIfCancellationRequested();
            waitedMs += step;
        }
    }
}
