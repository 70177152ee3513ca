using System.Runtime.CompilerServices;

namespace FastKv.Structures;

/// <summary>What a check of foreign elements has found.</summary>
public struct ListpackFacts
{
    /// <summary>Number of elements.</summary>
    public long Count;

    /// <summary>Length of the longest text, that of integers included.</summary>
    public int LongestText;

    /// <summary>Whether every element is the one that <see cref="Listpack.Encode(byte*, ReadOnlySpan{byte})"/> makes: then the bytes can be taken over as
    /// they are, else each element must be encoded again.</summary>
    public bool IsCanonical;
}

/// <summary>
/// Makes sure that elements from elsewhere (a file, a client) are sound before anything walks over them. O(bytes). Data plane.
/// </summary>
public static unsafe class ListpackCheck
{
    /// <summary>Bytes of Redis's header: total bytes u32, elements u16.</summary>
    public const int RedisHeaderBytes = 6;

    /// <summary>The byte behind the last element of Redis's listpack.</summary>
    public const byte RedisEndMark = 0xFF;

    private const int BytesMax = 1 << 30;

    /// <summary>Checks a listpack as Redis keeps it, and tells where its elements are.</summary>
    public static bool TryOpen(byte* listpack, long length, out byte* first, out byte* end, out ListpackFacts facts)
    {
        first = listpack + RedisHeaderBytes;
        end = listpack + length - 1;
        facts = default;
        if (length is <= RedisHeaderBytes or > BytesMax || Unsafe.ReadUnaligned<uint>(listpack) != length || *end != RedisEndMark)
            return false;
        int count = Unsafe.ReadUnaligned<ushort>(listpack + sizeof(uint));
        return TryCheck(first, end, out facts) && (count == Listpack.CountUnknown || count == facts.Count);
    }

    /// <summary>Checks elements that stand one behind the other and end exactly at <paramref name="end"/>.</summary>
    public static bool TryCheck(byte* first, byte* end, out ListpackFacts facts)
    {
        facts = new ListpackFacts { IsCanonical = true };
        byte* at = first;
        while (at < end)
        {
            long size = SizeWithin(at, end);
            if (size == 0)
                return false;
            Note(at, size, ref facts);
            at += size;
        }

        return true;
    }

    // Size of the element, 0 if it is none or does not end before the end.
    private static long SizeWithin(byte* at, byte* end)
    {
        long left = end - at;
        int mark = *at;
        long bytes = mark switch
        {
            < 0x80 => 1,
            < 0xC0 => 1 + (mark & 63),
            < 0xE0 => 2,
            < 0xF0 => left < 2 ? 0 : 2 + ((mark & 15) << 8 | at[1]),
            0xF0 => left < 5 ? 0 : 5L + Unsafe.ReadUnaligned<uint>(at + 1),
            0xF1 => 3,
            0xF2 => 4,
            0xF3 => 5,
            0xF4 => 9,
            _ => 0,
        };
        if (bytes is 0 or > BytesMax)
            return 0;
        int backlen = Listpack.BacklenBytes((int)bytes);
        if (bytes + backlen > left)
            return 0;
        byte* last = at + bytes + backlen - 1;
        uint rest = (uint)bytes;
        for (int i = backlen - 1; i > 0; i--, rest >>= 7)
        {
            if (*last-- != (byte)(rest | 128))
                return 0;
        }

        return *last == (byte)rest ? bytes + backlen : 0;
    }

    private static void Note(byte* at, long size, ref ListpackFacts facts)
    {
        facts.Count++;
        if (Listpack.TryText(at, out byte* text, out int length))
        {
            facts.LongestText = Math.Max(facts.LongestText, length);
            bool isInteger = ListpackInteger.TryParse(new ReadOnlySpan<byte>(text, length), out _);
            facts.IsCanonical &= !isInteger && size == Listpack.EncodedBytesOfText(length);
            return;
        }

        Listpack.TryInteger(at, out long integer);
        facts.LongestText = Math.Max(facts.LongestText, ListpackInteger.LengthOf(integer));
        facts.IsCanonical &= size == Listpack.EncodedBytes(integer);
    }
}
