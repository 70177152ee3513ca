// What decoding a batch of pipelined requests costs, per command.
using System.Runtime.InteropServices;
using System.Text;
using BenchmarkDotNet.Attributes;
using FastKv.Protocol;

namespace FastKv.Bench.Protocol;

/// <summary>Decodes 64 commands that lie in one buffer; figures are per command.</summary>
[MemoryDiagnoser]
public unsafe class RequestDecoding
{
    private const int Batch = 64;
    private const string Key = "$16\r\nkey:000000000042\r\n";

    private readonly ArgumentArray _arguments = new();
    private readonly ProtocolLimits _limits = new();
    private RequestParser _parser = new() { Authenticated = true };
    private byte* _input;
    private byte* _end;

    /// <summary>The command in the batch.</summary>
    [Params("GET", "SET", "SET 1000 B", "MSET 20", "PING inline")]
    public string Command { get; set; } = "";

    /// <summary>Fills the buffer.</summary>
    [GlobalSetup]
    public void Fill()
    {
        string command = Command switch
        {
            "GET" => "*2\r\n$3\r\nGET\r\n" + Key,
            "SET" => "*3\r\n$3\r\nSET\r\n" + Key + Key,
            "SET 1000 B" => "*3\r\n$3\r\nSET\r\n" + Key + "$1000\r\n" + new string('x', 1000) + "\r\n",
            "MSET 20" => "*21\r\n$4\r\nMSET\r\n" + string.Concat(Enumerable.Repeat(Key, 20)),
            _ => "PING\r\n",
        };
        byte[] bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(command, Batch)));
        _input = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
        _end = _input + bytes.Length;
        bytes.CopyTo(new Span<byte>(_input, bytes.Length));
    }

    /// <summary>Decodes the batch.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public int Decode()
    {
        _arguments.Clear();
        byte* cursor = _input;
        int commands = 0;
        while (_parser.Next(ref cursor, _end, _arguments, _limits, out _, out _) == ParseStatus.Command)
            commands++;
        return commands;
    }

    /// <summary>Frees the native memory.</summary>
    [GlobalCleanup]
    public void Free()
    {
        NativeMemory.Free(_input);
        _arguments.Dispose();
        _parser.Dispose();
    }
}
