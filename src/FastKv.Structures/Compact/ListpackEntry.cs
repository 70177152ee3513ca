using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>
/// Changes of a listpack that is the content of an entry (<see cref="CompactValue"/>). Each returns the entry, which may have moved. Values must not lie in
/// the entry. O(bytes of the listpack). Data plane.
/// </summary>
public static unsafe class ListpackEntry
{
    /// <summary>A new entry with an empty listpack.</summary>
    public static byte* Create(ValueHeap values, ValueType type, ValueEncoding encoding, ReadOnlySpan<byte> key, long expiryMs = -1, uint clock = 0)
    {
        byte* entry = CompactValue.Create(values.Heap, type, encoding, key, Listpack.HeaderBytes, expiryMs, clock);
        Unsafe.WriteUnaligned<ushort>(CompactValue.Bytes(entry, out _), 0);
        return entry;
    }

    /// <summary>A new entry with elements that were encoded elsewhere, canonical ones. O(bytes).</summary>
    internal static byte* CreateOf(
        ValueHeap values, ValueType type, ValueEncoding encoding, ReadOnlySpan<byte> key, byte* first, byte* end, long count, long expiryMs, uint clock)
    {
        int bytes = checked((int)(end - first));
        byte* entry = CompactValue.Create(values.Heap, type, encoding, key, bytes + Listpack.HeaderBytes, expiryMs, clock);
        byte* content = CompactValue.Bytes(entry, out _);
        Unsafe.WriteUnaligned(content, (ushort)Math.Min(count, Listpack.CountUnknown));
        Buffer.MemoryCopy(first, content + Listpack.HeaderBytes, bytes, bytes);
        return entry;
    }

    /// <summary>Number of elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Count(byte* entry)
    {
        byte* content = CompactValue.Bytes(entry, out int length);
        return Listpack.Count(content, length);
    }

    /// <summary>The first element, and the end (equal: there is none).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* First(byte* entry, out byte* end)
    {
        byte* content = CompactValue.Bytes(entry, out int length);
        end = content + length;
        return content + Listpack.HeaderBytes;
    }

    /// <summary>Inserts an element at an offset of the content (<see cref="Listpack.HeaderBytes"/>: in front; the length: at the end).</summary>
    public static byte* Insert(ValueHeap values, byte* entry, int offset, ReadOnlySpan<byte> value) =>
        Insert(values, entry, offset, new ListpackValue(value));

    /// <summary>Inserts two elements at once (field and value, member and score).</summary>
    public static byte* InsertPair(ValueHeap values, byte* entry, int offset, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var firstValue = new ListpackValue(first);
        var secondValue = new ListpackValue(second);
        entry = Open(values.Heap, entry, offset, firstValue.Size + secondValue.Size, 2, out byte* to);
        firstValue.Write(to);
        secondValue.Write(to + firstValue.Size);
        return entry;
    }

    /// <summary>Puts a value in the place of the element at an offset.</summary>
    public static byte* Replace(ValueHeap values, byte* entry, int offset, ReadOnlySpan<byte> value)
    {
        byte* content = CompactValue.Bytes(entry, out int length);
        Debug.Assert(offset >= Listpack.HeaderBytes && offset < length, "there is an element");
        int before = Listpack.SizeOf(content + offset);
        var element = new ListpackValue(value);
        int after = element.Size;
        if (after < before)
        {
            entry = Close(values.Heap, entry, offset + after, offset + before);
            content = CompactValue.Bytes(entry, out _);
        }
        else if (after > before)
        {
            entry = Open(values.Heap, entry, offset + before, after - before, 0, out byte* added);
            content = added - offset - before;
        }

        element.Write(content + offset);
        return entry;
    }

    /// <summary>Deletes <paramref name="count"/> elements from an offset on.</summary>
    public static byte* Delete(ValueHeap values, byte* entry, int offset, int count)
    {
        byte* content = CompactValue.Bytes(entry, out int length);
        byte* end = content + length;
        byte* behind = content + offset;
        int deleted = 0;
        for (; deleted < count && behind < end; deleted++)
            behind = Listpack.Next(behind);
        AddToCount(content, -deleted);
        return Close(values.Heap, entry, offset, (int)(behind - content));
    }

    /// <summary>The same for a value that has been measured.</summary>
    internal static byte* Insert(ValueHeap values, byte* entry, int offset, scoped in ListpackValue value)
    {
        entry = Open(values.Heap, entry, offset, value.Size, 1, out byte* to);
        value.Write(to);
        return entry;
    }

    // Makes room for `bytes` bytes in front of what stands at the offset.
    private static byte* Open(NativeHeap heap, byte* entry, int offset, int bytes, int elements, out byte* opened)
    {
        CompactValue.Bytes(entry, out int length);
        Debug.Assert(offset >= Listpack.HeaderBytes && offset <= length, "inside the content");
        entry = CompactValue.Resize(heap, entry, checked(length + bytes));
        byte* content = CompactValue.Bytes(entry, out _);
        opened = content + offset;
        int tail = length - offset;
        if (tail > 0)
            Buffer.MemoryCopy(opened, opened + bytes, tail, tail);
        AddToCount(content, elements);
        return entry;
    }

    // Takes the bytes between two offsets out.
    private static byte* Close(NativeHeap heap, byte* entry, int from, int to)
    {
        if (from == to)
            return entry;
        byte* content = CompactValue.Bytes(entry, out int length);
        int tail = length - to;
        if (tail > 0)
            Buffer.MemoryCopy(content + to, content + from, tail, tail);
        return CompactValue.Resize(heap, entry, length - (to - from));
    }

    // A count that once was too large for the header stays unknown.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddToCount(byte* content, int elements)
    {
        int count = Unsafe.ReadUnaligned<ushort>(content);
        if (count != Listpack.CountUnknown)
            Unsafe.WriteUnaligned(content, (ushort)Math.Min(count + elements, Listpack.CountUnknown));
    }
}
