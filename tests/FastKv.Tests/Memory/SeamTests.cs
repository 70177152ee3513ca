using FastKv.Memory;
using Xunit;

namespace FastKv.Tests.Memory;

public sealed class SeamTests
{
    [Fact]
    public void TheSystemClockTellsTheTime()
    {
        long difference = SystemClock.Instance.UnixMicroseconds - (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000);
        Assert.InRange(difference, -60_000_000, 60_000_000);
        long first = SystemClock.Instance.MonotonicMicroseconds;
        Assert.True(SystemClock.Instance.MonotonicMicroseconds >= first);
    }

    [Fact]
    public void AManualClockStands()
    {
        var clock = new ManualClock { UnixMicroseconds = 5, MonotonicMicroseconds = 7 };
        clock.Advance(10);
        Assert.Equal((15, 17), (clock.UnixMicroseconds, clock.MonotonicMicroseconds));
    }

    [Fact]
    public void EqualSeedsDrawEqualNumbersAndBoundsHold()
    {
        var first = new RandomSource(42);
        var second = new RandomSource(42);
        var other = new RandomSource(43);
        int equal = 0;
        int[] histogram = new int[10];
        for (int i = 0; i < 100_000; i++)
        {
            ulong number = first.Next();
            Assert.Equal(number, second.Next());
            equal += number == other.Next() ? 1 : 0;
            histogram[first.Below(10)]++;
            _ = second.Below(10);
        }

        Assert.Equal(0, equal);
        Assert.All(histogram, count => Assert.InRange(count, 9_500, 10_500));
        Assert.InRange(first.Below(long.MaxValue), 0, long.MaxValue - 1);
        Assert.Equal(0, first.Below(1));
    }

    [Fact]
    public void EntropyDiffers()
    {
        byte[] first = new byte[32];
        byte[] second = new byte[32];
        SystemEntropy.Instance.Fill(first);
        SystemEntropy.Instance.Fill(second);
        Assert.NotEqual(first, second);
    }
}
