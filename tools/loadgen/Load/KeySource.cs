// Which key the next request names. Data plane.
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.LoadGen.Load;

/// <summary>How keys are drawn from the key space.</summary>
internal enum KeyDistribution
{
    /// <summary>Each key equally likely.</summary>
    Uniform,

    /// <summary>Zipfian over the keys; the frequent ones are spread over the key space.</summary>
    Zipfian,

    /// <summary>One after another, from the first again after the last.</summary>
    Sequential,
}

/// <summary>Draws key numbers from [first, first + count). One per worker.</summary>
internal sealed class KeySource
{
    /// <summary>So that a rank times the multiplier that spreads ranks fits 64 bits.</summary>
    public const long KeysMax = 1L << 32;

    private readonly KeyDistribution _distribution;
    private readonly long _first;
    private readonly ulong _count;
    private readonly ZipfianSampler? _zipfian;
    private readonly ulong _multiplier;
    private RandomSource _random;
    private ulong _position;

    /// <param name="distribution">How keys are drawn.</param>
    /// <param name="first">The lowest key number.</param>
    /// <param name="count">Size of the key space, 1 to <see cref="KeysMax"/>.</param>
    /// <param name="theta">Skew of the Zipfian distribution.</param>
    /// <param name="seed">Of the random sequence.</param>
    public KeySource(KeyDistribution distribution, long first, long count, double theta, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, KeysMax);
        _distribution = distribution;
        _first = first;
        _count = (ulong)count;
        _random = new RandomSource(seed);
        if (distribution != KeyDistribution.Zipfian)
            return;
        _zipfian = new ZipfianSampler(count, theta);
        _multiplier = CoprimeTo(_count);
    }

    /// <summary>The next key number. O(1), no allocation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Next()
    {
        if (_distribution == KeyDistribution.Uniform)
            return _first + (long)Math.BigMul(_random.Next(), _count, out _);
        return _first + NextOther();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long NextOther()
    {
        if (_zipfian is not null)
            return (long)((ulong)_zipfian.Next(ref _random) * _multiplier % _count);
        ulong key = _position++;
        if (_position == _count)
            _position = 0;
        return (long)key;
    }

    /// <summary>About the golden section of the key space: neighbouring ranks land far apart, and no two on the same key.</summary>
    private static ulong CoprimeTo(ulong count)
    {
        ulong candidate = (ulong)(count * 0.6180339887498949) | 1;
        while (GreatestCommonDivisor(candidate, count) != 1)
            candidate += 2;
        Debug.Assert(candidate <= (ulong)KeysMax * 2, "the multiplier stays small");
        return candidate % count == 0 ? 1 : candidate % count;
    }

    private static ulong GreatestCommonDivisor(ulong a, ulong b)
    {
        while (b != 0)
            (a, b) = (b, a % b);
        return a;
    }
}
