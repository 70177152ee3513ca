using FastKv.Memory;

namespace FastKv.Structures;

public readonly unsafe struct EntryRef(byte* pointer)
{
    public byte* Pointer => pointer;
    public bool IsNull => pointer == null;
    public ValueType Type => throw new NotImplementedException();
    public ValueEncoding Encoding => throw new NotImplementedException();
    public bool HasExpiry => throw new NotImplementedException();
    public long Expiry => throw new NotImplementedException();
    public int AccessClock { get => throw new NotImplementedException(); set => throw new NotImplementedException(); }
    public ReadOnlySpan<byte> Key => throw new NotImplementedException();
}

public readonly struct KeyEntryLayout : IEntryLayout
{
    public static unsafe ReadOnlySpan<byte> KeyOf(byte* entry) => throw new NotImplementedException();
    public static unsafe long ExpiryOf(byte* entry) => throw new NotImplementedException();
}

public static unsafe class StringEntry
{
    public static EntryRef Create(NativeHeap heap, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expiryMs) => throw new NotImplementedException();
    public static EntryRef Overwrite(NativeHeap heap, EntryRef entry, ReadOnlySpan<byte> value, long expiryMs) => throw new NotImplementedException();
    public static EntryRef SetExpiry(NativeHeap heap, EntryRef entry, long expiryMs) => throw new NotImplementedException();
    public static void Free(NativeHeap heap, EntryRef entry) => throw new NotImplementedException();
    public static ReadOnlySpan<byte> Read(EntryRef entry, Span<byte> scratch) => throw new NotImplementedException();
    public static long Length(EntryRef entry) => throw new NotImplementedException();
    public static bool TryGetInteger(EntryRef entry, out long value) => throw new NotImplementedException();
    public static EntryRef SetInteger(NativeHeap heap, EntryRef entry, long value) => throw new NotImplementedException();
    public static EntryRef Resize(NativeHeap heap, EntryRef entry, long length, out byte* bytes) => throw new NotImplementedException();
}
