using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using FastKv.Engine.Blocking;
using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Monitoring;
using FastKv.Engine.Persistence.Journal;
using FastKv.Engine.Tracking;
using FastKv.Protocol;

namespace FastKv.Engine.Sharding;

// Data plane. How a partition's inbox is run by the loop that holds its word, be it the owner or a borrower. The order is DESIGN 6's rule 3,
// "tickets first": take in what has arrived, then run every ticket that was visible at that moment, and only then the rest.

/// <summary>Runs partitions on behalf of one loop.</summary>
internal sealed unsafe class PartitionRunner(int loop, TicketCounter tickets, Partition[] partitions, ErrorCounts errors, RingFaults? faults)
{
    private readonly int _loop = loop;
    private readonly TicketCounter _tickets = tickets;
    private readonly Partition[] _partitions = partitions;
    private readonly ErrorCounts _errors = errors;
    private readonly RingFaults? _faults = faults;
    private readonly WaiterRunner _waiters = new(partitions, errors);

    /// <summary>Loops to which completions were sent since the last call of <see cref="TakeCompletionTargets"/>, one bit each.</summary>
    private ulong _completionTargets;

    /// <summary>Runs what waits at <paramref name="partition"/>, whose word the loop holds.</summary>
    /// <returns>False: a ticket has to come first (some coordinator is still enqueueing), or an exclusive ticket has taken the partition, whose word
    /// the loop then no longer holds. Nothing else may be run on it in this turn.</returns>
    public bool Run(Partition partition)
    {
        // Parts that a ticket has held up run before others are taken in: they wait for the tickets of their time only. Otherwise a steady
        // stream of exclusive tickets, each of which ends the turn of the partition, would hold them up for ever.
        if (partition.Pending.Count == 0)
        {
            var inbox = partition.Inbox;
            for (int i = 0; i < inbox.Parts.Length; i++)
            {
                while (inbox.Parts[i].TryDequeue(out var part))
                    partition.Pending.Enqueue(part);
            }

            // After the parts: who sent one may have seen the effect of any ticket issued until now.
            partition.PendingBound = _tickets.Issued;
        }

        // Set while the word is certainly held: a false return may mean that it has been handed over.
        partition.HasPending = partition.Pending.Count > 0;
        if (_faults is { TicketsLast: true })
            return RunTicketsLast(partition);
        if (!RunTickets(partition, partition.PendingBound))
            return false;
        RunPending(partition);
        return true;
    }

    /// <summary>Runs the tickets of <paramref name="partition"/> up to <paramref name="bound"/>, a value of <see cref="TicketCounter.Issued"/>.</summary>
    /// <returns>As <see cref="Run"/>.</returns>
    public bool RunTickets(Partition partition, long bound)
    {
        _faults?.Pause();
        while (partition.TicketsClearedUpTo < bound)
        {
            // The announcements before the rings: see TicketCounter.
            long floor = _tickets.EnqueueFloor();
            var head = SmallestTicket(partition.Inbox);
            long number = head is null ? long.MaxValue : head.Ticket!.Number;
            if (number > bound)
            {
                if (floor <= bound)
                    return false;
                partition.TicketsClearedUpTo = bound;
                return true;
            }
            if (number >= floor)
                return false;

            partition.Inbox.Tickets[head!.Origin.Index].TryDequeue(out _);
            partition.TicketsClearedUpTo = number;
            if (head.Ticket!.IsExclusive)
            {
                // The coordinator may run the partition only once this completion is published, so the ring still has one producer.
                partition.Park(_loop);
                Complete(partition, head);
                return false;
            }
            RunPart(partition, head);
        }
        return true;
    }

    /// <summary>Serves the blocked clients whose keys have got something in a partition that this thread may touch.</summary>
    public void ServeWaiters(Partition partition) => _waiters.Serve(partition);

    /// <summary>The loops that got completions, for waking; resets the set.</summary>
    public ulong TakeCompletionTargets()
    {
        ulong targets = _completionTargets;
        _completionTargets = 0;
        return targets;
    }

    private void RunPending(Partition partition)
    {
        while (partition.Pending.TryDequeue(out var part))
            RunPart(partition, part);
        partition.HasPending = false;
    }

    /// <summary>The order that rule 3 forbids, for the test that shows that its checker would notice.</summary>
    private bool RunTicketsLast(Partition partition)
    {
        RunPending(partition);
        return RunTickets(partition, partition.PendingBound);
    }

    private static Part? SmallestTicket(PartitionInbox inbox)
    {
        Part? smallest = null;
        for (int i = 0; i < inbox.Tickets.Length; i++)
        {
            if (inbox.Tickets[i].TryPeek(out var part) && (smallest is null || part.Ticket!.Number < smallest.Ticket!.Number))
                smallest = part;
        }
        return smallest;
    }

    /// <summary>Runs the commands of a part and sends it back.</summary>
    private void RunPart(Partition partition, Part part)
    {
        if (partition.Locks.Any && part.Ticket is null && LockCheck.IsHeld(part, _partitions))
        {
            partition.Locks.Hold(part);
            return;
        }
        Execute(partition, part);
        partition.Statistics.PartsRun++;
        Complete(partition, part);
    }

