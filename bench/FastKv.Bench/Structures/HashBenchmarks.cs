using BenchmarkDotNet.Attributes;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Bench.Structures;

/// <summary>What is computed of every key, and of long strings.</summary>
public unsafe class HashBenchmarks
{
    private const int Repeats = 1024;

    private readonly NativeHeap _heap = new("hash");
    private byte* _data;

    /// <summary>Bytes hashed.</summary>
    [Params(16, 64, 65536)]
    public int Length { get; set; }

    /// <summary>Some bytes.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _data = _heap.Allocate(Length + Repeats);
        for (int i = 0; i < Length + Repeats; i++)
            _data[i] = (byte)('a' + i % 23);
    }

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Cleanup() => _heap.Dispose();

    /// <summary>The seeded hash.</summary>
    [Benchmark(OperationsPerInvoke = Repeats)]
    public ulong KeyHash64()
    {
        ulong sum = 0;
        for (int i = 0; i < Repeats; i++)
            sum += KeyHash.Compute(_data + i, Length, 42);
        return sum;
    }

    /// <summary>The slot (CRC16).</summary>
    [Benchmark(OperationsPerInvoke = Repeats)]
    public int Slot()
    {
        int sum = 0;
        for (int i = 0; i < Repeats; i++)
            sum += KeySlot.Compute(_data + i, Length);
        return sum;
    }

    /// <summary>DIGEST.</summary>
    [Benchmark(OperationsPerInvoke = Repeats)]
    public ulong Digest()
    {
        ulong sum = 0;
        for (int i = 0; i < Repeats; i++)
            sum += Xxh3.Hash(_data + i, Length);
        return sum;
    }

    /// <summary>BITCOUNT.</summary>
    [Benchmark(OperationsPerInvoke = Repeats)]
    public long CountBits()
    {
        long sum = 0;
        for (int i = 0; i < Repeats; i++)
            sum += BitCount.OfBytes(_data + i, Length);
        return sum;
    }
}
