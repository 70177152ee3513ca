using FastKv.Engine.Clients;
using Xunit;

namespace FastKv.Tests.Clients;

/// <summary>Who has to go when clients take too much: never one more than needed, though loops look and act at the same time.</summary>
public sealed class ClientSizesTests
{
    private const long Limit = 3_000_000, Large = 2_900_000, Small = 200_000;

    [Fact]
    public void The_largest_goes_while_the_limit_is_exceeded()
    {
        var sizes = new ClientSizes();
        Assert.Equal(0, sizes.Limit(Limit));
        int large = ClientSizes.BucketOf(Large), small = ClientSizes.BucketOf(Small);
        sizes.Move(Small, ClientSizes.NoBucket, small);
        Assert.False(sizes.TryEvict(Small, small));
        sizes.Move(Large, ClientSizes.NoBucket, large);
        Assert.True(sizes.IsExceeded);

        // Two loops have found their own; the first sends the large one away, the second then has to keep the small one.
        Assert.False(sizes.TryEvict(Small, small));
        Assert.True(sizes.TryEvict(Large, large));
        Assert.False(sizes.IsExceeded);
        Assert.Equal(small, sizes.LargestBucket);
        Assert.False(sizes.TryEvict(Small, small));

        Assert.Equal(Limit, sizes.Limit(Small));
        Assert.True(sizes.IsExceeded);
        Assert.Equal(Small, sizes.Limit(0));
        Assert.False(sizes.TryEvict(Small, small));
    }

    [Fact]
    public void A_smaller_one_stays_though_larger_ones_come_and_go_meanwhile()
    {
        const int Rounds = 300_000, Looks = 1000;
        var sizes = new ClientSizes();
        sizes.Limit(Limit);
        int large = ClientSizes.BucketOf(Large), middle = ClientSizes.BucketOf(Large / 2), small = ClientSizes.BucketOf(Small);
        sizes.Move(Small, ClientSizes.NoBucket, small);
        bool isOver = false;
        long evicted = 0, looks = 0;
        var other = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                // As a loop does that has just served a client, and whose only one is small.
                if (!sizes.IsExceeded)
                    continue;
                looks++;
                if (sizes.LargestBucket == small && sizes.TryEvict(Small, small))
                {
                    evicted++;
                    sizes.Move(Small, ClientSizes.NoBucket, small);
                }
            }
        });
        other.Start();
        for (int i = 0; i < Rounds || Volatile.Read(ref looks) < Looks; i++)
        {
            sizes.Move(Large / 2, ClientSizes.NoBucket, middle);
            sizes.Move(Large - (Large / 2), middle, large);
            if (i % 2 == 0)
            {
                sizes.Move((Large / 2) - Large, large, middle);
                sizes.Move(-(Large / 2), middle, ClientSizes.NoBucket);
            }
            else
            {
                Assert.True(sizes.TryEvict(Large, large));
            }
        }
        Volatile.Write(ref isOver, true);
        other.Join();
        Assert.Equal(0, evicted);
    }

    [Fact]
    public void Of_two_that_are_equally_large_one_goes()
    {
        const int Rounds = 5_000;
        var sizes = new ClientSizes();
        sizes.Limit(Limit);
        int bucket = ClientSizes.BucketOf(Limit / 2);
        using var start = new Barrier(2);
        using var end = new Barrier(2);
        int[] gone = new int[2];
        var other = new Thread(() => Play(1));
        other.Start();
        Play(0);
        other.Join();
        Assert.Equal(Rounds, gone[0] + gone[1]);

        void Play(int index)
        {
            for (int i = 0; i < Rounds; i++)
            {
                sizes.Move(Limit / 2, ClientSizes.NoBucket, bucket);
                start.SignalAndWait();
                bool isGone = sizes.TryEvict(Limit / 2, bucket);
                end.SignalAndWait();
                if (isGone)
                    gone[index]++;
                else
                    sizes.Move(-(Limit / 2), bucket, ClientSizes.NoBucket);
                start.SignalAndWait();
            }
        }
    }
}
