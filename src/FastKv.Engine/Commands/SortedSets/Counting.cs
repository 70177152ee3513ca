using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.SortedSets;

/// <summary>ZCOUNT and ZLEXCOUNT. Data plane.</summary>
internal static class Counting
{
    [Command("ZCOUNT", Arity = 4, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.0.0", Summary = "Count the members in a sorted set with scores within the given values",
        Complexity = "O(log(N)) with N being the number of elements in the sorted set.", Syntax = "key min:double max:double")]
    internal static void ZCount(ref CommandContext context)
    {
        var key = context.Key(1);
        if (ScoreBounds.TryParse(ref context, 2, 3, out var bounds) && context.TryFindForRead(key, ValueType.SortedSet, out var entry))
            context.Reply.Integer(entry.IsNull ? 0 : RankInterval.OfScores(context.Database(key).Values, entry, bounds).Count);
    }

    [Command("ZLEXCOUNT", Arity = 4, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.8.9",
        Summary = "Count the number of members in a sorted set between a given lexicographical range",
        Complexity = "O(log(N)) with N being the number of elements in the sorted set.", Syntax = "key min max")]
    internal static void ZLexCount(ref CommandContext context)
    {
        var key = context.Key(1);
        if (MemberBounds.TryParse(ref context, 2, 3, out var bounds) && context.TryFindForRead(key, ValueType.SortedSet, out var entry))
            context.Reply.Integer(entry.IsNull ? 0 : RankInterval.OfMembers(context.Database(key).Values, entry, bounds, false).Count);
    }
}
