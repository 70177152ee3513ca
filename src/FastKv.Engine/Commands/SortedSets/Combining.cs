using FastKv.Structures;

namespace FastKv.Engine.Commands.SortedSets;

// Data plane. Set operations. The inputs may lie on several shards, so the commands run under an exclusive ticket then. A result is collected in the heap where
// it will live (a reply's: in that of the shard that runs the command) and sorted once; only ZDIFF's comes in order by itself.

/// <summary>ZUNION, ZINTER, ZDIFF, their STORE forms, and ZINTERCARD.</summary>
internal static unsafe class Combining
{
    /// <summary>2 KiB of stack.</summary>
    private const int SourcesOnStackMax = 64;

    private const string InterComplexity = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets "
        + "and M being the number of elements in the resulting sorted set.";

    private const string DiffComplexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first "
        + "set, and K is the size of the result set.";

    private enum Operation
    {
        Union,
        Intersection,
        Difference,
        IntersectionCount,
    }

    [Command("ZUNION", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "6.2.0", Summary = "Add multiple sorted sets",
        Complexity = "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting "
            + "sorted set.",
        Syntax = "numkeys key... [WEIGHTS weight:integer...] [AGGREGATE aggregate(SUM | MIN | MAX)] [WITHSCORES]")]
    [KeySpec(Index = 1, Access = KeyAccess.RO | KeyAccess.Access, CountIndex = 0, FirstKeyAfterCount = 1)]
    internal static void ZUnion(ref CommandContext context) => Execute(ref context, Operation.Union, 1);

    [Command("ZUNIONSTORE", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.SortedSet, Since = "2.0.0",
        Summary = "Add multiple sorted sets and store the resulting sorted set in a new key",
        Complexity = "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting "
            + "sorted set.",
        Syntax = "destination numkeys key... [WEIGHTS weight:integer...] [AGGREGATE aggregate(SUM | MIN | MAX)]")]
    [KeySpec(Index = 1, Access = KeyAccess.OW | KeyAccess.Update)]
    [KeySpec(Index = 2, Access = KeyAccess.RO | KeyAccess.Access, CountIndex = 0, FirstKeyAfterCount = 1)]
    internal static void ZUnionStore(ref CommandContext context) => Execute(ref context, Operation.Union, 2);

    [Command("ZINTER", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "6.2.0", Summary = "Intersect multiple sorted sets",
        Complexity = InterComplexity,
        Syntax = "numkeys key... [WEIGHTS weight:integer...] [AGGREGATE aggregate(SUM | MIN | MAX)] [WITHSCORES]")]
    [KeySpec(Index = 1, Access = KeyAccess.RO | KeyAccess.Access, CountIndex = 0, FirstKeyAfterCount = 1)]
    internal static void ZInter(ref CommandContext context) => Execute(ref context, Operation.Intersection, 1);

    [Command("ZINTERSTORE", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.SortedSet, Since = "2.0.0",
        Summary = "Intersect multiple sorted sets and store the resulting sorted set in a new key", Complexity = InterComplexity,
        Syntax = "destination numkeys key... [WEIGHTS weight:integer...] [AGGREGATE aggregate(SUM | MIN | MAX)]")]
    [KeySpec(Index = 1, Access = KeyAccess.OW | KeyAccess.Update)]
    [KeySpec(Index = 2, Access = KeyAccess.RO | KeyAccess.Access, CountIndex = 0, FirstKeyAfterCount = 1)]
    internal static void ZInterStore(ref CommandContext context) => Execute(ref context, Operation.Intersection, 2);

    [Command("ZINTERCARD", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "7.0.0",
        Summary = "Intersect multiple sorted sets and return the cardinality of the result",
        Complexity = "O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.",
        Syntax = "numkeys key... [LIMIT limit:integer]")]
    [KeySpec(Index = 1, Access = KeyAccess.RO | KeyAccess.Access, CountIndex = 0, FirstKeyAfterCount = 1)]
    internal static void ZInterCard(ref CommandContext context) => Execute(ref context, Operation.IntersectionCount, 1);

    [Command("ZDIFF", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "6.2.0", Summary = "Subtract multiple sorted sets",
        Complexity = DiffComplexity, Syntax = "numkeys key... [WITHSCORES]")]
    [KeySpec(Index = 1, Access = KeyAccess.RO | KeyAccess.Access, CountIndex = 0, FirstKeyAfterCount = 1)]
    internal static void ZDiff(ref CommandContext context) => Execute(ref context, Operation.Difference, 1);

    [Command("ZDIFFSTORE", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.SortedSet, Since = "6.2.0",
        Summary = "Subtract multiple sorted sets and store the resulting sorted set in a new key", Complexity = DiffComplexity,
        Syntax = "destination numkeys key...")]
    [KeySpec(Index = 1, Access = KeyAccess.OW | KeyAccess.Update)]
    [KeySpec(Index = 2, Access = KeyAccess.RO | KeyAccess.Access, CountIndex = 0, FirstKeyAfterCount = 1)]
    internal static void ZDiffStore(ref CommandContext context) => Execute(ref context, Operation.Difference, 2);

    private static void Execute(ref CommandContext context, Operation operation, int countIndex)
    {
        if (!CombineQuery.TryParseKeys(ref context, countIndex, out var query))
            return;
        if (query.Keys <= SourcesOnStackMax)
        {
            CombineSource* sources = stackalloc CombineSource[query.Keys];
            Execute(ref context, operation, query, sources);
            return;
        }

        var heap = context.Partition.Heap;
        long bytes = query.Keys * (long)sizeof(CombineSource);
        byte* block = heap.Allocate(bytes);
        Execute(ref context, operation, query, (CombineSource*)block);
        heap.Free(block, bytes);
    }

