using FastKv.Engine.Monitoring;
using FastKv.Engine.Transactions;

namespace FastKv.Engine.Commands.Transactions;

/// <summary>MULTI, EXEC and DISCARD. Data plane.</summary>
internal static unsafe class MultiExec
{
    [Command("MULTI", Arity = 1, Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.AllowBusy,
        Group = CommandGroup.Transactions, Route = CommandRoute.Connection, Since = "1.2.0", Summary = "Starts a transaction.", Complexity = "O(1)")]
    internal static void Multi(ref CommandContext context)
    {
        var client = context.Client;
        if (client.Transaction.IsOpen)
        {
            context.Reply.Error(Errors.NestedMulti);
            return;
        }
        client.Transaction.IsOpen = true;
        client.Gate |= Clients.ClientGate.Multi;
        context.Reply.Ok();
    }

    [Command("DISCARD", Arity = 1, Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.AllowBusy,
        Group = CommandGroup.Transactions, Route = CommandRoute.Connection, Since = "2.0.0", Summary = "Discards a transaction.",
        Complexity = "O(N), when N is the number of queued commands")]
    internal static void Discard(ref CommandContext context)
    {
        var transaction = context.Client.Transaction;
        if (!transaction.IsOpen)
        {
            context.Reply.Error(Errors.DiscardWithoutMulti);
            return;
        }
        transaction.End(context.Partitions);
        context.Reply.Ok();
    }

    [Command("EXEC", Arity = 1, Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.SkipSlowlog,
        Group = CommandGroup.Transactions, Route = CommandRoute.Transaction, Since = "1.2.0", Summary = "Executes all commands in a transaction.",
        Complexity = "Depends on commands in the transaction")]
    internal static void Exec(ref CommandContext context)
    {
        var client = context.Client;
        if (context.IsRetry)
            RunAll(ref context, client.Transaction);
        else
            Execute(ref context);
        if (client.Transaction.Migration is not null)
            return;
        if (client.Transaction.IsOpen)
            client.Transaction.End(context.Partitions);
        if ((client.Gate & Clients.ClientGate.Monitored) != 0)
            client.Loop.Server.Monitors.Feed(client, ref context, isWithinExec: true);
    }

    private static void Execute(ref CommandContext context)
    {
        var transaction = context.Client.Transaction;
        if (!transaction.IsOpen)
        {
            context.Reply.Error(Errors.ExecWithoutMulti);
            return;
        }
        if (transaction.IsAborted)
        {
            context.Reply.Error(Errors.ExecAborted);
        }
        else
        {
            transaction.LookAtWatched(context);
            if (transaction.IsBroken)
                context.Reply.NullArray();
            else
                Begin(ref context, transaction);
        }
    }

    /// <summary>Replies why a command is refused before it runs. An EXEC that is refused itself ends the transaction, and says so.</summary>
    internal static void ReplyRefusal(ref CommandContext context, CommandDescriptor command, ReadOnlySpan<byte> error)
    {
        if (command.Route != CommandRoute.Transaction)
        {
            context.Reply.Error(error);
            return;
        }
        context.Client.Transaction.End(context.Partitions);
        context.Reply.Error(Errors.ExecAbortedPrefix, error, default);
    }

    /// <summary>Whether a command empties or exchanges databases on all partitions, which then are all held.</summary>
    private static bool HasFlush(Transaction transaction)
    {
        for (int i = 0; i < transaction.Count; i++)
        {
            var command = transaction[i].Command;
            if (command.Route == CommandRoute.Everywhere && (command.Flags & CommandFlags.Write) != 0)
                return true;
        }
        return false;
    }

    private static void Begin(ref CommandContext context, Transaction transaction)
    {
        transaction.Seal();

        // What is watched has done its part: the commands that follow are not to break it.
        transaction.Unwatch(context.Partitions);
        context.Reply.ArrayHeader(transaction.Count);
        if (context.IsJournaled)
            Persistence.Journal.JournalUnits.BeginTransaction(context.Partitions, HasFlush(transaction));
        RunAll(ref context, transaction);
    }

