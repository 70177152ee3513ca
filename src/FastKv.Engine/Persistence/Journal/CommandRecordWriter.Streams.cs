using FastKv.Engine.Commands.Streams;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Journal;

// Streams: the entries of a block, a group, a consumer or a pending entry per step.
internal sealed unsafe partial class CommandRecordWriter
{
    private DumpWorkspace? _payload;
    private StreamState* _stream;
    private StreamPackCursor _blocks;
    private StreamIdMap.Cursor _pending;
    private int _group;
    private int _consumer;

    private StreamGroup* Group => (StreamGroup*)_stream->Groups[_group];

    private StreamConsumer* Consumer => (StreamConsumer*)Group->Consumers[_consumer];

    private void BeginStream(ref NativeBuffer output)
    {
        _stream = StreamValue.Of(_entry);
        if (HasLostPending(_stream) && TryWritePayload(ref output))
        {
            _stage = Stage.Expiry;
            return;
        }
        _blocks = new StreamPackCursor(_stream);
        if (_stream->Length > 0)
            return;

        // An entry that is trimmed at once makes an empty stream.
        Command(ref output, 7, "XADD"u8, _entry.Key);
        EffectText.Argument(ref output, "MAXLEN"u8);
        EffectText.Argument(ref output, "0"u8);
        EffectText.Argument(ref output, "0-1"u8);
        EffectText.Argument(ref output, "x"u8);
        EffectText.Argument(ref output, "y"u8);
    }

    /// <summary>Whether something is pending that is not in the stream any more. O(groups) if nothing was deleted, else O(n log n) in what is.</summary>
    private static bool HasLostPending(StreamState* stream)
    {
        for (int i = 0; i < stream->Groups.Count; i++)
        {
            var pending = ((StreamGroup*)stream->Groups[i])->Pending.First;
            if (!pending.IsValid || (stream->Length > 0 && pending.Id >= stream->First && stream->MaxDeleted < pending.Id))
                continue;
            do
            {
                if (!stream->Contains(pending.Id))
                    return true;
            }
            while (pending.MoveNext());
        }
        return false;
    }

    /// <summary>The whole stream as RESTORE: XCLAIM would pass over what is pending and not there, even with FORCE. False: it is too large for that.</summary>
    private bool TryWritePayload(ref NativeBuffer output)
    {
        _payload ??= new DumpWorkspace();
        long length = _payload.Serialize(_values, _entry, compress: false);
        if (length <= int.MaxValue)
        {
            Command(ref output, 4, "RESTORE"u8, _entry.Key);
            EffectText.Argument(ref output, "0"u8);
            EffectText.Argument(ref output, new ReadOnlySpan<byte>(_payload.Payload, (int)length));
        }
        _payload.Reset();
        return length <= int.MaxValue;
    }

    private void StepStream(ref NativeBuffer output)
    {
        switch (_stage)
        {
            case Stage.Elements:
                if (_blocks.MoveNext())
                    WriteBlock(ref output, _entry.Key, _blocks.Entries);
                else
                    _stage = Stage.Facts;
                break;
            case Stage.Facts:
                WriteFacts(ref output);
                _group = -1;
                _stage = Stage.Group;
                break;
            case Stage.Group:
                StepGroup(ref output);
                break;
            case Stage.Consumer:
                StepConsumer(ref output);
                break;
            default:
                StepOwned(ref output);
                break;
        }
    }

    private void WriteBlock(ref NativeBuffer output, ReadOnlySpan<byte> key, StreamBlockEntries entries)
    {
        while (entries.MoveNext())
        {
            Command(ref output, 3 + (2 * entries.FieldCount), "XADD"u8, key);
            AddId(ref output, entries.Id);
            var items = entries.Items;
            for (int i = 0; i < entries.FieldCount; i++)
            {
                AddStreamItem(ref output, items.NextField());
                AddStreamItem(ref output, items.NextValue());
            }
        }
    }

    private void WriteFacts(ref NativeBuffer output)
    {
        Command(ref output, 7, "XSETID"u8, _entry.Key);
        AddId(ref output, _stream->Last);
        EffectText.Argument(ref output, "ENTRIESADDED"u8);
        EffectText.Argument(ref output, _stream->EntriesAdded);
        EffectText.Argument(ref output, "MAXDELETEDID"u8);
        AddId(ref output, _stream->MaxDeleted);
    }

    private void StepGroup(ref NativeBuffer output)
    {
        if (++_group == _stream->Groups.Count)
        {
            _stage = Stage.Expiry;
            return;
        }
        BeginGroup(ref output, 7, "CREATE"u8);
        AddId(ref output, Group->LastId);
        EffectText.Argument(ref output, "ENTRIESREAD"u8);
        EffectText.Argument(ref output, Group->EntriesRead);
        _consumer = -1;
        _stage = Stage.Consumer;
    }

    private void StepConsumer(ref NativeBuffer output)
    {
        if (++_consumer == Group->Consumers.Count)
        {
            _stage = Stage.Group;
            return;
        }
        BeginGroup(ref output, 5, "CREATECONSUMER"u8);
        EffectText.Argument(ref output, StreamConsumer.NameOf(Consumer));
        _pending = Consumer->Pending.First;
        _stage = Stage.Owned;
    }

    private void StepOwned(ref NativeBuffer output)
    {
        if (!_pending.IsValid)
        {
            _stage = Stage.Consumer;
            return;
        }
        var delivery = (StreamPending*)_pending.Value;
        _commands++;
        WriteClaimHead(ref output);
        WriteClaimRest(ref output, _pending.Id, delivery->DeliveryMs, delivery->DeliveryCount);
        _pending.MoveNext();
    }

    private void BeginGroup(ref NativeBuffer output, int count, ReadOnlySpan<byte> subcommand)
    {
        _commands++;
        EffectText.Header(ref output, count);
        EffectText.Argument(ref output, "XGROUP"u8);
        EffectText.Argument(ref output, subcommand);
        EffectText.Argument(ref output, _entry.Key);
        EffectText.Argument(ref output, StreamGroup.NameOf(Group));
    }

    // The same for all pending entries of a consumer.
    private void WriteClaimHead(ref NativeBuffer output)
    {
        EffectText.Header(ref output, 12);
        EffectText.Argument(ref output, "XCLAIM"u8);
        EffectText.Argument(ref output, _entry.Key);
        EffectText.Argument(ref output, StreamGroup.NameOf(Group));
        EffectText.Argument(ref output, StreamConsumer.NameOf(Consumer));
        EffectText.Argument(ref output, "0"u8);
    }

    private static void WriteClaimRest(ref NativeBuffer output, StreamId id, long deliveryMs, long deliveryCount)
    {
        AddId(ref output, id);
        EffectText.Argument(ref output, "TIME"u8);
        EffectText.Argument(ref output, deliveryMs);
        EffectText.Argument(ref output, "RETRYCOUNT"u8);
        EffectText.Argument(ref output, deliveryCount);
        EffectText.Argument(ref output, "JUSTID"u8);
        EffectText.Argument(ref output, "FORCE"u8);
    }

    private static void AddId(ref NativeBuffer output, StreamId id)
    {
        byte* digits = stackalloc byte[64];
        EffectText.Argument(ref output, new ReadOnlySpan<byte>(digits, StreamReplies.Format(id, digits)));
    }

    private static void AddStreamItem(ref NativeBuffer output, StreamItem item)
    {
        if (item.IsInteger)
            EffectText.Argument(ref output, item.Integer);
        else
            EffectText.Argument(ref output, item.Bytes);
    }
}
