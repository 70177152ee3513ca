using FastKv.Memory;

namespace FastKv.Structures;

public unsafe interface IEntryLayout
{
    static abstract ReadOnlySpan<byte> KeyOf(byte* entry);
    static abstract long ExpiryOf(byte* entry);
}

public unsafe interface IEntryVisitor
{
    void Visit(byte* entry);
}

public unsafe interface IExpiryVisitor
{
    bool ShouldRemove(byte* entry);
}

public sealed unsafe class ExtendibleTable<TLayout> : IDisposable
    where TLayout : struct, IEntryLayout
{
    public ExtendibleTable(NativeHeap heap, ulong hashSeed) => throw new NotImplementedException();
    public long Count => throw new NotImplementedException();
    public void PrefetchBucket(ulong hash) => throw new NotImplementedException();
    public void PrefetchEntry(ulong hash) => throw new NotImplementedException();
    public byte* Find(ulong hash, ReadOnlySpan<byte> key) => throw new NotImplementedException();
    public void Insert(ulong hash, byte* entry) => throw new NotImplementedException();
    public void Replace(ulong hash, byte* oldEntry, byte* newEntry) => throw new NotImplementedException();
    public void Remove(ulong hash, byte* entry) => throw new NotImplementedException();
    public byte* Random(ref RandomSource random) => throw new NotImplementedException();
    public ulong Scan<TVisitor>(ulong cursor, ref TVisitor visitor) where TVisitor : struct, IEntryVisitor, allows ref struct => throw new NotImplementedException();
    public long MemoryBytes => throw new NotImplementedException();
    public int Drain<TVisitor>(ref TVisitor visitor, int entriesMax) where TVisitor : struct, IEntryVisitor, allows ref struct => throw new NotImplementedException();
    public ulong SweepExpired<TVisitor>(ulong position, int bucketsMax, long nowMs, ref TVisitor visitor) where TVisitor : struct, IExpiryVisitor => throw new NotImplementedException();
    public void NoteExpiry(ulong hash, byte* entry, long expiryMs) => throw new NotImplementedException();
    public void Dispose() => throw new NotImplementedException();
}
