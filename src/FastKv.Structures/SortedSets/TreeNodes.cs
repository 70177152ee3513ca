using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. The two kinds of nodes of a score tree (ScoreTree draws the whole).

/// <summary>Up to 62 members in order: scores side by side for vector compares, 40-bit references to the member blocks, neighbours. 13 cache lines.</summary>
internal unsafe struct Leaf
{
    internal const int ItemsMax = 62;

    private const int ReferenceBytes = 5;
    private const int ReferencesBytes = 312; // 62 * 5, and room for an 8-byte load of the last one
    private const ulong ReferenceMask = (1UL << AddressSpace.ReferenceBits) - 1;

    internal int Count;
    internal Leaf* Next;
    internal Leaf* Previous;
    private fixed byte _references[ReferencesBytes];
    internal fixed double Scores[ItemsMax];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* BlockAt(Leaf* leaf, int index) => AddressSpace.Expand(ReferenceAt(leaf, index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong ReferenceAt(Leaf* leaf, int index) =>
        Unsafe.ReadUnaligned<ulong>(leaf->_references + index * ReferenceBytes) & ReferenceMask;

    internal static void Set(Leaf* leaf, int index, double score, byte* block)
    {
        leaf->Scores[index] = score;
        ulong reference = AddressSpace.Compress(block);
        byte* at = leaf->_references + index * ReferenceBytes;
        Unsafe.WriteUnaligned(at, (uint)reference);
        at[4] = (byte)(reference >> 32);
    }

    /// <summary>Makes room at an index of a leaf that is not full.</summary>
    internal static void Open(Leaf* leaf, int index)
    {
        Move(leaf, index, leaf, index + 1, leaf->Count - index);
        leaf->Count++;
    }

    /// <summary>Removes items.</summary>
    internal static void Close(Leaf* leaf, int index, int count)
    {
        Move(leaf, index + count, leaf, index, leaf->Count - index - count);
        leaf->Count -= count;
    }

    internal static void Move(Leaf* from, int at, Leaf* to, int index, int count)
    {
        if (count <= 0)
            return;
        Buffer.MemoryCopy(from->Scores + at, to->Scores + index, count * sizeof(double), count * sizeof(double));
        Buffer.MemoryCopy(
            from->_references + at * ReferenceBytes, to->_references + index * ReferenceBytes, count * ReferenceBytes, count * ReferenceBytes);
    }

    /// <summary>Begins to load the scores.</summary>
    internal static void PrefetchScores(Leaf* leaf)
    {
        byte* scores = (byte*)leaf->Scores;
        for (int offset = 0; offset < ItemsMax * sizeof(double); offset += 64)
            Prefetch.Line(scores + offset);
    }

    /// <summary>Begins to load the references and the head.</summary>
    internal static void PrefetchReferences(Leaf* leaf)
    {
        for (int offset = 0; offset < ReferencesBytes; offset += 64)
            Prefetch.Line((byte*)leaf + offset);
    }
}

/// <summary>
/// Up to 63 children with the number of members under each, and the first member (score and block) of each child but the first: everything in a child
/// sorts at or behind its first member, and before that of the next. 2 KiB.
/// </summary>
internal unsafe struct Inner
{
    internal const int ChildrenMax = 63;

    internal int Count;
    internal fixed double Scores[ChildrenMax];
    internal fixed long Counts[ChildrenMax];
    private fixed ulong _members[ChildrenMax];
    private fixed ulong _children[ChildrenMax];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* ChildAt(Inner* node, int index) => (byte*)node->_children[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* MemberAt(Inner* node, int index) => (byte*)node->_members[index];

    internal static void SetSeparator(Inner* node, int index, double score, byte* member)
    {
        node->Scores[index] = score;
        node->_members[index] = (ulong)member;
    }

    internal static void Set(Inner* node, int index, byte* child, long count, double score, byte* member)
    {
        SetSeparator(node, index, score, member);
        node->Counts[index] = count;
        node->_children[index] = (ulong)child;
    }

    internal static void Open(Inner* node, int index)
    {
        Move(node, index, node, index + 1, node->Count - index);
        node->Count++;
    }

    internal static void Close(Inner* node, int index)
    {
        Move(node, index + 1, node, index, node->Count - index - 1);
        node->Count--;
    }

    internal static void Move(Inner* from, int at, Inner* to, int index, int count)
    {
        if (count <= 0)
            return;
        long bytes = count * sizeof(long);
        Buffer.MemoryCopy(from->Scores + at, to->Scores + index, bytes, bytes);
        Buffer.MemoryCopy(from->Counts + at, to->Counts + index, bytes, bytes);
        Buffer.MemoryCopy(from->_members + at, to->_members + index, bytes, bytes);
        Buffer.MemoryCopy(from->_children + at, to->_children + index, bytes, bytes);
    }

    /// <summary>Members under the children before an index.</summary>
    internal static long CountBefore(Inner* node, int index)
    {
        long sum = 0;
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var sums = Vector256<long>.Zero;
            for (; i + 4 <= index; i += 4)
                sums += Vector256.Load(node->Counts + i);
            sum = Vector256.Sum(sums);
        }

        for (; i < index; i++)
            sum += node->Counts[i];
        return sum;
    }
}

/// <summary>Counting compares over ascending scores: a position is the number of scores before it.</summary>
internal static unsafe class ScoreSearch
{
    /// <summary>How many of the scores are less.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int CountLess(double* scores, int count, double score)
    {
        int less = 0, i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var wanted = Vector256.Create(score);
            var sums = Vector256<long>.Zero;
            for (; i + 4 <= count; i += 4)
                sums -= Vector256.LessThan(Vector256.Load(scores + i), wanted).AsInt64();
            less = (int)Vector256.Sum(sums);
        }

        for (; i < count; i++)
            less += scores[i] < score ? 1 : 0;
        return less;
    }

    /// <summary>How many of the scores are less or equal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int CountUpTo(double* scores, int count, double score)
    {
        int upTo = 0, i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var wanted = Vector256.Create(score);
            var sums = Vector256<long>.Zero;
            for (; i + 4 <= count; i += 4)
                sums -= Vector256.LessThanOrEqual(Vector256.Load(scores + i), wanted).AsInt64();
            upTo = (int)Vector256.Sum(sums);
        }

        for (; i < count; i++)
            upTo += scores[i] <= score ? 1 : 0;
        return upTo;
    }
}
