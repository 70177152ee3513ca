using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.SortedSets;

// Data plane. Members are taken from either end: replied first, then removed as one range.

/// <summary>ZPOPMIN, ZPOPMAX, ZMPOP and the blocking BZPOPMIN, BZPOPMAX, BZMPOP.</summary>
internal static class Popping
{
    private const string PopComplexity =
        "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.";

    private const string ManyComplexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M "
        + "being the number of elements popped.";

    private const CommandFlags BlockingFlags = CommandFlags.Write | CommandFlags.NoScript | CommandFlags.Blocking | CommandFlags.Fast;

    /// <summary>How popped members are replied.</summary>
    private enum Form
    {
        /// <summary>Members and scores in one list.</summary>
        Flat,

        /// <summary>A list of pairs.</summary>
        Pairs,

        /// <summary>The key, the member, the score.</summary>
        KeyAndMember,

        /// <summary>The key, and a list of pairs.</summary>
        KeyAndPairs,
    }

    [Command("ZPOPMIN", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete, Since = "5.0.0",
        Summary = "Remove and return members with the lowest scores in a sorted set", Complexity = PopComplexity, Syntax = "key [count]")]
    internal static void ZPopMin(ref CommandContext context) => PopOne(ref context, false);

    [Command("ZPOPMAX", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete, Since = "5.0.0",
        Summary = "Remove and return members with the highest scores in a sorted set", Complexity = PopComplexity, Syntax = "key [count]")]
    internal static void ZPopMax(ref CommandContext context) => PopOne(ref context, true);

