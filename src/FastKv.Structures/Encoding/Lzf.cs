using System.Runtime.CompilerServices;

namespace FastKv.Structures.Encoding;

// Data plane. LZF, the compression of strings in RDB files (Marc Lehmann, liblzf): literals, and references to what came before.
//
//   000lllll  bytes              1 to 32 literal bytes: l + 1
//   lllooooo  oooooooo           3 to 8 bytes from o + 1 bytes before: l + 2, l being 1 to 6
//   111ooooo  llllllll oooooooo  9 to 264 bytes: l + 9
//
// Offsets are big-endian, 13 bits: a window of 8 KiB. The compressor remembers for the hash of three bytes where they stood last; what it finds there is
// compared. Positions are counted on from string to string, so the memory of 8,192 places needs no clearing: what is older than the string is none of it.

/// <summary>The memory of a compressor: as large as it is, one per shard. All zero: empty.</summary>
public unsafe struct LzfMemory
{
    internal const int Places = 8192;

    internal fixed uint Positions[Places];

    /// <summary>The position of the next string's first byte; never 0, which no place must seem to refer to.</summary>
    internal uint NextPosition;
}

/// <summary>Compresses and decompresses.</summary>
public static unsafe class Lzf
{
    /// <summary>Longest string that may be compressed: positions have 32 bits.</summary>
    public const int BytesMax = 1 << 30;

    private const int WindowBytes = 1 << 13;
    private const int LiteralsMax = 32;
    private const int ReferenceBytesMax = 264;
    private const int ReferenceBytesMin = 3;

    // A reference of three bytes gives at most so many.
    private const int ExpansionMax = ReferenceBytesMax / 3;

    /// <summary>Whether so many compressed bytes can be what a header says they are: a bound on what a reader allocates.</summary>
    public static bool IsPlausible(long compressedBytes, long bytes) => bytes > 0 && compressedBytes > 0 && bytes / ExpansionMax <= compressedBytes;

    /// <summary>Compresses; O(bytes).</summary>
    /// <param name="memory">Where places are remembered; it may have served other strings before.</param>
    /// <param name="source">The bytes.</param>
    /// <param name="count">How many, up to <see cref="BytesMax"/>.</param>
    /// <param name="target">Where to.</param>
    /// <param name="targetBytesMax">Room there.</param>
    /// <returns>Bytes written; 0: they do not fit.</returns>
    public static int Compress(LzfMemory* memory, byte* source, int count, byte* target, int targetBytesMax)
    {
        if (count < ReferenceBytesMin || targetBytesMax < ReferenceBytesMin)
            return 0;
        uint first = Begin(memory, count);
        byte* end = source + count;
        byte* lastStart = end - 4;
        byte* at = source;
        byte* to = target;
        byte* limit = target + targetBytesMax;
        byte* literals = source;
        while (at < lastStart)
        {
            uint word = Unsafe.ReadUnaligned<uint>(at) & 0xFFFFFF;
            uint* place = memory->Positions + PlaceOf(word);
            uint position = first + (uint)(at - source);
            uint found = *place;
            *place = position;
            uint distance = position - found;
            if (found < first || distance > WindowBytes || (Unsafe.ReadUnaligned<uint>(at - distance) & 0xFFFFFF) != word)
            {
                at++;
                continue;
            }

            int length = MatchLength(at, at - distance, (int)Math.Min(end - at, ReferenceBytesMax));
            if (!TryWriteLiterals(ref to, limit, literals, (int)(at - literals)) || limit - to < 3)
                return 0;
            to = WriteReference(to, (int)distance - 1, length - 2);
            at += length;
            literals = at;

            // The end of what was found begins the next find more often than its middle does.
            if (at < lastStart)
            {
                memory->Positions[PlaceOf(Unsafe.ReadUnaligned<uint>(at - 2) & 0xFFFFFF)] = position + (uint)length - 2;
                memory->Positions[PlaceOf(Unsafe.ReadUnaligned<uint>(at - 1) & 0xFFFFFF)] = position + (uint)length - 1;
            }
        }

        return TryWriteLiterals(ref to, limit, literals, (int)(end - literals)) ? (int)(to - target) : 0;
    }

