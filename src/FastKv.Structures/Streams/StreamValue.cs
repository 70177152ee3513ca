using FastKv.Memory;

namespace FastKv.Structures;

// STUB: the contract; the part of the type implements it.

/// <summary>Entries whose value is a stream. Data plane.</summary>
public static unsafe class StreamValue
{
    /// <summary>Number of entries. O(1).</summary>
    public static long Count(EntryRef entry) => throw new NotImplementedException();

    /// <summary>Frees some of the value. One element (or block of a few) costs one unit of <paramref name="budget"/>.</summary>
    /// <returns>True: all is freed, the entry's block included. False: the budget is used up; to be called again with the same entry, which is in no table.</returns>
    public static bool Free(ValueHeap values, byte* entry, ref int budget) => throw new NotImplementedException();

    /// <summary>About how many units of budget <see cref="Free"/> will take. O(1).</summary>
    public static long FreeEffort(EntryRef entry) => throw new NotImplementedException();

    /// <summary>A copy under another key, perhaps in another shard's heap (COPY, RENAME between shards): same encoding, expiry and access clock. O(n).</summary>
    public static byte* Copy(ValueHeap from, ValueHeap to, byte* entry, ReadOnlySpan<byte> key) => throw new NotImplementedException();

    /// <summary>Heap bytes of entry and value, estimated from <paramref name="samples"/> entries (0: all are looked at).</summary>
    public static long MemoryBytes(ValueHeap values, EntryRef entry, long samples) => throw new NotImplementedException();
}
