using FastKv.Memory;

namespace FastKv.Engine.Keyspace;

// Data plane. Removes expired keys nobody asks for. Buckets carry the time at which their first entry may be due, so a sweep reads bucket headers only
// (sequential, some 5 ns each) and touches entries only where something is due. A whole sweep per second, in slices of at most SliceUs. A hash with more
// due fields than one step may remove holds the sweep up until they are gone.

/// <summary>The active expiry of one partition.</summary>
internal sealed class ActiveExpiry(Partition partition)
{
    /// <summary>Buckets between two looks at the clock: 128 headers, or at worst 1,280 removals of some 100 ns each.</summary>
    private const int BucketsPerStep = 128;

    /// <summary>At least this long between the starts of two sweeps.</summary>
    private const long SweepPeriodUs = 500_000;

    /// <summary>What the last sweep weighs in the share of stale keys, as the last cycle does in Redis.</summary>
    private const double LastSweepWeight = 0.05;

    private readonly Partition _partition = partition;
    private int _database;
    private ulong _position;
    private bool _isUnfinished;
    private long _sweepStartedUs;
    private long _sweptKeys;
    private long _removedKeys;

    /// <summary>DEBUG SET-ACTIVE-EXPIRE.</summary>
    public volatile bool IsOn = true;

    /// <summary>Whether a lookup removes what has expired. (Off only while loading, in parts to come.)</summary>
    public bool IsLazyExpiryOn => true;

    /// <summary>The budget of one slice: 1 ms at effort 1 up to 5.5 ms at effort 10, far below the 25 ms that count as a stall.</summary>
    public long SliceUs => 1000 + (_partition.Options.ActiveExpireEffort - 1) * 500L;

    /// <summary>Removes for at most <see cref="SliceUs"/>.</summary>
    /// <returns>Whether the sweep goes on, that is, whether another slice should follow soon.</returns>
    public bool RunSlice(IClock clock, long nowUs)
    {
        if (!IsOn)
            return false;
        if (_database == 0 && _position == 0 && !_isUnfinished)
        {
            if (nowUs - _sweepStartedUs < SweepPeriodUs)
                return false;
            _sweepStartedUs = nowUs;
            foreach (var database in _partition.Databases)
                database.NoteTime();
        }

        long endUs = clock.MonotonicMicroseconds + SliceUs;
        var databases = _partition.Databases;
        while (_database < databases.Length)
        {
            var database = databases[_database];
            _isUnfinished = false;
            if (database.HasExpiries)
            {
                long volatileKeys = database.VolatileCount;
                _position = database.SweepExpired(_position, BucketsPerStep, out _isUnfinished);
                _removedKeys += volatileKeys - database.VolatileCount;
                _partition.Journal.EndUnit();
                if (_position != 0 || _isUnfinished)
                {
                    if (clock.MonotonicMicroseconds >= endUs)
                    {
                        _partition.Statistics.ExpiryTimeCaps++;
                        return true;
                    }
                    continue;
                }
                _sweptKeys += database.VolatileCount;
            }
            _position = 0;
            _database++;
        }
        _database = 0;
        NoteStale();
        return false;
    }

    /// <summary>A sweep has ended: takes down what share of the keys with an expiry it has removed.</summary>
    private void NoteStale()
    {
        ref double percent = ref _partition.Statistics.StalePercent;
        long keys = _removedKeys + _sweptKeys;
        double last = keys == 0 ? 0 : 100.0 * _removedKeys / keys;
        percent += (last - percent) * LastSweepWeight;
        _removedKeys = _sweptKeys = 0;
    }
}
