using BenchmarkDotNet.Attributes;
using FastKv.Memory;

namespace FastKv.Bench.Memory;

/// <summary>What a block costs: hot, in the batches of a pipeline, and at random over more blocks than the caches hold.</summary>
[MemoryDiagnoser]
public unsafe class NativeHeapBenchmarks
{
    private const int Batch = 64;
    private const int Operations = 1 << 16;

    private NativeHeap _heap = null!;
    private nint[] _blocks = [];
    private int[] _sizes = [];
    private byte* _pinned;
    private RandomSource _random = new(1);

    /// <summary>Live blocks in the random case: 64 K are about 5 MB, 4 M about 320 MB.</summary>
    [Params(1 << 16, 1 << 22)]
    public int LiveBlocks { get; set; }

    /// <summary>Fills the heap.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _heap = new NativeHeap("bench");
        _pinned = _heap.Allocate(40);
        _blocks = new nint[LiveBlocks];
        _sizes = new int[LiveBlocks];
        for (int i = 0; i < LiveBlocks; i++)
            Replace(i);
    }

    /// <summary>Frees it.</summary>
    [GlobalCleanup]
    public void Cleanup() => _heap.Dispose();

    /// <summary>One 40-byte block, allocated and freed.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void HotPair()
    {
        for (int i = 0; i < Operations; i++)
        {
            byte* block = _heap.Allocate(40);
            _heap.Free(block, 40);
        }
    }

    /// <summary>64 blocks allocated, then freed.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void BatchPair()
    {
        byte** blocks = stackalloc byte*[Batch];
        for (int i = 0; i < Operations; i += Batch)
        {
            for (int j = 0; j < Batch; j++)
                blocks[j] = _heap.Allocate(40);
            for (int j = 0; j < Batch; j++)
                _heap.Free(blocks[j], 40);
        }
    }

    /// <summary>A random block freed and one of another size (16 to 143 bytes) put in its place.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void RandomReplace()
    {
        for (int i = 0; i < Operations; i++)
            Replace((int)_random.Below(LiveBlocks));
    }

    /// <summary>A medium block (100 KB): a run of pages.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public void MediumPair()
    {
        for (int i = 0; i < Batch; i++)
        {
            byte* block = _heap.Allocate(100_000);
            _heap.Free(block, 100_000);
        }
    }

    private void Replace(int index)
    {
        if (_blocks[index] != 0)
            _heap.Free((byte*)_blocks[index], _sizes[index]);
        int size = 16 + (int)(_random.Next() & 127);
        _sizes[index] = size;
        _blocks[index] = (nint)_heap.Allocate(size);
    }
}
