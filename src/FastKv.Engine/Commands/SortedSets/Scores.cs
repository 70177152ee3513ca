using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.SortedSets;

// Data plane. What is asked about single members.

/// <summary>ZCARD, ZSCORE, ZMSCORE, ZRANK and ZREVRANK.</summary>
internal static class Scores
{
    /// <summary>Members whose buckets are loaded ahead of their lookups.</summary>
    private const int PrefetchMembers = 8;

    [Command("ZCARD", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO, Since = "1.2.0", Summary = "Get the number of members in a sorted set", Complexity = "O(1)", Syntax = "key")]
    internal static void ZCard(ref CommandContext context)
    {
        if (context.TryFindForRead(context.Key(1), ValueType.SortedSet, out var entry))
            context.Reply.Integer(entry.IsNull ? 0 : SortedSetValue.Count(entry));
    }

    [Command("ZSCORE", Arity = 3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.2.0", Summary = "Get the score associated with the given member in a sorted set",
        Complexity = "O(1)", Syntax = "key member")]
    internal static void ZScore(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.SortedSet, out var entry))
            return;
        if (!entry.IsNull && SortedSetValue.TryGetScore(context.Database(key).Values, entry, context[2], out double score))
            context.Reply.Double(score);
        else
            context.Reply.Null();
    }

    [Command("ZMSCORE", Arity = -3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "6.2.0", Summary = "Get the score associated with the given members in a sorted set",
        Complexity = "O(N) where N is the number of members being requested.", Syntax = "key member...")]
    internal static void ZMScore(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.SortedSet, out var entry))
            return;
        var values = context.Database(key).Values;
        context.Reply.ArrayHeader(context.Count - 2);
        for (int i = 2; i < context.Count; i++)
        {
            if (!entry.IsNull && i + PrefetchMembers < context.Count)
                SortedSetValue.PrefetchMember(values, entry, context[i + PrefetchMembers]);
            if (!entry.IsNull && SortedSetValue.TryGetScore(values, entry, context[i], out double score))
                context.Reply.Double(score);
            else
                context.Reply.Null();
        }
    }

    [Command("ZRANK", Arity = -3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.0.0", Summary = "Determine the index of a member in a sorted set", Complexity = "O(log(N))",
        Syntax = "key member [WITHSCORE@7.2.0]", History = ["7.2.0: Added the optional `WITHSCORE` argument."])]
    internal static void ZRank(ref CommandContext context) => Rank(ref context, false);

    [Command("ZREVRANK", Arity = -3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.0.0",
        Summary = "Determine the index of a member in a sorted set, with scores ordered from high to low", Complexity = "O(log(N))",
        Syntax = "key member [WITHSCORE@7.2.0]", History = ["7.2.0: Added the optional `WITHSCORE` argument."])]
    internal static void ZRevRank(ref CommandContext context) => Rank(ref context, true);

    private static void Rank(ref CommandContext context, bool reverse)
    {
        if (context.Count > 4)
        {
            CommandRules.WrongArity(ref context, context.Command);
            return;
        }
        bool withScore = context.Count == 4;
        if (withScore && !context.Is(3, "WITHSCORE"u8))
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }

        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.SortedSet, out var entry))
            return;
        double score = 0;
        long rank = entry.IsNull ? -1 : SortedSetValue.RankOf(context.Database(key).Values, entry, context[2], out score);
        if (rank < 0)
        {
            if (withScore)
                context.Reply.NullArray();
            else
                context.Reply.Null();
            return;
        }
        if (reverse)
            rank = SortedSetValue.Count(entry) - 1 - rank;
        if (!withScore)
        {
            context.Reply.Integer(rank);
            return;
        }
        context.Reply.ArrayHeader(2);
        context.Reply.Integer(rank);
        context.Reply.Double(score);
    }
}
