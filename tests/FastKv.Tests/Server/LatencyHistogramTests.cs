using FastKv.Engine;
using Xunit;

namespace FastKv.Tests.Server;

/// <summary>The histograms behind INFO latencystats: two significant digits from 1 ns to 1 s.</summary>
public sealed class LatencyHistogramTests
{
    /// <summary>The highest values are what redis-server 7.0.15 shows for durations of 2, 3, 4, 5, 9, 11, 27, 45, 49 and 72 µs.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(255, 255)]
    [InlineData(256, 257)]
    [InlineData(2_000, 2_007)]
    [InlineData(3_000, 3_007)]
    [InlineData(4_000, 4_015)]
    [InlineData(5_000, 5_023)]
    [InlineData(9_000, 9_023)]
    [InlineData(11_000, 11_007)]
    [InlineData(27_000, 27_007)]
    [InlineData(45_000, 45_055)]
    [InlineData(49_000, 49_151)]
    [InlineData(72_000, 72_191)]
    [InlineData(1_000_000_000, 1_002_438_655)]
    [InlineData(long.MaxValue, 1_002_438_655)]
    public void Bucket_of_a_duration_is_redis_s(long nanoseconds, long highest)
    {
        var histogram = default(LatencyHistogram);
        Assert.Equal(0, histogram.CountAt(3));
        histogram.Add(nanoseconds, 2);
        histogram.Add(nanoseconds, 1);
        int bucket = Enumerable.Range(0, LatencyHistogram.BucketCount).Single(index => histogram.CountAt(index) > 0);
        Assert.Equal(3, histogram.CountAt(bucket));
        Assert.Equal(highest, LatencyHistogram.HighestOf(bucket));
        histogram.Clear();
        Assert.Equal(0, histogram.CountAt(bucket));
        histogram.Dispose();
    }

    [Fact]
    public void Buckets_ascend_without_gaps()
    {
        long highest = -1;
        for (int bucket = 0; bucket < LatencyHistogram.BucketCount; bucket++)
        {
            Assert.True(LatencyHistogram.HighestOf(bucket) > highest);
            highest = LatencyHistogram.HighestOf(bucket);
        }
    }
}
