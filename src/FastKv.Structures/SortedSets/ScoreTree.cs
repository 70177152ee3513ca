using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. The members of a large sorted set in the order of (score, member): a B+ tree that counts (order statistics).
//
//                       Inner (2 KiB)    count | first member of each child: score, block | members under each child | children
//                     /      |      \
//              Inner       Inner     Inner
//             /     \        |         |
//         Leaf <-> Leaf <-> Leaf <-> Leaf     62 x { score 8, reference 5 }, 832 bytes; a reference leads to a member block
//
//   find a rank              O(log n)   one inner node per level: sums of counts
//   find (score, member)     O(log n)   vector compares of scores; a member block is looked at only among equal scores
//   rank of a member         O(log n)   the same, with sums of counts
//   next, previous           O(1)       in the leaf, or along the links
//   insert, remove           O(log n)   a leaf moves 31 items (400 bytes) on average; a split or merge per some 30 changes
//   remove a run of k        O(k + k/62 log n)
//
// A full leaf splits in halves, but at either end of the tree it stays full: ascending (or descending) inserts fill leaves completely. A node that falls
// below a quarter joins a neighbour under the same parent if the two then fill at most three quarters.

/// <summary>The state of a <see cref="ScoreTree"/>.</summary>
internal unsafe struct ScoreTreeHeader
{
    internal byte* Root;
    internal Leaf* First;
    internal Leaf* Last;

    /// <summary>Levels of inner nodes; 0: the root is a leaf (or null).</summary>
    internal int Height;

    /// <summary>Heap bytes of the nodes.</summary>
    internal long MemoryBytes;
}

/// <summary>The way from the root to a leaf: the inner nodes, and which child was taken.</summary>
internal unsafe struct TreePath
{
    // A tree of n leaves of at least 15 items on average and inner nodes of 15 children has 2^40 members at 10 levels.
    internal const int LevelsMax = 16;

    private fixed ulong _nodes[LevelsMax];
    private fixed int _slots[LevelsMax];

    internal void Set(int level, Inner* node, int slot)
    {
        Debug.Assert(level < LevelsMax, "trees are never that high");
        _nodes[level] = (ulong)node;
        _slots[level] = slot;
    }

    internal readonly Inner* Node(int level) => (Inner*)_nodes[level];

    internal readonly int Slot(int level) => _slots[level];

    internal void SetSlot(int level, int slot) => _slots[level] = slot;
}

