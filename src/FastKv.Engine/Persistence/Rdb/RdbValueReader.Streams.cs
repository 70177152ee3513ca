using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Rdb;

// Streams: listpacks by first ID, what the stream knows besides, its groups with their pending entries and consumers.
internal unsafe ref partial struct RdbValueReader
{
    private const int IdBytes = 16;

    private enum StreamStage
    {
        Blocks,
        Facts,
        Groups,

        /// <summary>What is pending in a group, for whomever.</summary>
        Pendings,
        Consumers,

        /// <summary>What is pending for a consumer.</summary>
        OwnPendings,
        End,
    }

    private struct StreamParts : IRdbValueParts
    {
        private StreamBuilder _builder;
        private RdbType _type;
        private StreamStage _stage;
        private StreamGroup* _group;
        private StreamConsumer* _consumer;

        // Blocks, pendings: what is left of those that the stage is about.
        private long _left;
        private long _groupsLeft;
        private long _consumersLeft;

        // Of the group's pending entries, those that a consumer was found for.
        private long _owned;

        // A block holds a hundred entries.
        public static int PartsPerStep => 32;

        public readonly bool HasMore => _stage != StreamStage.End;

        public bool TryBegin(ref RdbValueReader reader, RdbType type)
        {
            if (!reader._input.TryCount(1 + IdBytes + 1, out _left))
                return false;
            _type = type;
            _builder = new StreamBuilder(reader._values);
            return true;
        }

        public bool TryNext(ref RdbValueReader reader)
        {
            switch (_stage)
            {
                case StreamStage.Blocks when _left > 0:
                    _left--;
                    return TryReadBlock(ref reader);
                case StreamStage.Blocks:
                    _stage = StreamStage.Facts;
                    return true;
                case StreamStage.Facts:
                    _stage = StreamStage.Groups;
                    return TryReadFacts(ref reader) && reader._input.TryCount(5, out _groupsLeft);
                case StreamStage.Groups when _groupsLeft > 0:
                    _groupsLeft--;
                    _stage = StreamStage.Pendings;
                    return TryReadGroup(ref reader) && reader._input.TryCount(IdBytes + sizeof(long) + 1, out _left);
                case StreamStage.Pendings when _left > 0:
                    _left--;
                    return TryReadPending(ref reader);
                case StreamStage.Pendings:
                    _owned = 0;
                    _stage = StreamStage.Consumers;
                    return reader._input.TryCount(1 + sizeof(long) + 1, out _consumersLeft);
                case StreamStage.Consumers when _consumersLeft > 0:
                    _consumersLeft--;
                    _stage = StreamStage.OwnPendings;
                    return TryReadConsumer(ref reader) && reader._input.TryCount(IdBytes, out _left);
                case StreamStage.OwnPendings when _left > 0:
                    _left--;
                    return TryReadOwnPending(ref reader);
                case StreamStage.OwnPendings:
                    _stage = StreamStage.Consumers;
                    return true;
                case StreamStage.Consumers:
                    // What is pending is pending for someone.
                    _stage = StreamStage.Groups;
                    return _owned == _group->Pending.Count || reader._input.Fail(RdbFault.BadGroup);
                default:
                    _stage = StreamStage.End;
                    return true;
            }
        }

        public byte* Finish(ref RdbValueReader reader) => _builder.Finish(reader._key, reader._expiryMs, reader._clock);

        public void Free() => _builder.Free();

        private bool TryReadBlock(ref RdbValueReader reader)
        {
            if (!reader._input.TryString(reader._heap, ref reader._second))
                return false;
            if (reader._second.Bytes == null || reader._second.Length != IdBytes)
                return reader._input.Fail(RdbFault.BadStream);
            StreamId master = IdAt(reader._second.Bytes);
            if (!reader._input.TryString(reader._heap, ref reader._first))
                return false;
            reader._input.Checked++;
            if (!reader.TryOpenListpack(out byte* first, out byte* end, out _))
                return false;
            return _builder.TryAddBlock(master, first, end) || reader._input.Fail(RdbFault.BadStream);
        }

        private readonly bool TryReadFacts(ref RdbValueReader reader)
        {
            if (!reader._input.TryLength(out ulong length) || !reader.TryId(out StreamId last))
                return false;
            if (!_builder.TryComplete(length, last))
                return reader._input.Fail(RdbFault.BadStream);
            if (_type == RdbType.StreamListpacks)
                return true;
            if (!reader.TryId(out _) || !reader.TryId(out StreamId maxDeleted) || !reader._input.TryLength(out ulong added))
                return false;
            _builder.Stream->MaxDeleted = maxDeleted;
            _builder.Stream->EntriesAdded = (long)added;
            return true;
        }

        private bool TryReadGroup(ref RdbValueReader reader)
        {
            StreamState* stream = _builder.Stream;
            if (!reader._input.TryString(reader._heap, ref reader._first) || !reader.TryId(out StreamId last))
                return false;
            ulong read = 0;
            if (_type != RdbType.StreamListpacks && !reader._input.TryLength(out read))
                return false;
            if (stream->FindGroup(reader._first.Span) != null)
                return reader._input.Fail(RdbFault.Duplicate);
            long entriesRead = _type == RdbType.StreamListpacks ? StreamLag.Position(stream, last) : (long)read;
            _group = StreamGroup.Create(reader._heap, stream, reader._first.Span, last, entriesRead);
            return true;
        }

        private readonly bool TryReadPending(ref RdbValueReader reader)
        {
            if (!reader._input.TryTake(IdBytes, out byte* id) || !reader._input.TryInt64(out long deliveryMs)
                || !reader._input.TryLength(out ulong deliveries))
                return false;
            StreamPending* pending = StreamGroup.TryAddPending(reader._heap, _group, null, IdAt(id), deliveryMs);
            if (pending == null)
                return reader._input.Fail(RdbFault.Duplicate);
            pending->DeliveryCount = (long)deliveries;
            return true;
        }

        private bool TryReadConsumer(ref RdbValueReader reader)
        {
            bool hasActiveTime = _type == RdbType.StreamListpacks3;
            if (!reader._input.TryString(reader._heap, ref reader._first) || !reader._input.TryInt64(out long seenMs)
                || (hasActiveTime && !reader._input.TryInt64(out _)))
                return false;
            if (_group->FindConsumer(reader._first.Span) != null)
                return reader._input.Fail(RdbFault.Duplicate);
            _consumer = StreamGroup.CreateConsumer(reader._heap, _group, reader._first.Span, seenMs);
            return true;
        }

        private bool TryReadOwnPending(ref RdbValueReader reader)
        {
            if (!reader._input.TryTake(IdBytes, out byte* id))
                return false;
            StreamPending* pending = _group->FindPending(IdAt(id));
            if (pending == null || pending->Consumer != null)
                return reader._input.Fail(RdbFault.BadGroup);
            StreamGroup.MovePending(reader._heap, IdAt(id), pending, _consumer);
            _owned++;
            return true;
        }
    }

    private readonly bool TryId(out StreamId id)
    {
        bool read = _input.TryLength(out ulong ms);
        ulong sequence = 0;
        read = read && _input.TryLength(out sequence);
        id = new StreamId(ms, sequence);
        return read;
    }

    private static StreamId IdAt(byte* bytes) =>
        new(BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(bytes)),
            BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(bytes + sizeof(ulong))));
}
