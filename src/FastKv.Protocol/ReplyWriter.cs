using FastKv.Memory;

namespace FastKv.Protocol;

public unsafe struct ReplyWriter
{
    public BufferChain Output;
    public byte Resp;
    public ReplyWriter(BufferChain output, byte resp) { Output = output; Resp = resp; }
    public readonly void Raw(ReadOnlySpan<byte> resp) => throw new NotImplementedException();
    public readonly void Ok() => throw new NotImplementedException();
    public readonly void SimpleString(ReadOnlySpan<byte> text) => throw new NotImplementedException();
    public readonly void Error(ReadOnlySpan<byte> text) => throw new NotImplementedException();
    public readonly void Integer(long value) => throw new NotImplementedException();
    public readonly void BulkString(ReadOnlySpan<byte> value) => throw new NotImplementedException();
    public readonly void BulkInteger(long value) => throw new NotImplementedException();
    public readonly void Null() => throw new NotImplementedException();
    public readonly void NullArray() => throw new NotImplementedException();
    public readonly void ArrayHeader(long count) => throw new NotImplementedException();
    public readonly void MapHeader(long pairs) => throw new NotImplementedException();
    public readonly void SetHeader(long count) => throw new NotImplementedException();
    public readonly void PushHeader(long count) => throw new NotImplementedException();
    public readonly void Boolean(bool value) => throw new NotImplementedException();
    public readonly void Double(double value) => throw new NotImplementedException();
    public readonly void VerbatimString(ReadOnlySpan<byte> value, ReadOnlySpan<byte> format) => throw new NotImplementedException();
    public readonly DeferredReply BeginArray() => throw new NotImplementedException();
    public readonly void EndArray(DeferredReply deferred, long count) => throw new NotImplementedException();
}

public readonly unsafe struct DeferredReply
{
    internal readonly BufferSegment* Placeholder;
}
