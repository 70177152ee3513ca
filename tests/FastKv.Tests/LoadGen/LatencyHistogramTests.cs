using FastKv.LoadGen.Load;
using FastKv.Memory;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.LoadGen;

/// <summary>The histogram against a sorted list.</summary>
public sealed class LatencyHistogramTests(ITestOutputHelper output)
{
    [Fact]
    public void Slots_follow_each_other_without_gap_or_overlap()
    {
        for (int slot = 0; slot < LatencyHistogram.SlotOf(1L << 39); slot++)
        {
            long end = LatencyHistogram.UpperEnd(slot);
            Assert.Equal(slot, LatencyHistogram.SlotOf(end));
            Assert.Equal(slot + 1, LatencyHistogram.SlotOf(end + 1));
        }
    }

    [Fact]
    public void Quantiles_are_within_a_128th_of_the_exact_ones()
    {
        ulong seed = (ulong)Random.Shared.NextInt64();
        output.WriteLine($"seed {seed}");
        var random = new RandomSource(seed);
        var histogram = new LatencyHistogram();
        var exact = new List<long>();
        for (int i = 0; i < 20_000; i++)
        {
            long duration = (long)(random.Next() >> (int)(30 + random.Below(33)));
            int times = (int)random.Below(3) + 1;
            histogram.Record(duration, times);
            exact.AddRange(Enumerable.Repeat(duration, times));
        }
        exact.Sort();
        Assert.Equal(exact.Count, histogram.Count);
        Assert.Equal(exact[^1], histogram.MaxNs);
        Assert.Equal(exact.Average(), histogram.MeanNs, exact.Average() * 1e-9);
        foreach (double quantile in (double[])[0, 0.01, 0.5, 0.9, 0.99, 0.999, 0.9999, 1])
        {
            long expected = exact[(int)Math.Clamp(Math.Ceiling(quantile * exact.Count) - 1, 0, exact.Count - 1)];
            Assert.InRange(histogram.QuantileNs(quantile), expected, expected + (expected / 128));
        }
    }

    [Fact]
    public void Durations_out_of_range_count_at_its_ends()
    {
        var histogram = new LatencyHistogram();
        Assert.Equal(0, histogram.QuantileNs(0.99));
        histogram.Record(-5, 1);
        Assert.Equal(0, histogram.QuantileNs(1));
        histogram.Record(long.MaxValue, 1);
        Assert.Equal(long.MaxValue, histogram.MaxNs);
        Assert.Equal((1L << 40) - 1, histogram.QuantileNs(1));
    }

    [Fact]
    public void Adding_and_clearing_keep_counts_and_maximum()
    {
        var sum = new LatencyHistogram();
        var part = new LatencyHistogram();
        part.Record(100, 3);
        sum.Record(7, 1);
        sum.Add(part);
        Assert.Equal((4, 100, 100), (sum.Count, sum.MaxNs, sum.QuantileNs(0.5)));
        sum.Clear();
        Assert.Equal((0, 0, 0), (sum.Count, sum.MaxNs, sum.QuantileNs(0.5)));
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(1, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            histogram.Record(i * 1000L, 2);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
