using System.Diagnostics;
using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>
/// What can be done to an entry's block whatever its type: allocate, give it an expiry, give it another key, free. Data plane.
/// </summary>
/// <remarks>
/// A method that returns an entry may have moved it; the old block is then gone, and the caller tells the table
/// (<see cref="ExtendibleTable{TLayout}.Replace"/>, which uses the old address only as a name).
/// </remarks>
public static unsafe class EntryBlock
{
    /// <summary>Longest key in bytes: lengths are 32-bit. Redis's limit is its 512 MiB for any string.</summary>
    public const int KeyBytesMax = int.MaxValue - 1024;

    /// <summary>A new entry whose value is a native pointer. O(key length).</summary>
    /// <param name="heap">The shard's heap.</param>
    /// <param name="type">The value's type.</param>
    /// <param name="encoding">The value's encoding, 0 to 15.</param>
    /// <param name="key">The key.</param>
    /// <param name="pointer">The value; freeing what it points to is the type's business.</param>
    /// <param name="expiryMs">Unix milliseconds; 0 or negative for none.</param>
    /// <param name="clock">The 24-bit access clock.</param>
    public static byte* CreatePointer(
        NativeHeap heap, ValueType type, ValueEncoding encoding, ReadOnlySpan<byte> key, byte* pointer, long expiryMs = -1, uint clock = 0)
    {
        EntryRef entry = Allocate(heap, type, encoding, EntryFlags.PointerValue, key, sizeof(nint), expiryMs, clock);
        entry.SetPointer(pointer);
        return entry.Block;
    }

    /// <summary>Sets, changes or (0 or negative) removes the expiry. Moves the entry when it gets one or loses it. O(block size).</summary>
    /// <returns>The entry.</returns>
    public static byte* SetExpiry(NativeHeap heap, byte* entry, long expiryMs)
    {
        var old = new EntryRef(entry);
        if (expiryMs > 0 && old.HasExpiry)
        {
            old.SetExpiryInPlace(expiryMs);
            return entry;
        }

        return expiryMs <= 0 && !old.HasExpiry ? entry : Rebuild(heap, old, old.Key, expiryMs);
    }

    /// <summary>Gives the value to an entry under another key (RENAME); everything else stays. O(block size).</summary>
    /// <returns>The new entry; the old block is freed.</returns>
    public static byte* Rename(NativeHeap heap, byte* entry, ReadOnlySpan<byte> key)
    {
        var old = new EntryRef(entry);
        return Rebuild(heap, old, key, old.ExpiryMs);
    }

    /// <summary>Frees the block alone, not what its value may point to.</summary>
    public static void Free(NativeHeap heap, byte* entry) => heap.Free(entry, new EntryRef(entry).BlockBytes);

    /// <summary>A block with header, expiry and key; the value's bytes are undefined.</summary>
    internal static EntryRef Allocate(
        NativeHeap heap, ValueType type, ValueEncoding encoding, EntryFlags flags, ReadOnlySpan<byte> key, int inlineLength, long expiryMs, uint clock)
    {
        Debug.Assert(key.Length <= KeyBytesMax, "the caller has checked");
        if (expiryMs > 0)
            flags |= EntryFlags.HasExpiry;
        if (key.Length >= EntryRef.LongKeyMark)
            flags |= EntryFlags.LongKey;
        var entry = new EntryRef(heap.Allocate(PrefixBytes(key.Length, expiryMs > 0) + inlineLength));
        entry.Write(type, encoding, flags, clock, key, inlineLength, expiryMs);
        return entry;
    }

    /// <summary>Bytes before the value.</summary>
    internal static long PrefixBytes(int keyLength, bool hasExpiry) =>
        EntryRef.HeaderBytes + (hasExpiry ? EntryRef.ExpiryBytes : 0) + (keyLength >= EntryRef.LongKeyMark ? EntryRef.LongKeyLengthBytes : 0L) + keyLength;

    private static byte* Rebuild(NativeHeap heap, EntryRef old, ReadOnlySpan<byte> key, long expiryMs)
    {
        EntryFlags kept = old.Flags & (EntryFlags.ExternalValue | EntryFlags.PointerValue);
        EntryRef entry = Allocate(heap, old.Type, old.Encoding, kept, key, old.InlineLength, expiryMs, old.AccessClock);
        Buffer.MemoryCopy(old.Value, entry.Value, old.InlineLength, old.InlineLength);
        heap.Free(old.Block, old.BlockBytes);
        return entry.Block;
    }
}
