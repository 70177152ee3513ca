using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.SortedSets;

// Data plane. Ranges are removed leaf by leaf; a range of all members removes the key, whose value is freed in slices.

/// <summary>ZREM and ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX.</summary>
internal static unsafe class Removal
{
    private const string RangeComplexity =
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.";

    [Command("ZREM", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "1.2.0", Summary = "Remove one or more members from a sorted set",
        Complexity = "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.",
        Syntax = "key member...", History = ["2.4.0: Accepts multiple elements."])]
    internal static void ZRem(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.SortedSet, out var existing))
            return;
        long removed = 0;
        if (!existing.IsNull)
        {
            var database = context.Database(key);
            var values = database.Values;
            byte* entry = existing.Block;
            for (int i = 2; i < context.Count && SortedSetValue.Count(new EntryRef(entry)) > 0; i++)
            {
                entry = SortedSetValue.Remove(values, entry, context[i], out bool isRemoved);
                removed += isRemoved ? 1 : 0;
            }
            SortedSetEdit.Finish(database, key, existing, new EntryRef(entry), removed);
        }
        context.Reply.Integer(removed);
    }

    [Command("ZREMRANGEBYRANK", Arity = 4, Flags = CommandFlags.Write, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "2.0.0", Summary = "Remove all members in a sorted set within the given indexes",
        Complexity = RangeComplexity, Syntax = "key start:integer stop:integer")]
    internal static void ZRemRangeByRank(ref CommandContext context)
    {
        if (context.TryInteger(2, out long first) && context.TryInteger(3, out long last) && TryFind(ref context, out var entry))
            RemoveRange(ref context, entry, RankInterval.OfRanks(first, last, SortedSetValue.Count(entry)));
    }

    [Command("ZREMRANGEBYSCORE", Arity = 4, Flags = CommandFlags.Write, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "1.2.0", Summary = "Remove all members in a sorted set within the given scores",
        Complexity = RangeComplexity, Syntax = "key min:double max:double")]
    internal static void ZRemRangeByScore(ref CommandContext context)
    {
        if (ScoreBounds.TryParse(ref context, 2, 3, out var bounds) && TryFind(ref context, out var entry))
            RemoveRange(ref context, entry, RankInterval.OfScores(context.Database(context.Key(1)).Values, entry, bounds));
    }

    [Command("ZREMRANGEBYLEX", Arity = 4, Flags = CommandFlags.Write, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "2.8.9",
        Summary = "Remove all members in a sorted set between the given lexicographical range", Complexity = RangeComplexity, Syntax = "key min max")]
    internal static void ZRemRangeByLex(ref CommandContext context)
    {
        if (MemberBounds.TryParse(ref context, 2, 3, out var bounds) && TryFind(ref context, out var entry))
            RemoveRange(ref context, entry, RankInterval.OfMembers(context.Database(context.Key(1)).Values, entry, bounds, false));
    }

    // False: replied already, 0 for a key that does not exist.
    private static bool TryFind(ref CommandContext context, out EntryRef entry)
    {
        if (!context.TryFind(context.Key(1), ValueType.SortedSet, out entry))
            return false;
        if (!entry.IsNull)
            return true;
        context.Reply.Integer(0);
        return false;
    }

    private static void RemoveRange(ref CommandContext context, EntryRef entry, RankInterval interval)
    {
        var key = context.Key(1);

        // The events bear the commands' names.
        SortedSetEdit.RemoveRange(context.Database(key), key, entry, interval.Start, interval.Count, CommandText.NameOf(context.Command));
        context.Reply.Integer(interval.Count);
    }
}
