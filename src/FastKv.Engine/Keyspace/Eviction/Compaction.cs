using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Keyspace.Eviction;

// Data plane. Keeps what is resident close to what is used. Where sizes shift, evicted keys leave holes that the next ones do not fit into. So:
//
//   blocks above 4 KiB   pages in holes go back to the kernel                                      (NativeHeap.Decommit)
//   smaller ones         sparse slabs are condemned, their entries move into holes of other slabs  (NativeHeap.Condemn)
//
// An entry of a slab is found by its own content: block ─► key ─► hash ─► table; what the table refers to under that hash at that address is an entry,
// whatever the bytes of other blocks may look like. So nothing has to be noted of blocks, and a free block or a node of a list is passed over. A slab with such
// nodes stays. Moving an entry costs some 100 ns; emptying a slab that is half full gains 32 KiB for as many bytes moved.

/// <summary>Gives memory of one partition back that is committed and not used.</summary>
internal sealed unsafe class Compaction(Partition partition)
{
    /// <summary>Blocks looked at per step: their buckets are loaded at once.</summary>
    private const int BlocksPerStep = 32;

    /// <summary>Slabs condemned at once: 4 MiB.</summary>
    private const int SlabsPerRound = 64;

    /// <summary>Emptying slabs that are fuller would move ten bytes for each that it gains.</summary>
    private const int FillPercentMax = 85;

    /// <summary>System calls per step, of one or two microseconds and the faults of the pages that are used again.</summary>
    private const int CallsPerStep = 16;

    /// <summary>After a look that found nothing, so much must have happened before the next.</summary>
    private const long PauseMs = 20;

    private readonly Partition _partition = partition;
    private bool _hasCondemned;
    private long _nextMediumMs, _nextSlabsMs, _nextRoundMs;

    /// <summary>Entries that have been moved.</summary>
    public long Moved { get; private set; }

    /// <summary>Bytes of holes that went back to the kernel.</summary>
    public long Decommitted { get; private set; }

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics() => Moved = 0;

    /// <summary>A bounded step towards giving back <paramref name="excess"/> bytes; false: there is nothing to do just now.</summary>
    public bool Step(long excess)
    {
        if (_hasCondemned)
        {
            MoveSome();
            return true;
        }
        var heap = _partition.Heap;
        if (heap.ReleaseExcess())
            return true;
        long now = _partition.NowMs;
        if (now >= _nextMediumMs && GiveBack(excess, withSlabs: false, now, ref _nextMediumMs))
            return true;
        if (now >= _nextRoundMs)
        {
            _hasCondemned = heap.Condemn(SlabsPerRound, FillPercentMax) > 0;
            if (_hasCondemned)
                return true;
            _nextRoundMs = now + PauseMs;
        }
        return now >= _nextSlabsMs && GiveBack(excess, withSlabs: true, now, ref _nextSlabsMs);
    }

    private bool GiveBack(long excess, bool withSlabs, long nowMs, ref long nextMs)
    {
        long bytes = _partition.Heap.Decommit(excess, CallsPerStep, withSlabs);
        Decommitted += bytes;
        if (bytes == 0)
            nextMs = nowMs + PauseMs;
        return bytes > 0;
    }

    private void MoveSome()
    {
        Span<nint> blocks = stackalloc nint[BlocksPerStep];
        Span<ulong> hashes = stackalloc ulong[BlocksPerStep];
        int count = _partition.Heap.NextCondemned(blocks, out int blockBytes);
        _hasCondemned = count > 0;
        for (int i = 0; i < count; i++)
        {
            var entry = new EntryRef((byte*)blocks[i]);
            hashes[i] = 0;
            if (!entry.MayFill(blockBytes))
                continue;
            var key = entry.Key;
            fixed (byte* bytes = key)
                hashes[i] = _partition.Routing.Hash(bytes, key.Length);
            foreach (var database in _partition.Databases)
            {
                if (database.Count > 0)
                    database.PrefetchBucket(hashes[i]);
            }
        }
        for (int i = 0; i < count; i++)
        {
            // A large value that a snapshot is in the midst of stays where it is.
            if (hashes[i] != 0 && !_partition.Snapshot.IsWriting(new EntryRef((byte*)blocks[i])))
                Move(new EntryRef((byte*)blocks[i]), hashes[i]);
        }
    }

    private void Move(EntryRef entry, ulong hash)
    {
        foreach (var database in _partition.Databases)
        {
            if (database.Count == 0 || !database.TryMove(hash, entry))
                continue;
            Moved++;
            return;
        }
    }
}