    private static void Execute(ref CommandContext context, Operation operation, CombineQuery query, CombineSource* sources)
    {
        bool stores = query.FirstKey == 3;
        bool counts = operation == Operation.IntersectionCount;
        bool allowWeights = operation is Operation.Union or Operation.Intersection;
        if (!query.TryFind(ref context, sources) || !query.TryParseOptions(ref context, sources, allowWeights, !stores && !counts, counts))
            return;
        if (operation != Operation.Difference)
            SortByCount(sources, query.Keys);
        if (counts)
        {
            context.Reply.Integer(CountIntersection(ref context, sources, query));
            return;
        }

        var values = stores ? context.Database(context.Key(1)).Values : context.Partition.Values;
        var builder = new SortedSetBuilder(values);
        if (operation == Operation.Union)
            Unite(ref context, sources, query, ref builder);
        else if (operation == Operation.Intersection)
            Intersect(ref context, sources, query, ref builder);
        else
            Subtract(ref context, sources, query, ref builder);
        if (stores)
            SortedSetEdit.Store(ref context, context.Key(1), ref builder);
        else
            Reply(ref context, ref builder, query.WithScores);
    }

    private static void Reply(ref CommandContext context, ref SortedSetBuilder builder, bool withScores)
    {
        builder.Sort();
        long count = builder.Count;
        SortedSetEdit.ReplyHeader(ref context, count, withScores);
        for (long i = 0; i < count; i++)
            SortedSetEdit.ReplyMember(ref context, builder.MemberAt(i), builder.ScoreAt(i), withScores);
        builder.Free();
    }

    // From the smallest on, as Redis does: it decides in which order scores are added, and thus how they are rounded. Stable, and mostly there are few.
    private static void SortByCount(CombineSource* sources, int count)
    {
        for (int i = 1; i < count; i++)
        {
            var source = sources[i];
            int at = i;
            for (; at > 0 && sources[at - 1].Count > source.Count; at--)
                sources[at] = sources[at - 1];
            sources[at] = source;
        }
    }

    private static void Unite(ref CommandContext context, CombineSource* sources, in CombineQuery query, ref SortedSetBuilder builder)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        for (int i = 0; i < query.Keys; i++)
        {
            var walk = new CombineWalk(ref context, sources[i]);
            while (walk.MoveNext())
                builder.Add(walk.Member(scratch), Weigh(walk.Score, sources[i].Weight), query.Aggregate);
        }
    }

    private static void Intersect(ref CommandContext context, CombineSource* sources, in CombineQuery query, ref SortedSetBuilder builder)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        var walk = new CombineWalk(ref context, sources[0]);
        while (walk.MoveNext())
        {
            var member = walk.Member(scratch);
            double score = Weigh(walk.Score, sources[0].Weight);
            int i = 1;
            for (; i < query.Keys && sources[i].TryGetScore(ref context, member, out double other); i++)
                score = SortedSetBuilder.Combine(score, other * sources[i].Weight, query.Aggregate);
            if (i == query.Keys)
                builder.Add(member, score, query.Aggregate);
        }
    }

    private static long CountIntersection(ref CommandContext context, CombineSource* sources, in CombineQuery query)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        long count = 0;
        var walk = new CombineWalk(ref context, sources[0]);
        while (walk.MoveNext())
        {
            var member = walk.Member(scratch);
            int i = 1;
            while (i < query.Keys && sources[i].TryGetScore(ref context, member, out _))
                i++;
            if (i == query.Keys && ++count == query.Limit)
                break;
        }
        return count;
    }

    private static void Subtract(ref CommandContext context, CombineSource* sources, in CombineQuery query, ref SortedSetBuilder builder)
    {
        // One lookup per other set and member, or, where that would exceed the bound of O(all members), one lookup in a table of all others.
        long others = 0;
        for (int i = 1; i < query.Keys; i++)
            others += sources[i].Count;
        if (query.Keys <= 2 || others >= sources[0].Count * (query.Keys - 2))
        {
            SubtractEach(ref context, sources, query, ref builder);
            return;
        }

        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        var excluded = new SortedSetBuilder(context.Partition.Values);
        for (int i = 1; i < query.Keys; i++)
        {
            var other = new CombineWalk(ref context, sources[i]);
            while (other.MoveNext())
                excluded.Add(other.Member(scratch), 0, SortedSetAggregate.Min);
        }
        var walk = new CombineWalk(ref context, sources[0]);
        while (walk.MoveNext())
        {
            var member = walk.Member(scratch);
            if (!excluded.Contains(member))
                builder.Add(member, walk.Score, SortedSetAggregate.Sum);
        }
        excluded.Free();
    }

    private static void SubtractEach(ref CommandContext context, CombineSource* sources, in CombineQuery query, ref SortedSetBuilder builder)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        var walk = new CombineWalk(ref context, sources[0]);
        while (walk.MoveNext())
        {
            var member = walk.Member(scratch);
            int i = 1;
            while (i < query.Keys && !sources[i].TryGetScore(ref context, member, out _))
                i++;
            if (i == query.Keys)
                builder.Add(member, walk.Score, SortedSetAggregate.Sum);
        }
    }

    // Infinity times zero is zero here.
    private static double Weigh(double score, double weight)
    {
        double product = score * weight;
        return double.IsNaN(product) ? 0 : product;
    }
}
