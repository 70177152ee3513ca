using FastKv.Memory;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Memory;

public sealed unsafe class NativeHeapTests(ITestOutputHelper output)
{
    public static TheoryData<int, bool> Seeds()
    {
        var data = new TheoryData<int, bool>();
        for (int seed = 1; seed <= 6; seed++)
        {
            data.Add(seed, false);
            data.Add(seed, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RandomOperationsKeepContentsAndCounts(int seed, bool guarded)
    {
        using var heap = new NativeHeap($"model-{seed}", guarded);
        var random = new Random(seed);
        var live = new List<(nint Block, long Size, byte Stamp)>();
        long used = 0;
        for (int step = 0; step < 30_000; step++)
        {
            int draw = random.Next(100);
            if (draw < 50 || live.Count == 0)
            {
                long size = RandomSize(random);
                byte stamp = (byte)random.Next(256);
                byte* block = heap.Allocate(size);
                Assert.Equal(0, (nint)block % 8);
                if (NativeHeap.UsableSize(size) % 64 == 0)
                    Assert.Equal(0, (nint)block % 64);
                Assert.Equal((nint)block, (nint)AddressSpace.Expand(AddressSpace.Compress(block)));
                Stamp(block, NativeHeap.UsableSize(size), stamp);
                used += NativeHeap.UsableSize(size);
                live.Add(((nint)block, size, stamp));
            }
            else
            {
                int index = random.Next(live.Count);
                (nint block, long size, byte stamp) = live[index];
                CheckStamp((byte*)block, NativeHeap.UsableSize(size), stamp);
                if (draw < 85)
                {
                    heap.Free((byte*)block, random.Next(2) == 0 ? size : NativeHeap.UsableSize(size));
                    used -= NativeHeap.UsableSize(size);
                    live[index] = live[^1];
                    live.RemoveAt(live.Count - 1);
                }
                else
                {
                    long newSize = RandomSize(random);
                    byte* moved = heap.Reallocate((byte*)block, size, newSize);
                    CheckStamp(moved, Math.Min(NativeHeap.UsableSize(size), NativeHeap.UsableSize(newSize)), stamp);
                    Stamp(moved, NativeHeap.UsableSize(newSize), stamp);
                    used += NativeHeap.UsableSize(newSize) - NativeHeap.UsableSize(size);
                    live[index] = ((nint)moved, newSize, stamp);
                }
            }

            Assert.Equal(used, heap.UsedBytes);
            Assert.Equal(live.Count, heap.LiveBlocks);
        }

        foreach ((nint block, long size, byte stamp) in live)
        {
            CheckStamp((byte*)block, NativeHeap.UsableSize(size), stamp);
            heap.Free((byte*)block, size);
        }

        Assert.Equal(0, heap.UsedBytes);
        Assert.Equal(0, heap.LiveBlocks);

        // One chunk of each kind is kept.
        if (!guarded)
            Assert.InRange(heap.CommittedBytes, 0, 2 * AddressSpace.ChunkBytes);
        heap.Purge();
        Assert.Equal(0, heap.CommittedBytes);
    }

    [Fact]
    public void UsableSizesAreTheClassesAndRoundingIsIdempotent()
    {
        Assert.Equal(8, NativeHeap.UsableSize(0));
        Assert.Equal(40, NativeHeap.UsableSize(40));
        Assert.Equal(48, NativeHeap.UsableSize(41));
        Assert.Equal(144, NativeHeap.UsableSize(129));
        Assert.Equal(4608, NativeHeap.UsableSize(4097));
        Assert.Equal((32 * 1024) + 512, NativeHeap.UsableSize((32 * 1024) + 1));
        Assert.Equal(1024 * 1024, NativeHeap.UsableSize((1024 * 1024) - 511));
        Assert.Equal((1024 * 1024) + 4096, NativeHeap.UsableSize((1024 * 1024) + 1));
        for (int size = 1; size <= SizeClass.SmallBytesMax; size++)
        {
            long usable = NativeHeap.UsableSize(size);
            Assert.True(usable >= size && usable < size + 8 + (size / 8), $"{size} → {usable}");
            Assert.Equal(usable, SizeClass.BytesOf(SizeClass.Of(size)));
            Assert.Equal(usable, NativeHeap.UsableSize(usable));
            if (size % 64 == 0)
                Assert.Equal(0, usable % 64);
        }

        Assert.Equal(SizeClass.Count - 1, SizeClass.Of(SizeClass.SmallBytesMax));
    }

    [Fact]
    public void FortyByteBlocksCostFortyBytes()
    {
        using var heap = new NativeHeap("forty");
        const int Count = 1_000_000;
        byte* first = null;
        for (int i = 0; i < Count; i++)
        {
            byte* block = heap.Allocate(40);
            *(byte**)block = first;
            first = block;
        }

        Assert.Equal(40L * Count, heap.UsedBytes);
        Assert.InRange(heap.CommittedBytes, 40L * Count, (long)(40.1 * Count) + AddressSpace.ChunkBytes);
        while (first != null)
        {
            byte* next = *(byte**)first;
            heap.Free(first, 40);
            first = next;
        }

        Assert.InRange(heap.CommittedBytes, 0, 2 * AddressSpace.ChunkBytes);
    }

    [Fact]
    public void OneLiveBlockOfEachClassDoesNotKeepRetainedSlabsEverywhere()
    {
        using var heap = new NativeHeap("spread");
        var blocks = new List<(nint Block, int Size)>();
        for (int round = 0; round < 40; round++)
        {
            for (int sizeClass = 0; sizeClass < SizeClass.Count; sizeClass++)
            {
                int size = SizeClass.BytesOf(sizeClass);
                for (int filled = 0; filled < 128 * 1024; filled += size)
                    blocks.Add(((nint)heap.Allocate(size), size));
            }
        }

        long full = heap.CommittedBytes;
        foreach ((nint block, int size) in blocks)
            heap.Free((byte*)block, size);
        Assert.True(full > 250L * 1024 * 1024);
        Assert.InRange(heap.CommittedBytes, 0, 2 * AddressSpace.ChunkBytes);
    }

    // Blocks that are replaced by ones a tenth larger, as a table's segments are: the holes must not add up.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void HolesOfGrowingBlocksAreUsedUp(int seed)
    {
        using var heap = new NativeHeap("holes");
        var random = new Random(seed);
        var blocks = new (nint Block, long Size, byte Stamp)[2000];
        for (int i = 0; i < blocks.Length; i++)
            blocks[i] = ((nint)heap.Allocate(8192), 8192, 0);
        for (int round = 0; round < 20_000; round++)
        {
            int index = random.Next(blocks.Length);
            (nint old, long size, byte stamp) = blocks[index];
            if (round >= blocks.Length && stamp != 0)
                CheckStamp((byte*)old, size, stamp);
            if (size >= 16_384)
                size = 8192;
            long min = NativeHeap.UsableSize(size + (size / 16));
            long max = NativeHeap.UsableSize(size + (size / 5));
            long wanted = min + (random.Next((int)(max - min) / 512 + 1) * 512);
            long got = heap.AllocateFitting(min, wanted, max, out byte* block);
            Assert.InRange(got, min, max);
            Assert.Equal(got, NativeHeap.UsableSize(got));
            Assert.Equal(0, (nint)block % 64);
            stamp = (byte)random.Next(1, 256);
            Stamp(block, got, stamp);
            heap.Free((byte*)old, blocks[index].Size);
            blocks[index] = ((nint)block, got, stamp);
            Assert.Equal(blocks.Length, heap.LiveBlocks);
        }

        Assert.Equal(blocks.Sum(b => b.Size), heap.UsedBytes);

        // The first blocks were medium ones; the chunk that is kept of theirs has no holes.
        heap.Purge();
        output.WriteLine($"{(double)heap.CommittedBytes / heap.UsedBytes:F3} bytes committed per byte used");
        Assert.InRange(heap.CommittedBytes, heap.UsedBytes, heap.UsedBytes * 5 / 4);
        foreach ((nint block, long size, byte stamp) in blocks)
        {
            if (stamp != 0)
                CheckStamp((byte*)block, size, stamp);
            heap.Free((byte*)block, size);
        }

        heap.Purge();
        Assert.Equal(0, heap.CommittedBytes);
    }

    /// <summary>Blocks freed in random order leave all chunks empty at once: they go to the kernel so many at a time, and none is lost.</summary>
    [Fact]
    public void EmptyChunksWaitWhenTooManyWouldGoAtOnce()
    {
        const int Count = 400_000, ReleasedAtOnce = 3;
        var random = new Random(7);
        using var heap = new NativeHeap("test");
        var blocks = new nint[Count];
        for (int i = 0; i < Count; i++)
            blocks[i] = (nint)heap.Allocate(40);
        long full = heap.CommittedBytes;
        Assert.False(heap.HasExcess);
        random.Shuffle(blocks);
        heap.LimitReleases(ReleasedAtOnce);
        foreach (nint block in blocks)
            heap.Free((byte*)block, 40);
        Assert.Equal(full - (ReleasedAtOnce * AddressSpace.ChunkBytes), heap.CommittedBytes);

        // What waits serves new blocks before fresh chunks do.
        for (int i = 0; i < Count / 2; i++)
            blocks[i] = (nint)heap.Allocate(40);
        Assert.Equal(full - (ReleasedAtOnce * AddressSpace.ChunkBytes), heap.CommittedBytes);
        for (int i = 0; i < Count / 2; i++)
            heap.Free((byte*)blocks[i], 40);
        while (heap.HasExcess)
        {
            long before = heap.CommittedBytes;
            Assert.True(heap.ReleaseExcess());
            Assert.Equal(before - AddressSpace.ChunkBytes, heap.CommittedBytes);
        }
        Assert.False(heap.ReleaseExcess());
        Assert.InRange(heap.CommittedBytes, AddressSpace.ChunkBytes, 2 * AddressSpace.ChunkBytes);
        heap.Purge();
        Assert.Equal(0, heap.CommittedBytes);
    }

    [Fact]
    public void LargeBlocksAreCommittedToThePageAndGrowInPlaceOnceTheyGrow()
    {
        using var heap = new NativeHeap("large");
        long size = (1L << 20) + 1;
        byte* block = heap.Allocate(size);
        Assert.Equal((1L << 20) + 4096, heap.CommittedBytes);
        int moves = 0;
        for (long i = 0; i < 64; i++)
        {
            block[size - 1] = (byte)i;
            byte* moved = heap.Reallocate(block, size, size + (1L << 20));
            Assert.Equal((byte)i, moved[size - 1]);
            moves += moved != block ? 1 : 0;
            block = moved;
            size += 1L << 20;
        }

        Assert.InRange(moves, 0, 7);
        Assert.Equal(NativeHeap.UsableSize(size), heap.CommittedBytes);
        block = heap.Reallocate(block, size, 3L << 20);
        Assert.Equal(3L << 20, heap.CommittedBytes);
        Assert.Equal(3L << 20, heap.UsedBytes);
        heap.Free(block, 3L << 20);
        Assert.Equal(0, heap.CommittedBytes);
    }

    [Fact]
    public void AllocatesNothingOnTheManagedHeap()
    {
        using var heap = new NativeHeap("gc");
        Churn(heap, 2_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Churn(heap, 100_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void HeapsOnSeveralThreadsShareTheAddressSpace()
    {
        var threads = new List<Thread>();
        var failures = new List<Exception>();
        for (int t = 0; t < 4; t++)
        {
            int seed = t;
            var thread = new Thread(() =>
            {
                try
                {
                    for (int round = 0; round < 5; round++)
                        RandomOperationsKeepContentsAndCountsOf(seed + round);
                }
                catch (Exception exception)
                {
                    lock (failures)
                        failures.Add(exception);
                }
            });
            threads.Add(thread);
            thread.Start();
        }

        threads.ForEach(thread => thread.Join());
        Assert.Empty(failures);
    }

    [Fact]
    public void RejectsNegativeAndImpossibleSizes()
    {
        using var heap = new NativeHeap("sizes");
        Assert.Throws<ArgumentOutOfRangeException>(() => (nint)heap.Allocate(-1));
        Assert.Throws<OutOfMemoryException>(() => (nint)heap.Allocate(1L << 50));
        Assert.Equal(0, heap.UsedBytes);
    }

    private static void RandomOperationsKeepContentsAndCountsOf(int seed)
    {
        using var heap = new NativeHeap($"thread-{seed}");
        var random = new Random(seed);
        var live = new List<(nint Block, long Size)>();
        for (int step = 0; step < 3_000; step++)
        {
            long size = RandomSize(random);
            byte* block = heap.Allocate(size);
            Stamp(block, size, (byte)seed);
            live.Add(((nint)block, size));
            if (live.Count > 200)
            {
                (nint old, long oldSize) = live[random.Next(live.Count)];
                live.Remove((old, oldSize));
                CheckStamp((byte*)old, oldSize, (byte)seed);
                heap.Free((byte*)old, oldSize);
            }
        }
    }

    private static void Churn(NativeHeap heap, int count)
    {
        const int Slots = 256;
        nint* blocks = stackalloc nint[Slots];
        int* sizes = stackalloc int[Slots];
        new Span<nint>(blocks, Slots).Clear();
        var random = new RandomSource(7);
        for (int i = 0; i < count; i++)
        {
            int slot = (int)random.Below(Slots);
            if (blocks[slot] != 0)
                heap.Free((byte*)blocks[slot], sizes[slot]);
            sizes[slot] = 1 << (int)random.Below(i % 100 == 0 ? 22 : 13);
            blocks[slot] = (nint)heap.Allocate(sizes[slot]);
        }

        for (int slot = 0; slot < Slots; slot++)
        {
            if (blocks[slot] != 0)
                heap.Free((byte*)blocks[slot], sizes[slot]);
        }
    }

    private static long RandomSize(Random random) => random.Next(1000) switch
    {
        < 700 => random.Next(0, 200),
        < 900 => random.Next(200, 8 * 1024),
        < 970 => random.Next(8 * 1024, 64 * 1024),
        < 995 => random.Next(64 * 1024, 1024 * 1024),
        _ => random.Next(1024 * 1024, 5 * 1024 * 1024),
    };

    // First and last bytes and a few in between: enough to see an overlap, and quick.
    private static void Stamp(byte* block, long size, byte stamp)
    {
        foreach (long at in Places(size))
            block[at] = (byte)(stamp + at);
    }

    private static void CheckStamp(byte* block, long size, byte stamp)
    {
        foreach (long at in Places(size))
            Assert.Equal((byte)(stamp + at), block[at]);
    }

    // The places of a smaller size are a prefix of those of a larger one, as the contents that a reallocation keeps are.
    private static IEnumerable<long> Places(long size)
    {
        for (long at = 0; at < size; at += at < 64 ? 1 : at < 8192 ? 509 : 40_961)
            yield return at;
    }
}
