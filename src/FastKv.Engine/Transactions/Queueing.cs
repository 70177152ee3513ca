using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Sharding;

namespace FastKv.Engine.Transactions;

/// <summary>What happens to commands between MULTI and EXEC, and where EXEC runs. Data plane.</summary>
internal static unsafe class Queueing
{
    /// <summary>Whether a command waits for EXEC; the others end or set up the transaction itself.</summary>
    public static bool IsQueued(CommandDescriptor command) =>
        command.Route != CommandRoute.Transaction && command.Name is not ("multi" or "discard" or "watch" or "quit" or "reset");

    /// <summary>Queues a command of the client, or refuses it, and replies.</summary>
    public static void Add(Client client, CommandDescriptor command, ref CommandContext context)
    {
        var transaction = client.Transaction;
        context.Reply.SimpleString("QUEUED"u8);

        // As in Redis: what is not going to run needs no memory, and says nothing of what EXEC would do.
        if (transaction.IsAborted)
            return;
        if (command.Route == CommandRoute.Connection)
            transaction.NeedsOwnLoop = true;
        else if (context.Partitions.Length > 1)
            transaction.Shards |= ShardsOf(command, ref context);
        transaction.Add(command, context.Arguments, context.Count);
    }

    /// <summary>
    /// The shard on which EXEC runs: where all keys are, <see cref="CommandBatch.Inline"/>, or <see cref="CommandBatch.Spanning"/> with the shards involved.
    /// </summary>
    public static int ShardOf(Client client, int ownShard, out ulong shards)
    {
        var transaction = client.Transaction;
        shards = transaction.Shards | transaction.WatchedShards;
        if (!transaction.IsOpen || transaction.IsAborted)
            return CommandBatch.Inline;

        // It can be suspended only under a ticket; there is none, and no shard is noted, where there is only one.
        if (shards != 0 && (transaction.Flags & CommandFlags.Suspends) != 0)
            return CommandBatch.Spanning;
        if ((shards & ~(1UL << ownShard)) == 0)
            return CommandBatch.Inline;
        bool isOneShard = (shards & (shards - 1)) == 0;
        return isOneShard && !transaction.NeedsOwnLoop ? System.Numerics.BitOperations.TrailingZeroCount(shards) : CommandBatch.Spanning;
    }

    private static ulong ShardsOf(CommandDescriptor command, ref CommandContext context)
    {
        var routing = context.Partition.Routing;
        int shard = CommandRules.ShardOf(command, context.Arguments, context.Count, routing);
        if (shard >= 0)
            return 1UL << shard;
        return command.Route == CommandRoute.Cursor
            ? (1UL << context.Partitions.Length) - 1
            : CommandRules.ShardsOf(command, context.Arguments, context.Count, routing);
    }
}
