using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. Appending to a stream and deleting from it.

/// <summary>Changes of a stream's entries.</summary>
public static unsafe class StreamLog
{
    /// <summary>Most bytes of an entry, and of a block in Redis's encoding.</summary>
    private const long EntryBytesMax = 1 << 30;

    /// <summary>Items of an entry whose codes are worked out on the stack.</summary>
    private const int StackItems = 32;

    /// <summary>Appends an entry. O(fields) amortised.</summary>
    /// <param name="values">The shard's heap and limits.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="id">An ID behind <see cref="StreamState.Last"/>.</param>
    /// <param name="pairs">Field, value, field, value …</param>
    /// <param name="fieldCount">Number of fields, at least 1.</param>
    /// <returns>False: the entry is too large, and nothing has changed.</returns>
    public static bool Append(ValueHeap values, StreamState* stream, StreamId id, ByteString* pairs, int fieldCount)
    {
        Debug.Assert(id > stream->Last && fieldCount > 0, "IDs ascend");
        long bytes = 0;
        for (int i = 0; i < 2 * fieldCount; i++)
            bytes += pairs[i].Length;
        if (bytes > EntryBytesMax)
            return false;
        if (stream->Tail != null && IsFull(stream->Tail, bytes, values.Limits))
            CloseTail(values.Heap, stream);
        if (stream->Frozen != null && stream->Tail != null)
            stream->Frozen->BeforeChange(values.Heap, stream->TailFirst, stream->Tail);
        AppendToTail(values, stream, id, pairs, fieldCount, bytes, StreamEntryFlags.None);

        stream->Length++;
        stream->EntriesAdded++;
        stream->Last = stream->LastLive = id;
        if (stream->Length == 1)
            stream->First = id;
        return true;
    }

    /// <summary>Appends an entry to the present block however full that is, or to a new one: for loading. The counts of the stream are the caller's.</summary>
    internal static bool Load(ValueHeap values, StreamState* stream, StreamId id, ByteString* pairs, int fieldCount, bool isDeleted)
    {
        long bytes = 0;
        for (int i = 0; i < 2 * fieldCount; i++)
            bytes += pairs[i].Length;
        if (bytes + (stream->Tail == null ? 0 : stream->Tail->Used) > EntryBytesMax)
            return false;
        AppendToTail(values, stream, id, pairs, fieldCount, bytes, isDeleted ? StreamEntryFlags.Deleted : StreamEntryFlags.None);
        return true;
    }

    /// <summary>Makes the next entry begin a block; no entry may have been appended to the present one that is not complete.</summary>
    internal static void CloseTail(NativeHeap heap, StreamState* stream)
    {
        if (stream->Tail == null)
            return;
        StreamBlock* block = StreamBlock.Shrink(heap, stream->Tail);
        if (block != stream->Tail)
            stream->Blocks.Set(stream->TailFirst, (ulong)block);
        stream->Tail = null;
    }

    /// <summary>
    /// Deletes an entry; false: there is none. Leaves <see cref="StreamState.MaxDeleted"/> to the caller. O(log blocks + entries of a block).
    /// </summary>
    public static bool Delete(NativeHeap heap, StreamState* stream, StreamId id)
    {
        if (!stream->TryFind(id, out var reader, out var blockFirst) || reader.IsDeleted)
            return false;
        StreamBlock* block = reader.Block;
        if (block->Live == 1)
        {
            RemoveBlock(heap, stream, blockFirst, block);
        }
        else
        {
            if (stream->Frozen != null)
                stream->Frozen->BeforeChange(heap, blockFirst, block);
            *reader.Entry |= (byte)StreamEntryFlags.Deleted;
            block->Live--;
            block->Deleted++;
        }
        stream->Length--;
        NoteEdges(heap, stream, id == stream->First, id == stream->LastLive);
        return true;
    }

    /// <summary>Works out the first and the last ID after deletions.</summary>
    internal static void NoteEdges(NativeHeap heap, StreamState* stream, bool first, bool last)
    {
        if (stream->Length == 0)
        {
            stream->First = stream->LastLive = StreamId.Zero;
            return;
        }
        if (first)
        {
            using var walk = StreamState.Range(heap, stream, StreamId.Zero, StreamId.Max);
            stream->First = walk.MoveNext() ? walk.Id : StreamId.Zero;
        }
        if (last)
        {
            using var walk = StreamState.Range(heap, stream, StreamId.Zero, StreamId.Max, isReverse: true);
            stream->LastLive = walk.MoveNext() ? walk.Id : StreamId.Zero;
        }
    }

