using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;

namespace FastKv.Engine.Commands.Generic;

/// <summary>DEL and UNLINK, EXISTS and TOUCH: commands over any number of keys that reply a count. Data plane.</summary>
internal static class Deletion
{
    [Command("DEL", Arity = -2, Flags = CommandFlags.Write, Group = CommandGroup.Generic, Merge = PartMerge.Sum, FirstKey = 1, LastKey = -1,
        Access = KeyAccess.RM | KeyAccess.Delete, Since = "1.0.0", Summary = "Deletes one or more keys.",
        Complexity = "O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than a string, the individual "
            + "complexity for this key is O(M) where M is the number of elements in the list, set, sorted set or hash. Removing a single key that "
            + "holds a string value is O(1).",
        Syntax = "key...", Tips = ["request_policy:multi_shard", "response_policy:agg_sum"])]
    [Command("UNLINK", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic, Merge = PartMerge.Sum, FirstKey = 1,
        LastKey = -1, Access = KeyAccess.RM | KeyAccess.Delete, Since = "4.0.0", Summary = "Asynchronously deletes one or more keys.",
        Complexity = "O(1) for each key removed regardless of its size. Then the command does O(N) work in a different thread in order to reclaim memory, "
            + "where N is the number of allocations the deleted objects where composed of.",
        Syntax = "key...", Tips = ["request_policy:multi_shard", "response_policy:agg_sum"])]
    internal static void Delete(ref CommandContext context)
    {
        long deleted = 0;
        for (int i = 1; i < context.Count; i++)
        {
            var key = context.Key(i);
            if (!context.Owns(key) || !context.Database(key).Delete(key))
                continue;
            context.Database(key).Notify(KeyspaceEvents.Generic, "del"u8, key);
            deleted++;
        }
        context.Reply.Integer(deleted);
    }

    [Command("EXISTS", Arity = -2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic, Merge = PartMerge.Sum, FirstKey = 1,
        LastKey = -1, Access = KeyAccess.RO, Since = "1.0.0", Summary = "Determines whether one or more keys exist.",
        Complexity = "O(N) where N is the number of keys to check.", Syntax = "key...", History = ["3.0.3: Accepts multiple `key` arguments."],
        Tips = ["request_policy:multi_shard", "response_policy:agg_sum"])]
    internal static void Exists(ref CommandContext context)
    {
        long count = 0;
        for (int i = 1; i < context.Count; i++)
        {
            var key = context.Key(i);
            if (context.Owns(key) && !context.Database(key).PeekForRead(key).IsNull)
                count++;
        }
        context.Reply.Integer(count);
    }

    [Command("TOUCH", Arity = -2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic, Merge = PartMerge.Sum, FirstKey = 1,
        LastKey = -1, Access = KeyAccess.RO, Since = "3.2.1",
        Summary = "Returns the number of existing keys out of those specified after updating the time they were last accessed.",
        Complexity = "O(N) where N is the number of keys that will be touched.", Syntax = "key...",
        Tips = ["request_policy:multi_shard", "response_policy:agg_sum"])]
    internal static void Touch(ref CommandContext context)
    {
        long count = 0;
        for (int i = 1; i < context.Count; i++)
        {
            var key = context.Key(i);
            if (!context.Owns(key))
                continue;
            var entry = context.Database(key).FindForRead(key);
            if (entry.IsNull)
                continue;

            // Also for a client that asked not to touch: this one says it means to.
            if (context.Partition.AccessNote == AccessNote.None)
                context.Database(key).Touch(entry);
            count++;
        }
        context.Reply.Integer(count);
    }
}
