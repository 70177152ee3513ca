namespace FastKv.Engine.Persistence;

/// <summary>How far the loading of the dataset has come. Written by who loads, read by any thread. Control plane.</summary>
internal sealed class LoadingProgress
{
    private long _totalBytes;
    private long _loadedBytes;
    private volatile bool _isOn;

    /// <summary>Whether a dataset is being loaded.</summary>
    public bool IsOn => _isOn;

    public long TotalBytes => Volatile.Read(ref _totalBytes);

    public long LoadedBytes => Volatile.Read(ref _loadedBytes);

    public void Begin(long totalBytes)
    {
        Volatile.Write(ref _totalBytes, totalBytes);
        Volatile.Write(ref _loadedBytes, 0);
        _isOn = true;
    }

    public void Add(long bytes) => Interlocked.Add(ref _loadedBytes, bytes);

    public void End() => _isOn = false;
}