    /// <summary>Takes a block out and frees it; the counts of the stream are the caller's.</summary>
    internal static void RemoveBlock(NativeHeap heap, StreamState* stream, StreamId first, StreamBlock* block)
    {
        stream->Blocks.Remove(heap, first, out _);
        bool isTail = block == stream->Tail;
        if (stream->Frozen == null || !stream->Frozen->TryTake(heap, first, block))
            StreamBlock.Free(heap, block);
        if (!isTail)
            return;
        var last = stream->Blocks.Last;
        stream->Tail = last.IsValid ? (StreamBlock*)last.Value : null;
        stream->TailFirst = last.IsValid ? last.Id : StreamId.Zero;
    }

    // Redis looks at the size before the entry is added.
    private static bool IsFull(StreamBlock* block, long bytes, CompactLimits limits)
    {
        long bytesMax = limits.StreamNodeBytes is > 0 and <= EntryBytesMax ? limits.StreamNodeBytes : EntryBytesMax;
        return block->NodeBytes + bytes >= bytesMax || (limits.StreamNodeEntries > 0 && block->Entries >= limits.StreamNodeEntries);
    }

    [SkipLocalsInit]
    private static void AppendToTail(
        ValueHeap values, StreamState* stream, StreamId id, ByteString* pairs, int fieldCount, long bytes, StreamEntryFlags mark)
    {
        if (2 * fieldCount <= StackItems)
        {
            EncodedItem* items = stackalloc EncodedItem[StackItems];
            Append(values.Heap, stream, id, pairs, fieldCount, items, bytes, mark);
            return;
        }

        long scratchBytes = 2L * fieldCount * sizeof(EncodedItem);
        var scratch = (EncodedItem*)values.Heap.Allocate(scratchBytes);
        Append(values.Heap, stream, id, pairs, fieldCount, scratch, bytes, mark);
        values.Heap.Free((byte*)scratch, scratchBytes);
    }

    private static void Append(
        NativeHeap heap, StreamState* stream, StreamId id, ByteString* pairs, int fieldCount, EncodedItem* items, long textBytes, StreamEntryFlags mark)
    {
        bool isFirst = stream->Tail == null;
        StreamId blockFirst = isFirst ? id : stream->TailFirst;
        bool hasSchemaFields = isFirst || HasSchemaFields(stream->Tail, pairs, fieldCount);
        int itemCount = hasSchemaFields ? fieldCount : 2 * fieldCount;
        long packBytes = Encode(pairs, fieldCount, hasSchemaFields, items);
        packBytes += 2 + ListpackSize.OfInteger((long)(id.Ms - blockFirst.Ms)) + ListpackSize.OfInteger((long)unchecked(id.Seq - blockFirst.Seq));
        packBytes += ListpackSize.OfInteger(hasSchemaFields ? fieldCount + 3L : (2L * fieldCount) + 4);
        if (!hasSchemaFields)
            packBytes += ListpackSize.OfInteger(fieldCount);

        long neededBytes = textBytes + (itemCount * Varint.BytesMax) + (itemCount * sizeof(long)) + (3 * Varint.BytesMax) + 1;
        if (isFirst)
            packBytes += StartBlock(heap, stream, id, pairs, fieldCount, neededBytes);
        else
            Reserve(heap, stream, neededBytes);

        StreamBlock* block = stream->Tail;
        byte* entry = (byte*)block + block->Used;
        byte* position = WriteId(block, id, isFirst, entry + 1, out var flags);
        if (hasSchemaFields)
        {
            flags |= StreamEntryFlags.SchemaFields;
            if (HasSameCodes(block, items, itemCount))
            {
                flags |= StreamEntryFlags.SameCodes;
                itemCount = 0;
            }
            else
            {
                block->CodesOffset = (int)(position - (byte*)block);
            }
        }
        else
        {
            position = Varint.Write(position, (ulong)fieldCount);
        }
        for (int i = 0; i < itemCount; i++)
            position = Varint.Write(position, items[i].Code);
        position = WriteItems(position, pairs, fieldCount, hasSchemaFields, items);

        *entry = (byte)(flags | mark);
        block->Used = (int)(position - (byte*)block);
        block->PackBytes += (int)packBytes;
        if (mark == StreamEntryFlags.None)
            block->Live++;
        else
            block->Deleted++;
        block->Last = id;
        Debug.Assert(block->Used <= block->Capacity, "what was reserved");
    }

