namespace FastKv.Memory;

public sealed unsafe class NativeHeap : IDisposable
{
    public NativeHeap(string name, bool guarded = false) => throw new NotImplementedException();
    public string Name => throw new NotImplementedException();
    public long UsedBytes => throw new NotImplementedException();
    public long CommittedBytes => throw new NotImplementedException();
    public long LiveBlocks => throw new NotImplementedException();
    public byte* Allocate(long sizeBytes) => throw new NotImplementedException();
    public void Free(byte* block, long sizeBytes) => throw new NotImplementedException();
    public byte* Reallocate(byte* block, long oldSizeBytes, long newSizeBytes) => throw new NotImplementedException();
    public static long UsableSize(long sizeBytes) => throw new NotImplementedException();
    public void Purge() => throw new NotImplementedException();
    public void Dispose() => throw new NotImplementedException();
}
