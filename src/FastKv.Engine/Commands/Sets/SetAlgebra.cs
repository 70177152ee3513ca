using FastKv.Structures;

namespace FastKv.Engine.Commands.Sets;

// Data plane. Intersection, union and difference come down to one loop: the members of one set that all of some others have, or that none of them has.
//
//   intersection   of the smallest set those that all others have             O(smallest · sets)
//   difference     of the first set those that no other has                   O(first · sets)
//   union          of each set those that none before it has, largest first   O(all · sets)
//
// For a difference from large sets, and for a union of many, a new set costs less: O(all). The loop takes members in batches, so that the cache misses
// of 16 look-ups overlap.

/// <summary>Set operations on operands.</summary>
internal static unsafe class SetAlgebra
{
    private const int BatchMembers = 16;

    /// <summary>A set of fewer members is in the cache, or soon will be.</summary>
    private const int PrefetchFromMembers = 2048;

    /// <summary>Visits the members of all <paramref name="sets"/>, at most <paramref name="limit"/>; reorders them.</summary>
    /// <returns>How many.</returns>
    public static long Intersect<TVisitor>(ValueHeap values, Span<SetOperand> sets, long limit, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor
    {
        SmallestFirst(sets);
        return sets[0].Count == 0 ? 0 : Filter(values, sets[0], sets[1..], mustHave: true, limit, ref visitor);
    }

    /// <summary>Whether a union without a set for the result takes no more than twice the look-ups.</summary>
    public static bool IsUnionByLookup(Span<SetOperand> sets)
    {
        LargestFirst(sets);
        long all = 0;
        long lookups = 0;
        for (int i = 0; i < sets.Length; i++)
        {
            all += sets[i].Count;
            lookups += sets[i].Count * i;
        }
        return lookups <= 2 * all;
    }

    /// <summary>Visits each member of any of <paramref name="sets"/>, which are the largest first, once.</summary>
    public static long Union<TVisitor>(ValueHeap values, Span<SetOperand> sets, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor
    {
        long visited = 0;
        for (int i = 0; i < sets.Length && sets[i].Count != 0; i++)
            visited += Filter(values, sets[i], sets[..i], mustHave: false, long.MaxValue, ref visitor);
        return visited;
    }

    /// <summary>
    /// Whether looking up the members of the first set in all others costs less than a new set from which the others' members are removed. As Redis: half
    /// the cost is assumed, because a member is done with as soon as one set has it.
    /// </summary>
    public static bool IsDifferenceByLookup(Span<SetOperand> sets)
    {
        long all = 0;
        long lookups = 0;
        foreach (ref readonly var set in sets)
        {
            all += set.Count;
            lookups += set.Count == 0 ? 0 : sets[0].Count;
        }
        return lookups / 2 <= all;
    }

    /// <summary>Visits the members of the first set that none of the others has; reorders those.</summary>
    public static long Subtract<TVisitor>(ValueHeap values, Span<SetOperand> sets, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor
    {
        // The larger a set, the likelier it has the member, which ends the search.
        var others = sets[1..];
        LargestFirst(others);
        while (!others.IsEmpty && others[^1].Count == 0)
            others = others[..^1];
        return sets[0].Count == 0 ? 0 : Filter(values, sets[0], others, mustHave: false, long.MaxValue, ref visitor);
    }

    private static void SmallestFirst(Span<SetOperand> sets) => sets.Sort(static (left, right) => left.Count.CompareTo(right.Count));

    private static void LargestFirst(Span<SetOperand> sets) => sets.Sort(static (left, right) => right.Count.CompareTo(left.Count));

    // Members of a source that each of the others has, or none.
    private static long Filter<TVisitor>(
        ValueHeap values, in SetOperand source, ReadOnlySpan<SetOperand> others, bool mustHave, long limit, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor
    {
        SetProbe* probes = stackalloc SetProbe[BatchMembers];
        bool prefetches = !others.IsEmpty && others[0].Count >= PrefetchFromMembers && others[0].Entry.Encoding == ValueEncoding.HashTable;
        bool integersOnly = AreIntSets(others);
        var members = SetValue.Iterate(values, source.Entry);
        long visited = 0;
        while (visited < limit)
        {
            int loaded = 0;
            for (; loaded < BatchMembers && members.MoveNext(); loaded++)
                SetProbe.Load(probes + loaded, members, values.HashSeed, integersOnly);
            if (loaded == 0)
                break;
            if (prefetches)
                Fetch(values, probes, loaded, others[0].Entry);
            for (int i = 0; i < loaded && visited < limit; i++)
            {
                if (!Passes(values, probes + i, others, mustHave))
                    continue;
                visitor.Visit(SetProbe.TextOf(probes + i));
                visited++;
            }
        }
        return visited;
    }

    private static bool AreIntSets(ReadOnlySpan<SetOperand> sets)
    {
        foreach (ref readonly var set in sets)
        {
            if (set.Entry.Encoding != ValueEncoding.IntSet)
                return false;
        }
        return true;
    }

    private static void Fetch(ValueHeap values, SetProbe* probes, int count, EntryRef set)
    {
        for (int i = 0; i < count; i++)
            probes[i].PrefetchBucket(values, set);
        for (int i = 0; i < count; i++)
            probes[i].PrefetchMember(values, set);
    }

    private static bool Passes(ValueHeap values, SetProbe* probe, ReadOnlySpan<SetOperand> others, bool mustHave)
    {
        foreach (ref readonly var other in others)
        {
            if (probe->IsIn(values, other.Entry) != mustHave)
                return false;
        }
        return true;
    }
}
