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
                RunAll(ref context, transaction);
        }
        transaction.End(context.Partitions);
    }

    private static void RunAll(ref CommandContext context, Transaction transaction)
    {
        transaction.Seal();

        // What is watched has done its part: the commands that follow are not to break it.
        transaction.Unwatch(context.Partitions);
        context.Reply.ArrayHeader(transaction.Count);
        var client = context.Client;
        var inner = context;
        inner.IsInTransaction = true;
        inner.FirstKeyHash = 0;
        var own = context.Partition;
        for (int i = 0; i < transaction.Count; i++)
        {
            var queued = transaction[i];
            inner.Command = queued.Command;
            inner.Arguments = transaction.Arguments + queued.First;
            inner.Count = queued.Count;
            inner.DatabaseIndex = client.Database;
            inner.Reply.Resp = client.Resp;
            inner.Partition = own;
            if (context.Partitions.Length > 1 && queued.Command.Route is CommandRoute.Everywhere or CommandRoute.Cursor)
                client.Loop.Exclusive.RunOnPartitions(ref inner);
            else
                own.Statistics.Commands.Run(queued.Command, ref inner);
            if ((client.Gate & Clients.ClientGate.Tracking) != 0)
                NoteTracking(ref inner, transaction, client);
            if ((client.Gate & Clients.ClientGate.Monitored) != 0)
                client.Loop.Server.Monitors.Feed(client, ref inner, isWithinExec: true);
        }
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
