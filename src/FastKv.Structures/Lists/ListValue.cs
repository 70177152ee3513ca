using FastKv.Memory;

namespace FastKv.Structures;

// STUB: the contract; the part of the type implements it.

/// <summary>Entries whose value is a list. Data plane.</summary>
public static unsafe class ListValue
{
    /// <summary>Number of elements. O(1).</summary>
    public static long Count(EntryRef entry) => throw new NotImplementedException();

    /// <summary>A new list without elements, which the caller fills at once.</summary>
    public static byte* Create(ValueHeap values, ReadOnlySpan<byte> key, long expiryMs = -1, uint clock = 0) => throw new NotImplementedException();

    /// <summary>Adds an element at the head or the tail. O(1).</summary>
    /// <returns>The entry.</returns>
    public static byte* Push(ValueHeap values, byte* entry, ReadOnlySpan<byte> value, bool atHead) => throw new NotImplementedException();

    /// <summary>Walks the elements from the head; the list must not change meanwhile.</summary>
    public static ListIterator Iterate(EntryRef entry) => throw new NotImplementedException();

    /// <summary>Frees some of the value. One element (or block of a few) costs one unit of <paramref name="budget"/>.</summary>
    /// <returns>True: all is freed, the entry's block included. False: the budget is used up; to be called again with the same entry, which is in no table.</returns>
    public static bool Free(ValueHeap values, byte* entry, ref int budget) => throw new NotImplementedException();

    /// <summary>About how many units of budget <see cref="Free"/> will take. O(1).</summary>
    public static long FreeEffort(EntryRef entry) => throw new NotImplementedException();

    /// <summary>A copy under another key, perhaps in another shard's heap (COPY, RENAME between shards): same encoding, expiry and access clock. O(n).</summary>
    public static byte* Copy(ValueHeap from, ValueHeap to, byte* entry, ReadOnlySpan<byte> key) => throw new NotImplementedException();

    /// <summary>Heap bytes of entry and value, estimated from <paramref name="samples"/> elements (0: all are looked at).</summary>
    public static long MemoryBytes(ValueHeap values, EntryRef entry, long samples) => throw new NotImplementedException();
}
