using FastKv.Engine.Configuration;
using FastKv.Structures;

namespace FastKv.Engine.Keyspace.Eviction;

// Data plane. Which key goes next. A sample is a whole bucket: nine entries on average, whose headers are loaded at once, so that a sample of nine costs little
// more than one of one. Volatile policies walk over the headers of buckets, which tell where something expires, and load only the entries there. The hints
// would also tell volatile-ttl the soonest of many buckets; but then short-lived keys that are popular go at once, each time they come, and the hit ratio falls
// below that of a sample (0.95 instead of 1.08 times redis-server's in a trace of changing popularity).

/// <summary>Chooses victims in one partition.</summary>
internal sealed unsafe class VictimChoice(Partition partition)
{
    /// <summary>Headers looked at between two looks at the way left.</summary>
    private const int BucketsPerStep = 4096;

    private const int SampleMax = ExtendibleTable<KeyEntryLayout>.SampleMax;

    private readonly Partition _partition = partition;
    private readonly EvictionPool _pool = new();
    private readonly ulong[] _positions = new ulong[partition.Options.Databases];
    private MaxMemoryPolicy _policy = MaxMemoryPolicy.NoEviction;
    private int _database;

    /// <summary>The entry that goes next, and its database; false: there is none.</summary>
    public bool TryChoose(out Database database, out EntryRef entry, out ulong hash)
    {
        var policy = _partition.Options.MaxMemoryPolicy;
        if (policy != _policy)
        {
            _pool.Clear();
            _policy = policy;
        }
        bool isRandom = policy is MaxMemoryPolicy.AllKeysRandom or MaxMemoryPolicy.VolatileRandom;
        bool isVolatile = IsVolatile(policy);
        if (isRandom)
            return TryDraw(isVolatile, out database, out entry, out hash);

        // A sample first, then the best of all: else what has gone stale in the pool would be used up before anything new is looked at.
        bool isAny = Sample(isVolatile);
        while (true)
        {
            while (_pool.TryTake(out var victim))
            {
                database = _partition.Databases[victim.Database];
                entry = new EntryRef((byte*)victim.Entry);
                hash = victim.Hash;
                if (database.Refers(hash, entry) && ScoreOf(entry, policy) >= victim.Score && database.HashOf(entry) == hash
                    && (!isVolatile || entry.HasExpiry))
                    return true;
            }
            if (!isAny)
                break;
            isAny = Sample(isVolatile);
        }
        (database, entry, hash) = (null!, default, 0);
        return false;
    }

    /// <summary>Whether only keys with an expiry may go.</summary>
    public static bool IsVolatile(MaxMemoryPolicy policy) => policy is
        MaxMemoryPolicy.VolatileLru or MaxMemoryPolicy.VolatileLfu or MaxMemoryPolicy.VolatileRandom or MaxMemoryPolicy.VolatileTtl;

    private long ScoreOf(EntryRef entry, MaxMemoryPolicy policy) => policy switch
    {
        MaxMemoryPolicy.AllKeysLru or MaxMemoryPolicy.VolatileLru => AccessClock.IdleSeconds(entry.AccessClock, _partition.NowMs),
        MaxMemoryPolicy.VolatileTtl => long.MaxValue - entry.ExpiryMs,
        _ => byte.MaxValue - AccessFrequency.CounterOf(entry.AccessClock, _partition.NowMs, _partition.Options),
    };

    /// <summary>Puts a sample of one database into the pool; false: no key may be evicted.</summary>
    private bool Sample(bool isVolatile)
    {
        if (!TryNextDatabase(isVolatile, out var database))
            return false;
        Span<nint> entries = stackalloc nint[SampleMax];
        int wanted = _partition.Options.MaxMemorySamples;
        bool isAny = false;
        while (wanted > 0)
        {
            int count = isVolatile ? NextExpiring(database, entries) : database.Sample(entries);
            if (count == 0)
                break;
            isAny = true;
            wanted -= count;
            Consider(database, entries[..count]);
        }
        return isAny;
    }

    private void Consider(Database database, ReadOnlySpan<nint> entries)
    {
        foreach (nint block in entries)
        {
            var entry = new EntryRef((byte*)block);
            long score = ScoreOf(entry, _policy);
            if (_pool.Wants(score) && !_pool.Has(block))
                _pool.Add(new Victim { Score = score, Hash = database.HashOf(entry), Entry = block, Database = database.Index });
        }
    }

    /// <summary>Entries with an expiry from where the last search ended; 0: there are none.</summary>
    private int NextExpiring(Database database, Span<nint> entries)
    {
        int wraps = 0;
        while (wraps < 2)
        {
            ref ulong position = ref _positions[database.Index];
            ulong from = position;
            position = database.SampleExpiring(from, BucketsPerStep, entries, out int count);
            if (position <= from)
                wraps++;

            if (count > 0)
                return count;
        }
        return 0;
    }

    private bool TryDraw(bool isVolatile, out Database database, out EntryRef entry, out ulong hash)
    {
        Span<nint> entries = stackalloc nint[SampleMax];
        (entry, hash) = (default, 0);
        if (!TryNextDatabase(isVolatile, out database))
            return false;

        // From a place that is drawn each time: a walk would take one stretch of the table after the other.
        if (isVolatile)
            _positions[database.Index] = _partition.Random.Next() >> (64 - ExtendibleTable<KeyEntryLayout>.CursorBits);
        int count = isVolatile ? NextExpiring(database, entries) : database.Sample(entries);
        if (count == 0)
            return false;
        entry = new EntryRef((byte*)entries[(int)_partition.Random.Below(count)]);
        hash = database.HashOf(entry);
        return true;
    }

    /// <summary>The databases take turns.</summary>
    private bool TryNextDatabase(bool isVolatile, out Database database)
    {
        var databases = _partition.Databases;
        for (int i = 0; i < databases.Length; i++)
        {
            _database = _database + 1 < databases.Length ? _database + 1 : 0;
            database = databases[_database];
            if ((isVolatile ? database.VolatileCount : database.Count) > 0)
                return true;
        }
        database = null!;
        return false;
    }
}
