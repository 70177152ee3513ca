using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.Structures;

/// <summary>
/// Decodes the entries of a block one after the other, deleted ones included. Data plane; a step is O(1), or O(fields) if the entry has codes of its own.
/// </summary>
internal unsafe struct StreamBlockReader
{
    private StreamBlock* _block;
    private byte* _schema;
    private byte* _next;
    private byte* _end;
    private byte* _schemaCodes;
    private long _schemaCodesItemBytes;
    private byte* _codes;
    private byte* _items;
    private bool _hasSchemaFields;

    /// <summary>The current entry's ID.</summary>
    public StreamId Id;

    /// <summary>Where the current entry starts; its flags.</summary>
    public byte* Entry;

    /// <summary>Number of its fields.</summary>
    public int FieldCount;

    /// <summary>Stands before the first entry of a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="first">The block's first ID.</param>
    public StreamBlockReader(StreamBlock* block, StreamId first)
    {
        _block = block;
        _schema = (byte*)(block + 1);
        _next = (byte*)block + block->EntriesOffset;
        _end = (byte*)block + block->Used;
        Id = new StreamId(first.Ms, unchecked(first.Seq - 1));
    }

    /// <summary>The block.</summary>
    public readonly StreamBlock* Block => _block;

    /// <summary>Whether the current entry is deleted.</summary>
    public readonly bool IsDeleted => (*Entry & (byte)StreamEntryFlags.Deleted) != 0;

    /// <summary>Whether the current entry has the fields of the block's first one.</summary>
    public readonly bool HasSchemaFields => _hasSchemaFields;

    /// <summary>The current entry's fields and values.</summary>
    public readonly StreamItems Items => new(_hasSchemaFields ? _schema : null, _codes, _items);

    /// <summary>What <see cref="Restore"/> needs to come back to the current entry.</summary>
    public readonly StreamEntryMark Mark => new()
    {
        Id = Id,
        Offset = (int)(Entry - (byte*)_block),
        CodesOffset = _schemaCodes == null ? 0 : (int)(_schemaCodes - (byte*)_block),
    };

    /// <summary>Goes to the next entry; false: there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        byte* position = _next;
        if (position >= _end)
            return false;
        Entry = position;
        var flags = (StreamEntryFlags)(*position++);
        if ((flags & StreamEntryFlags.NextId) != 0)
            Id = new StreamId(Id.Ms, unchecked(Id.Seq + 1));
        else
            position = ReadId(position, flags);
        ReadItems(position, flags);
        return true;
    }

    /// <summary>Goes to an entry visited before.</summary>
    public void Restore(in StreamEntryMark mark)
    {
        Id = mark.Id;
        Entry = (byte*)_block + mark.Offset;
        byte* position = Entry;
        var flags = (StreamEntryFlags)(*position++);
        if ((flags & StreamEntryFlags.NextId) == 0)
            SkipId(ref position, flags);
        _schemaCodes = mark.CodesOffset == 0 ? null : (byte*)_block + mark.CodesOffset;
        ReadItems(position, flags);
    }

    private byte* ReadId(byte* position, StreamEntryFlags flags)
    {
        ulong ms = Varint.Read(ref position);
        if ((flags & StreamEntryFlags.FirstOfMs) != 0)
        {
            Id = new StreamId(Id.Ms + ms, 0);
            return position;
        }
        ulong seq = Varint.Read(ref position);
        Id = ms == 0 ? new StreamId(Id.Ms, unchecked(Id.Seq + seq)) : new StreamId(Id.Ms + ms, seq);
        return position;
    }

    private static void SkipId(ref byte* position, StreamEntryFlags flags)
    {
        Varint.Read(ref position);
        if ((flags & StreamEntryFlags.FirstOfMs) == 0)
            Varint.Read(ref position);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ReadItems(byte* position, StreamEntryFlags flags)
    {
        if ((flags & StreamEntryFlags.SchemaFields) != 0)
        {
            _hasSchemaFields = true;
            FieldCount = _block->FieldCount;
            if ((flags & StreamEntryFlags.SameCodes) == 0)
            {
                _schemaCodes = position;
                _schemaCodesItemBytes = SumOfCodes(ref position, FieldCount);
            }
            Debug.Assert(_schemaCodes != null, "the first entry with the schema's fields has codes");
            _codes = _schemaCodes;
            _items = position;
            _next = position + _schemaCodesItemBytes;
            return;
        }
        _hasSchemaFields = false;
        FieldCount = (int)Varint.Read(ref position);
        _codes = position;
        long bytes = SumOfCodes(ref position, 2 * FieldCount);
        _items = position;
        _next = position + bytes;
    }

    private static long SumOfCodes(ref byte* position, int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
            sum += StreamItem.BytesOf(Varint.Read(ref position));
        return sum;
    }
}

/// <summary>Where an entry stands, with what its decoding needs of those before it.</summary>
internal struct StreamEntryMark
{
    public StreamId Id;
    public int Offset;
    public int CodesOffset;
}