    // A new block with its schema; returns what the schema takes in Redis's listpack.
    private static long StartBlock(NativeHeap heap, StreamState* stream, StreamId id, ByteString* pairs, int fieldCount, long neededBytes)
    {
        long schemaBytes = 0;
        long packBytes = ListpackSize.Empty + ListpackSize.OfInteger(fieldCount) + ListpackSize.OfInteger(0);
        for (int i = 0; i < fieldCount; i++)
        {
            ByteString field = pairs[2 * i];
            schemaBytes += Varint.Size((ulong)field.Length) + field.Length;
            packBytes += EncodedItem.Of(field, out _);
        }

        long bytes = NativeHeap.UsableSize(sizeof(StreamBlock) + schemaBytes + neededBytes);
        var block = (StreamBlock*)heap.Allocate(bytes);
        *block = default;
        block->Capacity = (int)bytes;
        block->FieldCount = fieldCount;
        byte* position = (byte*)(block + 1);
        for (int i = 0; i < fieldCount; i++)
        {
            ByteString field = pairs[2 * i];
            position = Varint.Write(position, (ulong)field.Length);
            field.Span.CopyTo(new Span<byte>(position, field.Length));
            position += field.Length;
        }
        block->Used = block->EntriesOffset = (int)(position - (byte*)block);
        stream->Tail = block;
        stream->TailFirst = id;
        stream->Blocks.TryInsert(heap, id, (ulong)block);
        if (stream->Frozen != null)
            stream->Frozen->NoteNew(heap, id);
        return packBytes;
    }

    private static void Reserve(NativeHeap heap, StreamState* stream, long neededBytes)
    {
        StreamBlock* block = stream->Tail;
        long wanted = block->Used + neededBytes;
        if (wanted <= block->Capacity)
            return;
        wanted = Math.Min(NativeHeap.UsableSize(Math.Max(wanted, 2L * block->Capacity)), int.MaxValue);
        block = (StreamBlock*)heap.Reallocate((byte*)block, block->Capacity, wanted);
        block->Capacity = (int)wanted;
        if (block == stream->Tail)
            return;
        stream->Tail = block;
        stream->Blocks.Set(stream->TailFirst, (ulong)block);
    }

    private static bool HasSchemaFields(StreamBlock* block, ByteString* pairs, int fieldCount)
    {
        if (block->FieldCount != fieldCount)
            return false;
        byte* schema = (byte*)(block + 1);
        for (int i = 0; i < fieldCount; i++)
        {
            int length = (int)Varint.Read(ref schema);
            if (length != pairs[2 * i].Length || !new ReadOnlySpan<byte>(schema, length).SequenceEqual(pairs[2 * i].Span))
                return false;
            schema += length;
        }
        return true;
    }

    // Codes of what is to be written; returns its bytes in Redis's listpack.
    private static long Encode(ByteString* pairs, int fieldCount, bool valuesOnly, EncodedItem* items)
    {
        long packBytes = 0;
        int step = valuesOnly ? 2 : 1;
        for (int i = step - 1; i < 2 * fieldCount; i += step)
            packBytes += EncodedItem.Of(pairs[i], out *items++);
        return packBytes;
    }

    private static byte* WriteId(StreamBlock* block, StreamId id, bool isFirst, byte* position, out StreamEntryFlags flags)
    {
        // A reader starts one before the block's first ID.
        flags = StreamEntryFlags.NextId;
        if (isFirst)
            return position;
        ulong ms = id.Ms - block->Last.Ms;
        ulong seq = ms == 0 ? id.Seq - block->Last.Seq : id.Seq;
        if (ms == 0 && seq == 1)
            return position;
        position = Varint.Write(position, ms);
        flags = StreamEntryFlags.None;
        if (ms != 0 && seq == 0)
        {
            flags = StreamEntryFlags.FirstOfMs;
            return position;
        }
        return Varint.Write(position, seq);
    }

    private static bool HasSameCodes(StreamBlock* block, EncodedItem* items, int count)
    {
        if (block->CodesOffset == 0)
            return false;
        byte* codes = (byte*)block + block->CodesOffset;
        for (int i = 0; i < count; i++)
        {
            if (Varint.Read(ref codes) != items[i].Code)
                return false;
        }
        return true;
    }

    private static byte* WriteItems(byte* position, ByteString* pairs, int fieldCount, bool valuesOnly, EncodedItem* items)
    {
        int step = valuesOnly ? 2 : 1;
        for (int i = step - 1; i < 2 * fieldCount; i += step, items++)
        {
            if ((items->Code & 1) != 0)
            {
                position = StreamItem.WriteInteger(position, items->Code, items->Integer);
                continue;
            }
            pairs[i].Span.CopyTo(new Span<byte>(position, pairs[i].Length));
            position += pairs[i].Length;
        }
        return position;
    }

    private struct EncodedItem
    {
        public ulong Code;
        public long Integer;

        // Returns the bytes in Redis's listpack.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static long Of(ByteString text, out EncodedItem item)
        {
            if (text.Length is > 0 and <= IntegerText.BytesMax && *text.Pointer <= '9' && IntegerText.TryParse(text.Span, out long integer))
            {
                item = new EncodedItem { Code = StreamItem.CodeOf(integer), Integer = integer };
                return ListpackSize.OfInteger(integer);
            }
            item = new EncodedItem { Code = (ulong)text.Length << 1 };
            return ListpackSize.OfString(text.Length);
        }
    }
}
