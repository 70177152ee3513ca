using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Snapshots;

// Data plane, under the ownership word; made only for large values that change while a snapshot has yet to write them.

/// <summary>What is left to be written of a large value that goes on changing: how it was at the instant of the snapshot.</summary>
internal abstract unsafe class FrozenRecord
{
    /// <summary>The value's native structure.</summary>
    public nint Value { get; set; }

    /// <summary>The value was removed: its entry is the snapshot's until it is written. Null: it is in a table, or somebody else's.</summary>
    public EntryRef Orphan { get; set; }

    /// <summary>What has been taken down before it is the record's turn, full chunks of it.</summary>
    public List<SnapshotChunk> Chunks { get; } = [];

    /// <summary>The chunk behind those.</summary>
    public SnapshotChunk? Chunk { get; set; }

    /// <summary>Whether the structure must not be freed before the record ends.</summary>
    public virtual bool KeepsValue => true;

    /// <summary>Bytes that were taken down when it was frozen and have yet to be written.</summary>
    public virtual long HeadBytes => 0;

    /// <summary>Appends until about so many bytes more are there, or the value ends.</summary>
    /// <returns>True: it has ended.</returns>
    public abstract bool Continue(ref NativeBuffer output, long bytesMax);

    /// <summary>An element is about to change or go: written if it is of the instant.</summary>
    public virtual void BeforeChange(ref NativeBuffer output, byte* element, bool isRemoved)
    {
    }

    /// <summary>An element has come or changed.</summary>
    public virtual void NoteAdded(byte* element)
    {
    }

    /// <summary>Ends it, complete or not. What it returns is an entry to be freed, perhaps null.</summary>
    public abstract EntryRef Release();
}

/// <summary>A large hash, set or sorted set.</summary>
internal sealed unsafe class ElementsRecord(FrozenElements elements, FrozenFormat format) : FrozenRecord
{
    public override bool Continue(ref NativeBuffer output, long bytesMax)
    {
        long limit = output.Length + bytesMax;
        while (output.Length + format.HeldBytes < limit)
        {
            byte* element = elements.Next();
            if (element == null)
            {
                format.Flush(ref output);
                format.End(ref output);
                return true;
            }
            format.Element(ref output, element);
        }
        format.Flush(ref output);
        return false;
    }

    public override void BeforeChange(ref NativeBuffer output, byte* element, bool isRemoved)
    {
        while (elements.HasFetched)
            format.Element(ref output, elements.Next());
        if (elements.BeforeChange(element, isRemoved))
            format.Element(ref output, element);
        format.Flush(ref output);
    }

    public override void NoteAdded(byte* element) => elements.NoteAdded(element);

    public override EntryRef Release()
    {
        format.Release();
        return elements.Release();
    }
}

/// <summary>A large list.</summary>
internal sealed unsafe class ListRecord(NativeHeap heap, FrozenList* list, FrozenFormat format) : FrozenRecord
{
    /// <inheritdoc/>
    /// <remarks>A list that is freed leaves its blocks one by one.</remarks>
    public override bool KeepsValue => false;

    public override bool Continue(ref NativeBuffer output, long bytesMax)
    {
        long limit = output.Length + bytesMax;
        for (; list->Left > 0; list->Advance(heap))
        {
            if (output.Length >= limit)
                return false;
            list->Peek(out byte* first, out int bytes, out long count);
            format.Node(ref output, first, bytes, count);
        }
        format.End(ref output);
        return true;
    }

    public override EntryRef Release()
    {
        format.Release();
        FrozenList.Free(heap, list);
        return default;
    }
}

/// <summary>A large stream: its blocks, and its groups.</summary>
internal sealed unsafe class StreamRecord(ValueHeap values, FrozenStream* blocks, FrozenGroups* groups, NativeBuffer heads, FrozenFormat format) : FrozenRecord
{
    private NativeBuffer _heads = heads;
    private long _headBytes;
    private int _list;
    private bool _isAtGroups = blocks == null;

    public override long HeadBytes => _heads.Length;

    public override bool Continue(ref NativeBuffer output, long bytesMax)
    {
        long limit = output.Length + bytesMax;
        while (!_isAtGroups)
        {
            if (output.Length >= limit)
                return false;
            if (blocks->MoveNext(values.Heap))
                format.Block(ref output, blocks);
            else
                _isAtGroups = true;
        }
        while (output.Length < limit)
        {
            if (TryWriteHead(ref output, limit))
                continue;
            if (_list == groups->Count)
            {
                format.End(ref output);
                return true;
            }
            FrozenPendings* pendings = (*groups)[_list];
            while (output.Length < limit && pendings->MoveNext(values.Heap))
                format.Pending(ref output, _list, pendings);
            if (output.Length < limit)
                _list++;
        }
        return false;
    }

    public override EntryRef Release()
    {
        if (blocks != null)
            FrozenStream.Free(values.Heap, blocks);
        _heads.Release();
        format.Release();
        return FrozenGroups.Release(values, groups);
    }

    // What comes before the next list of pending entries; false: that is written.
    private bool TryWriteHead(ref NativeBuffer output, long limit)
    {
        long end = _list < groups->Count ? (*groups)[_list]->Position : _heads.Length;
        long bytes = Math.Min(end - _headBytes, limit - output.Length);
        if (bytes == 0)
            return false;
        output.Append(_heads.Data + _headBytes, bytes);
        _headBytes += bytes;
        return true;
    }
}

/// <summary>A large string.</summary>
internal sealed unsafe class StringRecord(FrozenString text, bool isBegun, FrozenFormat format) : FrozenRecord
{
    private bool _isBegun = isBegun;

    /// <inheritdoc/>
    /// <remarks>Its buffer is kept (<see cref="BlockKeeper"/>), not the entry.</remarks>
    public override bool KeepsValue => false;

    /// <summary>The bytes.</summary>
    public FrozenString Text => text;

    public override bool Continue(ref NativeBuffer output, long bytesMax)
    {
        long limit = output.Length + bytesMax;
        if (!_isBegun && format.TryWriteShort(ref output, text))
            return true;
        _isBegun = true;
        while (text.Left > 0)
        {
            if (output.Length >= limit)
                return false;
            ReadOnlySpan<byte> bytes = text.Peek(limit - output.Length);
            fixed (byte* from = bytes)
                output.Append(from, bytes.Length);
            text.Advance(bytes.Length);
        }
        format.End(ref output);
        return true;
    }

    public override EntryRef Release()
    {
        format.Release();
        text.Release();
        return default;
    }
}
