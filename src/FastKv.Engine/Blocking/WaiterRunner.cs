using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Blocking;

// Data plane. Serves the clients that wait for the keys of a partition, on behalf of the loop that holds its word: after a command that has brought
// something, each waiter of the key is run again, in the order of their coming, as long as there is something left.

/// <summary>Runs the waiters of ready keys.</summary>
internal sealed unsafe class WaiterRunner(Partition[] partitions, ErrorCounts errors)
{
    private readonly Partition[] _partitions = partitions;
    private readonly ErrorCounts _errors = errors;

    private enum Outcome
    {
        /// <summary>It has its reply.</summary>
        Served,

        /// <summary>The wait had ended before.</summary>
        Over,

        /// <summary>It waits on.</summary>
        Waiting,

        /// <summary>It is being served elsewhere: nobody may overtake it.</summary>
        InService,
    }

    /// <summary>Serves the waiters of all keys of the partition that are ready.</summary>
    public void Serve(Partition partition)
    {
        while (partition.Blocked.TakeReady() is { } blocked)
            ServeKey(partition, blocked);
        partition.Journal.EndUnit();
    }

    private void ServeKey(Partition partition, BlockedKey blocked)
    {
        var database = partition.Databases[blocked.Database];
        bool skipsTickets = blocked.SkipsTickets;
        blocked.SkipsTickets = false;
        WaitPlace? before = null;
        var place = blocked.First;
        while (place is not null)
        {
            var next = place.Next;
            var entry = database.Peek(blocked.Key);
            var outcome = TryServe(partition, place, entry, skipsTickets);
            if (outcome == Outcome.InService)
                break;
            if (outcome == Outcome.Waiting)
                before = place;
            else
                partition.Blocked.Remove(blocked, before, place);

            // What was the last of a list or sorted set: nothing is left for the others.
            if (outcome == Outcome.Served && !entry.IsNull && database.Peek(blocked.Key).IsNull)
                break;
            place = next;
        }
        partition.Blocked.DropIfUnused(blocked);
    }

    private Outcome TryServe(Partition partition, WaitPlace place, EntryRef entry, bool skipsTickets)
    {
        var waiter = place.Waiter;
        if (place.IsOver)
            return Outcome.Over;
        if (!IsFor(waiter.Command.Group, entry) || (waiter.NeedsTicket && skipsTickets))
            return Outcome.Waiting;
        while (!waiter.TryClaim(place.Number))
        {
            // Over, or served for another of its keys; that one then knows that there is something here, too.
            if (place.IsOver)
                return Outcome.Over;
            if (waiter.TryNoteMissed(place.Number))
                return Outcome.InService;
        }
        if (waiter.NeedsTicket)
        {
            waiter.Origin.PostWaiter(waiter);
            return Outcome.InService;
        }
        if (IsLocked(partition, waiter) || !Run(partition, waiter))
        {
            // A try has seen that it has to be looked at earlier than planned: only its loop can plan anew, and looks itself.
            if (waiter.NextLookMs >= waiter.LookMs && waiter.TryResume())
                return Outcome.Waiting;
            waiter.Origin.PostWaiter(waiter);
            return Outcome.InService;
        }

        // The place is removed by the caller, who must not look at the waiter any more: its loop may reuse it at once.
        waiter.Finish();
        waiter.Origin.PostWaiter(waiter);
        return Outcome.Served;
    }

    /// <summary>Whether the command names a key that is on its way to another server: it is tried again when that is over.</summary>
    private bool IsLocked(Partition partition, Waiter waiter)
    {
        if (!partition.Locks.Any)
            return false;
        bool isHeld = Sharding.LockCheck.IsHeld(
            waiter.Command, waiter.Arguments, waiter.Count, waiter.DatabaseIndex, waiter.Client, _partitions, 1UL << partition.Index);
        partition.Locks.HasSkippedWaiters |= isHeld;
        return isHeld;
    }

    /// <summary>Whether a value is of the kind that a command of this group waits for; what has become of a stream, its command finds out itself.</summary>
    private static bool IsFor(CommandGroup group, EntryRef entry) => group switch
    {
        CommandGroup.List => !entry.IsNull && entry.Type == ValueType.List,
        CommandGroup.SortedSet => !entry.IsNull && entry.Type == ValueType.SortedSet,
        _ => true,
    };

    /// <summary>Runs the command again; false: there was nothing for it.</summary>
    private bool Run(Partition partition, Waiter waiter)
    {
        CommandContext context = default;
        context.Partition = partition;
        context.Partitions = _partitions;
        context.Client = waiter.Client;
        context.Waiter = waiter;
        context.IsRetry = true;
        context.IsPart = (waiter.Shards & (waiter.Shards - 1)) != 0;
        context.Command = waiter.Command;
        context.Arguments = waiter.Arguments;
        context.Count = waiter.Count;
        context.DatabaseIndex = waiter.DatabaseIndex;
        context.Reply = new ReplyWriter(waiter.Replies, waiter.Resp, _errors);
        waiter.IsBlockedAgain = false;
        bool wasTouchOff = partition.IsTouchOff;
        partition.IsTouchOff = waiter.NoTouch;
        partition.Statistics.Commands.RunAgain(waiter.Command, ref context);
        partition.IsTouchOff = wasTouchOff;
        return !waiter.IsBlockedAgain;
    }
}
