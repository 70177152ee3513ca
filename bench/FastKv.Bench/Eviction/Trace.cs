// The traces of the hit ratio report: which key is asked for next. Control plane.
using FastKv.LoadGen.Load;
using FastKv.Memory;

namespace FastKv.Bench.Eviction;

/// <summary>A stream of key numbers, the same for the same seed.</summary>
/// <param name="Name">As in tables.</param>
/// <param name="ScanShare">Share of requests that belong to sequential scans over all keys.</param>
/// <param name="ShiftEvery">After so many requests the popular keys become others; 0: never.</param>
internal sealed record Trace(string Name, double ScanShare, long ShiftEvery)
{
    private const double Theta = 0.99;

    /// <summary>Keys that one scan reads in a row.</summary>
    private const int ScanLength = 1000;

    /// <summary>Spreads ranks over the numbers, so that popular keys are no neighbours; odd, and so a permutation of any power of two.</summary>
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15;

    /// <summary>All of them.</summary>
    public static readonly Trace[] All = [new("zipfian", 0, 0), new("scan-heavy", 0.5, 0), new("mix", 0.2, 500_000)];

    /// <summary>The first so many requests.</summary>
    /// <param name="keys">Keys there are; a power of two.</param>
    /// <param name="requests">How many requests.</param>
    /// <param name="seed">Of the randomness.</param>
    public IEnumerable<long> Keys(long keys, long requests, ulong seed)
    {
        var random = new RandomSource(seed);
        var popular = new ZipfianSampler(keys, Theta);
        long scanLeft = 0, scanAt = 0;
        ulong offset = 0;
        for (long i = 0; i < requests; i++)
        {
            if (ShiftEvery > 0 && i % ShiftEvery == ShiftEvery - 1)
                offset += (ulong)keys / 16;
            if (scanLeft == 0 && ScanShare > 0 && random.Below(1_000_000) < ScanShare / (1 - ScanShare) / ScanLength * 1_000_000)
                (scanLeft, scanAt) = (ScanLength, random.Below(keys));
            if (scanLeft > 0)
            {
                scanLeft--;
                yield return scanAt++ & (keys - 1);
                continue;
            }
            yield return (long)((((ulong)popular.Next(ref random) + offset) * Spread) & (ulong)(keys - 1));
        }
    }
}
