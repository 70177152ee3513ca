using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. Entries whose value is a sorted set: compact (CompactSortedSet) up to the limits, then large (LargeSortedSet) for good.

/// <summary>Entries whose value is a sorted set. Data plane.</summary>
/// <remarks>
/// Members are ordered by score, and by bytes where scores are equal. Bounds are those of the large form; the compact one is O(n), n being small.
/// </remarks>
public static unsafe partial class SortedSetValue
{
    /// <summary>Number of members. O(1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Count(EntryRef entry) =>
        entry.IsPointer ? ((SortedSetHeader*)entry.Pointer)->Table.Count : CompactSortedSet.Count(CompactValue.Bytes(entry.Block, out _));

    /// <summary>A new sorted set without members, which the caller fills at once.</summary>
    public static byte* Create(ValueHeap values, ReadOnlySpan<byte> key, long expiryMs = -1, uint clock = 0)
    {
        byte* entry = CompactValue.Create(
            values.Heap, ValueType.SortedSet, ValueEncoding.Listpack, key, CompactSortedSet.HeaderBytes, expiryMs, clock);
        CompactSortedSet.SetCount(CompactValue.Bytes(entry, out _), 0);
        return entry;
    }

    /// <summary>Adds a member or changes its score; <paramref name="added"/> tells whether it is new. The score is not NaN. O(log n).</summary>
    /// <returns>The entry.</returns>
    public static byte* Set(ValueHeap values, byte* entry, ReadOnlySpan<byte> member, double score, out bool added)
    {
        entry = Update(values, entry, member, score, SortedSetRule.None, out SortedSetOutcome outcome, out _);
        added = outcome == SortedSetOutcome.Added;
        return entry;
    }

    /// <summary>Adds a member or changes its score as far as the rule allows. O(log n).</summary>
    /// <param name="values">Where the entry lives.</param>
    /// <param name="entry">The sorted set.</param>
    /// <param name="member">The member.</param>
    /// <param name="score">Its score, or what to add to it; not NaN.</param>
    /// <param name="rule">Conditions.</param>
    /// <param name="outcome">What was done.</param>
    /// <param name="result">The member's score now, where it was added, changed, or stays for being the same.</param>
    /// <returns>The entry.</returns>
    public static byte* Update(
        ValueHeap values, byte* entry, ReadOnlySpan<byte> member, double score, SortedSetRule rule, out SortedSetOutcome outcome, out double result)
    {
        Debug.Assert(!double.IsNaN(score), "scores have an order");
        var view = new EntryRef(entry);
        if (!view.IsPointer)
            return UpdateCompact(values, entry, member, score, rule, out outcome, out result);

        var set = LargeSortedSet.Of(values, view);
        ulong hash = set.HashOf(member);
        set.Table.PrefetchBucket(hash);
        if ((rule & (SortedSetRule.Increment | SortedSetRule.OnlyChange)) == 0)
            set.Tree.PrefetchLeaf(score);
        byte* block = set.Table.Find(hash, member);
        result = score;
        if (block == null)
        {
            outcome = (rule & SortedSetRule.OnlyChange) != 0 ? SortedSetOutcome.Refused : SortedSetOutcome.Added;
            if (outcome == SortedSetOutcome.Added)
                set.Add(hash, member, score);
            return entry;
        }

        outcome = Decide(ScoredMember.Score(block), rule, ref result);
        if (outcome == SortedSetOutcome.Changed)
            set.Change(block, result);
        return entry;
    }

    /// <summary>Removes a member; whether it was there. The entry may be left empty; the caller then removes the key. O(log n).</summary>
    /// <returns>The entry.</returns>
    public static byte* Remove(ValueHeap values, byte* entry, ReadOnlySpan<byte> member, out bool removed)
    {
        var view = new EntryRef(entry);
        if (view.IsPointer)
        {
            removed = LargeSortedSet.Of(values, view).Remove(member);
            return entry;
        }

        byte* content = CompactValue.Bytes(entry, out int length);
        byte* element = CompactSortedSet.Find(content, length, member, out _);
        removed = element != null;
        return removed ? CompactSortedSet.Remove(values, entry, element, CompactSortedSet.Next(element), 1) : entry;
    }

