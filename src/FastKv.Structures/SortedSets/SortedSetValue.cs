using FastKv.Memory;

namespace FastKv.Structures;

// STUB: the contract; the part of the type implements it.

/// <summary>Entries whose value is a sorted set. Data plane.</summary>
public static unsafe class SortedSetValue
{
    /// <summary>Number of members. O(1).</summary>
    public static long Count(EntryRef entry) => throw new NotImplementedException();

    /// <summary>A new sorted set without members, which the caller fills at once.</summary>
    public static byte* Create(ValueHeap values, ReadOnlySpan<byte> key, long expiryMs = -1, uint clock = 0) => throw new NotImplementedException();

    /// <summary>Adds a member or changes its score; <paramref name="added"/> tells whether it is new. The score is not NaN.</summary>
    /// <returns>The entry.</returns>
    public static byte* Set(ValueHeap values, byte* entry, ReadOnlySpan<byte> member, double score, out bool added) => throw new NotImplementedException();

    /// <summary>Removes a member; whether it was there. The entry may be left empty; the caller then removes the key.</summary>
    /// <returns>The entry.</returns>
    public static byte* Remove(ValueHeap values, byte* entry, ReadOnlySpan<byte> member, out bool removed) => throw new NotImplementedException();

    /// <summary>A member's score; false: it is none.</summary>
    public static bool TryGetScore(ValueHeap values, EntryRef entry, ReadOnlySpan<byte> member, out double score) => throw new NotImplementedException();

    /// <summary>Walks in rank order from the member of a rank (0: the lowest score) on; the sorted set must not change meanwhile. O(log n) to start.</summary>
    public static SortedSetIterator FromRank(ValueHeap values, EntryRef entry, long rank) => throw new NotImplementedException();

    /// <summary>Walks in rank order from the first member with a score of at least <paramref name="minScore"/> on. O(log n) to start.</summary>
    public static SortedSetIterator FromScore(ValueHeap values, EntryRef entry, double minScore) => throw new NotImplementedException();

    /// <summary>Frees some of the value. One element (or block of a few) costs one unit of <paramref name="budget"/>.</summary>
    /// <returns>True: all is freed, the entry's block included. False: the budget is used up; to be called again with the same entry, which is in no table.</returns>
    public static bool Free(ValueHeap values, byte* entry, ref int budget) => throw new NotImplementedException();

    /// <summary>About how many units of budget <see cref="Free"/> will take. O(1).</summary>
    public static long FreeEffort(EntryRef entry) => throw new NotImplementedException();

    /// <summary>A copy under another key, perhaps in another shard's heap (COPY, RENAME between shards): same encoding, expiry and access clock. O(n).</summary>
    public static byte* Copy(ValueHeap from, ValueHeap to, byte* entry, ReadOnlySpan<byte> key) => throw new NotImplementedException();

    /// <summary>Heap bytes of entry and value, estimated from <paramref name="samples"/> members (0: all are looked at).</summary>
    public static long MemoryBytes(ValueHeap values, EntryRef entry, long samples) => throw new NotImplementedException();
}
