using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Keyspace;

/// <summary>What has been unlinked and is freed in bounded slices: the tables of FLUSHALL and FLUSHDB. Data plane, under the ownership word.</summary>
internal sealed unsafe class LazyFree(Partition partition) : IDisposable
{
    /// <summary>Entries freed between two looks at the clock: some 100 ns each.</summary>
    private const int EntriesPerStep = 512;

    private readonly Partition _partition = partition;
    private readonly Queue<ExtendibleTable<KeyEntryLayout>> _tables = new();

    /// <summary>Entries waiting to be freed (INFO's lazyfree_pending_objects).</summary>
    public long PendingEntries { get; private set; }

    /// <summary>Entries freed so far.</summary>
    public long FreedEntries { get; private set; }

    /// <summary>Takes over a detached table.</summary>
    public void Add(ExtendibleTable<KeyEntryLayout> table)
    {
        PendingEntries += table.Count;
        _tables.Enqueue(table);
    }

    /// <summary>Frees for at most <paramref name="budgetUs"/>.</summary>
    /// <returns>Whether something is left.</returns>
    public bool RunSlice(IClock clock, long budgetUs)
    {
        if (_tables.Count == 0)
            return false;
        long endUs = clock.MonotonicMicroseconds + budgetUs;
        while (_tables.Count > 0)
        {
            Step(EntriesPerStep);
            if (clock.MonotonicMicroseconds >= endUs)
                break;
        }
        return _tables.Count > 0;
    }

    /// <summary>Frees all at once (FLUSHALL SYNC, MEMORY PURGE, the end).</summary>
    public void Drain()
    {
        while (_tables.Count > 0)
            Step(int.MaxValue);
    }

    public void Dispose() => Drain();

    private void Step(int entriesMax)
    {
        var table = _tables.Peek();
        var visitor = new FreeVisitor { Heap = _partition.Heap };
        int freed = table.Drain(ref visitor, entriesMax);
        PendingEntries -= freed;
        FreedEntries += freed;
        if (table.Count > 0)
            return;
        table.Dispose();
        _tables.Dequeue();
        if (_tables.Count == 0)
            _partition.Heap.Purge();
    }

    private struct FreeVisitor : IEntryVisitor
    {
        public NativeHeap Heap;

        public void Visit(byte* entry) => StringEntry.Free(Heap, entry);
    }
}
