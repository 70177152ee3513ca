using FastKv.Engine.Configuration.Parameters;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.SortedSets;

// Data plane. All scores are checked before the first member is touched, so that a command does all or nothing.

/// <summary>ZADD and ZINCRBY.</summary>
internal static unsafe class Adding
{
    [Command("ZADD", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.SortedSet, FirstKey = 1,
        LastKey = 1, Access = KeyAccess.RW | KeyAccess.Update, Since = "1.2.0",
        Summary = "Add one or more members to a sorted set, or update its score if it already exists",
        Complexity = "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
        Syntax = "key condition[NX | XX]@3.0.2 comparison[GT | LT]@6.2.0 [change=CH@3.0.2] [increment=INCR@3.0.2] (score:double member)...",
        History =
        [
            "2.4.0: Accepts multiple elements.", "3.0.2: Added the `XX`, `NX`, `CH` and `INCR` options.", "6.2.0: Added the `GT` and `LT` options.",
        ])]
    internal static void ZAdd(ref CommandContext context)
    {
        var rule = SortedSetRule.None;
        bool countChanged = false;
        int at = 2;
        for (; at < context.Count; at++)
        {
            if (context.Is(at, "NX"u8))
                rule |= SortedSetRule.OnlyAdd;
            else if (context.Is(at, "XX"u8))
                rule |= SortedSetRule.OnlyChange;
            else if (context.Is(at, "CH"u8))
                countChanged = true;
            else if (context.Is(at, "INCR"u8))
                rule |= SortedSetRule.Increment;
            else if (context.Is(at, "GT"u8))
                rule |= SortedSetRule.OnlyGreater;
            else if (context.Is(at, "LT"u8))
                rule |= SortedSetRule.OnlyLess;
            else
                break;
        }

        int words = context.Count - at;
        if (words == 0 || words % 2 != 0)
            context.Reply.Error(Errors.Syntax);
        else if ((rule & (SortedSetRule.OnlyAdd | SortedSetRule.OnlyChange)) == (SortedSetRule.OnlyAdd | SortedSetRule.OnlyChange))
            context.Reply.Error(Errors.AddNxAndXx);
        else if (System.Numerics.BitOperations.PopCount((uint)(rule & (SortedSetRule.OnlyAdd | SortedSetRule.OnlyGreater | SortedSetRule.OnlyLess))) > 1)
            context.Reply.Error(Errors.AddComparisons);
        else if ((rule & SortedSetRule.Increment) != 0 && words > 2)
            context.Reply.Error(Errors.AddIncrementPairs);
        else
            Add(ref context, at, rule, countChanged);
    }

    [Command("ZINCRBY", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.SortedSet, FirstKey = 1,
        LastKey = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update, Since = "1.2.0",
        Summary = "Increment the score of a member in a sorted set", Complexity = "O(log(N)) where N is the number of elements in the sorted set.",
        Syntax = "key increment:integer member")]
    internal static void ZIncrBy(ref CommandContext context)
    {
        // Redis reads it as ZADD with options, behind which no pair is left then.
        if (IsOption(ref context, 2))
            context.Reply.Error(Errors.Syntax);
        else
            Add(ref context, 2, SortedSetRule.Increment, false);
    }

    private static bool IsOption(ref CommandContext context, int index) => context[index].Length is 2 or 4
        && (context.Is(index, "NX"u8) || context.Is(index, "XX"u8) || context.Is(index, "CH"u8) || context.Is(index, "INCR"u8) || context.Is(index, "GT"u8)
            || context.Is(index, "LT"u8));

    private static void Add(ref CommandContext context, int firstScore, SortedSetRule rule, bool countChanged)
    {
        double score = 0;
        for (int i = context.Count - 2; i >= firstScore; i -= 2)
        {
            if (!NumberText.TryParseDouble(context[i], out score))
            {
                context.Reply.Error(Errors.NotAFloat);
                return;
            }
        }

        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.SortedSet, out var existing))
            return;
        bool increments = (rule & SortedSetRule.Increment) != 0;
        if (existing.IsNull && (rule & SortedSetRule.OnlyChange) != 0)
        {
            ReplyNothing(ref context, increments);
            return;
        }

        var database = context.Database(key);
        var values = database.Values;
        byte* entry = existing.IsNull ? SortedSetValue.Create(values, key.Span, -1, database.Partition.NewAccessBits) : existing.Block;
        long added = 0, changed = 0;
        double result = 0;
        var outcome = SortedSetOutcome.Refused;
        for (int i = firstScore; i < context.Count; i += 2)
        {
            if (i != firstScore)
                NumberText.TryParseDouble(context[i], out score);
            entry = SortedSetValue.Update(values, entry, context[i + 1], score, rule, out outcome, out result);
            if (outcome == SortedSetOutcome.Added)
                added++;
            else if (outcome == SortedSetOutcome.Changed)
                changed++;
        }

        if (existing.IsNull)
        {
            database.Insert(key, new EntryRef(entry));
            database.MarkChanged(added + changed - 1);
        }
        else if (added + changed > 0)
        {
            database.Replace(key, existing, new EntryRef(entry), added + changed);
        }
        if (added + changed > 0)
            database.Notify(KeyspaceEvents.SortedSet, increments ? "zincr"u8 : "zadd"u8, key);

        if (outcome == SortedSetOutcome.NotANumber)
            context.Reply.Error(Errors.ScoreNotANumber);
        else if (!increments)
            context.Reply.Integer(countChanged ? added + changed : added);
        else if (outcome == SortedSetOutcome.Refused)
            context.Reply.Null();
        else
            context.Reply.Double(result);
    }

    private static void ReplyNothing(ref CommandContext context, bool increments)
    {
        if (increments)
            context.Reply.Null();
        else
            context.Reply.Integer(0);
    }
}
