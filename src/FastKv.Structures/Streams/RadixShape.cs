using System.Numerics;

namespace FastKv.Structures;

// Data plane. XINFO STREAM tells how many nodes Redis's radix tree has over the first IDs of the nodes of entries. We have no such tree, but its shape
// follows from the IDs alone: keys of 16 bytes in big-endian order, runs of single children in one node.

/// <summary>Counts the nodes that Redis's index of a stream would have.</summary>
public static unsafe class RadixShape
{
    private const int KeyBytes = 16;

    /// <summary>Blocks looked at; beyond, the count is extrapolated, so that XINFO STREAM stays O(1).</summary>
    private const long BlocksMax = 1024;

    /// <summary>Nodes of the tree over the stream's blocks. O(blocks), at most 1,024 of them.</summary>
    public static long NodesOf(StreamState* stream)
    {
        long blocks = stream->Blocks.Count;
        if (blocks == 0)
            return 1;

        // The depths of the branches on the way to the current key, ascending; a branch is followed by a node for the bytes up to the next one, if any.
        byte* depths = stackalloc byte[KeyBytes + 1];
        int open = 0;
        long nodes = 0;
        long looked = Math.Min(blocks, BlocksMax);
        var cursor = stream->Blocks.First;
        StreamId previous = cursor.Id;
        int leafParent = -1;
        for (long i = 1; i < looked; i++)
        {
            cursor.MoveNext();
            int shared = SharedBytes(previous, cursor.Id);
            previous = cursor.Id;
            nodes += Leaf(Math.Max(leafParent, shared));
            Close(depths, ref open, shared, ref nodes);
            if (open == 0 || depths[open - 1] < shared)
                depths[open++] = (byte)shared;
            leafParent = shared;
        }
        nodes += Leaf(leafParent);
        Close(depths, ref open, -1, ref nodes);
        return looked == blocks ? nodes : (long)((double)nodes / looked * blocks);
    }

    // The leaf, and a node for the bytes behind the branch above it.
    private static int Leaf(int parentDepth) => KeyBytes - parentDepth - 1 > 0 ? 2 : 1;

    // Branches below a depth are complete: each counts one node, and one for the bytes between it and the branch above.
    private static void Close(byte* depths, ref int open, int depth, ref long nodes)
    {
        while (open > 0 && depths[open - 1] > depth)
        {
            int closed = depths[--open];
            int parent = Math.Max(depth, open > 0 ? depths[open - 1] : -1);
            nodes += closed - parent - 1 > 0 ? 2 : 1;
        }
    }

    private static int SharedBytes(StreamId left, StreamId right)
    {
        if (left.Ms != right.Ms)
            return BitOperations.LeadingZeroCount(left.Ms ^ right.Ms) / 8;
        return sizeof(ulong) + (BitOperations.LeadingZeroCount(left.Seq ^ right.Seq) / 8);
    }
}
