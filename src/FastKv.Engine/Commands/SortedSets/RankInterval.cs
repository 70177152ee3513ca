using FastKv.Structures;

namespace FastKv.Engine.Commands.SortedSets;

// Data plane. Every range of a sorted set, be it of ranks, scores or members, is an interval of ranks: two descents of O(log n). Its size is then known
// before the first member is read, so that headers, LIMIT, counts and both directions are arithmetic.

/// <summary>The members of ranks [Start, End).</summary>
internal readonly struct RankInterval(long start, long end)
{
    public readonly long Start = start;
    public readonly long End = end;

    public long Count => End - Start;

    /// <summary>Ranks as commands give them: inclusive, from the end if negative.</summary>
    public static RankInterval OfRanks(long first, long last, long count)
    {
        if (first < 0)
            first = Math.Max(0, first + count);
        if (last < 0)
            last += count;
        last = Math.Min(last, count - 1);
        return first > last ? default : new RankInterval(first, last + 1);
    }

    /// <summary>The members with scores in a range.</summary>
    public static RankInterval OfScores(ValueHeap values, EntryRef entry, in ScoreBounds bounds)
    {
        if (bounds.IsEmpty)
            return default;
        long start = bounds.Min == double.NegativeInfinity && !bounds.IsMinExclusive
            ? 0
            : SortedSetValue.AtScore(values, entry, bounds.Min, bounds.IsMinExclusive).Rank;
        long end = bounds.Max == double.PositiveInfinity && !bounds.IsMaxExclusive
            ? SortedSetValue.Count(entry)
            : SortedSetValue.AtScore(values, entry, bounds.Max, !bounds.IsMaxExclusive).Rank;
        return start < end ? new RankInterval(start, end) : default;
    }

    /// <summary>The members in a range, all scores being equal.</summary>
    public static RankInterval OfMembers(ValueHeap values, EntryRef entry, in MemberBounds bounds, bool reverse, long offset = 0)
    {
        if (bounds.IsEmpty)
            return default;
        if (!entry.IsPointer)
            return OfCompactMembers(values, entry, bounds, reverse, Math.Max(offset, 0));
        long start = RankOf(values, entry, bounds.Min, bounds.Min.IsExclusive);
        long end = RankOf(values, entry, bounds.Max, !bounds.Max.IsExclusive);
        return start < end ? new RankInterval(start, end) : default;
    }

    private static long RankOf(ValueHeap values, EntryRef entry, in MemberBound bound, bool after)
    {
        if (bound.Infinity != 0)
            return bound.Infinity < 0 ? 0 : SortedSetValue.Count(entry);
        return SortedSetValue.AtMember(values, entry, bound.Member, after).Rank;
    }

    // Where scores differ, a range of members has no meaning, but Redis has an answer, and this is it: from the first member that fits on (or the last one
    // back) as long as they fit, if the last member of the set is not before the range and the first one not behind it. What an offset skips need not fit.
    private static RankInterval OfCompactMembers(ValueHeap values, EntryRef entry, in MemberBounds bounds, bool reverse, long offset)
    {
        return reverse ? OfCompactBackward(values, entry, bounds, offset) : OfCompactForward(values, entry, bounds, offset);
    }

    private static RankInterval OfCompactForward(ValueHeap values, EntryRef entry, in MemberBounds bounds, long offset)
    {
        long rank = 0, start = -1, end = -1;
        bool lastFits = false;
        var walk = SortedSetValue.FromRank(values, entry, 0);
        for (; walk.MoveNext(); rank++)
        {
            bool isMax = bounds.IsAtOrBeforeMax(walk.MemberView);
            if (rank == 0 && !isMax)
                return default;
            lastFits = bounds.IsAtOrBehindMin(walk.MemberView);
            if (start < 0 && lastFits)
                start = rank;
            if (start >= 0 && end < 0 && rank - start >= offset && !isMax)
                end = rank;
        }

        if (end < 0)
            end = rank;
        return lastFits && start < end ? new RankInterval(start, end) : default;
    }

    private static RankInterval OfCompactBackward(ValueHeap values, EntryRef entry, in MemberBounds bounds, long offset)
    {
        long rank = 0, start = 0, end = 0, behindGap = 0;
        bool lastFits = false;
        var walk = SortedSetValue.FromRank(values, entry, 0);
        for (; walk.MoveNext(); rank++)
        {
            bool isMax = bounds.IsAtOrBeforeMax(walk.MemberView);
            if (rank == 0 && !isMax)
                return default;
            lastFits = bounds.IsAtOrBehindMin(walk.MemberView);
            if (!lastFits)
                behindGap = rank + 1;
            if (!isMax)
                continue;
            start = behindGap;
            end = rank + 1;
        }

        if (offset > 0 && offset < end)
        {
            start = end - offset;
            walk = SortedSetValue.FromRank(values, entry, start);
            while (walk.MovePrevious() && bounds.IsAtOrBehindMin(walk.MemberView))
                start--;
        }
        return lastFits && start < end ? new RankInterval(start, end) : default;
    }
}
