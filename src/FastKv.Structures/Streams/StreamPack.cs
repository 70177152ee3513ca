using System.Diagnostics;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. A block of a stream as the listpack that Redis keeps of it, and writes to its files:
//
//   | live | deleted | fields n | field … | 0 |          of the first entry: the schema
//   | flags | ms | seq | value …                    | n + 3  |     flags 2: the schema's fields; 1: deleted
//   | flags | ms | seq | n | field value …          | 2n + 4 |     other fields
//
// ms and seq are differences to the block's first ID. How many bytes that makes is counted as entries are added (StreamBlock.PackBytes), so the size is known
// before a byte is written.

/// <summary>Blocks of a stream in order, each as Redis's listpack; the stream must not change meanwhile (groups may). O(1) per step.</summary>
public unsafe struct StreamPackCursor
{
    private const int DeletedFlag = 1;
    private const int SchemaFlag = 2;

    private StreamIdMap.Cursor _cursor;
    private bool _hasStarted;

    /// <summary>Stands before the first block.</summary>
    public StreamPackCursor(StreamState* stream) => _cursor = stream->Blocks.First;

    /// <summary>The ID of the block's first entry.</summary>
    public readonly StreamId FirstId => _cursor.Id;

    /// <summary>The block's entries.</summary>
    public readonly StreamBlockEntries Entries => new(Block, _cursor.Id);

    /// <summary>Bytes of the listpack.</summary>
    public readonly long Bytes => Block->NodeBytes;

    private readonly StreamBlock* Block => (StreamBlock*)_cursor.Value;

    /// <summary>Goes to the next block; false: there is none.</summary>
    public bool MoveNext()
    {
        if (_hasStarted)
            return _cursor.MoveNext();
        _hasStarted = true;
        return _cursor.IsValid;
    }

    /// <summary>Writes the listpack, <see cref="Bytes"/> bytes. O(bytes).</summary>
    public readonly void Write(byte* to) => Write(Block, _cursor.Id, to);

    /// <summary>Keeps the blocks behind the present one as they are while the stream changes.</summary>
    public readonly FrozenStream* Freeze(NativeHeap heap, StreamState* stream) =>
        FrozenStream.Create(heap, stream, _hasStarted && _cursor.IsValid ? Block->Last : StreamId.Zero);

    /// <summary>Writes a block.</summary>
    internal static void Write(StreamBlock* block, StreamId first, byte* to)
    {
        byte* at = to + ListpackCheck.RedisHeaderBytes;
        long elements = 4 + block->FieldCount;
        at += Listpack.Encode(at, block->Live);
        at += Listpack.Encode(at, block->Deleted);
        at += Listpack.Encode(at, block->FieldCount);
        byte* schema = (byte*)(block + 1);
        for (int i = 0; i < block->FieldCount; i++)
        {
            int length = (int)Varint.Read(ref schema);
            at += Listpack.Encode(at, new ReadOnlySpan<byte>(schema, length));
            schema += length;
        }

        at += Listpack.Encode(at, 0);
        var reader = new StreamBlockReader(block, first);
        while (reader.MoveNext())
            at = WriteEntry(at, reader, first, ref elements);
        *at++ = ListpackCheck.RedisEndMark;
        Debug.Assert(at - to == block->NodeBytes, "the sizes of the elements were added up");
        *(uint*)to = (uint)(at - to);
        *(ushort*)(to + sizeof(uint)) = (ushort)Math.Min(elements, Listpack.CountUnknown);
    }

    private static byte* WriteEntry(byte* at, in StreamBlockReader reader, StreamId first, ref long elements)
    {
        bool hasSchema = reader.HasSchemaFields;
        int fields = reader.FieldCount;
        at += Listpack.Encode(at, (reader.IsDeleted ? DeletedFlag : 0) | (hasSchema ? SchemaFlag : 0));
        at += Listpack.Encode(at, (long)(reader.Id.Ms - first.Ms));
        at += Listpack.Encode(at, (long)unchecked(reader.Id.Seq - first.Seq));
        long count = hasSchema ? fields + 3L : (2L * fields) + 4;
        if (!hasSchema)
            at += Listpack.Encode(at, fields);
        StreamItems items = reader.Items;
        for (int i = 0; i < fields; i++)
        {
            StreamItem field = items.NextField();
            if (!hasSchema)
                at = Write(at, field);
            at = Write(at, items.NextValue());
        }

        at += Listpack.Encode(at, count);
        elements += count + 1;
        return at;
    }

    private static byte* Write(byte* at, StreamItem item) => at + (item.IsInteger ? Listpack.Encode(at, item.Integer) : Listpack.EncodeText(at, item.Bytes));
}
