using FastKv.Engine.Persistence.Rdb;
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

    /// <summary>Appends until about so many bytes more are there, or the value ends.</summary>
    /// <returns>True: it has ended.</returns>
    public abstract bool Continue(RdbValueWriter writer, ref NativeBuffer output, long bytesMax);

    /// <summary>An element is about to change or go: written if it is of the instant.</summary>
    public virtual void BeforeChange(RdbValueWriter writer, ref NativeBuffer output, byte* element, bool isRemoved)
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
internal sealed unsafe class ElementsRecord(FrozenElements elements, RdbType type, long leastMs) : FrozenRecord
{
    public override bool Continue(RdbValueWriter writer, ref NativeBuffer output, long bytesMax)
    {
        long limit = output.Length + bytesMax;
        while (output.Length < limit)
        {
            byte* element = elements.Next();
            if (element == null)
                return true;
            writer.WriteElement(ref output, type, leastMs, element);
        }
        return false;
    }

    public override void BeforeChange(RdbValueWriter writer, ref NativeBuffer output, byte* element, bool isRemoved)
    {
        while (elements.HasFetched)
            writer.WriteElement(ref output, type, leastMs, elements.Next());
        if (elements.BeforeChange(element, isRemoved))
            writer.WriteElement(ref output, type, leastMs, element);
    }

    public override void NoteAdded(byte* element) => elements.NoteAdded(element);

    public override EntryRef Release() => elements.Release();
}

/// <summary>A large list.</summary>
internal sealed unsafe class ListRecord(NativeHeap heap, FrozenList* list) : FrozenRecord
{
    /// <inheritdoc/>
    /// <remarks>A list that is freed leaves its blocks one by one.</remarks>
    public override bool KeepsValue => false;

    public override bool Continue(RdbValueWriter writer, ref NativeBuffer output, long bytesMax)
    {
        long limit = output.Length + bytesMax;
        for (; list->Left > 0; list->Advance(heap))
        {
            if (output.Length >= limit)
                return false;
            list->Peek(out byte* first, out int bytes, out long count);
            writer.WriteNode(ref output, first, bytes, count);
        }
        return true;
    }

    public override EntryRef Release()
    {
        FrozenList.Free(heap, list);
        return default;
    }
}

/// <summary>A large stream: its blocks, and behind them what was taken down at once.</summary>
internal sealed unsafe class StreamRecord(NativeHeap heap, FrozenStream* blocks, NativeBuffer rest) : FrozenRecord
{
    private NativeBuffer _rest = rest;
    private bool _isAtRest;

    public override bool Continue(RdbValueWriter writer, ref NativeBuffer output, long bytesMax)
    {
        long limit = output.Length + bytesMax;
        while (!_isAtRest)
        {
            if (output.Length >= limit)
                return false;
            if (blocks->MoveNext(heap))
                writer.WriteBlock(ref output, blocks);
            else
                _isAtRest = true;
        }
        long bytes = Math.Min(_rest.Length, Math.Max(1, limit - output.Length));
        RdbOutput.Raw(ref output, new ReadOnlySpan<byte>(_rest.Data, checked((int)bytes)));
        _rest.RemovePrefix(bytes);
        return _rest.Length == 0;
    }

    public override EntryRef Release()
    {
        FrozenStream.Free(heap, blocks);
        _rest.Release();
        return default;
    }
}