    /// <summary>Runs the commands that have not been run: all of them, or until one has to wait for another server.</summary>
    private static void RunAll(ref CommandContext context, Transaction transaction)
    {
        var client = context.Client;
        var inner = context;
        inner.IsInTransaction = true;
        inner.FirstKeyHash = 0;
        var own = context.Partition;
        var timeline = LoopTimeline.Current;
        var call = timeline.Call;
        int heaviest = transaction.Next;
        long heaviestBytes = 0, replyStart = context.Reply.Output.Length;
        for (; transaction.Next < transaction.Count; transaction.Next++)
        {
            var queued = transaction[transaction.Next];
            inner.Command = queued.Command;
            inner.Arguments = transaction.Arguments + queued.First;
            inner.Count = queued.Count;
            inner.DatabaseIndex = client.Database;
            inner.Reply.Resp = client.Resp;
            inner.Partition = own;
            inner.IsRetry = transaction.Migration is not null;
            if ((client.Gate & Clients.ClientGate.Restricted) != 0 && !inner.IsRetry)
            {
                // The error of a command that was not permitted is EXEC's own failure, if no command follows.
                inner.Reply.Errors!.Pending = 0;
                if (!Acl.AclDenial.PermitsQueued(ref inner))
                    continue;
            }
            if (inner.IsRetry)
                own.Statistics.Commands.RunAgain(queued.Command, ref inner);
            else if (context.Partitions.Length > 1 && queued.Command.Route is CommandRoute.Everywhere or CommandRoute.Cursor)
                client.Loop.Exclusive.RunOnPartitions(ref inner);
            else
                own.Statistics.Commands.Run(queued.Command, ref inner);
            if (transaction.Migration is not null)
                return;
            if ((client.Gate & Clients.ClientGate.Tracking) != 0)
                NoteTracking(ref inner, transaction, client);
            if ((client.Gate & Clients.ClientGate.Monitored) != 0)
                client.Loop.Server.Monitors.Feed(client, ref inner, isWithinExec: true);
            long replyEnd = context.Reply.Output.Length;
            if (replyEnd - replyStart >= timeline.Watch.LargeBytes && !inner.IsRetry)
                timeline.Watch.NoteSize(client, inner.Command, inner.Arguments, inner.Count, isReceived: false, replyEnd - replyStart);
            long bytes = replyEnd - replyStart + inner.Arguments[inner.Count - 1].Length + (inner.Count * sizeof(Protocol.Argument));
            replyStart = replyEnd;
            if (bytes > heaviestBytes && CommandStatistics.IsSampled(inner.Command))
                (heaviest, heaviestBytes) = (transaction.Next, bytes);
        }
        long unexplained = timeline.UnexplainedSince(call);
        if (unexplained >= timeline.Watch.UnexplainedNs && heaviest < transaction.Count)
            Blame(transaction, heaviest, client, timeline, unexplained);
    }

    /// <summary>The commands of a transaction took long together, and none of them is known to have.</summary>
    private static void Blame(Transaction transaction, int heaviest, Clients.Client client, LoopTimeline timeline, long nanoseconds)
    {
        var queued = transaction[heaviest];
        Suspect suspect = default;
        suspect.Consider(timeline, queued.Command, transaction.Arguments + queued.First, queued.Count, replyBytes: 0);
        suspect.Note(timeline, client, nanoseconds);
    }

    // Tracking may have been switched on by a command of the transaction itself.
    private static void NoteTracking(ref CommandContext context, Transaction transaction, Clients.Client client)
    {
        Tracking.TrackedKeys.NoteRead(ref context);
        context.Partition.Tracked.Actor = client.Tracker;
        for (ulong shards = transaction.Shards; shards != 0; shards &= shards - 1)
            context.Partitions[System.Numerics.BitOperations.TrailingZeroCount(shards)].Tracked.Actor = client.Tracker;
    }
}