    /// <summary>Removes the members of ranks [rank, rank + count), which exist. May leave the entry empty. O(count + log n).</summary>
    /// <returns>The entry.</returns>
    public static byte* RemoveRange(ValueHeap values, byte* entry, long rank, long count)
    {
        var view = new EntryRef(entry);
        Debug.Assert(rank >= 0 && count >= 0 && rank + count <= Count(view), "the members exist");
        if (view.IsPointer)
        {
            LargeSortedSet.Of(values, view).RemoveRange(rank, count);
            return entry;
        }

        byte* content = CompactValue.Bytes(entry, out int length);
        byte* from = CompactSortedSet.At(content, length, rank);
        byte* to = from;
        for (long i = 0; i < count; i++)
            to = CompactSortedSet.Next(to);
        return CompactSortedSet.Remove(values, entry, from, to, (int)count);
    }

    /// <summary>A member's score; false: it is none. O(1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryGetScore(ValueHeap values, EntryRef entry, ReadOnlySpan<byte> member, out double score)
    {
        if (entry.IsPointer)
        {
            byte* block = LargeSortedSet.Of(values, entry).Find(member);
            score = block != null ? ScoredMember.Score(block) : 0;
            return block != null;
        }

        byte* content = CompactValue.Bytes(entry.Block, out int length);
        byte* element = CompactSortedSet.Find(content, length, member, out _);
        score = element != null ? CompactSortedSet.Score(element) : 0;
        return element != null;
    }

    /// <summary>Begins to load what <see cref="TryGetScore"/>, <see cref="Update"/> or <see cref="Remove"/> needs first for a member.</summary>
    public static void PrefetchMember(ValueHeap values, EntryRef entry, ReadOnlySpan<byte> member)
    {
        if (entry.IsPointer)
            LargeSortedSet.Of(values, entry).Prefetch(member);
    }

    /// <summary>How many members stand before a member, and its score; -1: it is none. O(log n).</summary>
    public static long RankOf(ValueHeap values, EntryRef entry, ReadOnlySpan<byte> member, out double score)
    {
        score = 0;
        if (entry.IsPointer)
        {
            var set = LargeSortedSet.Of(values, entry);
            byte* block = set.Find(member);
            if (block == null)
                return -1;
            score = ScoredMember.Score(block);
            return set.Tree.RankOf(score, block);
        }

        byte* content = CompactValue.Bytes(entry.Block, out int length);
        byte* element = CompactSortedSet.Find(content, length, member, out long rank);
        if (element == null)
            return -1;
        score = CompactSortedSet.Score(element);
        return rank;
    }

    /// <summary>Walks in rank order from the member of a rank (0: the lowest score) on; the sorted set must not change meanwhile. O(log n) to start.</summary>
    public static SortedSetIterator FromRank(ValueHeap values, EntryRef entry, long rank) => From(entry, AtRank(values, entry, rank));

    /// <summary>Walks in rank order from the first member with a score of at least <paramref name="minScore"/> on. O(log n) to start.</summary>
    public static SortedSetIterator FromScore(ValueHeap values, EntryRef entry, double minScore) => From(entry, AtScore(values, entry, minScore, false));

    /// <summary>Walks from a position of the entry as it is now.</summary>
    public static SortedSetIterator From(EntryRef entry, SortedSetPosition position) => new(entry, position);

    /// <summary>The position before the member of a rank, 0 to <see cref="Count"/>. O(log n).</summary>
    public static SortedSetPosition AtRank(ValueHeap values, EntryRef entry, long rank)
    {
        if (entry.IsPointer)
        {
            Leaf* leaf = LargeSortedSet.Of(values, entry).Tree.AtRank(rank, out int index);
            return new SortedSetPosition((byte*)leaf, index, rank);
        }

        byte* content = CompactValue.Bytes(entry.Block, out int length);
        return new SortedSetPosition(CompactSortedSet.At(content, length, rank), 0, rank);
    }

    /// <summary>
    /// The position before the first member with a score of at least <paramref name="score"/>, or (<paramref name="after"/>) above it. O(log n).
    /// </summary>
    public static SortedSetPosition AtScore(ValueHeap values, EntryRef entry, double score, bool after)
    {
        long rank = 0;
        if (entry.IsPointer)
        {
            ScoreTree tree = LargeSortedSet.Of(values, entry).Tree;
            if (tree.First == null)
                return default;
            Leaf* leaf = tree.AtScore(score, after, out int index, out rank);
            return new SortedSetPosition((byte*)leaf, index, rank);
        }

        byte* content = CompactValue.Bytes(entry.Block, out int length);
        byte* end = content + length;
        byte* at = content + CompactSortedSet.HeaderBytes;
        for (; at < end; at = CompactSortedSet.Next(at), rank++)
        {
            double other = CompactSortedSet.Score(at);
            if (other > score || (!after && other == score))
                break;
        }

        return new SortedSetPosition(at, 0, rank);
    }

