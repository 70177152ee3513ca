using FastKv.Memory;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Eviction;

/// <summary>What is committed follows what is used, although blocks do not move by themselves; and nothing is lost on the way.</summary>
public sealed unsafe class CompactionTests(ITestOutputHelper output)
{
    private const int Seed = 20_261_122;

    /// <summary>Sizes shift from small to large and back under a limit: memory stays near it, and every key has its own value still.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Shifting_sizes_stay_within_the_limit(int shards)
    {
        const long Limit = 48L << 20;
        output.WriteLine($"seed {Seed}");
        using var server = new FastKvProcess(shards, "--debug-heap", "no", "--maxmemory", Limit.ToString(), "--maxmemory-policy", "allkeys-lru");
        using RespClient client = server.Connect();
        var random = new Random(Seed);
        client.Call("HSET", "hash", "f", "v");
        (int Low, int High)[] phases = [(16, 200), (8000, 60_000), (300, 3000), (16, 64), (3000, 9000), (40, 120)];
        long committed = 0;
        for (int phase = 0; phase < phases.Length; phase++)
        {
            var (low, high) = phases[phase];

            // Entries move while a snapshot walks over them, too.
            if (phase == 2)
                Assert.False(client.Call("BGSAVE").IsError);
            for (long written = 0; written < 2 * Limit;)
            {
                var pairs = Enumerable.Range(0, 100).Select(_ => $"{phase}:{random.Next(1_000_000)}").Select(key =>
                    (key, EvictionServer.ValueOf(key, random.Next(low, high)), random.Next(4) == 0 ? 10_000L : 0L)).ToArray();
                EvictionServer.Set(client, pairs);

                // Small entries fill the limit with their keys and headers.
                written += pairs.Sum(pair => pair.Item2.Length + 60);
            }
            committed = EvictionServer.Info(client, "memory", "allocator_active");
            output.WriteLine($"{low} to {high}: used {EvictionServer.Used(client) >> 20} MB, committed {committed >> 20} MB");
            Assert.True(committed <= Limit + (Limit / 8) + (4L << 20) * shards, $"{committed} bytes are committed in phase {phase}");
        }
        Assert.True(EvictionServer.Info(client, "stats", "active_defrag_hits") > 1000);
        string cursor = "0";
        int seen = 0;
        do
        {
            RespFrame reply = client.Call("SCAN", cursor, "COUNT", "500");
            cursor = reply.Items![0].Text;
            foreach (string key in reply.Items[1].Items!.Select(item => item.Text).Where(key => key != "hash"))
            {
                string value = client.Call("GET", key).Text;
                Assert.Equal(EvictionServer.ValueOf(key, value.Length), value);
                seen++;
            }
        }
        while (cursor != "0" && seen < 20_000);
        Assert.True(seen > 1000);
        client.Call("FLUSHALL");
        Assert.Equal(0, server.Stop());
    }

    /// <summary>A heap that nine tenths have been freed of gives most of it back once its owner moves what is left; guarded heaps offer nothing.</summary>
    [Fact]
    public void Condemned_slabs_empty()
    {
        using var heap = new NativeHeap("condemned");
        var random = new Random(Seed);
        var live = new HashSet<nint>();
        for (int i = 0; i < 200_000; i++)
            live.Add((nint)heap.Allocate(48));
        foreach (nint block in live.Where(_ => random.Next(10) != 0).ToArray())
        {
            heap.Free((byte*)block, 48);
            live.Remove(block);
        }
        long before = heap.CommittedBytes;
        Span<nint> blocks = stackalloc nint[100];
        int rounds = 0;
        for (; heap.Condemn(32, 85) > 0; rounds++)
        {
            for (int count; (count = heap.NextCondemned(blocks, out int blockBytes)) > 0;)
            {
                Assert.Equal(48, blockBytes);
                foreach (nint block in blocks[..count])
                {
                    if (!live.Remove(block))
                        continue;
                    byte* moved = heap.Allocate(48);
                    *(long*)moved = block;
                    Assert.True(live.Add((nint)moved));
                    heap.Free((byte*)block, 48);
                }
            }
        }
        Assert.True(rounds > 1);
        Assert.Equal(live.Count, heap.LiveBlocks);
        heap.Purge();
        heap.Decommit(long.MaxValue, int.MaxValue, withSlabs: true);
        Assert.True(heap.CommittedBytes < before / 2, $"{before} → {heap.CommittedBytes}");
    }

    /// <summary>Slabs whose blocks cannot be moved go back into use, and are left alone for a while.</summary>
    [Fact]
    public void Pinned_slabs_serve_on()
    {
        using var heap = new NativeHeap("pinned");
        var blocks = new List<nint>();
        for (int i = 0; i < 50_000; i++)
            blocks.Add((nint)heap.Allocate(64));
        for (int i = 0; i < blocks.Count; i++)
        {
            if (i % 8 != 0)
                heap.Free((byte*)blocks[i], 64);
        }
        Span<nint> named = stackalloc nint[64];
        int rounds = 0, condemned = 0;
        for (int count; (count = heap.Condemn(1000, 85)) > 0; rounds++)
        {
            condemned += count;
            while (heap.NextCondemned(named, out int blockBytes) > 0)
                Assert.Equal(64, blockBytes);
        }

        // Each slab once: 50,000 blocks of 64 bytes fill 48 of them and part of one more, from which is allocated.
        Assert.InRange(condemned, 40, 48);
        long committed = heap.CommittedBytes;
        for (int i = 0; i < 40_000; i++)
            heap.Allocate(64);
        Assert.Equal(committed, heap.CommittedBytes);
    }

    /// <summary>Pages between medium blocks go back to the kernel and come again; what lives there stays as it is.</summary>
    [Fact]
    public void Holes_between_medium_blocks_are_given_back()
    {
        const int Size = 20_000, Count = 1000;
        using var heap = new NativeHeap("holes");
        var blocks = new nint[Count];
        for (int i = 0; i < Count; i++)
        {
            blocks[i] = (nint)heap.Allocate(Size);
            new Span<byte>((byte*)blocks[i], Size).Fill((byte)i);
        }
        long full = heap.CommittedBytes;
        for (int i = 0; i < Count; i += 2)
            heap.Free((byte*)blocks[i], Size);
        long back = heap.Decommit(long.MaxValue, int.MaxValue, withSlabs: false);
        Assert.True(back > full / 3, $"{back} of {full}");
        Assert.Equal(full - back, heap.CommittedBytes);
        Assert.Equal(0, heap.Decommit(long.MaxValue, int.MaxValue, withSlabs: false));
        for (int i = 0; i < Count; i += 2)
        {
            blocks[i] = (nint)heap.Allocate(Size);
            new Span<byte>((byte*)blocks[i], Size).Fill((byte)i);
        }
        Assert.Equal(full, heap.CommittedBytes);
        for (int i = 0; i < Count; i++)
            Assert.Equal(-1, new Span<byte>((byte*)blocks[i], Size).IndexOfAnyExcept((byte)i));
    }
}
