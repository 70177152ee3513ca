using System.Runtime.CompilerServices;
using FastKv.Engine.Configuration;
using FastKv.Engine.Monitoring;
using FastKv.Memory;

namespace FastKv.Engine.Keyspace.Eviction;

// Data plane, under the partition's ownership word. Makes room in one partition: before commands while there is a limit, and in slices of the loop's own.
// What other partitions use is known from sums that each publishes when its own figures have changed by 64 KiB; its own figures are exact.

/// <summary>Evicts keys of one partition, and gives back what they leave.</summary>
internal sealed class Evictor(Partition partition)
{
    /// <summary>Others learn of a change from this many bytes on.</summary>
    private const long PublishBytes = 64 * 1024;

    /// <summary>Keys evicted between two looks at the clock, as in Redis.</summary>
    private const int KeysPerLook = 16;

    /// <summary>Steps of compaction before one command, of some microseconds each.</summary>
    private const long CompactionStepsMax = 64;
    private const long ExcessBytesPerStep = 128 * 1024;

    private readonly Partition _partition = partition;
    private readonly VictimChoice _choice = new(partition);
    private MemoryLimit? _limit;
    private long _publishedUsed;
    private long _publishedCommitted;

    /// <summary>Whether there is a limit to hold.</summary>
    public volatile bool IsOn;

    /// <summary>Whether the last attempt found nothing to evict.</summary>
    public volatile bool IsExhausted;

    public Compaction Compaction { get; } = new(partition);

    /// <summary>What this partition's heap uses, as others know it.</summary>
    public long PublishedUsed => Volatile.Read(ref _publishedUsed);

    /// <summary>The limit that is to be held; before the partition is used.</summary>
    public void Attach(MemoryLimit limit) => _limit = limit;

    /// <summary>
    /// Makes room, as far as there is need: evicts until the server is below its limit or the time is over (<c>maxmemory-eviction-tenacity</c>).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Relief Relieve()
    {
        var limit = _limit!;
        return limit.IsBelow(PublishOwn(limit)) ? Relief.Below : RelieveSlowly(limit);
    }

    /// <summary>A slice of the loop's own: what commands do not do by themselves. Returns whether more is to be done soon.</summary>
    public bool RunSlice(long budgetUs)
    {
        var limit = _limit!;
        Publish(limit);
        if (!IsOn)
            return false;
        long endUs = limit.Clock.MonotonicMicroseconds + budgetUs;
        if (!limit.IsTurnOf(_partition) && limit.CommittedExcess <= 0)
            return false;
        var relief = Relieve();
        while (relief != Relief.Failed && (relief == Relief.Running || limit.CommittedExcess > 0))
        {
            if (limit.Clock.MonotonicMicroseconds >= endUs)
                return true;
            bool isWaiting = relief == Relief.Below || !limit.IsTurnOf(_partition);
            if (isWaiting && !Compact(limit))
                return false;
            relief = Relieve();
        }
        return false;
    }

    /// <summary>Tells others what the heap uses; returns what the whole server uses now.</summary>
    private long Publish(MemoryLimit limit)
    {
        long unpublished = PublishOwn(limit);
        return limit.UsedBytes + unpublished;
    }

    /// <summary>Tells others what the heap uses, if that has changed much; returns what they do not know yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long PublishOwn(MemoryLimit limit)
    {
        var heap = _partition.Heap;
        long used = heap.UsedBytes;

        // A guarded heap keeps freed blocks for a while, and much around each.
        long committed = heap.IsGuarded ? used : heap.CommittedBytes;
        if (Math.Abs(used - _publishedUsed) >= PublishBytes || Math.Abs(committed - _publishedCommitted) >= PublishBytes)
            PublishNow(limit, used, committed);
        return used - _publishedUsed;
    }

    private void PublishNow(MemoryLimit limit, long used, long committed)
    {
        limit.Add(used - _publishedUsed, committed - _publishedCommitted);
        Volatile.Write(ref _publishedUsed, used);
        _publishedCommitted = committed;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Relief RelieveSlowly(MemoryLimit limit)
    {
        if (_partition.IsLoading)
            return Relief.Below;
        long startUs = limit.Latency.IsOn ? limit.Clock.MonotonicMicroseconds : 0;
        if (limit.CommittedExcess > 0)
            Compact(limit);
        var relief = Publish(limit) <= limit.EvictAboveBytes ? Relief.Below : Evict(limit);
        limit.NoteRelief(relief);
        if (startUs != 0)
            limit.Latency.Add(LatencyMonitor.EvictionCycle, (limit.Clock.MonotonicMicroseconds - startUs) / 1000);
        return relief;
    }

    /// <summary>Gives memory back, the faster the more there is too much: a command that needs 64 KiB cannot wait for one slab per command.</summary>
    private bool Compact(MemoryLimit limit)
    {
        long excess = limit.CommittedExcess;
        bool isBusy = true;
        for (long steps = Math.Min(CompactionStepsMax, 1 + (excess / ExcessBytesPerStep)); isBusy && steps > 0 && limit.CommittedExcess > 0; steps--)
        {
            isBusy = Compaction.Step(limit.CommittedExcess);
            Publish(limit);
        }
        return isBusy;
    }

    private Relief Evict(MemoryLimit limit)
    {
        if (!limit.MayEvict)
            return Publish(limit) <= limit.MaxBytes ? Relief.Below : limit.IsSuspended ? Relief.Running : Relief.Failed;
        if (!limit.IsTurnOf(_partition))
            return Relief.Running;
        long endUs = limit.DeadlineUs();
        int evicted = 0;
        while (Publish(limit) > limit.EvictAboveBytes)
        {
            // What is on its way out counts until it has gone: more keys would go in vain.
            bool isFreeing = _partition.LazyFree.PendingEntries > 0;
            if (isFreeing)
            {
                _partition.LazyFree.RunSlice(limit.Clock, limit.FreeSliceUs);
            }
            else if (!TryEvictOne(limit))
            {
                IsExhausted = true;
                return Publish(limit) <= limit.MaxBytes ? Relief.Below : Relief.Failed;
            }
            IsExhausted = false;
            if ((isFreeing || ++evicted % KeysPerLook == 0) && limit.Clock.MonotonicMicroseconds >= endUs)
                return Publish(limit) <= limit.EvictAboveBytes ? Relief.Below : Relief.Running;
        }
        IsExhausted = false;
        return Relief.Below;
    }

    private bool TryEvictOne(MemoryLimit limit)
    {
        if (!_choice.TryChoose(out var database, out var entry, out ulong hash))
            return false;
        long startUs = limit.Latency.IsOn ? limit.Clock.MonotonicMicroseconds : 0;
        database.Evict(entry, hash);
        if (startUs != 0)
            limit.Latency.Add(LatencyMonitor.EvictionDeletion, (limit.Clock.MonotonicMicroseconds - startUs) / 1000);
        return true;
    }
}
