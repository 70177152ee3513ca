using FastKv.Engine.Sharding;

namespace FastKv.Engine.Keyspace;

// Data plane where it is asked, control plane where it changes. Keys that are on their way to another server (MIGRATE): from the moment at which they were
// looked at until they are deleted, or stay, no command that names them is run. Commands on other keys go on. A lock is known by its key's hash: two keys of
// the same hash wait for each other, which is harmless.
//
//   hash of a key ──► databases in which it is locked, one bit each (all from 63 on share the last)

/// <summary>The locked keys of one partition, and what waits for them; under its ownership word.</summary>
internal sealed class KeyLocks
{
    private const int SharedBit = 63;

    private readonly Dictionary<ulong, ulong> _databases = [];

    /// <summary>Parts of other loops that name a locked key: they are run when some lock is lifted.</summary>
    private readonly Queue<Part> _held = new();

    /// <summary>Whether any key is locked: what is looked at once per batch of commands.</summary>
    public bool Any => _databases.Count != 0;

    /// <summary>A blocked client was not served because its command names a locked key.</summary>
    public bool HasSkippedWaiters { get; set; }

    /// <summary>Whether a key is locked in a database; O(1).</summary>
    public bool Contains(int database, ulong hash) => _databases.TryGetValue(hash, out ulong locked) && (locked & Bit(database)) != 0;

    /// <summary>Whether a key is locked in some database; O(1).</summary>
    public bool Contains(ulong hash) => _databases.ContainsKey(hash);

    /// <summary>Locks a key. A key may be named twice: it is unlocked at once.</summary>
    public void Add(int database, ulong hash) => _databases[hash] = _databases.GetValueOrDefault(hash) | Bit(database);

    /// <summary>Unlocks a key.</summary>
    public void Remove(int database, ulong hash)
    {
        ulong left = _databases.GetValueOrDefault(hash) & ~Bit(database);
        if (left == 0)
            _databases.Remove(hash);
        else
            _databases[hash] = left;
    }

    /// <summary>Keeps a part until a lock is lifted.</summary>
    public void Hold(Part part) => _held.Enqueue(part);

    /// <summary>Some locks have been lifted: what waited is tried again by whoever runs the partition next.</summary>
    public void Retry(Partition partition)
    {
        while (_held.TryDequeue(out var part))
        {
            partition.Pending.Enqueue(part);
            partition.HasPending = true;
        }
        if (!HasSkippedWaiters)
            return;
        HasSkippedWaiters = false;
        for (int i = 0; i < partition.Databases.Length; i++)
            partition.Blocked.SignalDatabase(i);
    }

    private static ulong Bit(int database) => 1UL << Math.Min(database, SharedBit);
}
