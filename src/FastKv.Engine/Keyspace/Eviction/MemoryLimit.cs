using System.Runtime.CompilerServices;
using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Configuration;
using FastKv.Engine.Monitoring;
using FastKv.Engine.Persistence.Journal;
using FastKv.Engine.Sharding;
using FastKv.Memory;

namespace FastKv.Engine.Keyspace.Eviction;

// Data plane; refreshed by the first loop's timer. maxmemory of the whole server, and what counts against it:
//
//   used       live blocks of the heaps (keys, values, tables, blocked and watched keys) + native buffers (clients' input and output, rings) + what the
//              managed heap has grown by: INFO's used_memory, less what waits to be written to the append-only file (mem_not_counted_for_evict): each key
//              that is evicted adds its DEL to that, so with a slow disk all keys would go. Above the limit keys are evicted, or commands are refused.
//   committed  what the heaps hold of the kernel instead of their live blocks, for the sizes of keys shift. Above the limit (and a margin) entries are moved
//              together and holes given back (Compaction); as long as that does not suffice, a reserve lowers the mark at which keys are evicted, because
//              emptier slabs are cheaper to empty.
//   uncounted  what is resident all the same, above what the process had at its start: freed buffers that malloc keeps, mostly. It lowers what the heaps may
//              commit.

/// <summary><c>maxmemory</c> of the whole server.</summary>
internal sealed class MemoryLimit : IDisposable
{
    /// <summary>Committed memory may exceed the limit by a 128th and two chunks per shard: what the heaps keep against thrashing.</summary>
    private const int MarginShift = 7;
    private const long MarginPerShard = 4L << 20;

    /// <summary>Fragmentation does not cost more than a quarter of the limit.</summary>
    private const int ReserveShareMax = 4;

    /// <summary>
    /// What nothing counts lowers what the heaps may commit by no more than a 16th of the limit: with a small one it is mostly the process itself.
    /// </summary>
    private const int UncountedShareMax = 16;

    /// <summary>The managed heap breathes: so much above its size at the start is not counted.</summary>
    private const long ManagedFreeBytes = 4L << 20;

    /// <summary>Compiled code grows in the first minutes: so much above the process's size at the start is not counted either.</summary>
    private const long ProcessFreeBytes = 12L << 20;

    /// <summary>From so much on malloc is asked to give back what it keeps, at most once in so many ticks: that costs milliseconds.</summary>
    private const long TrimBytes = 8L << 20;
    private const int TrimTicks = 10;

    private const int TenacityLinearMax = 10;
    private const int TenacityUnbounded = 100;
    private const long TenacityStepUs = 50;

    private readonly FastKvServer _server;
    private readonly long _managedAtStart = GC.GetTotalMemory(forceFullCollection: false);
    private readonly ResidentMemory _resident = new();
    private long _residentAtStart;
    private long _uncountedBytes;
    private int _ticksSinceTrim;
    private long _heapUsed;
    private long _heapCommitted;
    private long _managedBytes;
    private long _maxBytes;
    private long _evictAboveBytes = long.MaxValue;
    private long _committedMark = long.MaxValue;
    private long _reserveBytes;
    private long _exceededSinceUs;
    private long _exceededTotalUs;

    public MemoryLimit(FastKvServer server)
    {
        _server = server;
        foreach (var partition in server.Partitions)
            partition.Evictor.Attach(this);
    }

    public IClock Clock => _server.Clock;

    /// <summary>Who is told when making room takes long.</summary>
    public LatencyMonitor Latency => _server.Latency;

    /// <summary>Bytes in use that are not held against the limit: the append-only file's buffers.</summary>
    public static long NotCountedBytes => JournalStream.AllocatedBytes;

    /// <summary>Bytes in use in the whole server that count; those of other partitions as they have last published them.</summary>
    public long UsedBytes => Volatile.Read(ref _heapUsed) + OtherBytes;

    /// <summary>The limit; <see cref="long.MaxValue"/>: none.</summary>
    public long MaxBytes => Volatile.Read(ref _maxBytes);

    /// <summary>Above this keys are evicted: the limit, less the reserve.</summary>
    public long EvictAboveBytes => Volatile.Read(ref _evictAboveBytes);

    /// <summary>Bytes that the heaps hold above what they may; negative: they are below.</summary>
    public long CommittedExcess => Volatile.Read(ref _heapCommitted) + OtherBytes - Volatile.Read(ref _committedMark);

    /// <summary>Whether nothing is to be done, when a partition uses so much more than it has told: two comparisons.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsBelow(long unpublished)
    {
        long other = OtherBytes;
        return Volatile.Read(ref _heapUsed) + unpublished + other <= Volatile.Read(ref _evictAboveBytes)
            && Volatile.Read(ref _heapCommitted) + other <= Volatile.Read(ref _committedMark);
    }

    /// <summary>What the limit is lowered by because of fragmentation.</summary>
    public long ReserveBytes => Volatile.Read(ref _reserveBytes);

