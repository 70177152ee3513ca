using System.Numerics;
using FastKv.Memory;

namespace FastKv.Engine;

/// <summary>
/// How often which duration was seen: a histogram with two significant digits, as Redis keeps one for each command (an HDR histogram from 1 ns to 1 s).
/// Below 256 ns each nanosecond has a bucket; from there on each power of two is divided into 128. Data plane: one thread adds, others read late. 24 KB of
/// native memory, from the first duration on.
/// </summary>
/// <remarks>A value of one pointer; owners call <see cref="Dispose"/>. Source: HdrHistogram, http://hdrhistogram.org.</remarks>
internal unsafe struct LatencyHistogram
{
    /// <summary>Longer durations count as this one.</summary>
    private const long NanosecondsMax = 1_000_000_000;

    private const int LinearBuckets = 256;
    private const int BucketsPerOctave = 128;
    private const int OctaveBits = 7;

    /// <summary>1 s has 30 bits: 22 octaves beyond the linear part.</summary>
    private const int Buckets = LinearBuckets + (22 * BucketsPerOctave);
    private const long Bytes = Buckets * sizeof(long);

    private long* _counts;

    /// <summary>Number of buckets, of which each has an index.</summary>
    public static int BucketCount => Buckets;

    /// <summary>The longest duration of a bucket in nanoseconds.</summary>
    public static long HighestOf(int bucket)
    {
        if (bucket < LinearBuckets)
            return bucket;
        int octave = (bucket - LinearBuckets) / BucketsPerOctave;
        long position = BucketsPerOctave + ((bucket - LinearBuckets) % BucketsPerOctave);
        return ((position + 1) << (octave + 1)) - 1;
    }

    /// <summary>Counts <paramref name="times"/> durations.</summary>
    public void Add(long nanoseconds, long times)
    {
        if (_counts == null)
            _counts = (long*)NativeBlock.AllocateZeroed(Bytes);
        _counts[BucketOf(Math.Clamp(nanoseconds, 1, NanosecondsMax))] += times;
    }

    /// <summary>How many durations a bucket holds.</summary>
    public readonly long CountAt(int bucket) => _counts == null ? 0 : _counts[bucket];

    /// <summary>Forgets all durations.</summary>
    public readonly void Clear()
    {
        if (_counts != null)
            new Span<long>(_counts, Buckets).Clear();
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        NativeBlock.Free((byte*)_counts, Bytes);
        _counts = null;
    }

    /// <summary>The bucket of a duration of 1 ns or more.</summary>
    public static int BucketOf(long nanoseconds)
    {
        if (nanoseconds < LinearBuckets)
            return (int)nanoseconds;
        int shift = BitOperations.Log2((ulong)nanoseconds) - OctaveBits;
        return LinearBuckets + ((shift - 1) * BucketsPerOctave) + (int)(nanoseconds >> shift) - BucketsPerOctave;
    }
}
