using System.Numerics;
using BenchmarkDotNet.Attributes;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Bench.Structures;

/// <summary>The keyspace table with 16-byte keys and values: random finds, alone and in prefetched batches, and growth from nothing.</summary>
[MemoryDiagnoser]
public unsafe class TableBenchmarks
{
    private const int Operations = 1 << 20;
    private const int Batch = 16;
    private const int KeyBytes = 16;
    private const ulong Seed = 0x9E37_79B9_7F4A_7C15;

    private NativeHeap _heap = null!;
    private ExtendibleTable<KeyEntryLayout> _table;
    private byte* _keys;

    /// <summary>Keys in the table.</summary>
    [Params(1_000_000, 10_000_000)]
    public int Count { get; set; }

    /// <summary>Fills the table, and draws the keys that are looked up.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _heap = new NativeHeap("bench");
        _table = new ExtendibleTable<KeyEntryLayout>(_heap, Seed);
        Fill(_heap, _table, Count);
        _keys = _heap.Allocate((long)Operations * KeyBytes);
        var random = new RandomSource(1);
        for (int i = 0; i < Operations; i++)
            WriteKey(_keys + i * KeyBytes, random.Below(Count));
        Console.WriteLine($"// {(double)_table.MemoryBytes / Count:F2} bytes of table per key, {(double)_heap.UsedBytes / Count:F2} of heap");
    }

    /// <summary>Gives everything back.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _table.Dispose();
        _heap.Dispose();
    }

    /// <summary>Hash and find, one key after the other.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public long Find()
    {
        long found = 0;
        for (int i = 0; i < Operations; i++)
        {
            byte* key = _keys + i * KeyBytes;
            found += _table.Find(KeyHash.Compute(key, KeyBytes, Seed), new ReadOnlySpan<byte>(key, KeyBytes)) != null ? 1 : 0;
        }

        return found;
    }

    /// <summary>The passes of a turn: hash and bucket, entry, entry that is not at home, find.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public long FindPrefetched()
    {
        long found = 0;
        ulong* hashes = stackalloc ulong[Batch];
        for (int first = 0; first < Operations; first += Batch)
        {
            byte* keys = _keys + first * KeyBytes;
            for (int i = 0; i < Batch; i++)
            {
                hashes[i] = KeyHash.Compute(keys + i * KeyBytes, KeyBytes, Seed);
                _table.PrefetchBucket(hashes[i]);
            }

            ulong displaced = 0;
            for (int i = 0; i < Batch; i++)
                displaced |= _table.PrefetchEntry(hashes[i]) ? 1UL << i : 0;
            for (; displaced != 0; displaced &= displaced - 1)
                _table.PrefetchDisplaced(hashes[BitOperations.TrailingZeroCount(displaced)]);
            for (int i = 0; i < Batch; i++)
                found += _table.Find(hashes[i], new ReadOnlySpan<byte>(keys + i * KeyBytes, KeyBytes)) != null ? 1 : 0;
        }

        return found;
    }

    /// <summary>Creates a million entries in a table that grows from nothing.</summary>
    [Benchmark(OperationsPerInvoke = 1_000_000)]
    public long Insert()
    {
        using var heap = new NativeHeap("insert");
        using var table = new ExtendibleTable<KeyEntryLayout>(heap, Seed);
        Fill(heap, table, 1_000_000);
        return table.Count;
    }

    private static void Fill(NativeHeap heap, ExtendibleTable<KeyEntryLayout> table, int count)
    {
        byte* key = stackalloc byte[KeyBytes];
        for (int i = 0; i < count; i++)
        {
            WriteKey(key, i);
            byte* entry = StringEntry.Create(heap, new ReadOnlySpan<byte>(key, KeyBytes), "ABCDEFGHIJKLMNOP"u8);
            table.Insert(KeyHash.Compute(key, KeyBytes, Seed), entry);
        }
    }

    private static void WriteKey(byte* key, long number)
    {
        "key:"u8.CopyTo(new Span<byte>(key, 4));
        for (int i = KeyBytes - 1; i >= 4; i--)
        {
            key[i] = (byte)('0' + number % 10);
            number /= 10;
        }
    }
}
