using System.Runtime.CompilerServices;

namespace FastKv.Structures;

/// <summary>
/// Builds a hash from fields that come one after the other, in the encoding that suits them in the end: for loading. Data plane; O(1) per field.
/// </summary>
/// <remarks>Fields are collected as a listpack; as soon as one is too long, or they are too many, they go to a table.</remarks>
public unsafe struct HashBuilder
{
    private const long CompactBytesMax = 1 << 30;
    private const int TimeElementBytes = 10;

    private readonly ValueHeap _values;
    private readonly long _nowMs;
    private readonly bool _hasTimes;
    private HeapBuffer _content;
    private LargeHash* _large;
    private long _count;
    private long _nextMs;

    /// <summary>Begins.</summary>
    /// <param name="values">The heap where the hash will live.</param>
    /// <param name="fieldsExpected">About how many fields will come.</param>
    /// <param name="hasTimes">Whether fields may have times to live.</param>
    /// <param name="nowMs">The time.</param>
    public HashBuilder(ValueHeap values, long fieldsExpected, bool hasTimes, long nowMs)
    {
        _values = values;
        _hasTimes = hasTimes;
        _nowMs = nowMs;
        if (fieldsExpected > values.Limits.HashEntries)
            CreateLarge();
        else
            BeginContent();
    }

    /// <summary>Fields so far.</summary>
    public readonly long Count => _count;

    /// <summary>
    /// A hash whose fields and values are the elements of a checked listpack, taken over as they are; null: they must be added one by one (too many, too
    /// long, not canonical). <paramref name="isSound"/> is false when a field comes twice or has no value: it is no hash at all.
    /// </summary>
    public static byte* TakeOver(
        ValueHeap values, byte* first, byte* end, in ListpackFacts facts, ReadOnlySpan<byte> key, long expiryMs, uint clock, out bool isSound)
    {
        isSound = (facts.Count & 1) == 0;
        if (!isSound || !facts.IsCanonical || facts.Count / 2 > values.Limits.HashEntries || facts.LongestText > values.Limits.HashValueBytes)
            return null;
        isSound = DistinctItems.AreDistinct(values, first, end, facts.Count, 2);
        return isSound ? ListpackEntry.CreateOf(values, ValueType.Hash, ValueEncoding.Listpack, key, first, end, facts.Count, expiryMs, clock) : null;
    }

    /// <summary>Adds a field; false: it is there already (a small hash finds that out at its end).</summary>
    /// <param name="field">The field.</param>
    /// <param name="value">Its value.</param>
    /// <param name="expiryMs">Unix milliseconds, or 0.</param>
    public bool TryAdd(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs = 0)
    {
        CompactLimits limits = _values.Limits;
        if (_large == null)
        {
            bool fits = _count < limits.HashEntries && field.Length <= limits.HashValueBytes && value.Length <= limits.HashValueBytes
                && _content.Length + field.Length + value.Length < CompactBytesMax;
            if (fits)
            {
                Append(field, value, expiryMs);
                return true;
            }

            if (!Enlarge())
                return false;
        }

        return TryAddLarge(field, value, expiryMs);
    }

    /// <summary>
    /// Makes it an entry; null: a field came twice. There is at least one field. The builder is empty then, whatever the result. O(fields) in a small hash.
    /// </summary>
    public byte* Finish(ReadOnlySpan<byte> key, long expiryMs, uint clock)
    {
        byte* entry = null;
        if (_large != null)
        {
            entry = EntryBlock.CreatePointer(_values.Heap, ValueType.Hash, ValueEncoding.HashTable, key, (byte*)_large, expiryMs, clock);
            _large = null;
        }
        else
        {
            byte* first = _content.Data;
            byte* end = first + _content.Length;
            int stride = _hasTimes ? 3 : 2;
            long elements = _count * stride;
            if (_hasTimes)
            {
                CompactHash.WriteTime(first, _nextMs);
                elements++;
                first += TimeElementBytes;
            }

            if (DistinctItems.AreDistinct(_values, first, end, _count * stride, stride))
            {
                ValueEncoding encoding = _hasTimes ? ValueEncoding.ListpackEx : ValueEncoding.Listpack;
                entry = ListpackEntry.CreateOf(_values, ValueType.Hash, encoding, key, _content.Data, end, elements, expiryMs, clock);
            }
        }

        Free();
        return entry;
    }

    /// <summary>Frees what has been collected.</summary>
    public void Free()
    {
        _content.Release(_values.Heap);
        int budget = int.MaxValue;
        while (_large != null && !LargeHash.Free(_values, _large, ref budget))
            budget = int.MaxValue;
        _large = null;
    }

    private void CreateLarge()
    {
        _large = LargeHash.Create(_values);
        _large->MayExpire = _hasTimes;
    }

    private void BeginContent()
    {
        if (!_hasTimes)
            return;
        _content.Reserve(_values.Heap, TimeElementBytes);
        _content.Length = TimeElementBytes;
    }

    private void Append(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs)
    {
        var first = new ListpackValue(field);
        var second = new ListpackValue(value);
        byte* to = _content.Reserve(_values.Heap, first.Size + (long)second.Size + TimeElementBytes);
        first.Write(to);
        second.Write(to + first.Size);
        _content.Length += first.Size + second.Size;
        _count++;
        if (!_hasTimes)
            return;
        CompactHash.WriteTime(to + first.Size + second.Size, expiryMs);
        _content.Length += TimeElementBytes;
        if (expiryMs > 0 && (_nextMs == 0 || expiryMs < _nextMs))
            _nextMs = expiryMs;
    }

    [SkipLocalsInit]
    private bool Enlarge()
    {
        CreateLarge();
        _count = 0;
        Span<byte> fieldScratch = stackalloc byte[Listpack.ScratchBytes];
        Span<byte> valueScratch = stackalloc byte[Listpack.ScratchBytes];
        byte* at = _content.Data + (_hasTimes ? TimeElementBytes : 0);
        byte* end = _content.Data + _content.Length;
        bool distinct = true;
        for (; at < end && distinct; at = CompactHash.Next(at, _hasTimes))
        {
            long expiryMs = _hasTimes ? CompactHash.ExpiryOf(at) : 0;
            distinct = TryAddLarge(Listpack.Text(at, fieldScratch), Listpack.Text(Listpack.Next(at), valueScratch), expiryMs);
        }

        _content.Release(_values.Heap);
        return distinct;
    }

    private bool TryAddLarge(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs)
    {
        ulong hash = LargeHash.HashOf(_values, field);
        if (LargeHash.TableOf(_values, _large).Find(hash, field) != null)
            return false;
        LargeHash.Add(_values, _large, hash, field, value, expiryMs, _nowMs);
        _count++;
        return true;
    }
}
