namespace FastKv.Memory;

public unsafe struct NativeBuffer
{
    public byte* Data;
    public long Length;
    public long Capacity;
    public void EnsureFree(long sizeBytes) => throw new NotImplementedException();
    public void Append(byte* source, long count) => throw new NotImplementedException();
    public void RemovePrefix(long count) => throw new NotImplementedException();
    public void Release() => throw new NotImplementedException();
}
