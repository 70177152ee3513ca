using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace FastKv.Memory;

// Data plane, off the hot path: what is known about one chunk of 2 MiB: 4,096 granules of 512 bytes, a bit each. A chunk serves slabs
// and medium blocks (runs of granules, which coalesce by themselves when they are freed), or is the first of a run of chunks that
// holds one large block.
[StructLayout(LayoutKind.Sequential, Size = 576)]
internal unsafe struct Chunk
{
    internal const int Granules = AddressSpace.ChunkBytes / SizeClass.GranuleBytes;
    internal const int Pages = AddressSpace.ChunkBytes / SizeClass.PageBytes;
    private const int Words = Granules / 64;
    private const int PageWords = Pages / 64;
    private const int PageGranuleShift = 3; // of 512 bytes to a page

    public fixed ulong Taken[Words];
    public fixed ulong Absent[PageWords];
    public Chunk* Next;
    public Chunk* Previous;

    /// <summary>Longest run of free granules, exact.</summary>
    public short LongestRun;

    /// <summary>Taken granules that hold live blocks: retained slabs count as taken, but not as busy.</summary>
    public short BusyGranules;

    /// <summary>Pages that the kernel has got back, or has not yet given: one bit each in <see cref="Absent"/>.</summary>
    public short AbsentPages;

    /// <summary>Whether it belongs to the medium blocks.</summary>
    public bool IsMedium;

    /// <summary>The list of its heap that it is in (RunAllocator).</summary>
    public byte Bin;

    /// <summary>What the kernel was last told. Survives changes of owner.</summary>
    public ChunkAdvice Advice;

    /// <summary>Large block: chunks of the run, of which the block may use less.</summary>
    public int RunChunks;

    /// <summary>Large block: its size in bytes, whole pages.</summary>
    public long LargeBytes;

    internal void Clear(bool isAbsent)
    {
        for (int i = 0; i < Words; i++)
            Taken[i] = 0;
        for (int i = 0; i < PageWords; i++)
            Absent[i] = isAbsent ? ulong.MaxValue : 0;
        AbsentPages = (short)(isAbsent ? Pages : 0);
        LongestRun = Granules;
        BusyGranules = 0;
    }

    /// <summary>Takes free granules. O(1), but for a scan of the bitmap when they come out of the longest run.</summary>
    internal void Take(int first, int count)
    {
        Debug.Assert(IsFree(first, count), "a granule changes hands once");
        int run = NextTaken(first + count) - RunStart(first);
        Flip(first, count);
        if (run == LongestRun)
            LongestRun = (short)ComputeLongestRun();
        if (AbsentPages != 0)
            NotePresent(first, count);
    }

    /// <summary>Gives granules back; the run grows together with its neighbours.</summary>
    internal void Release(int first, int count)
    {
        Debug.Assert(NextFree(first) >= first + count, "a granule changes hands once");
        Flip(first, count);
        int run = NextTaken(first + count) - RunStart(first);
        LongestRun = (short)Math.Max(LongestRun, run);
    }

    /// <summary>First granule of a free run, or -1. Aligned runs (slabs) come from the low end, others from the high end: so medium
    /// blocks of odd sizes do not sit in the middle of the places where slabs fit.</summary>
    internal readonly int Find(int count, int alignment)
    {
        if (alignment > 1)
        {
            for (int first = 0; first < Granules; first += alignment)
            {
                if (NextTaken(first) >= first + count)
                    return first;
            }

            return -1;
        }

        for (int end = RunEnd(Granules); end > 0;)
        {
            int start = RunStart(end - 1);
            if (end - start >= count)
                return end - count;
            end = RunEnd(start);
        }

        return -1;
    }

    /// <summary>The next free run from a granule on; false: there is none.</summary>
    internal readonly bool NextFreeRun(int from, out int first, out int end)
    {
        first = NextFree(from);
        end = first < Granules ? NextTaken(first) : Granules;
        return first < Granules;
    }

    /// <summary>Marks the present pages that lie in a free run as absent, and says which stretch of bytes holds them; 0: none.</summary>
    internal int TakeAway(int firstGranule, int endGranule, out int firstByte, out int bytes)
    {
        int page = (firstGranule + (1 << PageGranuleShift) - 1) >> PageGranuleShift, end = endGranule >> PageGranuleShift;
        while (page < end && IsAbsent(page))
            page++;
        while (end > page && IsAbsent(end - 1))
            end--;
        int taken = 0;
        for (int i = page; i < end; i++)
        {
            if (IsAbsent(i))
                continue;
            Absent[i >> 6] |= 1UL << (i & 63);
            taken++;
        }

        AbsentPages += (short)taken;
        firstByte = page * SizeClass.PageBytes;
        bytes = (end - page) * SizeClass.PageBytes;
        return taken;
    }

    private readonly bool IsAbsent(int page) => (Absent[page >> 6] >> (page & 63) & 1) != 0;

    /// <summary>Granules that are taken will be written to.</summary>
    private void NotePresent(int first, int count)
    {
        for (int page = first >> PageGranuleShift; page <= (first + count - 1) >> PageGranuleShift; page++)
        {
            if (!IsAbsent(page))
                continue;
            Absent[page >> 6] &= ~(1UL << (page & 63));
            AbsentPages--;
        }
    }

    /// <summary>Whether all granules of [first, first + count) are free.</summary>
    internal readonly bool IsFree(int first, int count) => first + count <= Granules && NextTaken(first) >= first + count;

    private void Flip(int first, int count)
    {
        for (int at = first; at < first + count;)
        {
            int bit = at & 63;
            int span = Math.Min(64 - bit, first + count - at);
            Taken[at >> 6] ^= (span == 64 ? ulong.MaxValue : (1UL << span) - 1) << bit;
            at += span;
        }
    }

    private readonly int ComputeLongestRun()
    {
        int longest = 0;
        for (int start = NextFree(0); start < Granules;)
        {
            int end = NextTaken(start);
            longest = Math.Max(longest, end - start);
            start = NextFree(end);
        }

        return longest;
    }

    private readonly int NextTaken(int from) => NextBit(from, 0);

    private readonly int NextFree(int from) => NextBit(from, ulong.MaxValue);

    /// <summary>First granule of the free run around or before <paramref name="at"/>: one after the last taken one up to it.</summary>
    internal readonly int RunStart(int at) => LastBit(at, 0) + 1;

    /// <summary>End of the last free run below <paramref name="end"/>; 0 when there is none.</summary>
    private readonly int RunEnd(int end) => LastBit(end - 1, ulong.MaxValue) + 1;

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

        return Granules;
    }

    private readonly int LastBit(int from, ulong flip)
    {
        for (int word = from >> 6; word >= 0; word--)
        {
            ulong bits = Taken[word] ^ flip;
            if (word == from >> 6)
                bits &= ulong.MaxValue >> (63 - (from & 63));
            if (bits != 0)
                return (word << 6) + 63 - BitOperations.LeadingZeroCount(bits);
        }

        return -1;
    }
}

internal enum ChunkAdvice : byte
{
    None,
    Huge,
    Small,
}