    /// <summary>What the managed heap has grown by since the start.</summary>
    public long ManagedBytes => Volatile.Read(ref _managedBytes);

    /// <summary>
    /// No keys go while all clients are paused: who pauses them wants the data to stand still. Nor while the disk does not keep up: each adds to what it has to
    /// write.
    /// </summary>
    public bool IsSuspended =>
        (_server.Pause.UntilMs != 0 && _server.Pause.IsOn(_server.Clock.UnixMicroseconds / 1000)) || _server.Aof.Pressure.IsOn;

    /// <summary>Whether keys may be evicted at all.</summary>
    public bool MayEvict => _server.Options.MaxMemoryPolicy != MaxMemoryPolicy.NoEviction && !IsSuspended;

    /// <summary>
    /// Whether a partition is to evict: it uses its share (give or take a 16th), or those that use more have nothing to evict. Else the one that is looked at
    /// first each time would evict for all of them, and end up empty.
    /// </summary>
    public bool IsTurnOf(Partition partition)
    {
        var partitions = _server.Partitions;
        if (partitions.Length == 1)
            return true;
        long share = Volatile.Read(ref _heapUsed) / partitions.Length;
        share -= share / 16;
        if (partition.Evictor.PublishedUsed >= share)
            return true;
        foreach (var other in partitions)
        {
            if (other.Evictor.PublishedUsed >= share && !other.Evictor.IsExhausted)
                return false;
        }
        return true;
    }

    /// <summary>How long pending values are freed at a stretch: in the background mostly when eviction frees lazily.</summary>
    public long FreeSliceUs => _server.Options.LazyFreeLazyEviction ? 50 : 500;

    /// <summary>Milliseconds above the limit, all times together and the present one.</summary>
    public (long TotalMs, long CurrentMs) ExceededMs()
    {
        long since = Volatile.Read(ref _exceededSinceUs);
        long current = since == 0 ? 0 : Clock.MonotonicMicroseconds - since;
        return ((Volatile.Read(ref _exceededTotalUs) + current) / 1000, current / 1000);
    }

    /// <summary>The figures of one partition have changed.</summary>
    public void Add(long used, long committed)
    {
        Interlocked.Add(ref _heapUsed, used);
        Interlocked.Add(ref _heapCommitted, committed);
    }

    /// <summary>When an attempt to make room ends, as Redis reckons <c>maxmemory-eviction-tenacity</c>: up to 500 µs, then 15% more for each.</summary>
    public long DeadlineUs()
    {
        int tenacity = _server.Options.MaxMemoryEvictionTenacity;
        if (tenacity >= TenacityUnbounded)
            return long.MaxValue;
        double us = tenacity <= TenacityLinearMax
            ? TenacityStepUs * tenacity
            : TenacityStepUs * TenacityLinearMax * Math.Pow(1.15, tenacity - TenacityLinearMax);
        return Clock.MonotonicMicroseconds + (long)us;
    }

    /// <summary>Keeps the time that the server spends above its limit.</summary>
    public void NoteRelief(Relief relief)
    {
        long since = Volatile.Read(ref _exceededSinceUs);
        if (relief != Relief.Below)
        {
            if (since == 0)
                Interlocked.CompareExchange(ref _exceededSinceUs, Math.Max(1, Clock.MonotonicMicroseconds), 0);
        }
        else if (since != 0 && Interlocked.CompareExchange(ref _exceededSinceUs, 0, since) == since)
        {
            Interlocked.Add(ref _exceededTotalUs, Clock.MonotonicMicroseconds - since);
        }
    }

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics()
    {
        Volatile.Write(ref _exceededSinceUs, 0);
        Volatile.Write(ref _exceededTotalUs, 0);
    }

    /// <summary>Follows the configuration: at the start, and when CONFIG SET has changed it.</summary>
    public void Apply()
    {
        ulong max = _server.Options.MaxMemory;
        Volatile.Write(ref _maxBytes, max == 0 ? long.MaxValue : (long)Math.Min(max, long.MaxValue / 2));
        Volatile.Write(ref _reserveBytes, 0);
        SetMarks();
        foreach (var partition in _server.Partitions)
        {
            partition.Evictor.IsOn = max != 0;
            partition.Evictor.IsExhausted = false;
        }
        bool isGateSet = (_server.CommonGate & ClientGate.MemoryLimit) != 0;
        if (isGateSet != (max != 0))
            _server.SetCommonGate(ClientGate.MemoryLimit, max != 0);
    }

    /// <summary>
    /// Ten times a second, on the first loop: counts the managed heap, and sets the reserve. It grows while more is committed than may be, although
    /// partitions do what they can, and falls slowly.
    /// </summary>
    public void Tick()
    {
        long managed = GC.GetTotalMemory(forceFullCollection: false) - _managedAtStart - ManagedFreeBytes;
        Volatile.Write(ref _managedBytes, Math.Max(0, managed));
        if (_server.Options.MaxMemory == 0)
            return;
        NoteResident();
        long reserve = ReserveBytes;
        long excess = CommittedExcess;
        reserve = excess > 0
            ? Math.Min(MaxBytes / ReserveShareMax, reserve + (excess / 4) + (MaxBytes >> 12))
            : Math.Max(0, reserve - (reserve >> 6) - (MaxBytes >> 13));
        Volatile.Write(ref _reserveBytes, reserve);
        SetMarks();
    }

