using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.SortedSets;

// Data plane. All of them find an interval of ranks, then walk it.

/// <summary>ZRANGE, its older forms, and ZRANGESTORE.</summary>
internal static class Ranges
{
    private const string RangeComplexity =
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.";

    private const string LimitComplexity =
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking "
        + "for the first 10 elements with LIMIT), you can consider it O(log(N)).";

    [Command("ZRANGE", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.2.0", Summary = "Return a range of members in a sorted set", Complexity = RangeComplexity,
        Syntax = "key start stop sortby[BYSCORE | BYLEX]@6.2.0 [REV@6.2.0] [LIMIT (offset count)@6.2.0] [WITHSCORES]",
        History = ["6.2.0: Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options."])]
    internal static void ZRange(ref CommandContext context) => Range(ref context, RangeKind.Open, null, true);

    [Command("ZREVRANGE", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.2.0",
        Summary = "Return a range of members in a sorted set, by index, with scores ordered from high to low", Complexity = RangeComplexity,
        Syntax = "key start:integer stop:integer [WITHSCORES]", DeprecatedSince = "6.2.0", ReplacedBy = "`ZRANGE` with the `REV` argument")]
    internal static void ZRevRange(ref CommandContext context) => Range(ref context, RangeKind.Ranks, true, true);

    [Command("ZRANGEBYSCORE", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.0.5", Summary = "Return a range of members in a sorted set, by score",
        Complexity = LimitComplexity, Syntax = "key min:double max:double [WITHSCORES@2.0.0] [LIMIT (offset count)]",
        History = ["2.0.0: Added the `WITHSCORES` modifier."], DeprecatedSince = "6.2.0", ReplacedBy = "`ZRANGE` with the `BYSCORE` argument")]
    internal static void ZRangeByScore(ref CommandContext context) => Range(ref context, RangeKind.Scores, false, true);

    [Command("ZREVRANGEBYSCORE", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.2.0",
        Summary = "Return a range of members in a sorted set, by score, with scores ordered from high to low", Complexity = LimitComplexity,
        Syntax = "key max:double min:double [WITHSCORES] [LIMIT (offset count)]", History = ["2.1.6: `min` and `max` can be exclusive."],
        DeprecatedSince = "6.2.0", ReplacedBy = "`ZRANGE` with the `REV` and `BYSCORE` arguments")]
    internal static void ZRevRangeByScore(ref CommandContext context) => Range(ref context, RangeKind.Scores, true, true);

    [Command("ZRANGEBYLEX", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.8.9", Summary = "Return a range of members in a sorted set, by lexicographical range",
        Complexity = LimitComplexity, Syntax = "key min max [LIMIT (offset count)]", DeprecatedSince = "6.2.0",
        ReplacedBy = "`ZRANGE` with the `BYLEX` argument")]
    internal static void ZRangeByLex(ref CommandContext context) => Range(ref context, RangeKind.Members, false, true);

    [Command("ZREVRANGEBYLEX", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.8.9",
        Summary = "Return a range of members in a sorted set, by lexicographical range, ordered from higher to lower strings.",
        Complexity = LimitComplexity, Syntax = "key max min [LIMIT (offset count)]", DeprecatedSince = "6.2.0",
        ReplacedBy = "`ZRANGE` with the `REV` and `BYLEX` arguments")]
    internal static void ZRevRangeByLex(ref CommandContext context) => Range(ref context, RangeKind.Members, true, true);

    [Command("ZRANGESTORE", Arity = -5, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.SortedSet, Since = "6.2.0",
        Summary = "Store a range of members from sorted set into another key",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored into the destination key.",
        Syntax = "dst:key src:key min max sortby[BYSCORE | BYLEX] [REV] [LIMIT (offset count)]")]
    [KeySpec(Index = 1, Access = KeyAccess.OW | KeyAccess.Update)]
    [KeySpec(Index = 2, Access = KeyAccess.RO | KeyAccess.Access)]
    internal static void ZRangeStore(ref CommandContext context)
    {
        if (!RangeQuery.TryParse(ref context, 2, RangeKind.Open, null, false, out var query))
            return;
        var key = context.Key(1);
        var source = context.Key(2);
        if (!context.TryFindForRead(source, ValueType.SortedSet, out var entry))
            return;
        var builder = new SortedSetBuilder(context.Database(key).Values);
        if (!entry.IsNull)
        {
            var values = context.Database(source).Values;
            var interval = query.Select(values, entry);
            var walk = SortedSetValue.FromRank(values, entry, interval.Start);
            for (long i = interval.Count; i > 0 && walk.MoveNext(); i--)
                builder.Add(walk.MemberView, walk.Score, SortedSetAggregate.Sum);
        }
        SortedSetEdit.Store(ref context, key, ref builder);
    }

    private static void Range(ref CommandContext context, RangeKind kind, bool? isReverse, bool allowScores)
    {
        if (!RangeQuery.TryParse(ref context, 1, kind, isReverse, allowScores, out var query))
            return;
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.SortedSet, out var entry))
            return;
        if (entry.IsNull)
        {
            context.Reply.ArrayHeader(0);
            return;
        }

        var values = context.Database(key).Values;
        var interval = query.Select(values, entry);
        SortedSetEdit.ReplyHeader(ref context, interval.Count, query.WithScores);
        if (interval.Count == 0)
            return;
        if (query.IsReverse)
        {
            var walk = SortedSetValue.FromRank(values, entry, interval.End);
            for (long i = interval.Count; i > 0 && walk.MovePrevious(); i--)
                SortedSetEdit.ReplyMember(ref context, walk.MemberView, walk.Score, query.WithScores);
        }
        else
        {
            var walk = SortedSetValue.FromRank(values, entry, interval.Start);
            for (long i = interval.Count; i > 0 && walk.MoveNext(); i--)
                SortedSetEdit.ReplyMember(ref context, walk.MemberView, walk.Score, query.WithScores);
        }
    }
}
