using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace FastKv.Memory;

// Control plane: what is known about one chunk of 2 MiB: 512 pages of 4 KiB, a bit each. A chunk serves slabs and medium blocks
// (runs of pages), or is the first of a run of chunks that holds one large block.
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal unsafe struct Chunk
{
    internal const int Pages = AddressSpace.ChunkBytes / SizeClass.PageBytes;
    private const int Words = Pages / 64;

    public fixed ulong Taken[Words];
    public Chunk* Next;
    public Chunk* Previous;

    /// <summary>Longest run of free pages.</summary>
    public short LongestRun;

    /// <summary>Taken pages that hold live blocks: retained slabs count as taken, but not as busy.</summary>
    public short BusyPages;

    /// <summary>The list of its heap that it is in (PageAllocator).</summary>
    public byte Bin;

    /// <summary>What the kernel was last told. Survives changes of owner.</summary>
    public ChunkAdvice Advice;

    /// <summary>Large block: chunks of the run, of which the block may use less.</summary>
    public int RunChunks;

    /// <summary>Large block: its size in bytes, whole pages.</summary>
    public long LargeBytes;

    internal void Clear()
    {
        for (int i = 0; i < Words; i++)
            Taken[i] = 0;
        LongestRun = Pages;
        BusyPages = 0;
    }

    internal void Mark(int first, int count, bool taken)
    {
        for (int page = first; page < first + count;)
        {
            int word = page >> 6;
            int bit = page & 63;
            int span = Math.Min(64 - bit, first + count - page);
            ulong mask = (span == 64 ? ulong.MaxValue : (1UL << span) - 1) << bit;
            Debug.Assert((Taken[word] & mask) == (taken ? 0 : mask), "a page changes hands once");
            Taken[word] = taken ? Taken[word] | mask : Taken[word] & ~mask;
            page += span;
        }

        LongestRun = (short)ComputeLongestRun();
    }

    /// <summary>First page of a free run, or -1. Aligned runs (slabs) come from the low end, others from the high end: so medium
    /// blocks of odd sizes do not sit in the middle of the places where slabs fit.</summary>
    internal readonly int Find(int count, int alignment)
    {
        if (alignment > 1)
        {
            for (int page = 0; page < Pages; page += alignment)
            {
                if (NextTaken(page) >= page + count)
                    return page;
            }

            return -1;
        }

        int found = -1;
        for (int start = NextFree(0); start < Pages;)
        {
            int end = NextTaken(start);
            if (end - start >= count)
                found = end - count;
            start = NextFree(end);
        }

        return found;
    }

    /// <summary>Whether all pages of [first, first + count) are free.</summary>
    internal readonly bool IsFree(int first, int count) => first + count <= Pages && NextTaken(first) >= first + count;

    private readonly int ComputeLongestRun()
    {
        int longest = 0;
        for (int start = NextFree(0); start < Pages;)
        {
            int end = NextTaken(start);
            longest = Math.Max(longest, end - start);
            start = NextFree(end);
        }

        return longest;
    }

    private readonly int NextTaken(int from) => NextBit(from, 0);

    private readonly int NextFree(int from) => NextBit(from, ulong.MaxValue);

    private readonly int NextBit(int from, ulong flip)
    {
        for (int word = from >> 6; word < Words; word++)
        {
            ulong bits = Taken[word] ^ flip;
            if (word == from >> 6)
                bits &= ulong.MaxValue << (from & 63);
            if (bits != 0)
                return (word << 6) + BitOperations.TrailingZeroCount(bits);
        }

        return Pages;
    }
}

internal enum ChunkAdvice : byte
{
    None,
    Huge,
    Small,
}