    public void Dispose() => _resident.Dispose();

    /// <summary>
    /// Asked on the client's loop before each command while there is a limit (<see cref="ClientGate.MemoryLimit"/>), the loop's own partition being held: makes
    /// room where that is possible, and says whether the command must be refused because there is none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Refuses(ShardLoop loop, Client client, CommandDescriptor command)
    {
        var relief = loop.Partition.Evictor.Relieve();
        return relief != Relief.Below && RefusesWhenFull(loop, client, command, relief);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RefusesWhenFull(ShardLoop loop, Client client, CommandDescriptor command, Relief relief)
    {
        bool isRoom = relief != Relief.Failed;
        if (MayEvict && !loop.IsAlone)
        {
            // The partitions whose turn it is may be asleep; when they have nothing to evict, it is this one's turn.
            bool wasItsTurn = IsTurnOf(loop.Partition);
            isRoom = (isRoom && wasItsTurn) | IsRoomElsewhere(loop);
            if (!isRoom && !wasItsTurn)
                isRoom = MakesRoom(loop.Partition);
        }
        return !isRoom && NeedsMemory(client, command);
    }

    /// <summary>Whether other partitions can make room, which those that nobody runs are made to do at once.</summary>
    private bool IsRoomElsewhere(ShardLoop loop)
    {
        bool isAny = false;
        foreach (var partition in _server.Partitions)
        {
            if (partition == loop.Partition)
                continue;
            if (!partition.IsWantedByOwner && partition.TryAcquire(loop.Index))
            {
                partition.UpdateClock();
                isAny |= MakesRoom(partition);
                partition.Release(loop.Index);
            }
            else
            {
                isAny |= MayHaveVictims(partition);
            }
        }
        return isAny;
    }

    /// <summary>Has a partition, which the caller holds, make room, if it is its turn; else says whether it could.</summary>
    private bool MakesRoom(Partition partition)
    {
        var relief = partition.Evictor.Relieve();
        return relief == Relief.Running && !IsTurnOf(partition) ? MayHaveVictims(partition) : relief != Relief.Failed;
    }

    /// <summary>
    /// What can be told of a partition that another thread runs: volatile keys are counted, of others is known whether the last search was in vain.
    /// </summary>
    private bool MayHaveVictims(Partition partition)
    {
        if (!VictimChoice.IsVolatile(_server.Options.MaxMemoryPolicy))
            return !partition.Evictor.IsExhausted;
        foreach (var database in partition.Databases)
        {
            if (database.VolatileCount > 0)
                return true;
        }
        return false;
    }

    /// <summary>Commands that may use more memory; in a transaction also those to be queued, and EXEC if it has such.</summary>
    private static bool NeedsMemory(Client client, CommandDescriptor command)
    {
        if ((command.Flags & CommandFlags.DenyOom) != 0)
            return true;
        var transaction = client.Transaction;
        if (!transaction.IsOpen)
            return false;
        if (command.Name != "exec")
            return command.Name is not ("discard" or "quit" or "reset");
        for (int i = 0; i < transaction.Count; i++)
        {
            if ((transaction[i].Command.Flags & CommandFlags.DenyOom) != 0)
                return true;
        }
        return false;
    }

    private void NoteResident()
    {
        long more = _resident.Read() - Volatile.Read(ref _heapCommitted) - OtherBytes - NotCountedBytes;
        if (_residentAtStart == 0)
            _residentAtStart = Math.Max(1, more);
        long uncounted = Math.Clamp(more - _residentAtStart - ProcessFreeBytes, 0, _server.Options.DebugHeap ? 0 : MaxBytes / UncountedShareMax);
        Volatile.Write(ref _uncountedBytes, uncounted);
        SetMarks();
        if (++_ticksSinceTrim < TrimTicks || uncounted < TrimBytes || CommittedExcess <= 0)
            return;
        _ticksSinceTrim = 0;
        _server.Upkeep.RequestTrim();
    }

    private long OtherBytes => NativeBlock.OutstandingBytes - NotCountedBytes + Volatile.Read(ref _managedBytes);

    private long CommittedMax(long maxBytes) => maxBytes + (maxBytes >> MarginShift) + (MarginPerShard * _server.Partitions.Length);

    private void SetMarks()
    {
        bool isOn = MaxBytes != long.MaxValue;
        Volatile.Write(ref _evictAboveBytes, isOn ? MaxBytes - ReserveBytes : long.MaxValue);
        Volatile.Write(ref _committedMark, isOn ? CommittedMax(MaxBytes) - Volatile.Read(ref _uncountedBytes) : long.MaxValue);
    }
}
