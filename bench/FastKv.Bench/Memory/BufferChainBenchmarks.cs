using BenchmarkDotNet.Attributes;
using FastKv.Memory;

namespace FastKv.Bench.Memory;

/// <summary>What writing a reply into a connection's output costs, 64 replies to a send.</summary>
[MemoryDiagnoser]
public unsafe class BufferChainBenchmarks
{
    private const int Operations = 1 << 16;
    private const int Pipeline = 64;

    private readonly BufferPool _pool = new();
    private readonly byte[] _value = new byte[65_536];
    private BufferChain _chain = null!;

    /// <summary>An empty chain.</summary>
    [GlobalSetup]
    public void Setup() => _chain = new BufferChain(_pool);

    /// <summary>Frees the pool.</summary>
    [GlobalCleanup]
    public void Cleanup() => _pool.Dispose();

    /// <summary>+OK by reserve, one store and commit.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void ReserveCommit()
    {
        for (int i = 0; i < Operations; i++)
        {
            *(ulong*)_chain.Reserve(8) = 0x0A0D_4B4F_2B;
            _chain.Commit(5);
            if (i % Pipeline == Pipeline - 1)
                _chain.Consume(_chain.Length);
        }
    }

    /// <summary>+OK from a constant.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void Append()
    {
        for (int i = 0; i < Operations; i++)
        {
            _chain.Append("+OK\r\n"u8);
            if (i % Pipeline == Pipeline - 1)
                _chain.Consume(_chain.Length);
        }
    }

    /// <summary>A short array whose header is written last.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void Deferred()
    {
        for (int i = 0; i < Operations; i++)
        {
            BufferSegment* header = _chain.BeginDeferred();
            _chain.Append(":1\r\n"u8);
            _chain.EndDeferred(header, "*1\r\n"u8);
            if (i % Pipeline == Pipeline - 1)
                _chain.Consume(_chain.Length);
        }
    }

    /// <summary>A value of 64 KiB: copied, and a segment of its own allocated and freed.</summary>
    [Benchmark]
    public void AppendLarge()
    {
        _chain.Append(_value);
        _chain.Consume(_chain.Length);
    }
}
