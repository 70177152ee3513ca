using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Engine.Commands;
using FastKv.Engine.Configuration;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Sharding;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Keyspace;

// Data plane. A partition is the data half of a shard: heap, databases, expiry; whoever holds its ownership word may run it, and nobody
// else touches it. Its own loop holds the word while it executes and gives it up before each poll of the network; another loop may then borrow it.

/// <summary>One shard's slice of the keyspace.</summary>
internal sealed class Partition : IDisposable
{
    private const int Free = 0;
    private const int Parked = -1;

    private readonly IClock _clock;
    private OwnershipWord _owner;

    public readonly int Index;
    public readonly Routing Routing;
    public readonly ServerOptions Options;
    public readonly NativeHeap Heap;

    /// <summary>The heap with what collections need besides it.</summary>
    public readonly ValueHeap Values;
    public readonly Database[] Databases;
    public readonly PartitionInbox Inbox;
    public readonly PartitionStatistics Statistics;
    public readonly LazyFree LazyFree;
    public readonly ActiveExpiry ActiveExpiry;

    /// <summary>What DUMP and RESTORE work with.</summary>
    public readonly Persistence.Rdb.DumpWorkspace Dump = new();

    /// <summary>The keys that blocked clients wait for.</summary>
    public readonly Blocking.BlockedKeys Blocked;

    /// <summary>The keys that are on their way to another server.</summary>
    public readonly KeyLocks Locks = new();

    /// <summary>The keys that clients watch.</summary>
    public readonly Transactions.WatchedKeys Watched;

    /// <summary>Who has subscribed to what.</summary>
    public readonly PubSub.Channels Channels;

    /// <summary>The keys that clients may hold in caches of their own.</summary>
    public readonly Tracking.TrackedKeys Tracked;

    /// <summary>Saves the entries as they are at one instant, while commands go on.</summary>
    public readonly Persistence.Snapshots.PartitionSnapshot Snapshot;

    /// <summary>The generation of entries that are made or changed now; those of the other one have yet to be saved by <see cref="Snapshot"/>.</summary>
    public EntryFlags Generation;

    /// <summary>What tells those who listen of every change.</summary>
    public readonly Persistence.Journal.Journal Journal;

    /// <summary>Makes room when memory is short.</summary>
    public readonly Eviction.Evictor Evictor;

    /// <summary>Who is to be told of changes.</summary>
    public ChangeListeners Listeners;

    /// <summary>The classes of events that are to be published.</summary>
    public KeyspaceEvents NotifiedEvents;

    /// <summary>Some key that clients wait for has got something: whoever runs the partition serves them when the present command has ended.</summary>
    public bool HasReadyKeys;

    /// <summary>Parts taken from the inbox that wait for tickets before them; touched only under the ownership word.</summary>
    public readonly Queue<Part> Pending = new(256);

    /// <summary>Randomness for commands (RANDOMKEY, sampling).</summary>
    public RandomSource Random;

    /// <summary>Milliseconds since the Unix epoch, read once per turn.</summary>
    public long NowMs;

    /// <summary>
    /// The access bits of an entry that is made in this turn: its <see cref="AccessClock"/>, or <see cref="AccessFrequency"/> under an LFU policy.
    /// </summary>
    public uint NewAccessBits;

    /// <summary>What lookups note.</summary>
    public AccessNote AccessNote;

    /// <summary>Lookups leave access clocks alone while this is set: the command's client asked for that (CLIENT NO-TOUCH).</summary>
    public bool IsTouchOff
    {
        get => AccessNote == AccessNote.None;
        set => AccessNote = value ? AccessNote.None : IsLfu ? AccessNote.Frequency : AccessNote.Clock;
    }

    /// <summary>The heap is a guarded one (<c>debug-heap</c>): what costs little then is checked as well.</summary>
    public readonly bool IsGuarded;

    /// <summary>Lookups leave what has expired in place while this is set: a client reads during CLIENT PAUSE.</summary>
    public bool IsFrozen;

    /// <summary>What has expired is still there: the effects of a file are run, which says itself when a key went.</summary>
    public bool KeepsExpired;

    /// <summary>A file is being loaded into it while clients are served: nothing expires, and nothing is evicted.</summary>
    public volatile bool IsLoading;

    /// <summary>Whether entries count accesses rather than keep the time of the last one.</summary>
    public bool IsLfu { get; private set; }

    /// <summary>The highest ticket that existed when <see cref="Pending"/> was taken in: what waits there runs after it, and not after later ones.
    /// Touched only under the ownership word.</summary>
    public long PendingBound;

