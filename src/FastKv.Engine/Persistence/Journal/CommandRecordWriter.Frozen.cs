using FastKv.Engine.Persistence.Snapshots;
using FastKv.Memory;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Persistence.Journal;

// Values that go on changing while they are written. Each command names the key, so the record has a copy of it, and of the expiry that stands at the end.
internal sealed unsafe partial class CommandRecordWriter
{
    public override FrozenRecord? Freeze(ref NativeBuffer output)
    {
        if (_entry.Type == ValueType.String)
            return FreezeString();
        if (_stage is Stage.Done or Stage.Expiry || !_entry.IsPointer)
            return null;
        if (_stage == Stage.Head)
            Step(ref output);
        if (_stage == Stage.Expiry)
            return null;
        if (_restBytes > 0)
            WriteWholeRest(ref output);
        FrozenRecord? record = _entry.Type switch
        {
            ValueType.Set => new ElementsRecord(_members.Freeze(_values, _entry), CreateFormat()),
            ValueType.SortedSet => new ElementsRecord(_scored.Freeze(_values, _entry), CreateFormat()),
            ValueType.Hash => new ElementsRecord(_fields.Freeze(_values, _entry), CreateFormat()),
            ValueType.List => FreezeList(ref output),
            _ => FreezeStream(),
        };
        if (record is not null)
            Abandon();
        return record;
    }

    private FrozenFormat CreateFormat(NativeBuffer claims = default, List<long>? claimEnds = null) =>
        new Format(this, _entry.Type, _entry.Key.ToArray(), _entry.HasExpiry ? _entry.ExpiryMs : -1, claims, claimEnds);

    // Only one whose bytes stand in a buffer of their own: what fits into the entry is written at once anyway.
    private StringRecord? FreezeString()
    {
        byte* buffer = StringEntry.BufferOf(_entry, out long length);
        bool isBegun = _stage != Stage.Head;
        if (buffer == null || (isBegun && _restBytes == 0))
            return null;
        var text = new FrozenString(_values.Heap, buffer, length, isBegun ? length - _restBytes : 0);
        FrozenFormat format = CreateFormat();
        Abandon();
        return new StringRecord(text, isBegun, format);
    }

    // A node that has been begun is finished.
    private ListRecord? FreezeList(ref NativeBuffer output)
    {
        while (_item != _itemsEnd)
        {
            WriteItem(ref output);
            if (_restBytes > 0)
                WriteWholeRest(ref output);
        }
        Flush(ref output, ValueType.List, _entry.Key);
        return _node == ListValue.NodeCountOf(_entry) ? null : new ListRecord(_values.Heap, ListValue.Freeze(_values, _entry, _node), CreateFormat());
    }

    // Groups and consumers are taken down now, lists of pending entries have their places between them.
    private StreamRecord FreezeStream()
    {
        NativeHeap heap = _values.Heap;
        FrozenStream* blocks = null;
        if (_stage == Stage.Elements)
        {
            blocks = _blocks.Freeze(heap, _stream);
            _stage = Stage.Facts;
        }
        NativeBuffer heads = default, claims = default;
        var claimEnds = new List<long>();
        FrozenGroups* groups = FrozenGroups.Create(heap, _stream);
        while (_stage != Stage.Expiry)
        {
            if (_stage == Stage.Owned && _pending.IsValid)
            {
                groups->Add(Consumer, hasDeliveries: true, _pending.Id, heads.Length);
                WriteClaimHead(ref claims);
                claimEnds.Add(claims.Length);
                _pending = default;
            }
            StepStream(ref heads);
        }
        return new StreamRecord(_values, blocks, groups, heads, CreateFormat(claims, claimEnds));
    }

    private sealed class Format(
        CommandRecordWriter writer, ValueType type, byte[] key, long expiryMs, NativeBuffer claims, List<long>? claimEnds) : FrozenFormat
    {
        private NativeBuffer _claims = claims;

        public override long HeldBytes => writer.HeldBytes;

        public override void Element(ref NativeBuffer output, byte* element)
        {
            switch (type)
            {
                case ValueType.Set:
                    writer.AddItem(ref output, type, key, FrozenElement.Member(element));
                    break;
                case ValueType.SortedSet:
                    writer.AddScored(ref output, key, FrozenElement.Score(element), FrozenElement.ScoredMember(element));
                    break;
                default:
                    writer.AddField(ref output, key, FrozenElement.Field(element), FrozenElement.Value(element), FrozenElement.ExpiryMs(element));
                    break;
            }
            FinishText(ref output);
        }

        public override void Flush(ref NativeBuffer output) => writer.Flush(ref output, type, key);

        public override void Node(ref NativeBuffer output, byte* first, int bytes, long count)
        {
            Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
            for (byte* item = first; item < first + bytes; item = Listpack.Next(item))
            {
                writer.AddItem(ref output, type, key, Listpack.Text(item, scratch));
                FinishText(ref output);
            }
            Flush(ref output);
        }

        public override void Block(ref NativeBuffer output, FrozenStream* blocks) => writer.WriteBlock(ref output, key, blocks->Entries);

        public override void Pending(ref NativeBuffer output, int list, FrozenPendings* pendings)
        {
            long start = list == 0 ? 0 : claimEnds![list - 1];
            output.Append(_claims.Data + start, claimEnds![list] - start);
            WriteClaimRest(ref output, pendings->Id, pendings->DeliveryMs, pendings->DeliveryCount);
        }

        public override bool TryWriteShort(ref NativeBuffer output, FrozenString text)
        {
            writer.Command(ref output, 3, "SET"u8, key);
            EffectText.ArgumentHead(ref output, checked((int)text.Left));
            return false;
        }

        public override void End(ref NativeBuffer output)
        {
            if (type == ValueType.String)
                EffectText.ArgumentEnd(ref output);
            if (expiryMs >= 0)
                writer.WriteExpiry(ref output, key, expiryMs);
        }

        public override void Release() => _claims.Release();

        // The element may be gone, or changed, by the next call.
        private void FinishText(ref NativeBuffer output)
        {
            if (writer._restBytes > 0)
                writer.WriteWholeRest(ref output);
        }
    }
}
