using System.Runtime.CompilerServices;
using FastKv.Memory;
using Xunit;

namespace FastKv.Tests.Memory;

public sealed class SpscRingTests
{
    [Fact]
    public void ItemsAreSeenOnlyOncePublishedAndInOrder()
    {
        var ring = new SpscRing<int>(3);
        Assert.Equal(4, ring.Capacity);
        Assert.True(ring.TryEnqueue(1));
        Assert.True(ring.HasUnpublished);
        Assert.True(ring.IsEmpty);
        Assert.False(ring.TryDequeue(out _));
        ring.Publish();
        Assert.False(ring.IsEmpty);
        Assert.Equal(1, ring.Count);
        Assert.True(ring.TryPeek(out int peeked));
        Assert.Equal(1, peeked);
        Assert.True(ring.TryEnqueue(2) && ring.TryEnqueue(3) && ring.TryEnqueue(4));
        Assert.True(ring.IsFull);
        Assert.False(ring.TryEnqueue(5));
        Assert.True(ring.TryDequeue(out int item));
        Assert.Equal(1, item);
        Assert.False(ring.TryDequeue(out _));
        Assert.Equal(1, ring.FreeCount);
        ring.Publish();
        for (int expected = 2; expected <= 4; expected++)
        {
            Assert.True(ring.TryDequeue(out item));
            Assert.Equal(expected, item);
        }

        Assert.True(ring.IsEmpty);
    }

    [Fact]
    public void DequeuedReferencesAreDropped()
    {
        var ring = new SpscRing<object>(4);
        WeakReference reference = PassOne(ring);
        GC.Collect();
        Assert.False(reference.IsAlive);
        Assert.True(ring.IsEmpty);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference PassOne(SpscRing<object> ring)
        {
            object item = new();
            ring.TryEnqueue(item);
            ring.Publish();
            Assert.True(ring.TryDequeue(out object dequeued));
            Assert.Same(item, dequeued);
            return new WeakReference(item);
        }
    }

    [Theory]
    [InlineData(64, 1, 50_000)]
    [InlineData(1024, 17, 1_000_000)]
    public void TwoThreadsPassItemsInOrder(int capacity, int batch, int items)
    {
        var ring = new SpscRing<(long Number, long Check)>(capacity);
        var producer = new Thread(() =>
        {
            var wait = default(SpinWait);
            for (long i = 0; i < items;)
            {
                if (!ring.TryEnqueue((i, ~i)))
                {
                    ring.Publish();
                    wait.SpinOnce(sleep1Threshold: -1);
                    continue;
                }

                if (++i % batch == 0 || i == items)
                    ring.Publish();
            }
        });
        producer.Start();
        var idle = default(SpinWait);
        for (long expected = 0; expected < items;)
        {
            if (!ring.TryDequeue(out (long Number, long Check) item))
            {
                idle.SpinOnce(sleep1Threshold: -1);
                continue;
            }

            if (item.Number != expected || item.Check != ~expected)
                Assert.Fail($"item {expected} came as {item}");
            expected++;
        }

        producer.Join();
        Assert.True(ring.IsEmpty);
    }

    [Fact]
    public void AllocatesNothing()
    {
        var ring = new SpscRing<long>(128);
        Run(ring, 1_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(ring, 100_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static void Run(SpscRing<long> ring, int count)
        {
            for (int i = 0; i < count; i++)
            {
                ring.TryEnqueue(i);
                ring.Publish();
                ring.TryDequeue(out _);
            }
        }
    }
}
