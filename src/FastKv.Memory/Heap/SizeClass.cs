using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace FastKv.Memory;

// Data plane: which block size serves a request. Every multiple of 8 up to 128 (an entry of 40 bytes costs 40), then eight steps
// per doubling (at most 12.5% lost, 6% on average) up to 4 KiB; above that, granules of 512 bytes (at most 11% lost), and above 1 MiB
// whole pages.
//
//   class      0   1  ..  15 | 16   17  ..  23 | 24 ..      55
//   bytes      8  16     128 | 144  160     256 | 288 ..   4096
//
// Each multiple of 64 up to 1 KiB is a class of its own, and so are all multiples of 64 that are requested above it rounded to
// multiples of 64: with slabs aligned to 64 KiB such blocks start on a cache line.
internal static class SizeClass
{
    internal const int Count = 56;
    internal const int SmallBytesMax = 4096;
    internal const int MediumBytesMax = 1024 * 1024;
    internal const int GranuleShift = 9;
    internal const int GranuleBytes = 1 << GranuleShift;
    internal const int PageBytes = 4096;

    private const int LinearBytesMax = 128;

    /// <summary>Class of a request of 1 to 4,096 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Of(long sizeBytes)
    {
        Debug.Assert(sizeBytes is > 0 and <= SmallBytesMax, "small blocks only");
        uint last = (uint)sizeBytes - 1;
        if (last < LinearBytesMax)
            return (int)(last >> 3);
        int log = BitOperations.Log2(last);
        return ((log - 5) << 3) + (int)((last >> (log - 3)) & 7);
    }

    /// <summary>Block size of a class in bytes.</summary>
    internal static int BytesOf(int sizeClass) =>
        sizeClass < 16 ? (sizeClass + 1) << 3 : (9 + (sizeClass & 7)) << ((sizeClass >> 3) + 2);

    /// <summary>The size that a request is rounded to.</summary>
    internal static long Round(long sizeBytes)
    {
        if (sizeBytes <= LinearBytesMax)
            return sizeBytes <= 8 ? 8 : (sizeBytes + 7) & ~7L;
        if (sizeBytes > SmallBytesMax)
        {
            long unit = sizeBytes <= MediumBytesMax ? GranuleBytes : PageBytes;
            return (sizeBytes + unit - 1) & -unit;
        }

        int step = BitOperations.Log2((uint)sizeBytes - 1) - 3;
        return (sizeBytes + (1L << step) - 1) >> step << step;
    }
}
