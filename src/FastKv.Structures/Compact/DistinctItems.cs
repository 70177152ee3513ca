using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. Whether the items of a compact value that came from elsewhere are distinct: an open-addressed table of their places, at most half full, on the
// stack for up to 512 items. O(n).

/// <summary>Tells items that were seen before; items stay where they are meanwhile.</summary>
internal unsafe ref struct DistinctItems
{
    internal const int StackSlots = 1024;

    private readonly Span<ulong> _slots;
    private readonly byte* _origin;
    private readonly ulong _seed;

    /// <param name="slots">Zeros; a power of two, at least twice the number of items.</param>
    /// <param name="origin">No item is before it, nor 2 GiB or more behind it.</param>
    /// <param name="seed">The shard's seed of hashes.</param>
    internal DistinctItems(Span<ulong> slots, byte* origin, ulong seed)
    {
        _slots = slots;
        _origin = origin;
        _seed = seed;
    }

    /// <summary>Slots for so many items.</summary>
    internal static long SlotsFor(long items) => (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(8, 2 * items));

    /// <summary>Whether the elements at every (stride)th place of a run of canonical listpack elements are distinct.</summary>
    internal static bool AreDistinct(ValueHeap values, byte* first, byte* end, long elements, int stride)
    {
        long slots = SlotsFor(elements / stride + 1);
        if (slots <= StackSlots)
        {
            Span<ulong> table = stackalloc ulong[StackSlots];
            table = table[..(int)slots];
            table.Clear();
            return AreDistinct(new DistinctItems(table, first, values.HashSeed), first, end, stride);
        }

        byte* block = values.Heap.Allocate(slots * sizeof(ulong));
        var large = new Span<ulong>(block, checked((int)slots));
        large.Clear();
        bool distinct = AreDistinct(new DistinctItems(large, first, values.HashSeed), first, end, stride);
        values.Heap.Free(block, slots * sizeof(ulong));
        return distinct;
    }

    /// <summary>Notes an item; false: it is equal to one before.</summary>
    internal readonly bool TryAdd(byte* item, int length)
    {
        int mask = _slots.Length - 1;
        int at = (int)(KeyHash.Compute(item, length, _seed) >> 32) & mask;
        var bytes = new ReadOnlySpan<byte>(item, length);
        for (; _slots[at] != 0; at = (at + 1) & mask)
        {
            ulong other = _slots[at];
            if ((int)other == length && new ReadOnlySpan<byte>(_origin + (other >> 32) - 1, length).SequenceEqual(bytes))
                return false;
        }

        _slots[at] = (ulong)(item - _origin + 1) << 32 | (uint)length;
        return true;
    }

    private static bool AreDistinct(in DistinctItems seen, byte* at, byte* end, int stride)
    {
        while (at < end)
        {
            int size = Listpack.SizeOf(at);
            if (!seen.TryAdd(at, size))
                return false;
            at += size;
            for (int i = 1; i < stride && at < end; i++)
                at = Listpack.Next(at);
        }

        return true;
    }
}
