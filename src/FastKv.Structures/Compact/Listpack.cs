using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// The content of a compact value, and of a list's node (without the count):
//
//   +-----------+---------+---------+--
//   | count u16 | element | element | …          count 65535: there are more than 65,534, or were: walk
//   +-----------+---------+---------+--
//
// An element (encodings of Redis's listpack; numbers little-endian but for the bits that share a byte with the mark):
//
//   +------+-------+---------+
//   | mark | bytes | backlen |                    backlen: bytes of mark and bytes, in 7-bit groups, the highest group first; all groups
//   +------+-------+---------+                    but the first have bit 7 set, so that it is read from its end
//
//   0xxxxxxx                     0 to 127                      total  2 bytes
//   10xxxxxx  text               up to 63 bytes                       2 + length
//   110xxxxx  8 bits             13-bit signed integer                3
//   1110xxxx  8 bits, text       up to 4,095 bytes                    3 or 4 + length
//   11110000  32 bits, text      longer text                          6 to 10 + length
//   11110001  16 bits            integer                              4
//   11110010  24 bits                                                 5
//   11110011  32 bits                                                 6
//   11110100  64 bits                                                 10
//
// A value has one encoding only (the canonical text of an integer is never a string, each takes the shortest form), so equal values have equal bytes.
//
//   step to the next or the previous   O(1)
//   count                              O(1) up to 65,534
//   find, n-th                         O(n)

/// <summary>
/// Elements one behind the other, each with its length in front and at its end, so that one can walk both ways. The bytes of an element are those of Redis's
/// listpack (github.com/antirez/listpack), so RDB files take them as they are; the header and the end mark of a listpack are not kept in memory. Data plane.
/// </summary>
/// <remarks>Content of a compact value: <c>[u16 count, 65535: count them][element]…</c>. Integers' texts are kept as integers.</remarks>
public static unsafe partial class Listpack
{
    /// <summary>Bytes before the first element: the number of elements.</summary>
    public const int HeaderBytes = 2;

    /// <summary>Bytes that <see cref="Text"/> needs for an integer.</summary>
    public const int ScratchBytes = 24;

    /// <summary>The header's count that means: count them.</summary>
    internal const int CountUnknown = ushort.MaxValue;

    private const byte LongText = 0xF0;
    private const byte Integer16 = 0xF1;
    private const byte Integer24 = 0xF2;
    private const byte Integer32 = 0xF3;
    private const byte Integer64 = 0xF4;

