using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// The content of a compact value with the encoding IntSet: distinct integers in ascending order, all of the width that the widest needs (it never shrinks).
//
//   +----------+---------+---------+--
//   | width u8 | integer | integer | …        width: 2, 4 or 8 bytes; how many follows from the length
//   +----------+---------+---------+--
//
//   contains          O(log n); up to 256 bytes all are compared, 32 bytes at a time
//   n-th, count       O(1)
//   add, remove       O(n): the tail moves

/// <summary>A small set of integers as the content of an entry (<see cref="CompactValue"/>). Data plane.</summary>
public static unsafe class IntSet
{
    /// <summary>Bytes before the first integer.</summary>
    public const int HeaderBytes = 1;

    /// <summary>Most members whatever the configuration says, so that lengths fit 32 bits: 1 GiB of the widest.</summary>
    public const int MembersMax = 1 << 27;

    /// <summary>Up to so many bytes are searched from end to end: 8 vector compares, where a binary search has 5 to 7 dependent loads.</summary>
    private const int LinearBytesMax = 256;

    /// <summary>A new entry without members.</summary>
    public static byte* Create(ValueHeap values, ReadOnlySpan<byte> key, long expiryMs = -1, uint clock = 0)
    {
        byte* entry = CompactValue.Create(values.Heap, ValueType.Set, ValueEncoding.IntSet, key, HeaderBytes, expiryMs, clock);
        *CompactValue.Bytes(entry, out _) = sizeof(short);
        return entry;
    }

    /// <summary>Number of members.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Count(byte* content, int length) => (length - HeaderBytes) >> BitOperations.TrailingZeroCount(*content);

    /// <summary>The n-th smallest member; <paramref name="index"/> must be below the count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long At(byte* content, int index) => Read(content + HeaderBytes, *content, index);

    /// <summary>Whether it is a member.</summary>
    public static bool Contains(byte* content, int length, long value)
    {
        int count = Count(content, length);
        byte* items = content + HeaderBytes;
        return *content switch
        {
            sizeof(short) => value == (short)value && IsAmong(items, count, (short)value),
            sizeof(int) => value == (int)value && IsAmong(items, count, (int)value),
            _ => IsAmong(items, count, value),
        };
    }

    /// <summary>Adds a member; the other integers may become wider.</summary>
    /// <returns>The entry, which may have moved.</returns>
    public static byte* Add(NativeHeap heap, byte* entry, long value, out bool added)
    {
        byte* content = CompactValue.Bytes(entry, out int length);
        int width = *content;
        int count = Count(content, length);
        if (WidthOf(value) > width)
        {
            added = true;
            return AddWidening(heap, entry, count, value);
        }

        int at = LowerBound(content, count, value);
        added = at == count || At(content, at) != value;
        if (!added)
            return entry;
        entry = CompactValue.Resize(heap, entry, length + width);
        byte* place = CompactValue.Bytes(entry, out _) + HeaderBytes + (nint)at * width;
        int tail = (count - at) * width;
        if (tail > 0)
            Buffer.MemoryCopy(place, place + width, tail, tail);
        Write(place, width, value);
        return entry;
    }

    /// <summary>Removes a member.</summary>
    /// <returns>The entry, which may have moved.</returns>
    public static byte* Remove(NativeHeap heap, byte* entry, long value, out bool removed)
    {
        byte* content = CompactValue.Bytes(entry, out int length);
        int count = Count(content, length);
        int at = WidthOf(value) > *content ? count : LowerBound(content, count, value);
        removed = at < count && At(content, at) == value;
        return removed ? RemoveAt(heap, entry, at) : entry;
    }

    /// <summary>Removes the n-th smallest member.</summary>
    /// <returns>The entry, which may have moved.</returns>
    public static byte* RemoveAt(NativeHeap heap, byte* entry, int index)
    {
        byte* content = CompactValue.Bytes(entry, out int length);
        int width = *content;
        byte* place = content + HeaderBytes + (nint)index * width;
        long tail = content + length - place - width;
        Debug.Assert(tail >= 0, "there is such a member");
        Buffer.MemoryCopy(place + width, place, tail, tail);
        return CompactValue.Resize(heap, entry, length - width);
    }

    /// <summary>The integer at a position of integers of a width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long Read(byte* items, int width, int index) => width switch
    {
        sizeof(short) => Unsafe.ReadUnaligned<short>(items + (nint)index * sizeof(short)),
        sizeof(int) => Unsafe.ReadUnaligned<int>(items + (nint)index * sizeof(int)),
        _ => Unsafe.ReadUnaligned<long>(items + (nint)index * sizeof(long)),
    };

    internal static int WidthOf(long value)
    {
        if (value == (short)value)
            return sizeof(short);
        return value == (int)value ? sizeof(int) : sizeof(long);
    }

    internal static void Write(byte* to, int width, long value)
    {
        if (width == sizeof(short))
            Unsafe.WriteUnaligned(to, (short)value);
        else if (width == sizeof(int))
            Unsafe.WriteUnaligned(to, (int)value);
        else
            Unsafe.WriteUnaligned(to, value);
    }

    // What needs more width than all others have is the first or the last. From the back, because the integers move up as they widen.
    private static byte* AddWidening(NativeHeap heap, byte* entry, int count, long value)
    {
        int before = *CompactValue.Bytes(entry, out _);
        int width = WidthOf(value);
        entry = CompactValue.Resize(heap, entry, HeaderBytes + (count + 1) * width);
        byte* content = CompactValue.Bytes(entry, out _);
        byte* items = content + HeaderBytes;
        int shift = value < 0 ? 1 : 0;
        for (int i = count - 1; i >= 0; i--)
            Write(items + (nint)(i + shift) * width, width, Read(items, before, i));
        Write(items + (value < 0 ? 0 : (nint)count * width), width, value);
        *content = (byte)width;
        return entry;
    }

    private static bool IsAmong<T>(byte* items, int count, T value)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (count * sizeof(T) <= LinearBytesMax)
            return new ReadOnlySpan<T>(items, count).Contains(value);
        int at = LowerBoundAmong(items, count, value);
        return at < count && Unsafe.ReadUnaligned<T>(items + (nint)at * sizeof(T)) == value;
    }

    private static int LowerBound(byte* content, int count, long value)
    {
        byte* items = content + HeaderBytes;
        return *content switch
        {
            sizeof(short) => LowerBoundAmong(items, count, (short)value),
            sizeof(int) => LowerBoundAmong(items, count, (int)value),
            _ => LowerBoundAmong(items, count, value),
        };
    }

    // The first position whose integer is not smaller; the loop has no branch to mispredict.
    private static int LowerBoundAmong<T>(byte* items, int count, T value)
        where T : unmanaged, IBinaryInteger<T>
    {
        int low = 0;
        for (int left = count; left > 0;)
        {
            int half = (left + 1) >> 1;
            low += Unsafe.ReadUnaligned<T>(items + (nint)(low + half - 1) * sizeof(T)) < value ? half : 0;
            left -= half;
        }

        return low;
    }
}
