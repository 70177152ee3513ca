// Latencies of a run, in a log-linear histogram. Data plane: recording is an index computation and an addition.
//
//   value (ns)      0 ... 255 | 256 ... 511 | 512 ... 1023 | ...        each range between two powers of two has 128 counters,
//   width of a slot         1 |           2 |            4 | ...        so a slot is narrower than 1/128 of the values in it
//
// The idea is HdrHistogram's (Gil Tene, http://hdrhistogram.org): constant relative error over the whole range, in a fixed array.
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace FastKv.LoadGen.Load;

/// <summary>Counts durations in nanoseconds with a relative error under 0.8%. Not thread-safe: one per worker, added up at the end.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 7;
    private const int SubCount = 1 << SubBits;

    /// <summary>Durations beyond 2^40 ns (18 minutes) count as that.</summary>
    private const int ValueBitsMax = 40;

    private const int SlotCount = (ValueBitsMax - SubBits + 1) * SubCount;

    private readonly long[] _counts = new long[SlotCount];

    /// <summary>Durations recorded.</summary>
    public long Count { get; private set; }

    /// <summary>The longest one, exactly; 0 when there is none.</summary>
    public long MaxNs { get; private set; }

    /// <summary>Sum of all, for the mean.</summary>
    public double TotalNs { get; private set; }

    /// <summary>Records a duration that <paramref name="times"/> requests had. O(1), no allocation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Record(long durationNs, int times)
    {
        Debug.Assert(times > 0, "something is recorded");
        if (durationNs < 0)
            durationNs = 0;
        _counts[SlotOf(durationNs)] += times;
        Count += times;
        TotalNs += (double)durationNs * times;
        if (durationNs > MaxNs)
            MaxNs = durationNs;
    }

    /// <summary>
    /// The duration that a share of the requests did not exceed: the upper end of its slot, at most <see cref="MaxNs"/>. O(slots).
    /// </summary>
    /// <param name="quantile">Between 0 and 1: 0.99 for p99.</param>
    /// <returns>Nanoseconds; 0 when nothing was recorded.</returns>
    public long QuantileNs(double quantile)
    {
        if (Count == 0)
            return 0;
        long rank = Math.Clamp((long)Math.Ceiling(quantile * Count), 1, Count);
        long seen = 0;
        for (int slot = 0; slot < SlotCount; slot++)
        {
            seen += _counts[slot];
            if (seen >= rank)
                return Math.Min(UpperEnd(slot), MaxNs);
        }
        return MaxNs;
    }

    /// <summary>The mean in nanoseconds; 0 when nothing was recorded.</summary>
    public double MeanNs => Count == 0 ? 0 : TotalNs / Count;

    /// <summary>Adds what another one holds.</summary>
    public void Add(LatencyHistogram other)
    {
        for (int slot = 0; slot < SlotCount; slot++)
            _counts[slot] += other._counts[slot];
        Count += other.Count;
        TotalNs += other.TotalNs;
        MaxNs = Math.Max(MaxNs, other.MaxNs);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
        TotalNs = 0;
        MaxNs = 0;
    }

    /// <summary>The slot of a duration: its leading 8 bits say which.</summary>
    internal static int SlotOf(long durationNs)
    {
        ulong value = Math.Min((ulong)durationNs, (1UL << ValueBitsMax) - 1);
        int shift = 63 - SubBits - BitOperations.LeadingZeroCount(value | SubCount);
        return (shift << SubBits) + (int)(value >> shift);
    }

    /// <summary>The largest duration of a slot.</summary>
    internal static long UpperEnd(int slot)
    {
        if (slot < 2 * SubCount)
            return slot;
        int shift = (slot >> SubBits) - 1;
        long lower = (long)(slot - (shift << SubBits)) << shift;
        return lower + (1L << shift) - 1;
    }
}