    [Command("ZMPOP", Arity = -4, Flags = CommandFlags.Write, Group = CommandGroup.SortedSet, Since = "7.0.0",
        Summary = "Remove and return members with scores in a sorted set", Complexity = ManyComplexity,
        Syntax = "numkeys key... where(MIN | MAX) [COUNT count]")]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete, CountIndex = 0, FirstKeyAfterCount = 1)]
    internal static void ZMPop(ref CommandContext context)
    {
        if (!TryParseMany(ref context, 1, out int keys, out bool isMax, out long count))
            return;
        if (!TryPop(ref context, 2, keys, isMax, count, Form.KeyAndPairs))
            context.Reply.NullArray();
    }

    [Command("BZPOPMIN", Arity = -3, Flags = BlockingFlags, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = -2,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete, Since = "5.0.0",
        Summary = "Remove and return the member with the lowest score from one or more sorted sets, or block until one is available",
        Complexity = "O(log(N)) with N being the number of elements in the sorted set.", Syntax = "key... timeout:double",
        History = ["6.0.0: `timeout` is interpreted as a double instead of an integer."])]
    internal static void BZPopMin(ref CommandContext context) => PopBlocking(ref context, false);

    [Command("BZPOPMAX", Arity = -3, Flags = BlockingFlags, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = -2,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete, Since = "5.0.0",
        Summary = "Remove and return the member with the highest score from one or more sorted sets, or block until one is available",
        Complexity = "O(log(N)) with N being the number of elements in the sorted set.", Syntax = "key... timeout:double",
        History = ["6.0.0: `timeout` is interpreted as a double instead of an integer."])]
    internal static void BZPopMax(ref CommandContext context) => PopBlocking(ref context, true);

    [Command("BZMPOP", Arity = -5, Flags = CommandFlags.Write | CommandFlags.Blocking, Group = CommandGroup.SortedSet, Since = "7.0.0",
        Summary = "Remove and return members with scores in a sorted set or block until one is available", Complexity = ManyComplexity,
        Syntax = "timeout:double numkeys key... where(MIN | MAX) [COUNT count]")]
    [KeySpec(Index = 2, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete, CountIndex = 0, FirstKeyAfterCount = 1)]
    internal static void BZMPop(ref CommandContext context)
    {
        if (!TryParseMany(ref context, 2, out int keys, out bool isMax, out long count) || !BlockingTimeout.TryParse(ref context, 1, out long timeoutMs))
            return;
        if (!TryPop(ref context, 3, keys, isMax, count, Form.KeyAndPairs))
            context.Block(3, keys, timeoutMs);
    }

    private static void PopOne(ref CommandContext context, bool isMax)
    {
        if (context.Count > 3)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        long count = 1;
        if (context.Count == 3)
        {
            if (!context.TryInteger(2, out count, Errors.NotPositive))
                return;
            if (count < 0)
            {
                context.Reply.Error(Errors.NotPositive);
                return;
            }
        }
        var form = context.Count == 3 && context.Reply.Resp > 2 ? Form.Pairs : Form.Flat;
        if (!TryPop(ref context, 1, 1, isMax, count, form))
            context.Reply.ArrayHeader(0);
    }

    private static void PopBlocking(ref CommandContext context, bool isMax)
    {
        int keys = context.Count - 2;
        if (!BlockingTimeout.TryParse(ref context, context.Count - 1, out long timeoutMs))
            return;
        if (!TryPop(ref context, 1, keys, isMax, 1, Form.KeyAndMember))
            context.Block(1, keys, timeoutMs);
    }

    // numkeys key... MIN|MAX [COUNT count]
    private static bool TryParseMany(ref CommandContext context, int at, out int keys, out bool isMax, out long count)
    {
        keys = 0;
        isMax = false;
        count = -1;
        if (!context.TryInteger(at, out long keyCount, Errors.NumKeysNotPositive))
            return false;
        if (keyCount < 1)
        {
            context.Reply.Error(Errors.NumKeysNotPositive);
            return false;
        }

        long where = keyCount > context.Count ? context.Count : at + keyCount + 1;
        isMax = where < context.Count && context.Is((int)where, "MAX"u8);
        if (where >= context.Count || (!isMax && !context.Is((int)where, "MIN"u8)))
        {
            context.Reply.Error(Errors.Syntax);
            return false;
        }
        for (int i = (int)where + 1; i < context.Count; i++)
        {
            if (count != -1 || !context.Is(i, "COUNT"u8) || i + 1 == context.Count)
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
            if (!context.TryInteger(++i, out count, Errors.CountNotPositive))
                return false;
            if (count < 1)
            {
                context.Reply.Error(Errors.CountNotPositive);
                return false;
            }
        }
        keys = (int)keyCount;
        if (count == -1)
            count = 1;
        return true;
    }

    /// <summary>Pops from the first of the keys that exists; false: none does, nothing was replied.</summary>
    private static bool TryPop(ref CommandContext context, int firstKey, int keys, bool isMax, long count, Form form)
    {
        for (int i = firstKey; i < firstKey + keys; i++)
        {
            var key = context.Key(i);
            if (!context.TryFindToPop(key, ValueType.SortedSet, out var entry))
                return true;
            if (entry.IsNull)
                continue;
            Pop(ref context, key, entry, isMax, Math.Min(count, SortedSetValue.Count(entry)), form);
            return true;
        }
        return false;
    }

    private static void Pop(ref CommandContext context, in Key key, EntryRef entry, bool isMax, long count, Form form)
    {
        var database = context.Database(key);
        switch (form)
        {
            case Form.Flat:
                context.Reply.ArrayHeader(count * 2);
                break;
            case Form.Pairs:
                context.Reply.ArrayHeader(count);
                break;
            case Form.KeyAndMember:
                context.Reply.ArrayHeader(3);
                context.Reply.BulkString(key.Span);
                break;
            default:
                context.Reply.ArrayHeader(2);
                context.Reply.BulkString(key.Span);
                context.Reply.ArrayHeader(count);
                break;
        }

        long size = SortedSetValue.Count(entry);
        var walk = SortedSetValue.FromRank(database.Values, entry, isMax ? size : 0);
        for (long i = 0; i < count && (isMax ? walk.MovePrevious() : walk.MoveNext()); i++)
        {
            if (form is Form.Pairs or Form.KeyAndPairs)
                context.Reply.ArrayHeader(2);
            context.Reply.BulkString(walk.MemberView);
            context.Reply.Double(walk.Score);
        }
        if (form is Form.KeyAndMember or Form.KeyAndPairs)
            Tell(ref context, key, isMax, form == Form.KeyAndMember ? 0 : count);
        SortedSetEdit.RemoveRange(database, key, entry, isMax ? size - count : 0, count, isMax ? "zpopmax"u8 : "zpopmin"u8);
    }

    private static void Tell(ref CommandContext context, in Key key, bool isMax, long count)
    {
        if (context.IsJournaled)
            Effects.Pop(context, key, isMax ? "ZPOPMAX"u8 : "ZPOPMIN"u8, count);
    }
}
