using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using FastKv.Memory;

namespace FastKv.Engine.Persistence.Rdb;

/// <summary>A string that was read: bytes of the input, or the text of an integer, or decompressed bytes in a block of its own. Data plane.</summary>
internal unsafe struct RdbText
{
    internal const int ScratchBytes = 24;

    private fixed byte _scratch[ScratchBytes];
    private byte* _bytes;
    private int _length;
    private byte* _owned;
    private long _ownedBytes;

    /// <summary>The bytes; valid until the next string is read into this, or <see cref="Release"/>.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Span => _bytes != null ? new(_bytes, _length) : MemoryMarshal.CreateReadOnlySpan(in _scratch[0], _length);

    /// <summary>The bytes of a string that is not short: an input's, or decompressed ones.</summary>
    public readonly byte* Bytes => _bytes;

    public readonly int Length => _length;

    public void Set(byte* bytes, int length)
    {
        _bytes = bytes;
        _length = length;
    }

    public void SetInteger(long value)
    {
        _bytes = null;
        value.TryFormat(MemoryMarshal.CreateSpan(ref _scratch[0], ScratchBytes), out _length, default, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>A block for decompressed bytes; the one of the string before serves on if it is large enough.</summary>
    public byte* Own(NativeHeap heap, int length)
    {
        if (_ownedBytes < length)
        {
            Release(heap);
            _ownedBytes = NativeHeap.UsableSize(length);
            _owned = heap.Allocate(_ownedBytes);
        }
        Set(_owned, length);
        return _owned;
    }

    public void Release(NativeHeap heap)
    {
        if (_owned != null)
            heap.Free(_owned, _ownedBytes);
        _owned = null;
        _ownedBytes = 0;
    }
}