    /// <summary>Runs the commands of a part in order, with a prefetch pass over the buckets and one over the entries.</summary>
    public void Execute(Partition partition, Part part)
    {
        var slots = part.Batch.Slots;
        var timeline = LoopTimeline.Current;
        timeline.BeginBatch();
        var database = partition.Databases[part.DatabaseIndex];
        if (part.Ticket is null && part.Count > 1)
        {
            for (int i = part.FirstSlot; i >= 0; i = slots[i].NextInPart)
                database.PrefetchBucket(slots[i].Hash);
            ulong displaced = 0;
            for (int i = part.FirstSlot; i >= 0; i = slots[i].NextInPart)
                displaced |= database.PrefetchEntry(slots[i].Hash) ? 1UL << i : 0;
            for (; displaced != 0; displaced &= displaced - 1)
                database.PrefetchDisplaced(slots[BitOperations.TrailingZeroCount(displaced)].Hash);
        }

        if (partition.Evictor.IsOn)
            partition.Evictor.Relieve();
        CommandContext context;
        context.Partition = partition;
        context.Partitions = _partitions;
        context.Client = part.Client;
        context.DatabaseIndex = part.DatabaseIndex;
        context.IsPart = part.Ticket is not null;
        context.IsRetry = context.IsInTransaction = false;
        context.Shards = 0;
        context.TicketNumber = 0;
        context.Waiter = part.Waiter;
        context.Reply = new ReplyWriter(part.Replies, part.Resp, part.Ticket is null ? _errors : null);
        partition.IsTouchOff = part.NoTouch;
        partition.Tracked.Actor = part.Tracker;
        var statistics = partition.Statistics.Commands;
        int n = 0;
        for (int i = part.FirstSlot; i >= 0; i = slots[i].NextInPart)
        {
            ref var slot = ref slots[i];
            var command = slot.Command!;
            context.Arguments = part.Batch.Arguments.Items + slot.First;
            context.Count = slot.Count;
            context.FirstKeyHash = slot.Hash;
            context.Command = command;
            long before = part.Replies.Length;
            partition.IsFrozen = part.IsPaused && !Clients.ClientPause.Writes(part.Client, command);
            if (part.Ticket is null)
                statistics.Run(command, ref context);
            else
                RunScattered(part, command, ref context);
            if (part.Tracker is not null)
                TrackedKeys.NoteRead(ref context);
            part.ReplyLengths[n++] = part.Replies.Length - before;
            if (partition.HasReadyKeys)
                _waiters.Serve(partition);
        }
        partition.IsTouchOff = partition.IsFrozen = false;
        partition.Tracked.Actor = null;
        long unexplained = timeline.EndBatch();
        if (unexplained >= timeline.Watch.UnexplainedNs)
            Blame(part, timeline, unexplained);
        if (part.Ticket is null && IsLarge(part, timeline))
            NoteSizes(part, timeline);
    }

    /// <summary>Whether a part has moved so many bytes (or what came between its commands) that some of them may be to be noted for their size.</summary>
    private static bool IsLarge(Part part, LoopTimeline timeline)
    {
        var slots = part.Batch.Slots;
        long inputBytes = slots[part.LastSlot].End - part.Batch.Arguments.Items[slots[part.FirstSlot].First].Pointer;
        return Math.Max(inputBytes, part.Replies.Length) >= timeline.Watch.LargeBytes;
    }

    /// <summary>Notes those commands of a part that were large, or have large replies.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void NoteSizes(Part part, LoopTimeline timeline)
    {
        int n = 0;
        for (int i = part.FirstSlot; i >= 0; i = part.Batch.Slots[i].NextInPart)
        {
            ref var slot = ref part.Batch.Slots[i];
            timeline.Watch.NoteSize(
                part.Client, slot.Command!, part.Batch.Arguments.Items + slot.First, slot.Count, isReceived: true, part.ReplyLengths[n++]);
        }
    }

    /// <summary>The commands of a part took long together, and none of them is known to have.</summary>
    private static void Blame(Part part, LoopTimeline timeline, long nanoseconds)
    {
        Suspect suspect = default;
        int n = 0;
        for (int i = part.FirstSlot; i >= 0; i = part.Batch.Slots[i].NextInPart)
        {
            ref var slot = ref part.Batch.Slots[i];
            suspect.Consider(timeline, slot.Command, part.Batch.Arguments.Items + slot.First, slot.Count, part.ReplyLengths[n++]);
        }
        suspect.Note(timeline, part.Client, nanoseconds);
    }

    /// <summary>Runs one shard's share of a call, which its coordinator counts once for all of them, with its time and its error.</summary>
    private static void RunScattered(Part part, CommandDescriptor command, ref CommandContext context)
    {
        var timeline = LoopTimeline.Current;
        var arguments = context.Arguments;
        var start = timeline.BeginCall(arguments);
        command.Handler(ref context);
        part.ElapsedNanoseconds = timeline.EndCall(start, arguments, context.Count);
        if (part.ElapsedNanoseconds >= timeline.Watch.ThresholdNs)
            timeline.NoteWorst(command.Name, part.ElapsedNanoseconds);
        if (context.Partition.Journal.IsOn)
            JournalUnits.NoteScattered(ref context, part.Ticket!);
    }

    private void Complete(Partition partition, Part part)
    {
        _faults?.Pause();
        int target = part.Origin.Index;
        var ring = partition.Inbox.Completions[target];
        bool sent = ring.TryEnqueue(part);
        Debug.Assert(sent, "completions are bounded by what the loop may have outstanding");
        ring.Publish();
        _completionTargets |= 1UL << target;
    }
}
