namespace FastKv.Memory;

public unsafe struct BufferSegment
{
    public BufferSegment* Next;
    public int Capacity;
    public int Length;
    public int Consumed;
    public int Reserved;
    public byte* Data => throw new NotImplementedException();
}

public sealed unsafe class BufferPool : IDisposable
{
    public const int SegmentBytes = 16 * 1024;
    public BufferPool(int retainedSegmentsMax = 256) => throw new NotImplementedException();
    public BufferSegment* Rent(int capacityMin) => throw new NotImplementedException();
    public void Return(BufferSegment* segment) => throw new NotImplementedException();
    public long RentedBytes => throw new NotImplementedException();
    public void Dispose() => throw new NotImplementedException();
}

public sealed unsafe class BufferChain
{
    public BufferChain(BufferPool pool) => throw new NotImplementedException();
    public BufferPool Pool { get => throw new NotImplementedException(); set => throw new NotImplementedException(); }
    public BufferSegment* Head => throw new NotImplementedException();
    public long Length => throw new NotImplementedException();
    public byte* Reserve(int sizeBytes) => throw new NotImplementedException();
    public void Commit(int sizeBytes) => throw new NotImplementedException();
    public void Append(ReadOnlySpan<byte> bytes) => throw new NotImplementedException();
    public void AppendChain(BufferChain other) => throw new NotImplementedException();
    public void MoveTo(BufferChain target, long count) => throw new NotImplementedException();
    public BufferSegment* BeginDeferred() => throw new NotImplementedException();
    public void EndDeferred(BufferSegment* placeholder, ReadOnlySpan<byte> header) => throw new NotImplementedException();
    public void Consume(long count) => throw new NotImplementedException();
    public void Clear() => throw new NotImplementedException();
}