/// <summary>A view of a tree's state.</summary>
internal readonly unsafe partial struct ScoreTree(NativeHeap heap, ScoreTreeHeader* header)
{
    private readonly NativeHeap _heap = heap;
    private readonly ScoreTreeHeader* _header = header;

    internal Leaf* First => _header->First;

    internal Leaf* Last => _header->Last;

    /// <summary>Where a member is or would be: the first item at or behind (score, member). The index may be the leaf's count.</summary>
    internal Leaf* Find(double score, ReadOnlySpan<byte> member, out int index, out TreePath path)
    {
        Unsafe.SkipInit(out path);
        byte* node = _header->Root;
        for (int level = 0; level < _header->Height; level++)
        {
            var inner = (Inner*)node;
            int slot = ChildFor(inner, score, member);
            path.Set(level, inner, slot);
            node = Inner.ChildAt(inner, slot);
        }

        var leaf = (Leaf*)node;
        Leaf.PrefetchScores(leaf);
        index = ScoreSearch.CountLess(leaf->Scores, leaf->Count, score);
        if (index < leaf->Count && leaf->Scores[index] == score)
            index = FirstNotBefore(leaf, index, ScoreSearch.CountUpTo(leaf->Scores, leaf->Count, score), member);
        return leaf;
    }

    /// <summary>Leaf and index of a member that is in the tree with that score.</summary>
    internal Leaf* FindExisting(double score, byte* block, out int index, out TreePath path)
    {
        Unsafe.SkipInit(out path);
        byte* node = _header->Root;
        for (int level = 0; level < _header->Height; level++)
        {
            var inner = (Inner*)node;
            int slot = ChildFor(inner, score, block);
            path.Set(level, inner, slot);
            node = Inner.ChildAt(inner, slot);
        }

        var leaf = (Leaf*)node;
        index = IndexOf(leaf, score, block);
        return leaf;
    }

    /// <summary>Rank of a member that is in the tree with that score.</summary>
    internal long RankOf(double score, byte* block)
    {
        long rank = 0;
        byte* node = _header->Root;
        for (int level = 0; level < _header->Height; level++)
        {
            var inner = (Inner*)node;
            int slot = ChildFor(inner, score, block);
            rank += Inner.CountBefore(inner, slot);
            node = Inner.ChildAt(inner, slot);
        }

        return rank + IndexOf((Leaf*)node, score, block);
    }

    /// <summary>The item of a rank from 0 up to the number of members (then: behind the last one).</summary>
    internal Leaf* AtRank(long rank, out int index)
    {
        byte* node = _header->Root;
        for (int level = 0; level < _header->Height; level++)
        {
            var inner = (Inner*)node;
            node = Inner.ChildAt(inner, ChildOfRank(inner, ref rank));
        }

        index = (int)rank;
        return (Leaf*)node;
    }

    /// <summary>As <see cref="AtRank(long, out int)"/>, with the way there.</summary>
    internal Leaf* AtRank(long rank, out int index, out TreePath path)
    {
        Unsafe.SkipInit(out path);
        byte* node = _header->Root;
        for (int level = 0; level < _header->Height; level++)
        {
            var inner = (Inner*)node;
            int slot = ChildOfRank(inner, ref rank);
            path.Set(level, inner, slot);
            node = Inner.ChildAt(inner, slot);
        }

        index = (int)rank;
        return (Leaf*)node;
    }

    /// <summary>The first item with a score of at least (or, <paramref name="after"/>, above) a score. The index may be the leaf's count.</summary>
    internal Leaf* AtScore(double score, bool after, out int index, out long rank)
    {
        rank = 0;
        byte* node = _header->Root;
        for (int level = 0; level < _header->Height; level++)
        {
            var inner = (Inner*)node;
            int slot = after
                ? ScoreSearch.CountUpTo(inner->Scores + 1, inner->Count - 1, score)
                : ScoreSearch.CountLess(inner->Scores + 1, inner->Count - 1, score);
            rank += Inner.CountBefore(inner, slot);
            node = Inner.ChildAt(inner, slot);
        }

        var leaf = (Leaf*)node;
        Leaf.PrefetchScores(leaf);
        index = after ? ScoreSearch.CountUpTo(leaf->Scores, leaf->Count, score) : ScoreSearch.CountLess(leaf->Scores, leaf->Count, score);
        rank += index;
        return leaf;
    }

    /// <summary>The first item whose member is at or behind (or, <paramref name="after"/>, behind) a member, all scores being equal.</summary>
    internal Leaf* AtMember(ReadOnlySpan<byte> member, bool after, out int index, out long rank)
    {
        rank = 0;
        byte* node = _header->Root;
        for (int level = 0; level < _header->Height; level++)
        {
            var inner = (Inner*)node;
            int low = 0;
            for (int high = inner->Count - 1; low < high;)
            {
                int middle = (low + high + 1) >> 1;
                if (IsBefore(Inner.MemberAt(inner, middle), member, after))
                    low = middle;
                else
                    high = middle - 1;
            }

            rank += Inner.CountBefore(inner, low);
            node = Inner.ChildAt(inner, low);
        }

        var leaf = (Leaf*)node;
        index = 0;
        for (int high = leaf->Count; index < high;)
        {
            int middle = (index + high) >> 1;
            if (IsBefore(Leaf.BlockAt(leaf, middle), member, after))
                index = middle + 1;
            else
                high = middle;
        }

        rank += index;
        return leaf;
    }

    /// <summary>Begins to load the leaf that a member of this score will go to.</summary>
    internal void PrefetchLeaf(double score)
    {
        byte* node = _header->Root;
        for (int level = 0; level < _header->Height; level++)
        {
            var inner = (Inner*)node;
            node = Inner.ChildAt(inner, ScoreSearch.CountLess(inner->Scores + 1, inner->Count - 1, score));
        }

        if (node == null)
            return;
        Prefetch.Line(node);
        Leaf.PrefetchScores((Leaf*)node);
    }

    private static bool IsBefore(byte* block, ReadOnlySpan<byte> member, bool orEqual)
    {
        int order = ScoredMember.Compare(block, member);
        return order < 0 || (order == 0 && orEqual);
    }

    /// <summary>The last child whose first member is at or before (score, member); the first child if there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ChildFor(Inner* inner, double score, ReadOnlySpan<byte> member)
    {
        int low = ScoreSearch.CountLess(inner->Scores + 1, inner->Count - 1, score);
        return low + 1 < inner->Count && inner->Scores[low + 1] == score ? ChildAmongEquals(inner, low, score, member) : low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ChildFor(Inner* inner, double score, byte* block)
    {
        int low = ScoreSearch.CountLess(inner->Scores + 1, inner->Count - 1, score);
        return low + 1 < inner->Count && inner->Scores[low + 1] == score ? ChildAmongEquals(inner, low, score, ScoredMember.Member(block)) : low;
    }

    private static int ChildAmongEquals(Inner* inner, int low, double score, ReadOnlySpan<byte> member)
    {
        for (int high = ScoreSearch.CountUpTo(inner->Scores + 1, inner->Count - 1, score); low < high;)
        {
            int middle = (low + high + 1) >> 1;
            if (ScoredMember.Compare(Inner.MemberAt(inner, middle), member) <= 0)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }

    private static int FirstNotBefore(Leaf* leaf, int low, int high, ReadOnlySpan<byte> member)
    {
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (ScoredMember.Compare(Leaf.BlockAt(leaf, middle), member) < 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    // Among equal scores the reference tells it, without a look at other members.
    private static int IndexOf(Leaf* leaf, double score, byte* block)
    {
        Leaf.PrefetchScores(leaf);
        ulong reference = AddressSpace.Compress(block);
        int index = ScoreSearch.CountLess(leaf->Scores, leaf->Count, score);
        while (Leaf.ReferenceAt(leaf, index) != reference)
        {
            index++;
            Debug.Assert(index < leaf->Count, "the member is in the leaf that its order leads to");
        }

        return index;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ChildOfRank(Inner* inner, ref long rank)
    {
        int slot = 0;
        int last = inner->Count - 1;
        while (slot < last && rank >= inner->Counts[slot])
            rank -= inner->Counts[slot++];
        return slot;
    }
}
