using System.Runtime.CompilerServices;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Rdb;

// Streams, as of Redis 7.0: a block, a pending entry or a consumer per step.
internal sealed unsafe partial class RdbValueWriter
{
    private const int IdBytes = 16;

    private StreamState* _stream;
    private StreamPackCursor _blocks;
    private StreamIdMap.Cursor _pending;
    private bool _hasPending;
    private int _group;
    private int _consumer;

    private StreamGroup* Group => (StreamGroup*)_stream->Groups[_group];

    private void StepStream(ref NativeBuffer output)
    {
        switch (_stage)
        {
            case Stage.Elements:
                StepBlocks(ref output);
                break;
            case Stage.Facts:
                WriteFacts(ref output);
                break;
            case Stage.Group:
                StepGroup(ref output);
                break;
            case Stage.Pending:
                StepPending(ref output);
                break;
            case Stage.Consumer:
                StepConsumer(ref output);
                break;
            default:
                StepOwned(ref output);
                break;
        }
    }

    private void StepBlocks(ref NativeBuffer output)
    {
        if (_node < 0)
        {
            _stream = StreamValue.Of(_entry);
            _blocks = new StreamPackCursor(_stream);
            RdbOutput.Length(ref output, (ulong)_stream->BlockCount);
            _node = 0;
            return;
        }
        if (!_blocks.MoveNext())
        {
            _stage = Stage.Facts;
            return;
        }
        RdbOutput.Length(ref output, IdBytes);
        RdbOutput.RawId(ref output, _blocks.FirstId);
        long bytes = _blocks.Bytes;
        byte* listpack = Scratch(bytes);
        _blocks.Write(listpack);
        RdbOutput.String(ref output, new ReadOnlySpan<byte>(listpack, checked((int)bytes)), Compressor);
    }

    private void WriteFacts(ref NativeBuffer output)
    {
        RdbOutput.Length(ref output, (ulong)_stream->Length);
        WriteId(ref output, _stream->Last);
        WriteId(ref output, _stream->First);
        WriteId(ref output, _stream->MaxDeleted);
        RdbOutput.Length(ref output, (ulong)_stream->EntriesAdded);
        RdbOutput.Length(ref output, (ulong)_stream->Groups.Count);
        _group = 0;
        _stage = Stage.Group;
    }

    private void StepGroup(ref NativeBuffer output)
    {
        if (_group == _stream->Groups.Count)
        {
            _stage = Stage.Done;
            return;
        }
        RdbOutput.String(ref output, StreamGroup.NameOf(Group), Compressor);
        WriteId(ref output, Group->LastId);
        RdbOutput.Length(ref output, (ulong)Group->EntriesRead);
        RdbOutput.Length(ref output, (ulong)Group->Pending.Count);
        OpenPending(Group->Pending);
        _stage = Stage.Pending;
    }

    private void StepPending(ref NativeBuffer output)
    {
        if (!_hasPending)
        {
            RdbOutput.Length(ref output, (ulong)Group->Consumers.Count);
            _consumer = -1;
            _stage = Stage.Consumer;
            return;
        }
        var pending = (StreamPending*)_pending.Value;
        RdbOutput.RawId(ref output, _pending.Id);
        RdbOutput.Int64(ref output, pending->DeliveryMs);
        RdbOutput.Length(ref output, (ulong)pending->DeliveryCount);
        _hasPending = _pending.MoveNext();
    }

    private void StepConsumer(ref NativeBuffer output)
    {
        if (++_consumer == Group->Consumers.Count)
        {
            _group++;
            _stage = Stage.Group;
            return;
        }
        var consumer = (StreamConsumer*)Group->Consumers[_consumer];
        RdbOutput.String(ref output, StreamConsumer.NameOf(consumer), Compressor);
        RdbOutput.Int64(ref output, consumer->SeenMs);
        RdbOutput.Length(ref output, (ulong)consumer->Pending.Count);
        OpenPending(consumer->Pending);
        _stage = Stage.Owned;
    }

    private void StepOwned(ref NativeBuffer output)
    {
        if (!_hasPending)
        {
            _stage = Stage.Consumer;
            return;
        }
        RdbOutput.RawId(ref output, _pending.Id);
        _hasPending = _pending.MoveNext();
    }

    private void OpenPending(in StreamIdMap pending)
    {
        _pending = pending.First;
        _hasPending = _pending.IsValid;
    }

    private static void WriteId(ref NativeBuffer output, StreamId id)
    {
        RdbOutput.Length(ref output, id.Ms);
        RdbOutput.Length(ref output, id.Seq);
    }
}
