using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>Builds a list from runs of elements (the nodes of another list), or from single ones: for loading. Data plane; O(bytes).</summary>
public unsafe struct ListBuilder
{
    private readonly ValueHeap _values;
    private QuickList* _list;
    private long _bytes;

    /// <summary>Begins.</summary>
    public ListBuilder(ValueHeap values) => _values = values;

    /// <summary>Elements so far.</summary>
    public readonly long Count => _list == null ? 0 : _list->Count;

    /// <summary>Adds elements at the tail, one behind the other, canonical ones; they become a node.</summary>
    /// <param name="first">The first element.</param>
    /// <param name="end">Their end, behind the first and less than 2 GiB away.</param>
    /// <param name="count">How many.</param>
    public void AddRun(byte* first, byte* end, long count)
    {
        NativeHeap heap = _values.Heap;
        EnsureList();
        int bytes = checked((int)(end - first));
        QuickNode* node = _list->InsertNode(heap, _list->NodeCount);
        node->Create(heap, bytes, forHead: false);
        Buffer.MemoryCopy(first, node->Data, bytes, bytes);
        node->End = bytes;
        node->Count = (int)count;
        _list->Count += count;
        _bytes += bytes;
    }

    /// <summary>Adds an element at the tail.</summary>
    public void Add(ReadOnlySpan<byte> value)
    {
        EnsureList();
        var element = new ListpackValue(value);
        _list->Push(_values.Heap, element, atHead: false, new ListNodeLimit(_values.Limits.ListSize));
        _bytes += element.Size;
    }

    /// <summary>Makes it an entry; there is at least one element. The builder is empty then.</summary>
    public byte* Finish(ReadOnlySpan<byte> key, long expiryMs, uint clock)
    {
        var limit = new ListNodeLimit(_values.Limits.ListSize);
        byte* entry;
        if (_list->NodeCount == 1 && _bytes + Listpack.HeaderBytes <= CompactValue.InlineBytesMax && !limit.EndsListpack(_bytes, Count))
        {
            QuickNode* node = _list->Head;
            entry = ListpackEntry.CreateOf(
                _values, ValueType.List, ValueEncoding.Listpack, key, node->First, node->Behind, node->Count, expiryMs, clock);
            Free();
            return entry;
        }

        ValueEncoding encoding = limit.EndsListpack(_bytes, Count) ? ValueEncoding.QuickList : ValueEncoding.Listpack;
        entry = EntryBlock.CreatePointer(_values.Heap, ValueType.List, encoding, key, (byte*)_list, expiryMs, clock);
        _list = null;
        return entry;
    }

    /// <summary>Frees what has been collected.</summary>
    public void Free()
    {
        int budget = int.MaxValue;
        if (_list != null)
            QuickList.Free(_values.Heap, _list, ref budget);
        _list = null;
        _bytes = 0;
    }

    private void EnsureList()
    {
        if (_list == null)
            _list = QuickList.Create(_values.Heap);
    }
}
