using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// Data plane: a segment as the directory holds it, packed in 8 bytes, so that a lookup needs no segment header.
//
//   63        59 58            48 47                                   6 5         0
//   +-----------+----------------+--------------------------------------+-----------+
//   | stash     | home buckets   | address (64-byte aligned)            | local     |
//   | code      |                |                                      | depth     |
//   +-----------+----------------+--------------------------------------+-----------+
//
// The segment covers the hashes that begin with its localDepth-bit prefix. Its array holds the home buckets in hash order, then the
// stash: the last home bucket's neighbour is the first of the stash.
//
// A bucket is chosen by the 20 bits after the prefix. With a depth of at most 28, 48 bits decide on the bucket; so its boundaries are
// exact in the 48-bit hash space that scan cursors live in.
internal readonly unsafe struct Segment(ulong packed)
{
    internal const int DepthMax = 28;
    internal const int CursorBits = 48;

    /// <summary>Largest ordinary segment: 16 KiB, so that a rebuild moves at most about 2,300 entries.</summary>
    internal const int BucketsMax = 256;

    /// <summary>From 8 KiB on a segment may split instead of growing.</summary>
    internal const int SplitBucketsMin = 128;

    /// <summary>From 4 KiB on the heap serves multiples of 512 bytes exactly.</summary>
    internal const int GranuleSizedMin = 64;

    private const int FractionBits = 20;
    private const int HomeShift = 48;
    private const ulong HomeMask = 0x7FF;
    private const int StashShift = 59;
    private const ulong AddressMask = 0x0000_FFFF_FFFF_FFC0;
    private const ulong DepthMask = 63;
    private const int PlainStashMax = 24;
    private const int StashPer64 = 5;
    private const int StashCodeMax = 31;
    private const int DegenerateHomeCount = BucketsMax - PlainStashMax;

    internal Segment(byte* buckets, int depth, int homeCount, int stashCode)
        : this((ulong)buckets | (uint)depth | (ulong)homeCount << HomeShift | (ulong)stashCode << StashShift)
    {
        Debug.Assert(((ulong)buckets & ~AddressMask) == 0, "buckets are cache lines");
        Debug.Assert(depth <= DepthMax && homeCount is > 0 and <= (int)HomeMask && stashCode is >= 0 and <= StashCodeMax, "fields fit");
    }

    internal ulong Packed => packed;

    internal byte* Buckets
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (byte*)(packed & AddressMask);
    }

    internal int Depth
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (int)(packed & DepthMask);
    }

    internal int HomeCount
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (int)(packed >> HomeShift & HomeMask);
    }

    internal int StashCode => (int)(packed >> StashShift);

    internal int StashCount => StashOfCode(StashCode);

    internal int BucketCount => HomeCount + StashCount;

    internal long SizeBytes => (long)BucketCount << Bucket.SizeShift;

    /// <summary>Home bucket of a hash that begins with the segment's prefix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int HomeOf(ulong hash) => (int)((hash << Depth >> (64 - FractionBits)) * (uint)HomeCount >> FractionBits);

    /// <summary>The stash bucket at which the search for such an entry begins; hash order again, so that neighbours share lines.</summary>
    internal int StashStartOf(ulong hash) => (int)((hash << Depth >> (64 - FractionBits)) * (uint)StashCount >> FractionBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* At(int index) => Buckets + ((nint)index << Bucket.SizeShift);

    /// <summary>First hash after those at home in bucket <paramref name="index"/>, in the 48-bit space; 2^48 after the very last.</summary>
    internal ulong CursorAfter(int index, ulong hash)
    {
        int shift = CursorBits - FractionBits - Depth;
        ulong prefix = Depth == 0 ? 0 : hash >> (64 - Depth);
        ulong fraction = (((ulong)(index + 1) << FractionBits) + (uint)HomeCount - 1) / (uint)HomeCount;
        return ((prefix << FractionBits) + fraction) << shift;
    }

    /// <summary>
    /// How a number of buckets is shared out: 5 in 64 are stash, which carries the load to about 0.93 before an entry finds no room.
    /// (4 in 64: 0.91; 6: 0.945; 8: 0.965, but then every second bucket has entries there, and a miss has to search it all.)
    /// </summary>
    internal static (int HomeCount, int StashCode) Shape(int buckets)
    {
        if (buckets == 1)
            return (1, 0);
        if (buckets <= BucketsMax)
        {
            int stash = Math.Max(1, (buckets * StashPer64 + 32) / 64);
            return (buckets - stash, stash);
        }

        return (DegenerateHomeCount, CodeOfStash(buckets - DegenerateHomeCount));
    }

    /// <summary>
    /// The next size when a segment can no longer split: the same home buckets, twice the stash. That only happens when thousands of
    /// hashes agree in all the bits that the directory looks at, which a seeded hash rules out; lookups then degrade, nothing breaks.
    /// </summary>
    internal static int NextDegenerate(int buckets) =>
        DegenerateHomeCount + Math.Max(buckets - DegenerateHomeCount, PlainStashMax) * 2;

    private static int StashOfCode(int code) => code <= PlainStashMax ? code : PlainStashMax << (code - PlainStashMax);

    private static int CodeOfStash(int stash)
    {
        int code = PlainStashMax + 1;
        while (code < StashCodeMax && StashOfCode(code) < stash)
            code++;
        if (StashOfCode(code) < stash)
            throw new InvalidOperationException("Tens of thousands of keys share one hash; the table cannot hold them.");
        return code;
    }
}
