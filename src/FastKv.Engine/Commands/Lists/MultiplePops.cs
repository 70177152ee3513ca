using FastKv.Engine.Persistence.Journal;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Lists;

// Data plane. The pops from the first of several keys that has a list.

/// <summary>LMPOP, BLMPOP, BLPOP, BRPOP.</summary>
internal static unsafe class MultiplePops
{
    [Command("LMPOP", Arity = -4, Flags = CommandFlags.Write, Group = CommandGroup.List, Since = "7.0.0", Summary = "Pop elements from a list",
        Complexity = "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
        Syntax = "numkeys key... where(LEFT | RIGHT) [COUNT count]")]
    [KeySpec(Index = 1, CountIndex = 0, FirstKeyAfterCount = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete)]
    internal static void LMPop(ref CommandContext context)
    {
        if (TryParse(ref context, 1, out int keys, out bool atHead, out long count) && !TryPop(ref context, 2, keys, atHead, count))
            context.Reply.NullArray();
    }

    [Command("BLMPOP", Arity = -5, Flags = CommandFlags.Write | CommandFlags.Blocking, Group = CommandGroup.List, Since = "7.0.0",
        Summary = "Pop elements from a list, or block until one is available",
        Complexity = "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
        Syntax = "timeout:double numkeys key... where(LEFT | RIGHT) [COUNT count]")]
    [KeySpec(Index = 2, CountIndex = 0, FirstKeyAfterCount = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete)]
    internal static void BLMPop(ref CommandContext context)
    {
        if (TryParse(ref context, 2, out int keys, out bool atHead, out long count) && BlockingTimeout.TryParse(ref context, 1, out long timeoutMs)
            && !TryPop(ref context, 3, keys, atHead, count))
        {
            context.Block(3, keys, timeoutMs);
        }
    }

    [Command("BLPOP", Arity = -3, Flags = CommandFlags.Write | CommandFlags.NoScript | CommandFlags.Blocking, Group = CommandGroup.List,
        FirstKey = 1, LastKey = -2, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete, Since = "2.0.0",
        Summary = "Remove and get the first element in a list, or block until one is available",
        Complexity = "O(N) where N is the number of provided keys.", Syntax = "key... timeout:double",
        History = ["6.0.0: `timeout` is interpreted as a double instead of an integer."])]
    internal static void BLPop(ref CommandContext context) => PopOrBlock(ref context, atHead: true);

    [Command("BRPOP", Arity = -3, Flags = CommandFlags.Write | CommandFlags.NoScript | CommandFlags.Blocking, Group = CommandGroup.List,
        FirstKey = 1, LastKey = -2, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete, Since = "2.0.0",
        Summary = "Remove and get the last element in a list, or block until one is available",
        Complexity = "O(N) where N is the number of provided keys.", Syntax = "key... timeout:double",
        History = ["6.0.0: `timeout` is interpreted as a double instead of an integer."])]
    internal static void BRPop(ref CommandContext context) => PopOrBlock(ref context, atHead: false);

    private static void PopOrBlock(ref CommandContext context, bool atHead)
    {
        int keys = context.Count - 2;
        if (BlockingTimeout.TryParse(ref context, context.Count - 1, out long timeoutMs) && !TryPop(ref context, 1, keys, atHead, 0))
            context.Block(1, keys, timeoutMs);
    }

    // Up to `count` elements as an array, or with a count of 0 one that stands by itself. False: there is no list, and no reply.
    private static bool TryPop(ref CommandContext context, int firstKey, int keys, bool atHead, long count)
    {
        for (int i = firstKey; i < firstKey + keys; i++)
        {
            var key = context.Key(i);
            if (!context.TryFindToPop(key, ValueType.List, out var entry))
                return true;
            if (entry.IsNull)
                continue;

            context.Reply.ArrayHeader(2);
            context.Reply.BulkString(key.Span);
            long popped = Math.Min(Math.Max(count, 1), ListValue.Count(entry));
            if (count == 0)
                ListReply.Element(context.Reply, ListValue.End(entry, atHead));
            else
                ListReply.Ends(context.Reply, entry, popped, atHead);
            ListEdit.Drop(context.Database(key), key, entry, popped, atHead);
            if (context.IsJournaled)
                Effects.Pop(context, key, atHead ? "LPOP"u8 : "RPOP"u8, count == 0 ? 0 : popped);
            return true;
        }
        return false;
    }

    private static bool TryParse(ref CommandContext context, int countIndex, out int keys, out bool atHead, out long count)
    {
        keys = 0;
        atHead = false;
        count = 1;
        if (!TryPositive(ref context, countIndex, out long keyCount, Errors.NumKeysNotPositive))
            return false;
        if (keyCount >= context.Count - countIndex - 1)
        {
            context.Reply.Error(Errors.Syntax);
            return false;
        }
        keys = (int)keyCount;
        int where = countIndex + keys + 1;
        if (!ListEdit.TryEnd(ref context, where, out atHead))
            return false;
        if (where + 1 == context.Count)
            return true;
        if (context.Is(where + 1, "COUNT"u8) && where + 2 < context.Count)
        {
            if (!TryPositive(ref context, where + 2, out count, Errors.CountNotPositive))
                return false;
            if (where + 3 == context.Count)
                return true;
        }
        context.Reply.Error(Errors.Syntax);
        return false;
    }

    private static bool TryPositive(ref CommandContext context, int index, out long value, ReadOnlySpan<byte> error)
    {
        if (!context.TryInteger(index, out value, error))
            return false;
        if (value > 0)
            return true;
        context.Reply.Error(error);
        return false;
    }
}