    /// <summary>Every ticket up to this number has been run here or does not involve this partition.</summary>
    public long TicketsClearedUpTo;

    /// <summary>Whether the own loop has clients that wait for the word: nobody else takes it then.</summary>
    public volatile bool IsWantedByOwner;

    /// <summary>Whether anything waits in <see cref="Pending"/>; readable without the word.</summary>
    public volatile bool HasPending;

    public Partition(int index, Routing routing, ServerOptions options, IClock clock, ulong randomSeed)
    {
        Index = index;
        Routing = routing;
        Options = options;
        IsGuarded = options.DebugHeap;
        _clock = clock;
        Random = new RandomSource(randomSeed);
        Heap = new NativeHeap($"shard {index}", options.DebugHeap);
        Values = new ValueHeap(Heap, routing.HashSeed, options.CompactLimits);
        Inbox = new PartitionInbox(routing.ShardCount);
        Statistics = new PartitionStatistics(options, CommandTable.All.Length);
        LazyFree = new LazyFree(this);
        Watched = new Transactions.WatchedKeys(this);
        Tracked = new Tracking.TrackedKeys(this);
        SetNotifiedEvents();
        Journal = new Persistence.Journal.Journal(this);
        Blocked = new Blocking.BlockedKeys(this);
        Channels = new PubSub.Channels(this);
        Databases = new Database[options.Databases];
        for (int i = 0; i < Databases.Length; i++)
            Databases[i] = new Database(this, i);
        ActiveExpiry = new ActiveExpiry(this);
        Snapshot = new Persistence.Snapshots.PartitionSnapshot(this);
        Evictor = new Eviction.Evictor(this);
        UpdateClock();
    }

    /// <summary>Whether some loop runs the partition (or an exclusive ticket holds it).</summary>
    public bool IsHeld => Volatile.Read(ref _owner.Value) != Free;

    public bool IsHeldBy(int loop) => Volatile.Read(ref _owner.Value) == loop + 1;

    /// <summary>Takes the word if it is free. The CAS acquires what the last holder released.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAcquire(int loop) =>
        Volatile.Read(ref _owner.Value) == Free && Interlocked.CompareExchange(ref _owner.Value, loop + 1, Free) == Free;

    /// <summary>Gives the word up; the release store publishes all that was done under it.</summary>
    public void Release(int loop)
    {
        Debug.Assert(IsHeldBy(loop), "released by a loop that does not hold the word");
        Volatile.Write(ref _owner.Value, Free);
    }

    /// <summary>Hands the partition to an exclusive ticket's coordinator, which ends with <see cref="Unpark"/>.</summary>
    public void Park(int loop)
    {
        Debug.Assert(IsHeldBy(loop), "parked by a loop that does not hold the word");
        Volatile.Write(ref _owner.Value, Parked);
    }

    public void Unpark()
    {
        Debug.Assert(Volatile.Read(ref _owner.Value) == Parked, "unparked without having been parked");
        Volatile.Write(ref _owner.Value, Free);
    }

    public void UpdateClock() => SetClock(_clock.UnixMicroseconds / 1000);

    public void SetClock(long nowMs)
    {
        NowMs = nowMs;
        SetPolicy();
    }

    /// <summary>Follows <c>maxmemory-policy</c>: in each turn, and at once when CONFIG SET has changed it.</summary>
    public void SetPolicy()
    {
        IsLfu = Options.MaxMemoryPolicy is MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu;
        NewAccessBits = IsLfu ? AccessFrequency.Initial(NowMs) : AccessClock.At(NowMs);
        IsTouchOff = false;
    }

    /// <summary>Follows <c>notify-keyspace-events</c>, when CONFIG SET has changed it. Without K and E nothing is published whatever the classes.</summary>
    public void SetNotifiedEvents()
    {
        var events = Options.NotifyKeyspaceEvents;
        NotifiedEvents = (events & (KeyspaceEvents.Keyspace | KeyspaceEvents.Keyevent)) != 0 ? events : KeyspaceEvents.None;
    }

    /// <summary>Frees everything; with a guarded heap, fails when a block has leaked.</summary>
    public void Dispose()
    {
        Snapshot.Dispose();
        foreach (var database in Databases)
            database.Dispose();
        Tracked.Dispose();
        LazyFree.Dispose();
        Blocked.Dispose();
        Dump.Dispose();
        Watched.Dispose();
        Channels.Dispose();
        Journal.Dispose();
        Statistics.Dispose();
        Heap.Dispose();
    }

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 128)]
    private struct OwnershipWord
    {
        [System.Runtime.InteropServices.FieldOffset(64)]
        public int Value;
    }
}
