using System.Runtime.CompilerServices;
using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Memory;
using FastKv.Protocol;

namespace FastKv.Engine.Sharding;

// Data plane. The unit of work that travels between shards: the commands of one client's window (or one part of a ticket)
// that belong to one partition. It refers to the request's bytes in the client's input buffer; replies come back inside it.

/// <summary>One parsed and routed command of a <see cref="CommandBatch"/>.</summary>
internal unsafe struct CommandSlot
{
    /// <summary>Null: the command was rejected at resolution (unknown, wrong arity); the reply is made when its turn comes.</summary>
    public CommandDescriptor? Command;

    /// <summary>First argument in the batch's argument array, and how many.</summary>
    public int First, Count;

    /// <summary>Hash of the first key; 0: no key.</summary>
    public ulong Hash;

    /// <summary>Shard that runs it; <see cref="CommandBatch.Inline"/> or <see cref="CommandBatch.Spanning"/>.</summary>
    public int Shard;

    /// <summary>The client may run it: <see cref="Admission"/> has been asked.</summary>
    public bool IsAdmitted;

    /// <summary>Why it may not, where that has been decided already.</summary>
    public Refusal Refusal;

    /// <summary>Next slot of the same part; −1: last.</summary>
    public int NextInPart;

    /// <summary>Length of the client's output after the reply, for a command that was executed directly.</summary>
    public long ReplyEnd;

    /// <summary>First byte after the command in the input.</summary>
    public byte* End;
}

/// <summary>Commands parsed from one client's input, at most <see cref="SlotsMax"/>; pooled per loop.</summary>
internal sealed unsafe class CommandBatch : IDisposable
{
    /// <summary>A window of 64 keeps rings and reply merging amortised (17 ns per command at 64, 45 to 84 at 8).</summary>
    public const int SlotsMax = 64;

    /// <summary>The prefetch depth: 16 was the best of 8, 16, 32 and 64.</summary>
    public const int PrefetchDepth = 16;

    /// <summary>Runs on the client's own loop and touches no partition but that loop's.</summary>
    public const int Inline = -1;

    /// <summary>Needs several partitions: a ticket.</summary>
    public const int Spanning = -2;

    /// <summary>EXEC: depends on what its client has queued.</summary>
    public const int Transaction = -3;

    public readonly CommandSlot[] Slots = new CommandSlot[SlotsMax];
    public readonly ArgumentArray Arguments = new();
    public readonly Part?[] Parts;
    public int Count;

    /// <summary>The first slot that has not been run or sent.</summary>
    public int Next;

    /// <summary>The window in flight is [WindowStart, Next).</summary>
    public int WindowStart;

    /// <summary>Parts whose completion is outstanding.</summary>
    public int PartsInFlight;

    public CommandBatch(int shardCount) => Parts = new Part?[shardCount];

    public void Reset()
    {
        Arguments.Clear();
        Count = Next = WindowStart = PartsInFlight = 0;
    }

    public void Dispose() => Arguments.Dispose();
}

/// <summary>A batch's commands for one partition, or one partition's share of a ticket. Pooled per loop; crosses rings by reference.</summary>
internal sealed unsafe class Part : IDisposable
{
    /// <summary>The part's own cache of one segment: replies are written by one thread and consumed by another, and pools belong to one.</summary>
    private readonly BufferPool _segments = new(retainedSegmentsMax: 1);

    public Part() => Replies = new BufferChain(_segments);

    /// <summary>The loop that sent it, to which it returns.</summary>
    public ShardLoop Origin = null!;
    public Client Client = null!;
    public CommandBatch Batch = null!;
    public Ticket? Ticket;
    public int Shard;

    /// <summary>First slot of the chain through <see cref="CommandSlot.NextInPart"/>.</summary>
    public int FirstSlot, LastSlot, Count;
    public int DatabaseIndex;
    public byte Resp;

    /// <summary>The client's CLIENT NO-TOUCH.</summary>
    public bool NoTouch;

    /// <summary>CLIENT PAUSE is on: what the part reads is not expired.</summary>
    public bool IsPaused;

    /// <summary>The client's CLIENT TRACKING; null: it has never called that.</summary>
    public Tracking.Tracker? Tracker;

    /// <summary>For a command that may block: what it waits in if it does.</summary>
    public Blocking.Waiter? Waiter;
    public readonly BufferChain Replies;

    /// <summary>Reply length of the n-th command of the part; written by the executor, read while merging.</summary>
    public readonly long[] ReplyLengths = new long[CommandBatch.SlotsMax];
    public int Merged;

    /// <summary>For a part of a scattered ticket: how long it ran.</summary>
    public long ElapsedNanoseconds;

    /// <summary>While merging: where the next reply starts, when all of them lie in one segment and are small; else null.</summary>
    public byte* Unmerged;

    /// <summary>Replies beyond this many bytes are moved by segment rather than copied one by one.</summary>
    private const int CopyBytesMax = BufferPool.SegmentBytes;

    /// <summary>Prepares for taking the replies out in order. The usual case, small replies in one segment, is a plain copy each.</summary>
    public void BeginMerge()
    {
        Unmerged = null;
        if (Replies.Length is 0 or > CopyBytesMax)
            return;
        var head = Replies.Head;
        if (head->Unread == Replies.Length)
            Unmerged = head->Data + head->Consumed;
    }

    public void Dispose()
    {
        Replies.Clear();
        _segments.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(CommandSlot[] slots, int index)
    {
        slots[index].NextInPart = -1;
        if (Count++ == 0)
            FirstSlot = index;
        else
            slots[LastSlot].NextInPart = index;
        LastSlot = index;
    }
}

/// <summary>A command that spans partitions, with its place in the global order (DESIGN 6).</summary>
internal sealed class Ticket
{
    public long Number;
    public bool IsExclusive;

    /// <summary>The blocked command that is tried again; null: a command of the client's batch.</summary>
    public Blocking.Waiter? Waiter;
    public int Slot;
    public Client Client = null!;
    public CommandBatch Batch = null!;

    /// <summary>The server's own business with all partitions; null: a command of the client.</summary>
    public Action? Action;

    /// <summary>Shards involved, one bit each.</summary>
    public ulong Shards;

    /// <summary>Parts not yet back at the coordinator: run (scatter) or parked (exclusive).</summary>
    public int Outstanding;

    /// <summary>Its EXEC waits for another server (MIGRATE): the partitions stay parked, and it goes on later.</summary>
    public bool IsSuspended;

    /// <summary>Nobody wanted its reply when it began.</summary>
    public bool DropsReply;

    /// <summary>A key of it is on its way to another server: it was not run, and is to be taken again.</summary>
    public bool IsLocked;
    public readonly Part?[] Parts;

    public Ticket(int shardCount) => Parts = new Part?[shardCount];
}
