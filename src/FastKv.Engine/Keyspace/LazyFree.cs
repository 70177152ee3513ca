using FastKv.Engine.Tracking;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Keyspace;

/// <summary>
/// What has been unlinked and is freed in bounded slices: the tables of FLUSHALL and FLUSHDB, and values of many elements. Data plane, under the
/// ownership word.
/// </summary>
internal sealed unsafe class LazyFree(Partition partition) : IDisposable
{
    /// <summary>Entries or elements freed between two looks at the clock: some 100 ns each.</summary>
    private const int EntriesPerStep = 512;

    /// <summary>A value of no more elements is freed at once: some microseconds.</summary>
    private const int EffortMax = 64;

    /// <summary>Chunks of 2 MiB that a step, and all that commands free between two slices, may give back to the kernel: up to 200 µs each.</summary>
    private const int ChunksPerStep = 2;
    private const int ChunksBetweenSlices = 16;

    private readonly Partition _partition = partition;
    private readonly Queue<ExtendibleTable<KeyEntryLayout>> _tables = new();
    private readonly Queue<nint> _values = new();
    private readonly Queue<ExtendibleTable<TrackedKeyLayout>> _tracked = new();
    private bool _purgesAtEnd;

    /// <summary>Entries waiting to be freed (INFO's lazyfree_pending_objects).</summary>
    public long PendingEntries { get; private set; }

    /// <summary>Entries freed so far.</summary>
    public long FreedEntries { get; private set; }

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics() => FreedEntries = 0;

    /// <summary>Takes over a detached table.</summary>
    public void Add(ExtendibleTable<KeyEntryLayout> table)
    {
        PendingEntries += table.Count;
        _tables.Enqueue(table);
    }

    /// <summary>Takes over what clients have held in their caches before a flush.</summary>
    public void Add(ExtendibleTable<TrackedKeyLayout> table) => _tracked.Enqueue(table);

    /// <summary>Frees an entry that is in no table: at once if that is little work, else in slices.</summary>
    public void Free(EntryRef entry)
    {
        if (_partition.Snapshot.TryKeep(entry))
            return;
        if (Values.FreeEffort(entry) <= EffortMax)
        {
            int budget = int.MaxValue;
            Values.Free(_partition.Values, entry.Block, ref budget);
            return;
        }
        PendingEntries++;
        _values.Enqueue((nint)entry.Block);
    }

    /// <summary>Frees, and gives memory back to the kernel, for at most <paramref name="budgetUs"/>.</summary>
    /// <returns>Whether something is left.</returns>
    public bool RunSlice(IClock clock, long budgetUs)
    {
        var heap = _partition.Heap;
        if (HasWork || heap.HasExcess)
        {
            long endUs = clock.MonotonicMicroseconds + budgetUs;
            do
                Step();
            while ((HasWork || heap.HasExcess) && clock.MonotonicMicroseconds < endUs);
            if (_purgesAtEnd && !HasWork && !heap.HasExcess)
            {
                _purgesAtEnd = false;
                heap.Purge();
            }
        }
        heap.LimitReleases(ChunksBetweenSlices);
        return HasWork || heap.HasExcess;
    }

    /// <summary>Frees all at once (FLUSHALL SYNC, MEMORY PURGE, the end).</summary>
    public void Drain()
    {
        while (HasWork)
            FreeSome(int.MaxValue);
    }

    public void Dispose() => Drain();

    private bool HasWork => _tables.Count > 0 || _values.Count > 0 || _tracked.Count > 0;

    private void Step()
    {
        _partition.Heap.LimitReleases(ChunksPerStep);
        if (HasWork)
            FreeSome(EntriesPerStep);
        else
            _partition.Heap.ReleaseExcess();
    }

    private void FreeSome(int entriesMax)
    {
        _purgesAtEnd = true;

        // Values first: a table that is drained adds to them.
        if (_values.TryPeek(out nint value))
        {
            if (Values.Free(_partition.Values, (byte*)value, ref entriesMax))
            {
                _values.Dequeue();
                PendingEntries--;
                FreedEntries++;
            }
            return;
        }
        if (_tracked.TryPeek(out var tracked))
        {
            StepTracked(tracked, entriesMax);
            return;
        }

        var table = _tables.Peek();
        var visitor = new FreeVisitor { LazyFree = this };
        int freed = table.Drain(ref visitor, entriesMax);
        PendingEntries -= freed;
        FreedEntries += freed;
        if (table.Count > 0)
            return;
        table.Dispose();
        _tables.Dequeue();
    }

    private void StepTracked(ExtendibleTable<TrackedKeyLayout> table, int entriesMax)
    {
        var visitor = new TrackedVisitor { Heap = _partition.Heap };
        table.Drain(ref visitor, entriesMax);
        if (table.Count > 0)
            return;
        table.Dispose();
        _tracked.Dequeue();
    }

    private struct FreeVisitor : IEntryVisitor
    {
        public LazyFree LazyFree;

        public readonly void Visit(byte* entry) => LazyFree.Free(new EntryRef(entry));
    }

    private struct TrackedVisitor : IEntryVisitor
    {
        public NativeHeap Heap;

        public readonly void Visit(byte* entry) => TrackedKeyBlock.Free(Heap, (TrackedKeyBlock*)entry);
    }
}
