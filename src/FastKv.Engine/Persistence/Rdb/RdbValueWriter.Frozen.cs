using FastKv.Engine.Persistence.Snapshots;
using FastKv.Memory;
using FastKv.Structures;
using FastKv.Structures.Encoding;

namespace FastKv.Engine.Persistence.Rdb;

// Values that go on changing while they are written: the writer gives up its walk for one that bears that (FrozenRecord), and writes what that gives.
internal sealed unsafe partial class RdbValueWriter
{
    /// <summary>
    /// Passes what is left of the value to a record that bears changes of it. O(1) for strings, hashes, sets and sorted sets, O(nodes) for lists,
    /// O(groups + consumers) for streams.
    /// </summary>
    /// <param name="output">Gets what the value has begun with.</param>
    /// <returns>Null: it is a value that is not large, or too far advanced, and to be finished.</returns>
    public FrozenRecord? Freeze(ref NativeBuffer output)
    {
        if (_type == RdbType.String)
            return FreezeString();
        if (_stage is Stage.Done or Stage.Value || !_entry.IsPointer)
            return null;
        if (_node < 0)
            Step(ref output);
        while (_restBytes > 0)
            WriteRest(ref output, _restBytes);
        FrozenRecord record = _type switch
        {
            RdbType.Set => new ElementsRecord(_members.Freeze(_values, _entry), FormatOf(0)),
            RdbType.SortedSet2 => new ElementsRecord(_scored.Freeze(_values, _entry), FormatOf(0)),
            RdbType.Hash or RdbType.HashTimes => new ElementsRecord(_fields.Freeze(_values, _entry), FormatOf(_leastMs)),
            RdbType.ListQuicklist2 => new ListRecord(_values.Heap, ListValue.Freeze(_values, _entry, _node), FormatOf(0)),
            _ => FreezeStream(),
        };
        Abandon();
        return record;
    }

    /// <summary>Writes an element of a hash, set or sorted set.</summary>
    private void WriteElement(ref NativeBuffer output, RdbType type, long leastMs, byte* element)
    {
        switch (type)
        {
            case RdbType.Set:
                RdbOutput.String(ref output, FrozenElement.Member(element), Compressor);
                break;
            case RdbType.SortedSet2:
                RdbOutput.String(ref output, FrozenElement.ScoredMember(element), Compressor);
                RdbOutput.Double(ref output, FrozenElement.Score(element));
                break;
            default:
                if (type == RdbType.HashTimes)
                {
                    long expiryMs = FrozenElement.ExpiryMs(element);
                    RdbOutput.Length(ref output, expiryMs == 0 ? 0 : (ulong)(expiryMs - leastMs + 1));
                }
                RdbOutput.String(ref output, FrozenElement.Field(element), Compressor);
                RdbOutput.String(ref output, FrozenElement.Value(element), Compressor);
                break;
        }
    }

    /// <summary>Writes a node of a list.</summary>
    private void WriteNode(ref NativeBuffer output, byte* first, int bytes, long count)
    {
        RdbOutput.Length(ref output, RdbFormat.ContainerPacked);
        WriteListpack(ref output, first, bytes, count);
    }

    /// <summary>Writes the present block of a stream.</summary>
    private void WriteBlock(ref NativeBuffer output, FrozenStream* stream)
    {
        RdbOutput.Length(ref output, IdBytes);
        RdbOutput.RawId(ref output, stream->FirstId);
        long bytes = stream->Bytes;
        byte* listpack = Scratch(bytes);
        stream->Write(listpack);
        RdbOutput.String(ref output, new ReadOnlySpan<byte>(listpack, checked((int)bytes)), Compressor);
    }

    /// <summary>Begins with a string: as a whole if it becomes short by compression, else its length.</summary>
    /// <returns>True: it is complete.</returns>
    private bool TryWriteShort(ref NativeBuffer output, FrozenString text)
    {
        if (Compressor != null && text.Left <= RdbOutput.CompressedBytesMax)
        {
            ReadOnlySpan<byte> whole = text.Peek(text.Left);
            if (whole.Length < text.Left)
            {
                byte* copy = Scratch(text.Left);
                text.CopyTo(copy);
                whole = new ReadOnlySpan<byte>(copy, (int)text.Left);
            }
            if (RdbOutput.TryShort(ref output, whole, Compressor))
                return true;
        }
        RdbOutput.Length(ref output, (ulong)text.Left);
        return false;
    }

    /// <summary>Writes the present pending entry of a group, or the ID of a consumer's.</summary>
    private static void WritePending(ref NativeBuffer output, FrozenPendings* pending)
    {
        RdbOutput.RawId(ref output, pending->Id);
        if (!pending->HasDeliveries)
            return;
        RdbOutput.Int64(ref output, pending->DeliveryMs);
        RdbOutput.Length(ref output, (ulong)pending->DeliveryCount);
    }

    // Only one whose bytes stand in a buffer of their own: what fits into the entry is written at once anyway.
    private StringRecord? FreezeString()
    {
        byte* buffer = StringEntry.BufferOf(_entry, out long length);
        if (buffer == null || !IsActive)
            return null;
        bool isBegun = _stage == Stage.Done;
        var text = new FrozenString(_values.Heap, buffer, length, isBegun ? length - _restBytes : 0);
        Abandon();
        return new StringRecord(text, isBegun, FormatOf(0));
    }

    // Headers are taken down now, lists of pending entries have their places between them.
    private StreamRecord FreezeStream()
    {
        NativeHeap heap = _values.Heap;
        FrozenStream* blocks = null;
        if (_stage == Stage.Elements)
        {
            blocks = _blocks.Freeze(heap, _stream);
            _stage = Stage.Facts;
        }
        NativeBuffer rest = default;
        FrozenGroups* groups = FrozenGroups.Create(heap, _stream);
        while (_stage != Stage.Done)
        {
            if (_stage is Stage.Pending or Stage.Owned && _hasPending)
            {
                if (_stage == Stage.Pending)
                    groups->Add(Group, _pending.Id, rest.Length);
                else
                    groups->Add((StreamConsumer*)Group->Consumers[_consumer], hasDeliveries: false, _pending.Id, rest.Length);
                _hasPending = false;
            }
            StepStream(ref rest);
        }
        return new StreamRecord(_values, blocks, groups, rest, FormatOf(0));
    }

    private RdbFrozenFormat FormatOf(long leastMs) => new(this, _type, leastMs);

    private sealed class RdbFrozenFormat(RdbValueWriter writer, RdbType type, long leastMs) : FrozenFormat
    {
        public override void Element(ref NativeBuffer output, byte* element) => writer.WriteElement(ref output, type, leastMs, element);

        public override void Node(ref NativeBuffer output, byte* first, int bytes, long count) => writer.WriteNode(ref output, first, bytes, count);

        public override void Block(ref NativeBuffer output, FrozenStream* blocks) => writer.WriteBlock(ref output, blocks);

        public override void Pending(ref NativeBuffer output, int list, FrozenPendings* pendings) => WritePending(ref output, pendings);

        public override bool TryWriteShort(ref NativeBuffer output, FrozenString text) => writer.TryWriteShort(ref output, text);
    }
}
