namespace FastKv.Engine.Commands.Generic;

/// <summary>FLUSHDB, FLUSHALL and SWAPDB: whole databases. Data plane. The entries are freed in slices whatever the mode, so that no turn stalls.</summary>
internal static class Flushing
{
    [Command("FLUSHDB", Arity = -1, Flags = CommandFlags.Write, Group = CommandGroup.Server,
        Categories = AclCategories.Keyspace | AclCategories.Dangerous, Route = CommandRoute.Everywhere, Merge = PartMerge.First, Since = "1.0.0",
        Summary = "Removes all keys from the current database.", Complexity = "O(N) where N is the number of keys in the selected database",
        Syntax = "async[ASYNC@4.0.0 | SYNC@6.2.0]",
        History = ["4.0.0: Added the `ASYNC` flushing mode modifier.", "6.2.0: Added the `SYNC` flushing mode modifier."],
        Tips = ["request_policy:all_shards", "response_policy:all_succeeded"])]
    internal static void FlushDatabase(ref CommandContext context)
    {
        if (!HasMode(ref context))
            return;
        context.Partition.Databases[context.DatabaseIndex].Clear();
        EndFlush(ref context);
        context.ForceEffect();
        context.Reply.Ok();
    }

    [Command("FLUSHALL", Arity = -1, Flags = CommandFlags.Write, Group = CommandGroup.Server,
        Categories = AclCategories.Keyspace | AclCategories.Dangerous, Route = CommandRoute.Everywhere, Merge = PartMerge.First, Since = "1.0.0",
        Summary = "Removes all keys from all databases.", Complexity = "O(N) where N is the total number of keys in all databases",
        Syntax = "async[ASYNC@4.0.0 | SYNC@6.2.0]",
        History = ["4.0.0: Added the `ASYNC` flushing mode modifier.", "6.2.0: Added the `SYNC` flushing mode modifier."],
        Tips = ["request_policy:all_shards", "response_policy:all_succeeded"])]
    internal static void FlushAll(ref CommandContext context)
    {
        if (!HasMode(ref context))
            return;
        context.Client.Loop.Server.Saving.BeginFlush();
        foreach (var database in context.Partition.Databases)
            database.Clear();
        EndFlush(ref context);
        context.ForceEffect();
        context.Reply.Ok();
    }

    [Command("SWAPDB", Arity = 3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Server,
        Categories = AclCategories.Keyspace | AclCategories.Dangerous, Route = CommandRoute.Everywhere, Merge = PartMerge.First, Since = "4.0.0",
        Summary = "Swaps two Redis databases.", Complexity = "O(N) where N is the count of clients watching or blocking on keys from both databases.",
        Syntax = "index1:integer index2:integer")]
    internal static void Swap(ref CommandContext context)
    {
        if (!TryIndex(ref context, 1, Errors.InvalidFirstDatabase, out long first) || !TryIndex(ref context, 2, Errors.InvalidSecondDatabase, out long second))
            return;
        var databases = context.Partition.Databases;
        if (first < 0 || first >= databases.Length || second < 0 || second >= databases.Length)
        {
            context.Reply.Error(Errors.DatabaseIndexOutOfRange);
            return;
        }
        if (first != second)
            databases[first].SwapWith(databases[second]);
        context.ForceEffect();
        context.Reply.Ok();
    }

    private static bool TryIndex(ref CommandContext context, int argument, ReadOnlySpan<byte> error, out long index)
    {
        if (!context.TryInteger(argument, out index, error))
            return false;
        if (index is >= int.MinValue and <= int.MaxValue)
            return true;
        context.Reply.Error(error);
        return false;
    }

    /// <summary>
    /// Whether a command of all partitions needs them at one time: FLUSHALL, since the file that it writes is of the whole server.
    /// </summary>
    public static bool IsExclusive(CommandDescriptor command) => command.Route == CommandRoute.Everywhere && command.Name == "flushall";

    /// <summary>
    /// All partitions have run their part of a command: if it was a flush, clients with caches are told; if it was FLUSHALL, for which all of them are held,
    /// the snapshot follows.
    /// </summary>
    public static void NoteDone(FastKvServer server, CommandDescriptor command)
    {
        if (server.Trackers.Count != 0 && command.Name is "flushall" or "flushdb")
            server.Trackers.InvalidateAll();
        if (command.Name == "flushall")
            server.Saving.EndFlush();
    }

    // Redis makes no difference between databases here: all that clients hold is void.
    private static void EndFlush(ref CommandContext context)
    {
        context.Partition.Tracked.Clear();
        if (!context.IsPart)
            NoteDone(context.Client.Loop.Server, context.Command);
    }

    private static bool HasMode(ref CommandContext context)
    {
        if (context.Count == 1 || (context.Count == 2 && (context.Is(1, "ASYNC"u8) || context.Is(1, "SYNC"u8))))
            return true;
        context.Reply.Error(Errors.Syntax);
        return false;
    }
}
