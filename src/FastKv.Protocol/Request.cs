using FastKv.Memory;

namespace FastKv.Protocol;

public unsafe struct Argument
{
    public byte* Pointer;
    public int Length;
    public readonly ReadOnlySpan<byte> Span => new(Pointer, Length);
}

public sealed unsafe class ArgumentArray : IDisposable
{
    public Argument* Items;
    public int Count;
    public int Capacity;
    public void Clear() => Count = 0;
    public void EnsureFree(int count) => throw new NotImplementedException();
    public void Dispose() => throw new NotImplementedException();
}

public enum ParseStatus { Command, Incomplete, Error }

public sealed record ProtocolLimits
{
    public long BulkBytesMax { get; set; } = 512L * 1024 * 1024;
    public int InlineBytesMax { get; set; } = 64 * 1024;
    public int ArgumentsMax { get; set; } = int.MaxValue;
}

public unsafe struct RequestParser
{
    public bool Authenticated;
    public ParseStatus Next(ref byte* cursor, byte* end, ArgumentArray arguments, ProtocolLimits limits, out int first, out int count) => throw new NotImplementedException();
    public readonly bool IsMidCommand => throw new NotImplementedException();
    public readonly long BytesNeeded => throw new NotImplementedException();
    public readonly ReadOnlySpan<byte> ErrorText => throw new NotImplementedException();
    public void Rebase(long delta) => throw new NotImplementedException();
    public void Reset() => throw new NotImplementedException();
}