    /// <summary>Decompresses; false: the bytes are damaged, or are not those of exactly <paramref name="count"/> bytes. O(count).</summary>
    public static bool TryDecompress(byte* source, long sourceBytes, byte* target, long count)
    {
        byte* to = target;
        return TryDecompressSome(ref source, source + sourceBytes, target, ref to, target + count, count) && to == target + count;
    }

    /// <summary>
    /// Decompresses a part of the bytes; false: they are damaged. At the end, when <paramref name="source"/> is <paramref name="end"/>, <paramref name="to"/>
    /// has to be <paramref name="limit"/>. O(bytesMin).
    /// </summary>
    /// <param name="source">The next compressed byte.</param>
    /// <param name="end">The end of them.</param>
    /// <param name="target">The first byte of what has been decompressed before.</param>
    /// <param name="to">Where it goes on.</param>
    /// <param name="limit">Where it has to end.</param>
    /// <param name="bytesMin">How much to decompress, if there is so much; some bytes more come with it.</param>
    public static bool TryDecompressSome(ref byte* source, byte* end, byte* target, ref byte* to, byte* limit, long bytesMin)
    {
        byte* from = source;
        byte* at = to;
        byte* pause = limit - at > bytesMin ? at + bytesMin : limit + 1;
        while (from < end && at < pause)
        {
            int control = *from++;
            if (control < LiteralsMax)
            {
                int literals = control + 1;
                if (end - from < literals || limit - at < literals)
                    return false;
                Buffer.MemoryCopy(from, at, literals, literals);
                from += literals;
                at += literals;
                continue;
            }

            int length = control >> 5;
            if (length == 7)
            {
                if (from == end)
                    return false;
                length += *from++;
            }

            length += 2;
            if (from == end)
                return false;
            long offset = ((control & 31) << 8 | *from++) + 1;
            if (at - target < offset || limit - at < length)
                return false;
            CopyWithin(at, at - offset, length);
            at += length;
        }

        source = from;
        to = at;
        return true;
    }

    private static uint Begin(LzfMemory* memory, int count)
    {
        uint first = memory->NextPosition;
        if (first == 0 || uint.MaxValue - first <= (uint)count)
        {
            new Span<uint>(memory->Positions, LzfMemory.Places).Clear();
            first = 1;
        }

        memory->NextPosition = first + (uint)count;
        return first;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint PlaceOf(uint threeBytes) => (threeBytes * 2654435761u) >> 19;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int MatchLength(byte* left, byte* right, int bytesMax)
    {
        int length = ReferenceBytesMin;
        while (length < bytesMax && left[length] == right[length])
            length++;
        return length;
    }

    private static bool TryWriteLiterals(ref byte* to, byte* limit, byte* literals, int count)
    {
        if (limit - to < count + ((count + LiteralsMax - 1) / LiteralsMax))
            return false;
        while (count > 0)
        {
            int run = Math.Min(count, LiteralsMax);
            *to++ = (byte)(run - 1);
            Buffer.MemoryCopy(literals, to, run, run);
            to += run;
            literals += run;
            count -= run;
        }

        return true;
    }

    private static byte* WriteReference(byte* to, int offset, int length)
    {
        if (length < 7)
        {
            *to++ = (byte)(length << 5 | offset >> 8);
        }
        else
        {
            *to++ = (byte)(7 << 5 | offset >> 8);
            *to++ = (byte)(length - 7);
        }

        *to++ = (byte)offset;
        return to;
    }

    // What is copied may begin within what is written: a run of equal bytes refers to its own first one.
    private static void CopyWithin(byte* to, byte* from, int length)
    {
        if (to - from >= length)
        {
            Buffer.MemoryCopy(from, to, length, length);
            return;
        }

        for (int i = 0; i < length; i++)
            to[i] = from[i];
    }
}