    // Size of the whole element by its mark; 0: it depends on a length behind the mark.
    private static ReadOnlySpan<byte> SizeByMark =>
    [
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33,
        34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65,
        3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 5, 6, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>Elements, O(1) unless there are more than 65,534.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Count(byte* content, int length)
    {
        int count = Unsafe.ReadUnaligned<ushort>(content);
        return count != CountUnknown ? count : CountElements(content + HeaderBytes, content + length);
    }

    /// <summary>Elements from one on; O(n).</summary>
    public static long CountElements(byte* from, byte* end)
    {
        long count = 0;
        for (byte* element = from; element < end; element += SizeOf(element))
            count++;
        return count;
    }

    /// <summary>Size of the whole element that starts at <paramref name="element"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SizeOf(byte* element)
    {
        int size = SizeByMark[*element];
        return size != 0 ? size : SizeOfLongText(element);
    }

    /// <summary>Where the element behind the one at <paramref name="element"/> starts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Next(byte* element) => element + SizeOf(element);

    /// <summary>Where the element before the one at <paramref name="element"/> (or before the end) starts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Previous(byte* element)
    {
        int last = element[-1];
        return last < 128 ? element - 1 - last : PreviousLong(element);
    }

    /// <summary>The element's value: a view of it, or of <paramref name="scratch"/> if it is an integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Text(byte* element, Span<byte> scratch)
    {
        int mark = *element;
        return (mark & 0xC0) == 0x80 ? new ReadOnlySpan<byte>(element + 1, mark & 63) : TextOfOther(element, scratch);
    }

    /// <summary>Whether it is an integer, and which.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryInteger(byte* element, out long value)
    {
        int mark = *element;
        if (mark < 128)
        {
            value = mark;
            return true;
        }

        if (mark < 0xC0)
        {
            value = 0;
            return false;
        }

        return TryLongInteger(element, out value);
    }

    /// <summary>Whether it is a text, and which: false for an integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryText(byte* element, out byte* text, out int length)
    {
        int mark = *element;
        if ((mark & 0xC0) == 0x80)
        {
            text = element + 1;
            length = mark & 63;
            return true;
        }

        if ((mark & 0xF0) == 0xE0)
        {
            text = element + 2;
            length = (mark & 15) << 8 | element[1];
            return true;
        }

        text = element + 5;
        length = mark == LongText ? Unsafe.ReadUnaligned<int>(element + 1) : 0;
        return mark == LongText;
    }

    /// <summary>Length of the value as text, without making it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int TextLength(byte* element)
    {
        if (TryText(element, out _, out int length))
            return length;
        TryInteger(element, out long integer);
        return ListpackInteger.LengthOf(integer);
    }

    /// <summary>Whether the element is <paramref name="value"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Is(byte* element, ReadOnlySpan<byte> value)
    {
        if (TryText(element, out byte* text, out int length))
            return length == value.Length && new ReadOnlySpan<byte>(text, length).SequenceEqual(value);
        TryInteger(element, out long kept);
        return ListpackInteger.TryParse(value, out long wanted) && kept == wanted;
    }

    /// <summary>Bytes that an element for this value takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int EncodedBytes(ReadOnlySpan<byte> value)
    {
        return ListpackInteger.TryParse(value, out long integer) ? EncodedBytes(integer) : EncodedBytesOfText(value.Length);
    }

    /// <summary>Bytes that an element takes whose value is no integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int EncodedBytesOfText(int length) => length <= 63 ? length + 2 : EncodedBytesOfLongText(length);

    /// <summary>Bytes that an element for this integer takes.</summary>
    public static int EncodedBytes(long value) => value switch
    {
        >= 0 and < 128 => 2,
        >= -4096 and < 4096 => 3,
        >= short.MinValue and <= short.MaxValue => 4,
        >= -(1 << 23) and < 1 << 23 => 5,
        >= int.MinValue and <= int.MaxValue => 6,
        _ => 10,
    };

    /// <summary>Writes an element; returns its size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Encode(byte* to, ReadOnlySpan<byte> value)
    {
        return ListpackInteger.TryParse(value, out long integer) ? Encode(to, integer) : EncodeText(to, value);
    }

    /// <summary>Writes an element for a value that is no integer; returns its size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int EncodeText(byte* to, ReadOnlySpan<byte> value)
    {
        if (value.Length > 63)
            return EncodeLongText(to, value);
        *to = (byte)(0x80 | value.Length);
        value.CopyTo(new Span<byte>(to + 1, value.Length));
        to[value.Length + 1] = (byte)(value.Length + 1);
        return value.Length + 2;
    }

    /// <summary>Writes an element for an integer; returns its size.</summary>
    public static int Encode(byte* to, long value)
    {
        int size = EncodedBytes(value);
        switch (size)
        {
            case 2:
                *to = (byte)value;
                break;
            case 3:
                *to = (byte)(0xC0 | ((value >> 8) & 31));
                to[1] = (byte)value;
                break;
            case 4:
                *to = Integer16;
                Unsafe.WriteUnaligned(to + 1, (short)value);
                break;
            case 5:
                *to = Integer24;
                Unsafe.WriteUnaligned(to + 1, (ushort)value);
                to[3] = (byte)(value >> 16);
                break;
            case 6:
                *to = Integer32;
                Unsafe.WriteUnaligned(to + 1, (int)value);
                break;
            default:
                *to = Integer64;
                Unsafe.WriteUnaligned(to + 1, value);
                break;
        }

        to[size - 1] = (byte)(size - 1);
        return size;
    }

    /// <summary>The n-th element of a content (negative: from the end); null: there is none. O(n), from the nearer end if the count is known.</summary>
    public static byte* At(byte* content, int length, long index)
    {
        int count = Unsafe.ReadUnaligned<ushort>(content);
        if (count != CountUnknown)
        {
            if (index < 0 ? index < -count : index >= count)
                return null;
            if (index >= 0 && index > count / 2)
                index -= count;
            else if (index < 0 && -index > count / 2)
                index += count;
        }

        byte* first = content + HeaderBytes;
        byte* end = content + length;
        if (index >= 0)
        {
            byte* element = first;
            for (; index > 0 && element < end; index--)
                element = Next(element);
            return element < end ? element : null;
        }

        for (byte* element = end; element > first;)
        {
            element = Previous(element);
            if (++index == 0)
                return element;
        }

        return null;
    }

    private static int SizeOfLongText(byte* element)
    {
        int mark = *element;
        if (mark < LongText)
        {
            int bytes = 2 + ((mark & 15) << 8 | element[1]);
            return bytes + (bytes <= 127 ? 1 : 2);
        }

        Debug.Assert(mark == LongText, "no other mark is of a length of its own");
        int total = 5 + Unsafe.ReadUnaligned<int>(element + 1);
        return total + BacklenBytes(total);
    }

    private static int EncodedBytesOfLongText(int length)
    {
        int bytes = length < 4096 ? length + 2 : length + 5;
        return bytes + BacklenBytes(bytes);
    }

    private static int EncodeLongText(byte* to, ReadOnlySpan<byte> value)
    {
        int start;
        if (value.Length < 4096)
        {
            *to = (byte)(0xE0 | value.Length >> 8);
            to[1] = (byte)value.Length;
            start = 2;
        }
        else
        {
            *to = LongText;
            Unsafe.WriteUnaligned(to + 1, value.Length);
            start = 5;
        }

        value.CopyTo(new Span<byte>(to + start, value.Length));
        int bytes = start + value.Length;
        int backlen = BacklenBytes(bytes);
        byte* at = to + bytes + backlen - 1;
        uint rest = (uint)bytes;
        for (int i = backlen - 1; i > 0; i--, rest >>= 7)
            *at-- = (byte)(rest | 128);
        *at = (byte)rest;
        return bytes + backlen;
    }

    // Redis's bounds, which leave out the largest number of each length but the first.
    internal static int BacklenBytes(int bytes) => bytes switch
    {
        <= 127 => 1,
        < 16_383 => 2,
        < 2_097_151 => 3,
        < 268_435_455 => 4,
        _ => 5,
    };

    private static byte* PreviousLong(byte* element)
    {
        byte* at = element - 1;
        ulong bytes = 0;
        int shift = 0;
        for (; *at >= 128; at--, shift += 7)
            bytes |= (ulong)(*at & 127) << shift;
        bytes |= (ulong)*at << shift;
        return at - bytes;
    }

    private static ReadOnlySpan<byte> TextOfOther(byte* element, Span<byte> scratch)
    {
        if (TryText(element, out byte* text, out int length))
            return new ReadOnlySpan<byte>(text, length);
        TryInteger(element, out long integer);
        return scratch[..IntegerText.Format(integer, scratch)];
    }

    private static bool TryLongInteger(byte* element, out long value)
    {
        int mark = *element;
        if (mark < 0xE0)
        {
            value = (long)((mark << 8 | element[1]) & 0x1FFF) << 51 >> 51;
            return true;
        }

        value = mark switch
        {
            Integer16 => Unsafe.ReadUnaligned<short>(element + 1),
            Integer24 => Unsafe.ReadUnaligned<ushort>(element + 1) | (sbyte)element[3] << 16,
            Integer32 => Unsafe.ReadUnaligned<int>(element + 1),
            Integer64 => Unsafe.ReadUnaligned<long>(element + 1),
            _ => 0,
        };
        return mark >= Integer16;
    }
}