    /// <summary>
    /// The position before the first member, from <paramref name="from"/> on, at or behind <paramref name="member"/>, or (<paramref name="after"/>) behind it,
    /// all scores being equal. (If they are not: in a compact set the first one that fits in rank order, as in Redis; else undefined.) O(log n).
    /// </summary>
    public static SortedSetPosition AtMember(ValueHeap values, EntryRef entry, ReadOnlySpan<byte> member, bool after, long from = 0)
    {
        if (entry.IsPointer)
        {
            ScoreTree tree = LargeSortedSet.Of(values, entry).Tree;
            if (tree.First == null)
                return default;
            Leaf* leaf = tree.AtMember(member, after, out int index, out long found);
            return new SortedSetPosition((byte*)leaf, index, found);
        }

        byte* content = CompactValue.Bytes(entry.Block, out int length);
        byte* end = content + length;
        byte* at = CompactSortedSet.At(content, length, from);
        long rank = from;
        for (; at < end; at = CompactSortedSet.Next(at), rank++)
        {
            int order = CompactSortedSet.Member(at).SequenceCompareTo(member);
            if (order > 0 || (!after && order == 0))
                break;
        }

        return new SortedSetPosition(at, 0, rank);
    }

    private static SortedSetOutcome Decide(double old, SortedSetRule rule, ref double score)
    {
        if ((rule & SortedSetRule.OnlyAdd) != 0)
            return SortedSetOutcome.Refused;
        if ((rule & SortedSetRule.Increment) != 0)
        {
            score += old;
            if (double.IsNaN(score))
                return SortedSetOutcome.NotANumber;
        }

        if (((rule & SortedSetRule.OnlyLess) != 0 && score >= old) || ((rule & SortedSetRule.OnlyGreater) != 0 && score <= old))
            return SortedSetOutcome.Refused;
        return score == old ? SortedSetOutcome.Unchanged : SortedSetOutcome.Changed;
    }

    private static byte* UpdateCompact(
        ValueHeap values, byte* entry, ReadOnlySpan<byte> member, double score, SortedSetRule rule, out SortedSetOutcome outcome, out double result)
    {
        byte* content = CompactValue.Bytes(entry, out int length);
        byte* element = CompactSortedSet.Find(content, length, member, out _);
        result = score;
        if (element != null)
        {
            outcome = Decide(CompactSortedSet.Score(element), rule, ref result);
            return outcome == SortedSetOutcome.Changed ? CompactSortedSet.Move(values, entry, element, member, result) : entry;
        }

        outcome = (rule & SortedSetRule.OnlyChange) != 0 ? SortedSetOutcome.Refused : SortedSetOutcome.Added;
        if (outcome == SortedSetOutcome.Refused)
            return entry;
        if (FitsCompact(values.Limits, CompactSortedSet.Count(content) + 1, member.Length))
            return CompactSortedSet.Insert(values, entry, member, score);
        entry = Enlarge(values, entry);
        var set = LargeSortedSet.Of(values, new EntryRef(entry));
        set.Add(set.HashOf(member), member, score);
        return entry;
    }

    internal static bool FitsCompact(CompactLimits limits, long count, long memberBytesMax) =>
        count <= Math.Min(limits.SortedSetEntries, CompactSortedSet.CountMax)
        && memberBytesMax <= Math.Min(limits.SortedSetValueBytes, CompactSortedSet.MemberBytesMax);

    /// <summary>Makes a compact set a large one.</summary>
    private static byte* Enlarge(ValueHeap values, byte* entry)
    {
        var view = new EntryRef(entry);
        var set = LargeSortedSet.Create(values);
        byte* content = CompactValue.Bytes(entry, out int length);
        for (byte* at = content + CompactSortedSet.HeaderBytes; at < content + length; at = CompactSortedSet.Next(at))
            set.Append(CompactSortedSet.Member(at), CompactSortedSet.Score(at));
        byte* large = EntryBlock.CreatePointer(
            values.Heap, ValueType.SortedSet, ValueEncoding.SkipList, view.Key, (byte*)set.Header, view.ExpiryMs, view.AccessClock);
        CompactValue.Free(values.Heap, entry);
        return large;
    }
}
