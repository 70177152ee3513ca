using FastKv.Engine.Configuration.Parameters;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Lists;

// Data plane.

/// <summary>LSET, LINSERT, LREM, LTRIM.</summary>
internal static unsafe class Editing
{
    [Command("LSET", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "1.0.0", Summary = "Set the value of an element in a list by its index",
        Complexity = "O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).",
        Syntax = "key index:integer element")]
    internal static void LSet(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.List, out var entry))
            return;
        if (entry.IsNull)
        {
            context.Reply.Error(Errors.NoSuchKey);
            return;
        }
        if (!context.TryInteger(2, out long index))
            return;
        if (!ListValue.TrySeek(entry, index, out var position))
        {
            context.Reply.Error(Errors.OutOfRange);
            return;
        }
        var database = context.Database(key);
        database.Replace(key, entry, new EntryRef(ListValue.Replace(database.Values, entry.Block, position, context[3])));
        database.Notify(KeyspaceEvents.List, "lset"u8, key);
        context.Reply.Ok();
    }

    [Command("LINSERT", Arity = 5, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Insert, Since = "2.2.0", Summary = "Insert an element before or after another element in a list",
        Complexity = "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that inserting somewhere on the left end " +
            "on the list (head) can be considered O(1) and inserting somewhere on the right end (tail) is O(N).",
        Syntax = "key where(BEFORE | AFTER) pivot element")]
    internal static void LInsert(ref CommandContext context)
    {
        bool before = context.Is(2, "BEFORE"u8);
        if (!before && !context.Is(2, "AFTER"u8))
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.List, out var entry))
            return;
        if (entry.IsNull)
        {
            context.Reply.Integer(0);
            return;
        }
        if (!ListValue.TryFind(entry, context[3], out var position))
        {
            context.Reply.Integer(-1);
            return;
        }
        var database = context.Database(key);
        var after = new EntryRef(ListValue.Insert(database.Values, entry.Block, position, before, context[4]));
        database.Replace(key, entry, after);
        database.Notify(KeyspaceEvents.List, "linsert"u8, key);
        context.Reply.Integer(ListValue.Count(after));
    }

    [Command("LREM", Arity = 4, Flags = CommandFlags.Write, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "1.0.0", Summary = "Remove elements from a list",
        Complexity = "O(N+M) where N is the length of the list and M is the number of elements removed.", Syntax = "key count element")]
    internal static void LRem(ref CommandContext context)
    {
        if (!context.TryInteger(2, out long count))
            return;
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.List, out var entry))
            return;
        if (entry.IsNull)
        {
            context.Reply.Integer(0);
            return;
        }
        // The most negative count has no opposite; it is more than any list holds.
        long max = count == 0 ? long.MaxValue : count > 0 ? count : -Math.Max(count, -long.MaxValue);
        var database = context.Database(key);
        byte* after = ListValue.RemoveEqual(database.Values, entry.Block, context[3], max, fromHead: count >= 0, out long removed);
        if (removed > 0)
            ListEdit.Store(database, key, entry, after, removed);
        context.Reply.Integer(removed);
    }

    [Command("LTRIM", Arity = 4, Flags = CommandFlags.Write, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "1.0.0", Summary = "Trim a list to the specified range",
        Complexity = "O(N) where N is the number of elements to be removed by the operation.", Syntax = "key start:integer stop:integer")]
    internal static void LTrim(ref CommandContext context)
    {
        if (!context.TryInteger(2, out long start) || !context.TryInteger(3, out long stop))
            return;
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.List, out var entry))
            return;
        context.Reply.Ok();
        if (entry.IsNull)
            return;

        var database = context.Database(key);
        long count = ListValue.Count(entry);
        if (!Reading.TryRange(count, ref start, ref stop))
        {
            database.Remove(key, entry);
            database.Notify(KeyspaceEvents.List, "ltrim"u8, key);
            database.Notify(KeyspaceEvents.Generic, "del"u8, key);
            return;
        }
        byte* after = entry.Block;
        if (start > 0)
            after = ListValue.Drop(database.Values, after, start, atHead: true);
        if (stop < count - 1)
            after = ListValue.Drop(database.Values, after, count - 1 - stop, atHead: false);
        long removed = count - (stop - start + 1);
        database.Replace(key, entry, new EntryRef(after), removed);
        database.Notify(KeyspaceEvents.List, "ltrim"u8, key);
    }
}
