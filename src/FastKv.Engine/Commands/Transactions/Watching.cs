namespace FastKv.Engine.Commands.Transactions;

/// <summary>WATCH and UNWATCH. Data plane.</summary>
internal static class Watching
{
    [Command("WATCH", Arity = -2, Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.AllowBusy,
        Group = CommandGroup.Transactions, FirstKey = 1, LastKey = -1, Access = KeyAccess.RO, Since = "2.2.0",
        Summary = "Monitors changes to keys to determine the execution of a transaction.", Complexity = "O(1) for every key.", Syntax = "key...")]
    internal static void Watch(ref CommandContext context)
    {
        var transaction = context.Client.Transaction;
        if (transaction.IsOpen)
        {
            context.Reply.Error(Errors.WatchInsideMulti);
            return;
        }
        for (int i = 1; i < context.Count; i++)
        {
            var key = context.Key(i);
            var database = context.Database(key);

            // One that has expired goes now, lest its removal count as a change; but not from a dataset that is yet to be complete. While clients pause
            // it stays, and the watch remembers that.
            if (!database.Partition.IsLoading)
                database.Peek(key);
            if (!transaction.TryWatch(context.DatabaseIndex, key))
                continue;
            transaction.WatchedShards |= 1UL << database.Partition.Index;
            database.Partition.Watched.Add(context.DatabaseIndex, key, transaction, database.Partition.IsFrozen && database.HoldsExpired(key));
        }
        context.Reply.Ok();
    }

    [Command("UNWATCH", Arity = 1, Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.AllowBusy,
        Group = CommandGroup.Transactions, Route = CommandRoute.Connection, Since = "2.2.0",
        Summary = "Forgets about watched keys of a transaction.", Complexity = "O(1)")]
    internal static void Unwatch(ref CommandContext context)
    {
        if (!context.IsInTransaction)
            context.Client.Transaction.Unwatch(context.Partitions);
        context.Reply.Ok();
    }
}
