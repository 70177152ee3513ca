using System.Diagnostics;
using FastKv.Engine.Configuration;
using FastKv.Memory;

namespace FastKv.Engine.Monitoring;

/// <summary>What took long at a moment.</summary>
/// <param name="UnixSeconds">When.</param>
/// <param name="Milliseconds">How long.</param>
internal readonly record struct LatencySample(long UnixSeconds, long Milliseconds);

/// <summary>The samples of one kind of event: the worst of each second, the last 160 seconds in which there was one.</summary>
internal sealed class LatencySeries
{
    /// <summary>Samples kept.</summary>
    public const int SamplesMax = 160;

    private readonly Queue<LatencySample> _samples = new(SamplesMax);
    private LatencySample _last;

    /// <summary>The longest ever.</summary>
    public long MillisecondsMax { get; private set; }

    /// <summary>All samples, oldest first.</summary>
    public LatencySample[] Samples => [.. _samples, _last];

    public void Add(long unixSeconds, long milliseconds)
    {
        MillisecondsMax = Math.Max(MillisecondsMax, milliseconds);
        if (_last.UnixSeconds == unixSeconds)
        {
            _last = _last with { Milliseconds = Math.Max(_last.Milliseconds, milliseconds) };
            return;
        }
        if (_last.UnixSeconds != 0)
            _samples.Enqueue(_last);
        if (_samples.Count == SamplesMax)
            _samples.Dequeue();
        _last = new LatencySample(unixSeconds, milliseconds);
    }
}

/// <summary>
/// What took at least <c>latency-monitor-threshold</c> milliseconds, by kind of event (LATENCY). One for all shards, under a lock: who comes here has just
/// spent milliseconds. Control plane.
/// </summary>
internal sealed class LatencyMonitor(ServerOptions options, IClock clock)
{
    /// <summary>Events, named as in Redis.</summary>
    public const string Command = "command", FastCommand = "fast-command", Unblocking = "command-unblocking", ExpireCycle = "expire-cycle",
        EvictionCycle = "eviction-cycle", EvictionDeletion = "eviction-del", AofWrite = "aof-write", AofWriteDuringSync = "aof-write-pending-fsync",
        AofWriteDuringSave = "aof-write-active-child", AofWriteAlone = "aof-write-alone", AofSync = "aof-fsync-always", AofRename = "aof-rename",
        SnapshotUnlink = "rdb-unlink-temp-file";

    private readonly ServerOptions _options = options;
    private readonly IClock _clock = clock;
    private readonly SortedDictionary<string, LatencySeries> _series = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>Whether anything is noted at all.</summary>
    public bool IsOn => _options.LatencyMonitorThreshold > 0;

    public long ThresholdMs => _options.LatencyMonitorThreshold;

    /// <summary>The beginning of what may take long, for <see cref="MillisecondsSince"/>; 0, without a look at the clock, when nothing is noted.</summary>
    public long Begin() => IsOn ? Stopwatch.GetTimestamp() : 0;

    /// <summary>Milliseconds since <see cref="Begin"/>; 0 when it gave none.</summary>
    public static long MillisecondsSince(long start) => start == 0 ? 0 : (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds;

    /// <summary>Notes an event if it took long enough. Any thread.</summary>
    public void Add(string name, long milliseconds)
    {
        if (!IsOn || milliseconds < ThresholdMs)
            return;
        lock (_lock)
        {
            if (!_series.TryGetValue(name, out var series))
                _series.Add(name, series = new LatencySeries());
            series.Add(_clock.UnixMicroseconds / 1_000_000, milliseconds);
        }
    }

    /// <summary>All events with their samples and their longest duration ever.</summary>
    public (string Name, LatencySample[] Samples, long MillisecondsMax)[] All()
    {
        lock (_lock)
            return [.. _series.Select(pair => (pair.Key, pair.Value.Samples, pair.Value.MillisecondsMax))];
    }

    /// <summary>The samples of an event, oldest first, and its longest duration ever; null: it has not happened.</summary>
    public (LatencySample[] Samples, long MillisecondsMax)? Find(string name)
    {
        lock (_lock)
            return _series.TryGetValue(name, out var series) ? (series.Samples, series.MillisecondsMax) : null;
    }

    /// <summary>Forgets an event; null: all of them. Returns how many there were.</summary>
    public int Reset(string? name)
    {
        lock (_lock)
        {
            if (name is not null)
                return _series.Remove(name) ? 1 : 0;
            int count = _series.Count;
            _series.Clear();
            return count;
        }
    }
}
