using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// Data plane. A small sorted set (encoding "listpack" to clients): members in the order of (score, member), one behind the other in a compact value.
//
//   content   [u16 count][element]...
//   element   [tag u8][score: 1, 2, 4 or 8 bytes][length u32 if the tag says so][member]
//               tag bits 0-1   score as int8, int16, int32, or double
//               tag bits 2-7   length of the member, 63: in four bytes
//
// A member of 10 bytes with a score of up to 127 takes 12 bytes where Redis's listpack takes 14, and a score is read with one load instead of being
// parsed from its text. All searches are O(n), and n is small.
internal static unsafe class CompactSortedSet
{
    internal const int HeaderBytes = 2;

    /// <summary>A set of more members is not kept compact, whatever the configuration says: the count has 16 bits.</summary>
    internal const int CountMax = ushort.MaxValue;

    /// <summary>Nor one with a longer member: so the whole stays below 2 GiB.</summary>
    internal const int MemberBytesMax = 16 * 1024;

    private const int LongMark = 63;
    private const int DoubleCode = 3;

    internal static int Count(byte* content) => Unsafe.ReadUnaligned<ushort>(content);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static double Score(byte* element) => (*element & 3) switch
    {
        0 => (sbyte)element[1],
        1 => Unsafe.ReadUnaligned<short>(element + 1),
        2 => Unsafe.ReadUnaligned<int>(element + 1),
        _ => Unsafe.ReadUnaligned<double>(element + 1),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ReadOnlySpan<byte> Member(byte* element)
    {
        int length = *element >> 2;
        byte* at = element + 1 + (1 << (*element & 3));
        return length != LongMark ? new(at, length) : new(at + sizeof(int), Unsafe.ReadUnaligned<int>(at));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* Next(byte* element)
    {
        int length = *element >> 2;
        byte* at = element + 1 + (1 << (*element & 3));
        return length != LongMark ? at + length : at + sizeof(int) + Unsafe.ReadUnaligned<int>(at);
    }

    /// <summary>The element with that member, or null.</summary>
    internal static byte* Find(byte* content, int length, ReadOnlySpan<byte> member, out long rank)
    {
        byte* end = content + length;
        rank = 0;
        for (byte* at = content + HeaderBytes; at < end; at = Next(at), rank++)
        {
            if (Member(at).SequenceEqual(member))
                return at;
        }

        return null;
    }

    /// <summary>The first element at or behind (score, member); the end if there is none.</summary>
    internal static byte* FindPlace(byte* content, int length, double score, ReadOnlySpan<byte> member)
    {
        byte* end = content + length;
        byte* at = content + HeaderBytes;
        for (; at < end; at = Next(at))
        {
            double other = Score(at);
            if (other > score || (other == score && Member(at).SequenceCompareTo(member) >= 0))
                break;
        }

        return at;
    }

    /// <summary>The element of a rank; the end if there is none.</summary>
    internal static byte* At(byte* content, int length, long rank)
    {
        byte* end = content + length;
        byte* at = content + HeaderBytes;
        for (; rank > 0 && at < end; rank--)
            at = Next(at);
        return at;
    }

    /// <summary>Adds a member that is not in the set.</summary>
    /// <returns>The entry.</returns>
    internal static byte* Insert(ValueHeap values, byte* entry, ReadOnlySpan<byte> member, double score)
    {
        byte* content = CompactValue.Bytes(entry, out int length);
        int place = (int)(FindPlace(content, length, score, member) - content);
        int size = ElementBytes(member.Length, score);
        entry = CompactValue.Resize(values.Heap, entry, length + size);
        content = CompactValue.Bytes(entry, out _);
        Buffer.MemoryCopy(content + place, content + place + size, length - place, length - place);
        Write(content + place, member, score);
        SetCount(content, Count(content) + 1);
        return entry;
    }

    /// <summary>Changes the score of an element.</summary>
    /// <returns>The entry.</returns>
    internal static byte* Move(ValueHeap values, byte* entry, byte* element, ReadOnlySpan<byte> member, double score)
    {
        byte* content = CompactValue.Bytes(entry, out int length);
        int old = (int)(element - content);
        int oldSize = (int)(Next(element) - element);
        int place = (int)(FindPlace(content, length, score, member) - content);
        int size = ElementBytes(member.Length, score);
        int growth = size - oldSize;
        if (growth > 0)
        {
            entry = CompactValue.Resize(values.Heap, entry, length + growth);
            content = CompactValue.Bytes(entry, out _);
        }

        if (place <= old)
        {
            // Forward: what is between the places gives way to the right; what stands behind the old place moves by the growth, and first.
            Shift(content, old + oldSize, length, growth);
            Shift(content, place, old, size);
        }
        else
        {
            if (growth > 0)
                Shift(content, place, length, growth);
            Shift(content, old + oldSize, place, -oldSize);
            if (growth < 0)
                Shift(content, place, length, growth);
            place -= oldSize;
        }

        Write(content + place, member, score);
        return growth < 0 ? CompactValue.Resize(values.Heap, entry, length + growth) : entry;
    }

    /// <summary>Removes <paramref name="count"/> elements, which end where <paramref name="end"/> starts.</summary>
    /// <returns>The entry.</returns>
    internal static byte* Remove(ValueHeap values, byte* entry, byte* element, byte* end, int count)
    {
        byte* content = CompactValue.Bytes(entry, out int length);
        int gap = (int)(end - element);
        Shift(content, (int)(end - content), length, -gap);
        SetCount(content, Count(content) - count);
        return CompactValue.Resize(values.Heap, entry, length - gap);
    }

    /// <summary>Adds a member behind all others to a content with room for it.</summary>
    /// <returns>The end.</returns>
    internal static byte* Append(byte* end, ReadOnlySpan<byte> member, double score)
    {
        Write(end, member, score);
        return end + ElementBytes(member.Length, score);
    }

    internal static void SetCount(byte* content, int count)
    {
        Debug.Assert(count is >= 0 and <= CountMax, "16 bits");
        Unsafe.WriteUnaligned(content, (ushort)count);
    }

    internal static int ElementBytes(int memberLength, double score) =>
        1 + (1 << CodeOf(score)) + (memberLength < LongMark ? 0 : sizeof(int)) + memberLength;

    // A negative zero becomes a zero, as in Redis's listpack.
    private static int CodeOf(double score)
    {
        int integer = (int)score;
        if (integer != score)
            return DoubleCode;
        return integer == (sbyte)integer ? 0 : integer == (short)integer ? 1 : 2;
    }

    private static void Write(byte* element, ReadOnlySpan<byte> member, double score)
    {
        int code = CodeOf(score);
        byte* at = element + 1;
        switch (code)
        {
            case 0:
                *at = (byte)(sbyte)score;
                break;
            case 1:
                Unsafe.WriteUnaligned(at, (short)score);
                break;
            case 2:
                Unsafe.WriteUnaligned(at, (int)score);
                break;
            default:
                Unsafe.WriteUnaligned(at, score);
                break;
        }

        at += 1 << code;
        *element = (byte)(code | Math.Min(member.Length, LongMark) << 2);
        if (member.Length >= LongMark)
        {
            Unsafe.WriteUnaligned(at, member.Length);
            at += sizeof(int);
        }

        member.CopyTo(new Span<byte>(at, member.Length));
    }

    private static void Shift(byte* content, int from, int to, int by) =>
        Buffer.MemoryCopy(content + from, content + from + by, to - from, to - from);
}
