using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>
/// Builds a stream from the listpacks that Redis keeps of it: for loading. Each becomes a block, so that XTRIM ~ finds the same boundaries. Data plane;
/// O(bytes).
/// </summary>
public unsafe struct StreamBuilder
{
    private const int DeletedFlag = 1;
    private const int SchemaFlag = 2;

    private readonly ValueHeap _values;
    private StreamState* _stream;
    private HeapBuffer _pairs;
    private HeapBuffer _texts;
    private byte* _at;
    private byte* _end;

    /// <summary>Begins.</summary>
    public StreamBuilder(ValueHeap values)
    {
        _values = values;
        _stream = StreamState.Create(values.Heap);
    }

    /// <summary>The stream so far, for its groups and counts.</summary>
    public readonly StreamState* Stream => _stream;

    /// <summary>Adds the entries of a checked listpack; false: they are not what such a listpack holds, or not behind those before.</summary>
    /// <param name="master">The ID that its entries refer to.</param>
    /// <param name="first">The first element.</param>
    /// <param name="end">The end of the elements.</param>
    public bool TryAddBlock(StreamId master, byte* first, byte* end)
    {
        StreamLog.CloseTail(_values.Heap, _stream);
        _at = first;
        _end = end;
        _texts.Length = _pairs.Length = 0;
        if (!TryCount(out long live) || !TryCount(out long deleted) || !TryCount(out long schemaFields) || schemaFields == 0 || live == 0)
            return false;
        byte* schema = _at;
        for (long i = 0; i < schemaFields; i++)
        {
            if (!TrySkip())
                return false;
        }

        if (!TryCount(out long terminator) || terminator != 0)
            return false;
        for (long i = live + deleted; i > 0; i--)
        {
            if (_at == _end || !TryAddEntry(master, schema, schemaFields, ref live, ref deleted))
                return false;
        }

        return _at == _end && live == 0 && deleted == 0;
    }

    /// <summary>Sets what a stream knows besides its entries; false: it contradicts them.</summary>
    /// <param name="length">Number of entries that are not deleted.</param>
    /// <param name="last">The ID generated last.</param>
    public readonly bool TryComplete(ulong length, StreamId last)
    {
        if ((ulong)_stream->Length != length || last < _stream->Last)
            return false;
        _stream->Last = last;
        _stream->EntriesAdded = _stream->Length;
        if (_stream->Length == 0)
            return true;
        StreamLog.NoteEdges(_values.Heap, _stream, first: true, last: true);
        return true;
    }

    /// <summary>Makes it an entry. The builder is empty then.</summary>
    public byte* Finish(ReadOnlySpan<byte> key, long expiryMs, uint clock)
    {
        byte* entry = EntryBlock.CreatePointer(
            _values.Heap, ValueType.Stream, ValueEncoding.Stream, key, (byte*)_stream, expiryMs, clock);
        _stream = null;
        Free();
        return entry;
    }

    /// <summary>Frees what has been collected.</summary>
    public void Free()
    {
        NativeHeap heap = _values.Heap;
        _pairs.Release(heap);
        _texts.Release(heap);
        if (_stream == null)
            return;
        byte* entry = EntryBlock.CreatePointer(heap, ValueType.Stream, ValueEncoding.Stream, default, (byte*)_stream);
        int budget = int.MaxValue;
        while (!StreamValue.Free(_values, entry, ref budget))
            budget = int.MaxValue;
        _stream = null;
    }

    private bool TryAddEntry(StreamId master, byte* schema, long schemaFields, ref long live, ref long deleted)
    {
        if (!TryInteger(out long flags) || (flags & ~(DeletedFlag | SchemaFlag)) != 0 || !TryInteger(out long ms) || !TryInteger(out long seq))
            return false;
        var id = new StreamId(unchecked(master.Ms + (ulong)ms), unchecked(master.Seq + (ulong)seq));
        bool hasSchema = (flags & SchemaFlag) != 0;
        long fields = schemaFields;
        if (id <= _stream->Last || (!hasSchema && !TryCount(out fields)) || fields == 0 || fields > int.MaxValue / 2)
            return false;

        // Each field takes at least two bytes of what is left: no runaway allocation.
        if (fields > (_end - _at) / (hasSchema ? 2 : 4))
            return false;
        long pairBytes = 2 * fields * sizeof(ByteString);
        _pairs.Length = _texts.Length = 0;
        var pairs = (ByteString*)_pairs.Reserve(_values.Heap, pairBytes);
        _texts.Reserve(_values.Heap, 2 * fields * Listpack.ScratchBytes);
        byte* field = schema;
        for (long i = 0; i < fields; i++)
        {
            if (hasSchema)
            {
                pairs[2 * i] = Text(field);
                field = Listpack.Next(field);
            }
            else if (!TryText(out pairs[2 * i]))
            {
                return false;
            }

            if (!TryText(out pairs[(2 * i) + 1]))
                return false;
        }

        long expected = hasSchema ? fields + 3 : (2 * fields) + 4;
        if (!TryInteger(out long count) || count != expected)
            return false;
        bool isDeleted = (flags & DeletedFlag) != 0;
        if (!StreamLog.Load(_values, _stream, id, pairs, (int)fields, isDeleted))
            return false;
        _stream->Last = id;
        if (isDeleted)
        {
            deleted--;
            return true;
        }

        live--;
        _stream->Length++;
        return true;
    }

    private bool TrySkip()
    {
        if (_at >= _end)
            return false;
        _at = Listpack.Next(_at);
        return true;
    }

    private bool TryInteger(out long value)
    {
        value = 0;
        if (_at >= _end || !Listpack.TryInteger(_at, out value))
            return false;
        _at = Listpack.Next(_at);
        return true;
    }

    // Each counted thing takes at least a byte.
    private bool TryCount(out long value) => TryInteger(out value) && value >= 0 && value <= _end - _at;

    private bool TryText(out ByteString text)
    {
        text = default;
        if (_at >= _end)
            return false;
        text = Text(_at);
        _at = Listpack.Next(_at);
        return true;
    }

    private ByteString Text(byte* element)
    {
        if (Listpack.TryText(element, out byte* text, out int length))
            return new ByteString { Pointer = text, Length = length };
        Listpack.TryInteger(element, out long integer);
        byte* to = _texts.Data + _texts.Length;
        length = IntegerText.Format(integer, new Span<byte>(to, Listpack.ScratchBytes));
        _texts.Length += Listpack.ScratchBytes;
        return new ByteString { Pointer = to, Length = length };
    }
}
