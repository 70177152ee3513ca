using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>
/// The bytes of a small collection: inside the entry's block, or (<see cref="EntryFlags.ExternalValue"/>) in a buffer of its own once they are many. What the
/// bytes mean is the type's business. Data plane.
/// </summary>
/// <remarks>
/// Methods that return an entry may have moved it (see <see cref="EntryBlock"/>): the caller then tells the table. A block whose new size rounds to the same
/// <see cref="NativeHeap.UsableSize"/> stays where it is.
/// </remarks>
public static unsafe class CompactValue
{
    /// <summary>Bytes that may stand in the entry. Beyond, a buffer with spare room is cheaper to grow than the whole entry.</summary>
    public const int InlineBytesMax = 256;

    private static readonly int s_externalBytes = sizeof(ExternalValue);

    /// <summary>A new entry with room for <paramref name="length"/> bytes of undefined content.</summary>
    /// <param name="heap">The shard's heap.</param>
    /// <param name="type">The value's type.</param>
    /// <param name="encoding">The value's encoding.</param>
    /// <param name="key">The key.</param>
    /// <param name="length">Bytes of content.</param>
    /// <param name="expiryMs">Unix milliseconds; 0 or negative for none.</param>
    /// <param name="clock">The 24-bit access clock.</param>
    public static byte* Create(
        NativeHeap heap, ValueType type, ValueEncoding encoding, ReadOnlySpan<byte> key, int length, long expiryMs = -1, uint clock = 0)
    {
        if (length <= InlineBytesMax)
            return EntryBlock.Allocate(heap, type, encoding, EntryFlags.None, key, length, expiryMs, clock).Block;
        long capacity = NativeHeap.UsableSize(length);
        var external = new ExternalValue { Data = heap.Allocate(capacity), Length = length, Capacity = capacity };
        EntryRef entry = EntryBlock.Allocate(heap, type, encoding, EntryFlags.ExternalValue, key, s_externalBytes, expiryMs, clock);
        Unsafe.WriteUnaligned(entry.Value, external);
        return entry.Block;
    }

    /// <summary>The content; valid until the entry changes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Bytes(byte* entry, out int length)
    {
        var view = new EntryRef(entry);
        Debug.Assert(!view.IsPointer, "a compact value");
        if (!view.IsExternal)
        {
            length = view.InlineLength;
            return view.Value;
        }

        ExternalValue external = Unsafe.ReadUnaligned<ExternalValue>(view.Value);
        length = (int)external.Length;
        return external.Data;
    }

    /// <summary>Changes the length of the content; the first min(old, new) bytes stay, added ones are undefined. O(1) amortised in a buffer.</summary>
    /// <returns>The entry.</returns>
    public static byte* Resize(NativeHeap heap, byte* entry, int length)
    {
        var view = new EntryRef(entry);
        if (view.IsExternal)
        {
            ResizeBuffer(heap, view, length);
            return entry;
        }

        long prefix = view.Value - entry;
        int old = view.InlineLength;
        if (length <= InlineBytesMax && NativeHeap.UsableSize(prefix + length) == NativeHeap.UsableSize(prefix + old))
        {
            view.SetInlineLength(length);
            return entry;
        }

        byte* moved = Create(heap, view.Type, view.Encoding, view.Key, length, view.ExpiryMs, view.AccessClock);
        int kept = Math.Min(old, length);
        Buffer.MemoryCopy(view.Value, Bytes(moved, out _), kept, kept);
        heap.Free(entry, view.BlockBytes);
        return moved;
    }

    /// <summary>A copy under another key, in any heap: same type, encoding, expiry and access clock.</summary>
    public static byte* Copy(NativeHeap heap, byte* entry, ReadOnlySpan<byte> key)
    {
        var source = new EntryRef(entry);
        byte* bytes = Bytes(entry, out int length);
        byte* copy = Create(heap, source.Type, source.Encoding, key, length, source.ExpiryMs, source.AccessClock);
        Buffer.MemoryCopy(bytes, Bytes(copy, out _), length, length);
        return copy;
    }

    /// <summary>Frees the entry and its buffer.</summary>
    public static void Free(NativeHeap heap, byte* entry) => StringEntry.Free(heap, entry);

    /// <summary>Heap bytes that the entry occupies, its buffer included.</summary>
    public static long MemoryBytes(byte* entry) => StringEntry.MemoryBytes(entry);

    // Room for an eighth more when it grows; given back when less than half is used.
    private static void ResizeBuffer(NativeHeap heap, EntryRef entry, int length)
    {
        ExternalValue external = Unsafe.ReadUnaligned<ExternalValue>(entry.Value);
        if (length > external.Capacity || length < external.Capacity / 2)
        {
            long capacity = NativeHeap.UsableSize(length > external.Capacity ? length + (length >> 3) : Math.Max(length, InlineBytesMax));
            if (capacity != external.Capacity)
            {
                external.Data = heap.Reallocate(external.Data, external.Capacity, capacity);
                external.Capacity = capacity;
            }
        }

        external.Length = length;
        Unsafe.WriteUnaligned(entry.Value, external);
    }
}
