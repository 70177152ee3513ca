using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.Structures;

/// <summary>
/// Makes a small hash of fields that are all known, in one block of its final size: first all pairs are measured, then all are added. Field by field it would
/// be built in as many blocks. Data plane.
/// </summary>
public unsafe ref struct SmallHashBuilder
{
    // So many pairs or bytes are no small hash by any sensible threshold; and the header counts the elements.
    private const int PairsMax = short.MaxValue - 1;
    private const int BytesMax = 1 << 20;

    private readonly ValueHeap _values;
    private int _bytes, _pairs;
    private byte* _entry, _at;

    /// <summary>Nothing measured yet.</summary>
    public SmallHashBuilder(ValueHeap values)
    {
        _values = values;
        _bytes = Listpack.HeaderBytes;
    }

    /// <summary>Takes the measure of a pair. O(1).</summary>
    /// <returns>False: with it the hash is none of the small ones, and not to be built here.</returns>
    public bool TryMeasure(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        long limit = _values.Limits.HashValueBytes;
        if (field.Length > limit || value.Length > limit || ++_pairs > Math.Min(PairsMax, _values.Limits.HashEntries))
            return false;
        long bytes = (long)_bytes + Listpack.EncodedBytes(field) + Listpack.EncodedBytes(value);
        _bytes = (int)bytes;
        return bytes <= BytesMax;
    }

    /// <summary>After all have been measured: a block for them.</summary>
    public void Start(ReadOnlySpan<byte> key, uint clock)
    {
        _entry = CompactValue.Create(_values.Heap, ValueType.Hash, ValueEncoding.Listpack, key, _bytes, -1, clock);
        _at = CompactValue.Bytes(_entry, out _);
        Unsafe.WriteUnaligned(_at, (ushort)(2 * _pairs));
        _at += Listpack.HeaderBytes;
    }

    /// <summary>Adds a pair, in the order in which they were measured. O(bytes before it).</summary>
    /// <returns>False: the field is there already; all is freed, and the builder not to be used any more.</returns>
    public bool TryAdd(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        byte* first = CompactValue.Bytes(_entry, out int length) + Listpack.HeaderBytes;
        if (_at != first && Listpack.Find(first, _at, field, 2) != null)
        {
            CompactValue.Free(_values.Heap, _entry);
            _entry = null;
            return false;
        }

        _at += Listpack.Encode(_at, field);
        _at += Listpack.Encode(_at, value);
        Debug.Assert(_at <= first - Listpack.HeaderBytes + length, "what was measured");
        return true;
    }

    /// <summary>The hash.</summary>
    public readonly byte* Finish()
    {
        Debug.Assert(_at == CompactValue.Bytes(_entry, out int length) + length, "all that was measured is there");
        return _entry;
    }
}
