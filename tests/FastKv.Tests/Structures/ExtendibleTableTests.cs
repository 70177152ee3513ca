using System.Text;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Structures;

public sealed unsafe class ExtendibleTableTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AgreesWithADictionary(int seed)
    {
        using var model = new TableModel<KeyEntryLayout>();
        RunRandomOperations(model, seed, 60_000, 9_000);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void AgreesWithADictionaryWhenHashesAreSkewed(int seed)
    {
        using var skewed = new TableModel<SkewedLayout>();
        RunRandomOperations(skewed, seed, 6_000, 2_500);
        using var lopsided = new TableModel<LopsidedLayout>();
        RunRandomOperations(lopsided, seed, 40_000, 12_000);
    }

    /// <summary>What a walk over one table gives, put into another with the same seed, comes in the order of its hashes: the worst that is not made on purpose.</summary>
    [Theory]
    [InlineData(3_000)]
    [InlineData(400_000)]
    [InlineData(3_000_000)]
    public void EntriesMayComeInTheOrderOfTheirHashes(int keys)
    {
        using var heap = new NativeHeap("ordered");
        var source = new ExtendibleTable<KeyEntryLayout>(heap, 9);
        for (int i = 0; i < keys; i++)
            InsertNumbered(heap, source, i);
        var copy = new ExtendibleTable<KeyEntryLayout>(heap, 9);
        var copier = new Copier { Heap = heap, To = copy };
        ulong cursor = 0;
        do
        {
            cursor = source.Scan(cursor, ref copier);
        }
        while (cursor != 0 && copy.Count < keys * 3 / 4);
        output.WriteLine($"{copy.Count} entries, {(double)copy.MemoryBytes / copy.Count:F2} bytes per entry");
        Assert.True(copy.MemoryBytes < (64 << 10) + (12 * copy.Count), $"{(double)copy.MemoryBytes / copy.Count:F2} bytes per entry");
        var freer = new Freer { Heap = heap };
        foreach (var table in (ExtendibleTable<KeyEntryLayout>[])[source, copy])
        {
            while (table.Drain(ref freer, 1000) != 0)
            {
            }

            table.Dispose();
        }

        Assert.Equal(0, heap.LiveBlocks);
    }

    [Fact]
    public void AnEmptyTableOwnsItsHeaderAlone()
    {
        using var model = new TableModel<KeyEntryLayout>();
        Assert.Equal(1, model.Heap.LiveBlocks);
        Assert.True(model.Find("absent") == null);
        var random = new RandomSource(1);
        Assert.True(model.Table.Random(ref random) == null);
        Assert.Equal(0UL, model.ScanStep(0, []));
        Assert.Equal(0UL, model.ScanStep(12345, []));
        model.Insert("one");
        Assert.True(model.Table.MemoryBytes <= 72, $"{model.Table.MemoryBytes} bytes for one key");
        model.Check();
        model.Remove("one");
        model.Check();
    }

    [Fact]
    public void MemoryFollowsDeletions()
    {
        const int Keys = 50_000;
        using var model = new TableModel<KeyEntryLayout>(guarded: false);
        for (int i = 0; i < Keys; i++)
            model.Insert($"key:{i}");
        long full = model.Table.MemoryBytes;
        for (int i = 0; i < Keys * 9 / 10; i++)
            model.Remove($"key:{i}");
        model.Check();
        output.WriteLine($"full {full}, a tenth left {model.Table.MemoryBytes}");
        Assert.True(model.Table.MemoryBytes < full / 2);
        for (int i = Keys * 9 / 10; i < Keys - 20; i++)
            model.Remove($"key:{i}");
        model.Check();
        output.WriteLine($"20 left {model.Table.MemoryBytes}");
        Assert.True(model.Table.MemoryBytes < full / 20);
        for (int i = Keys - 20; i < Keys; i++)
            model.Remove($"key:{i}");
        model.Check();
    }

    // What the heap returns after nine tenths of the keys went. In the order of their creation: the chunks that no bucket of the rest shares.
    // In random order: nothing, as no slab of 1,638 entries is ever empty. But the holes take the next keys, and the last deletion ends it all.
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void CommittedMemoryFollowsDeletionsAsSlabsEmpty(int seed, bool isRandom)
    {
        const int Keys = 300_000;
        const long ChunkBytes = 2 * 1024 * 1024;
        using var heap = new NativeHeap("deletions");
        var table = new ExtendibleTable<KeyEntryLayout>(heap, (ulong)seed);
        int[] keys = Enumerable.Range(0, Keys).ToArray();
        for (int i = 0; i < Keys; i++)
            InsertNumbered(heap, table, i);
        long full = heap.CommittedBytes;
        long fullTable = table.MemoryBytes;
        if (isRandom)
            new Random(seed).Shuffle(keys);
        for (int i = 0; i < Keys * 9 / 10; i++)
            RemoveNumbered(heap, table, keys[i]);
        output.WriteLine($"full {full >> 10} KiB, a tenth left {heap.CommittedBytes >> 10} KiB, of which used {heap.UsedBytes >> 10} KiB");
        Assert.True(table.MemoryBytes < fullTable / 3);
        Assert.InRange(heap.CommittedBytes, 0, isRandom ? full : (full * 2 / 3) + ChunkBytes);

        for (int i = 0; i < Keys * 9 / 10; i++)
            InsertNumbered(heap, table, Keys + keys[i]);
        output.WriteLine($"full again {heap.CommittedBytes >> 10} KiB");
        Assert.InRange(heap.CommittedBytes, 0, full + (2 * ChunkBytes));

        for (int i = 0; i < Keys * 9 / 10; i++)
            RemoveNumbered(heap, table, Keys + keys[i]);
        for (int i = Keys * 9 / 10; i < Keys; i++)
            RemoveNumbered(heap, table, keys[i]);
        Assert.InRange(heap.CommittedBytes, 0, 2 * ChunkBytes);
        table.Dispose();
        heap.Purge();
        Assert.Equal(0, heap.CommittedBytes);
    }

    // Each key that is in the table all the time is seen by a scan, whatever else comes and goes.
    [Theory]
    [InlineData(11, 30_000, 0)]
    [InlineData(12, 0, 30_000)]
    [InlineData(13, 15_000, 15_000)]
    public void AScanMissesNothingThatStays(int seed, int inserted, int removed)
    {
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");
        using var model = new TableModel<KeyEntryLayout>(guarded: false);
        for (int i = 0; i < 3_000; i++)
            model.Insert($"stays:{i}");
        for (int i = 0; i < removed; i++)
            model.Insert($"goes:{i}");
        HashSet<string> seen = [];
        ulong cursor = 0;
        int insertedSoFar = 0;
        int removedSoFar = 0;
        do
        {
            cursor = model.ScanStep(cursor, seen);
            Assert.True(cursor < 1UL << ExtendibleTable<KeyEntryLayout>.CursorBits);
            for (int i = random.Next(200); i > 0 && insertedSoFar < inserted; i--)
                model.Insert($"comes:{insertedSoFar++}");
            for (int i = random.Next(200); i > 0 && removedSoFar < removed; i--)
                model.Remove($"goes:{removedSoFar++}");
        }
        while (cursor != 0);

        for (int i = 0; i < 3_000; i++)
            Assert.Contains($"stays:{i}", seen);
        model.Check();
    }

    // What a key costs must not depend on how many there are.
    [Fact]
    public void TheLoadIsLevelAtAnySize()
    {
        const int Keys = 600_000;
        using var heap = new NativeHeap("load");
        using var table = new ExtendibleTable<KeyEntryLayout>(heap, 77);
        Span<byte> key = stackalloc byte[16];
        double worst = 0;
        double sum = 0;
        int samples = 0;
        for (int i = 1; i <= Keys; i++)
        {
            Encoding.ASCII.GetBytes($"key:{i:D12}", key);
            byte* entry = StringEntry.Create(heap, key, "x"u8);
            table.Insert(KeyEntryHash(entry, 77), entry);
            if (i >= 100_000 && i % 10_000 == 0)
            {
                double bytes = (double)table.MemoryBytes / i;
                worst = Math.Max(worst, bytes);
                sum += bytes;
                samples++;
            }
        }

        output.WriteLine($"bytes per key: mean {sum / samples:F2}, worst {worst:F2}");
        Assert.True(worst < 7.9, $"{worst:F2} bytes per key");
        Assert.True(sum / samples < 7.55, $"{sum / samples:F2} bytes per key");
        var visitor = new Freer { Heap = heap };
        while (table.Drain(ref visitor, 1000) != 0)
        {
        }

        Assert.Equal(1, heap.LiveBlocks);
    }

    [Fact]
    public void DrainsInSlices()
    {
        using var model = new TableModel<KeyEntryLayout>();
        for (int i = 0; i < 20_000; i++)
            model.Insert($"key:{i}");
        var visitor = new Collector { Seen = [] };
        int calls = 0;
        for (; ; calls++)
        {
            long before = model.Table.Count;
            int drained = model.Table.Drain(ref visitor, 500);
            Assert.Equal(before - drained, model.Table.Count);
            if (drained == 0)
                break;
            Assert.InRange(drained, 1, 510);
        }

        Assert.Equal(40, calls, 2.0);
        Assert.Equal(20_000, visitor.Seen.Count);
        Assert.Equal(0, model.Table.MemoryBytes);
        foreach (string key in visitor.Seen)
        {
            StringEntry.Free(model.Heap, (byte*)model.Entries[key]);
            model.Forget(key);
        }

        model.Insert("again");
        model.Check();
    }

    [Fact]
    public void ADrainCanBeGivenUp()
    {
        using var model = new TableModel<KeyEntryLayout>();
        for (int i = 0; i < 20_000; i++)
            model.Insert($"key:{i}");
        var visitor = new Collector { Seen = [] };
        for (int i = 0; i < 7; i++)
            model.Table.Drain(ref visitor, 1000);
        model.Table.Release();
        Assert.Equal(0, model.Table.MemoryBytes);
        Assert.Equal(0, model.Table.Count);
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void ASweepFindsWhatIsDueAndNothingElse(int seed)
    {
        const long Start = 1_800_000_000_000;
        const long Hour = 3_600_000;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var model = new TableModel<KeyEntryLayout>();
        Dictionary<string, long> expiries = [];
        for (int i = 0; i < 20_000; i++)
        {
            // The first thousand come before the table knows the time.
            if (i == 1000)
                model.SetNow(Start);
            string key = $"key:{i}";
            long expiryMs = (i % 4) switch
            {
                0 => -1,
                1 => Start + random.Next(10_000),
                2 => Start + random.NextInt64(8 * Hour),
                _ => Start + random.NextInt64(100 * Hour),
            };
            model.Insert(key, expiryMs);
            if (expiryMs > 0)
                expiries[key] = expiryMs;
        }

        for (long now = Start; now < Start + 110 * Hour; now += now < Start + 20_000 ? 500 : random.NextInt64(2 * Hour))
        {
            var visitor = new Expirer { Heap = model.Heap, Gone = [], NowMs = now };
            ulong position = 0;
            do
            {
                position = model.Table.SweepExpired(position, random.Next(1, 300), now, ref visitor);
            }
            while (position != 0);

            foreach (string key in visitor.Gone)
            {
                Assert.True(expiries.Remove(key, out long expiryMs) && expiryMs <= now, key);
                model.Forget(key);
            }

            Assert.DoesNotContain(expiries, pair => pair.Value <= now);
        }

        Assert.Empty(expiries);
        Assert.Equal(5_000, model.Count);
        model.Check();
    }

    [Fact]
    public void ASweepVisitsOnlyBucketsThatMayBeDue()
    {
        const long Start = 1_800_000_000_000;
        using var model = new TableModel<KeyEntryLayout>();
        model.SetNow(Start);
        for (int i = 0; i < 5_000; i++)
            model.Insert($"key:{i}", i % 2 == 0 ? Start + 60_000 : -1);
        var entry = (byte*)model.Entries["key:0"];
        new EntryRef(entry).SetExpiryInPlace(Start + 5_000);
        model.Table.NoteExpiry(model.HashOf(entry), entry, Start + 5_000);
        var visitor = new Expirer { Heap = model.Heap, Gone = [], NowMs = Start + 5_001 };
        Assert.Equal(0UL, model.Table.SweepExpired(0, int.MaxValue / 2, Start + 5_001, ref visitor));
        Assert.Equal(["key:0"], visitor.Gone);
        model.Forget("key:0");

        // A visitor that declines keeps the entry, and is asked again.
        var decliner = new Decliner();
        model.Table.SweepExpired(0, int.MaxValue / 2, Start + 61_000, ref decliner);
        Assert.Equal(2_499, decliner.Asked);
        model.Table.SweepExpired(0, int.MaxValue / 2, Start + 61_000, ref decliner);
        Assert.Equal(2 * 2_499, decliner.Asked);
        model.Check();
    }

    [Fact]
    public void RandomIsFair()
    {
        const int Keys = 4_000;
        const int Draws = 400_000;
        using var model = new TableModel<KeyEntryLayout>(guarded: false);
        for (int i = 0; i < Keys; i++)
            model.Insert($"key:{i}");
        Dictionary<nint, int> hits = [];
        var random = new RandomSource(42);
        for (int i = 0; i < Draws; i++)
        {
            nint entry = (nint)model.Table.Random(ref random);
            hits[entry] = hits.GetValueOrDefault(entry) + 1;
        }

        // 100 draws per key are expected, and 10 is a standard deviation.
        Assert.Equal(Keys, hits.Count);
        Assert.InRange(hits.Values.Min(), 45, 100);
        Assert.InRange(hits.Values.Max(), 100, 165);
    }

    [Fact]
    public void RandomFindsTheLastFewOfMany()
    {
        using var model = new TableModel<LopsidedLayout>(guarded: false);
        for (int i = 0; i < 20_000; i++)
            model.Insert($"key:{i}");
        for (int i = 0; i < 19_998; i++)
            model.Remove($"key:{i}");
        HashSet<nint> hits = [];
        var random = new RandomSource(43);
        for (int i = 0; i < 200; i++)
            hits.Add((nint)model.Table.Random(ref random));
        Assert.DoesNotContain(0, hits);
        Assert.InRange(hits.Count, 1, 2);
    }

    [Fact]
    public void NothingIsAllocatedOnTheManagedHeap()
    {
        using var heap = new NativeHeap("managed");
        using var table = new ExtendibleTable<KeyEntryLayout>(heap, 5);
        var visitor = new Freer { Heap = heap };
        Churn(heap, table, ref visitor, 3_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int scanned = Churn(heap, table, ref visitor, 30_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(30_000, scanned);
    }

    private struct Copier : IEntryVisitor
    {
        internal NativeHeap Heap;
        internal ExtendibleTable<KeyEntryLayout> To;

        public readonly void Visit(byte* entry)
        {
            ReadOnlySpan<byte> key = new EntryRef(entry).Key;
            fixed (byte* bytes = key)
                To.Insert(KeyHash.Compute(bytes, key.Length, To.HashSeed), StringEntry.Copy(Heap, entry, key));
        }
    }

    private static int Churn(NativeHeap heap, ExtendibleTable<KeyEntryLayout> table, ref Freer visitor, int keys)
    {
        Span<byte> key = stackalloc byte[8];
        var counter = default(Counter);
        var random = new RandomSource(9);
        for (int i = 0; i < keys; i++)
        {
            BitConverter.TryWriteBytes(key, (long)i);
            byte* entry = StringEntry.Create(heap, key, "value"u8, 1_000_000 + i);
            table.Insert(KeyEntryHash(entry, 5), entry);
            fixed (byte* start = key)
            {
                byte* found = table.Find(KeyHash.Compute(start, key.Length, 5), key);
                byte* replaced = StringEntry.Append(heap, found, " and more than that"u8);
                if (replaced != found)
                    table.Replace(KeyEntryHash(replaced, 5), found, replaced);
            }

            table.Random(ref random);
        }

        for (ulong cursor = table.Scan(0, ref counter); cursor != 0;)
            cursor = table.Scan(cursor, ref counter);
        for (int i = 0; i < keys; i += 2)
        {
            BitConverter.TryWriteBytes(key, (long)i);
            fixed (byte* start = key)
            {
                ulong hash = KeyHash.Compute(start, key.Length, 5);
                byte* entry = table.Find(hash, key);
                table.Remove(hash, entry);
                StringEntry.Free(heap, entry);
            }
        }

        while (table.Drain(ref visitor, 100) != 0)
        {
        }

        return counter.Count;
    }

    private static void InsertNumbered(NativeHeap heap, ExtendibleTable<KeyEntryLayout> table, int number)
    {
        Span<byte> key = stackalloc byte[16];
        Encoding.ASCII.GetBytes($"key:{number:D12}", key);
        byte* entry = StringEntry.Create(heap, key, "ABCDEFGHIJKLMNOP"u8);
        table.Insert(KeyEntryHash(entry, table.HashSeed), entry);
    }

    private static void RemoveNumbered(NativeHeap heap, ExtendibleTable<KeyEntryLayout> table, int number)
    {
        Span<byte> key = stackalloc byte[16];
        Encoding.ASCII.GetBytes($"key:{number:D12}", key);
        ulong hash = KeyHash.Compute((byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref key[0]), key.Length, table.HashSeed);
        byte* entry = table.Find(hash, key);
        Assert.True(entry != null);
        table.Remove(hash, entry);
        StringEntry.Free(heap, entry);
    }

    private void RunRandomOperations<TLayout>(TableModel<TLayout> model, int seed, int operations, int keySpace)
        where TLayout : struct, IEntryLayout
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int i = 0; i < operations; i++)
        {
            // Phases of growth and of shrinking.
            bool growing = i / (operations / 5) % 2 == 0;
            int dice = random.Next(100);
            string key = $"key:{random.Next(keySpace)}";
            bool known = model.Entries.ContainsKey(key);
            Assert.Equal(known, model.Find(key) != null);
            if (!known && dice < (growing ? 90 : 20))
                model.Insert(key);
            else if (known && dice < 20)
                model.Replace(key, Encoding.UTF8.GetBytes(new string('v', random.Next(200))));
            else if (model.Count > 0 && dice >= (growing ? 90 : 30))
                model.Remove(model.KeyAt(random.Next(model.Count)));
            if (i % (operations / 8) == 0)
                model.Check();
        }

        model.Check();
        while (model.Count > 0)
            model.Remove(model.KeyAt(random.Next(model.Count)));
        model.Check();
    }

    private static ulong KeyEntryHash(byte* entry, ulong seed)
    {
        fixed (byte* key = new EntryRef(entry).Key)
            return KeyHash.Compute(key, new EntryRef(entry).KeyLength, seed);
    }

    private struct Collector : IEntryVisitor
    {
        internal HashSet<string> Seen;

        public readonly void Visit(byte* entry) => Assert.True(Seen.Add(TableModel<KeyEntryLayout>.KeyOf(entry)));
    }

    private struct Counter : IEntryVisitor
    {
        internal int Count;

        public void Visit(byte* entry) => Count++;
    }

    private struct Freer : IEntryVisitor
    {
        internal NativeHeap Heap;

        public readonly void Visit(byte* entry) => StringEntry.Free(Heap, entry);
    }

    private struct Expirer : IExpiryVisitor
    {
        internal NativeHeap Heap;
        internal List<string> Gone;
        internal long NowMs;

        public readonly bool Visit(byte* entry)
        {
            Assert.InRange(new EntryRef(entry).ExpiryMs, 1, NowMs);
            Gone.Add(TableModel<KeyEntryLayout>.KeyOf(entry));
            StringEntry.Free(Heap, entry);
            return true;
        }
    }

    private struct Decliner : IExpiryVisitor
    {
        internal int Asked;

        public bool Visit(byte* entry)
        {
            Asked++;
            return false;
        }
    }
}
