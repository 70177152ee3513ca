using System.Runtime.CompilerServices;

namespace FastKv.Engine.Keyspace;

/// <summary>
/// How many keys of a database expire, and the sum of their times, from which the average time to live follows without looking at any key (Redis estimates it
/// while it samples keys for expiry; here that reads bucket headers only). Data plane; O(1).
/// </summary>
/// <remarks>
/// The times are kept in units of 16 ms from a recent year on and end after 139 years, so that the sum of 30 million of the farthest fits 64 bits, which
/// another thread can read untorn.
/// </remarks>
internal struct ExpirySum
{
    private const long OriginMs = 1_700_000_000_000; // November 2023
    private const long FarthestMs = 1L << 42;
    private const int UnitBits = 4;

    private long _units;

    /// <summary>Keys with an expiry.</summary>
    public long Count { get; private set; }

    /// <summary>Counts a key that expires at <paramref name="expiryMs"/>, Unix time.</summary>
    public void Add(long expiryMs)
    {
        Count++;
        _units += UnitsOf(expiryMs);
    }

    /// <summary>No longer counts such a key.</summary>
    public void Subtract(long expiryMs)
    {
        Count--;
        _units -= UnitsOf(expiryMs);
    }

    /// <summary>A key that expired at one time (0 or less: never) now does so at another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Change(long beforeMs, long afterMs)
    {
        if (beforeMs > 0)
            Subtract(beforeMs);
        if (afterMs > 0)
            Add(afterMs);
    }

    /// <summary>Adds the keys of another sum.</summary>
    public void Add(ExpirySum other)
    {
        Count += other.Count;
        _units += other._units;
    }

    /// <summary>Takes the keys of another sum out.</summary>
    public void Subtract(ExpirySum other)
    {
        Count -= other.Count;
        _units -= other._units;
    }

    /// <summary>Milliseconds that a key has left on average; 0 without keys.</summary>
    public readonly long AverageMs(long nowMs) => Count <= 0 ? 0 : Math.Max(0, OriginMs + ((_units / Count) << UnitBits) - nowMs);

    private static long UnitsOf(long expiryMs) => Math.Min(expiryMs - OriginMs, FarthestMs) >> UnitBits;
}
