// What a reply costs to write, and to find the end of.
using BenchmarkDotNet.Attributes;
using FastKv.Memory;
using FastKv.Protocol;

namespace FastKv.Bench.Protocol;

/// <summary>Writes 128 replies to a chain and drops them; figures are per reply.</summary>
[MemoryDiagnoser]
public unsafe class ReplyWriting
{
    private const int Batch = 128;

    private readonly BufferPool _pool = new();
    private readonly byte[] _value = "0123456789abcdef"u8.ToArray();
    private readonly byte[] _large = new byte[100];
    private BufferChain _output = null!;

    /// <summary>Makes the chain.</summary>
    [GlobalSetup]
    public void Open() => _output = new BufferChain(_pool);

    /// <summary>The reply of GET with 16 bytes.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public void BulkString16()
    {
        var writer = new ReplyWriter(_output, 2);
        for (int i = 0; i < Batch; i++)
            writer.BulkString(_value);
        _output.Clear();
    }

    /// <summary>The reply of GET with 100 bytes.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public void BulkString100()
    {
        var writer = new ReplyWriter(_output, 2);
        for (int i = 0; i < Batch; i++)
            writer.BulkString(_large);
        _output.Clear();
    }

    /// <summary>The reply of SET.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public void Ok()
    {
        var writer = new ReplyWriter(_output, 2);
        for (int i = 0; i < Batch; i++)
            writer.Ok();
        _output.Clear();
    }

    /// <summary>The reply of INCR, four digits.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public void Integer()
    {
        var writer = new ReplyWriter(_output, 2);
        for (int i = 0; i < Batch; i++)
            writer.Integer(1234 + i);
        _output.Clear();
    }

    /// <summary>GET of a counter.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public void BulkInteger()
    {
        var writer = new ReplyWriter(_output, 2);
        for (int i = 0; i < Batch; i++)
            writer.BulkInteger(12345 + i);
        _output.Clear();
    }

    /// <summary>ZSCORE with a fraction.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public void Double()
    {
        var writer = new ReplyWriter(_output, 2);
        for (int i = 0; i < Batch; i++)
            writer.Double(3.1 + i);
        _output.Clear();
    }

    /// <summary>A list of two whose header comes last.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public void DeferredArray()
    {
        var writer = new ReplyWriter(_output, 2);
        for (int i = 0; i < Batch; i++)
        {
            DeferredReply deferred = writer.BeginArray();
            writer.BulkString(_value);
            writer.BulkString(_value);
            writer.EndArray(deferred, 2);
        }
        _output.Clear();
    }

    /// <summary>What a client does with the reply of GET.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public long MeasureBulkString16()
    {
        long total = 0;
        fixed (byte* reply = "$16\r\n0123456789abcdef\r\n"u8)
        {
            for (int i = 0; i < Batch; i++)
                total += RespReader.TryMeasure(reply, reply + 23);
        }
        return total;
    }

    /// <summary>Frees the native memory.</summary>
    [GlobalCleanup]
    public void Close() => _pool.Dispose();
}
