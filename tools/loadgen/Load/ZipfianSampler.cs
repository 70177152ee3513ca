// Samples ranks with a Zipfian distribution exactly, in O(1), from a table of some hundred entries. Data plane.
//
// p(rank) is proportional to 1 / rank^theta. Ranks are grouped into buckets so narrow that p changes by less than 1/64 within one:
//
//   ranks   1 | 2 | 3 | ... | 64 | 65 | ... | 128 129 | 130 131 | ... | 6400 ... 6499 | ...
//
// A bucket is chosen by the alias method (M. D. Vose, "A linear algorithm for generating random numbers with a given distribution", 1991) with
// the weight width * p(first), a rank in it uniformly, and kept with probability p(rank) / p(first). As p(last) / p(first) is nearly 1, the power
// for that test is hardly ever computed, and a retry is as rare. The usual YCSB sampler needs a power each time and O(n) to set up.
using System.Diagnostics;
using FastKv.Memory;

namespace FastKv.LoadGen.Load;

/// <summary>A Zipfian distribution over the ranks 0 (the most frequent) to count - 1.</summary>
internal sealed class ZipfianSampler
{
    private const int BucketsPerFactor = 64;

    private readonly double _theta;
    private readonly long[] _first;     // ranks from 1
    private readonly ulong[] _width;
    private readonly ulong[] _surelyKept; // p(last) / p(first), as a fraction of 2^64
    private readonly ulong[] _ownShare;   // of the alias method
    private readonly int[] _alias;

    /// <summary>Sets up the table: O(log count).</summary>
    /// <param name="count">Ranks; at least 1.</param>
    /// <param name="theta">0 is uniform, 0.99 what YCSB calls zipfian; not negative.</param>
    public ZipfianSampler(long count, double theta)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(theta);
        _theta = theta;
        var first = new List<long>();
        for (long rank = 1; rank <= count; rank += Math.Max(1, rank / BucketsPerFactor))
            first.Add(rank);
        _first = [.. first];
        _width = new ulong[_first.Length];
        _surelyKept = new ulong[_first.Length];
        var weights = new double[_first.Length];
        for (int i = 0; i < _first.Length; i++)
        {
            long next = i + 1 < _first.Length ? _first[i + 1] : count + 1;
            _width[i] = (ulong)(next - _first[i]);
            _surelyKept[i] = Fraction(Math.Pow((double)_first[i] / (next - 1), theta));
            weights[i] = _width[i] * Math.Pow(_first[i], -theta);
        }
        (_ownShare, _alias) = BuildAlias(weights);
    }

    /// <summary>A rank: two random numbers, three table look-ups.</summary>
    public long Next(ref RandomSource random)
    {
        while (true)
        {
            ulong bucketNumber = Math.BigMul(random.Next(), (ulong)_first.Length, out ulong share);
            int bucket = (int)bucketNumber;
            if (share > _ownShare[bucket])
                bucket = _alias[bucket];
            ulong offset = Math.BigMul(random.Next(), _width[bucket], out ulong fraction);
            long rank = _first[bucket] + (long)offset;
            if (fraction <= _surelyKept[bucket] || fraction <= Fraction(Math.Pow((double)_first[bucket] / rank, _theta)))
                return rank - 1;
        }
    }

    private static ulong Fraction(double value) => value >= 1 ? ulong.MaxValue : (ulong)(value * 18446744073709551616.0);

    private static (ulong[] OwnShare, int[] Alias) BuildAlias(double[] weights)
    {
        int count = weights.Length;
        double sum = weights.Sum();
        double[] scaled = [.. weights.Select(w => w * count / sum)];
        var small = new Stack<int>(Enumerable.Range(0, count).Where(i => scaled[i] < 1));
        var large = new Stack<int>(Enumerable.Range(0, count).Where(i => scaled[i] >= 1));
        var ownShare = new ulong[count];
        Array.Fill(ownShare, ulong.MaxValue);
        int[] alias = [.. Enumerable.Range(0, count)];
        while (small.Count > 0 && large.Count > 0)
        {
            int poor = small.Pop();
            int rich = large.Pop();
            ownShare[poor] = Fraction(scaled[poor]);
            alias[poor] = rich;
            scaled[rich] -= 1 - scaled[poor];
            (scaled[rich] < 1 ? small : large).Push(rich);
        }
        Debug.Assert(alias.All(a => a >= 0 && a < count), "an alias is a bucket");
        return (ownShare, alias);
    }
}
