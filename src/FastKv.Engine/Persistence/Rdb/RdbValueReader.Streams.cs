using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Rdb;

// Streams: listpacks by first ID, what the stream knows besides, its groups with their pending entries and consumers.
internal unsafe ref partial struct RdbValueReader
{
    private const int IdBytes = 16;

    private byte* ReadStream(RdbType type)
    {
        var builder = new StreamBuilder(_values);
        if (TryReadEntries(ref builder) && TryReadFacts(ref builder, type) && TryReadGroups(builder.Stream, type))
            return builder.Finish(_key, _expiryMs, _clock);
        builder.Free();
        return null;
    }

    private bool TryReadEntries(ref StreamBuilder builder)
    {
        if (!_input.TryCount(1 + IdBytes + 1, out long blocks))
            return false;
        for (; blocks > 0; blocks--)
        {
            if (!_input.TryString(_heap, ref _second))
                return false;
            if (_second.Bytes == null || _second.Length != IdBytes)
                return _input.Fail(RdbFault.BadStream);
            StreamId master = IdAt(_second.Bytes);
            if (!_input.TryString(_heap, ref _first) || !TryOpenListpack(out byte* first, out byte* end, out _))
                return false;
            if (!builder.TryAddBlock(master, first, end))
                return _input.Fail(RdbFault.BadStream);
        }
        return true;
    }

    private readonly bool TryReadFacts(ref StreamBuilder builder, RdbType type)
    {
        if (!_input.TryLength(out ulong length) || !TryId(out StreamId last))
            return false;
        if (!builder.TryComplete(length, last))
            return _input.Fail(RdbFault.BadStream);
        if (type == RdbType.StreamListpacks)
            return true;
        if (!TryId(out _) || !TryId(out StreamId maxDeleted) || !_input.TryLength(out ulong added))
            return false;
        builder.Stream->MaxDeleted = maxDeleted;
        builder.Stream->EntriesAdded = (long)added;
        return true;
    }

    private bool TryReadGroups(StreamState* stream, RdbType type)
    {
        if (!_input.TryCount(5, out long groups))
            return false;
        for (; groups > 0; groups--)
        {
            if (!_input.TryString(_heap, ref _first) || !TryId(out StreamId last))
                return false;
            ulong read = 0;
            if (type != RdbType.StreamListpacks && !_input.TryLength(out read))
                return false;
            if (stream->FindGroup(_first.Span) != null)
                return _input.Fail(RdbFault.Duplicate);
            long entriesRead = type == RdbType.StreamListpacks ? StreamLag.Position(stream, last) : (long)read;
            StreamGroup* group = StreamGroup.Create(_heap, stream, _first.Span, last, entriesRead);
            if (!TryReadPendings(group) || !TryReadConsumers(group, hasActiveTime: type == RdbType.StreamListpacks3))
                return false;
        }
        return true;
    }

    private readonly bool TryReadPendings(StreamGroup* group)
    {
        if (!_input.TryCount(IdBytes + sizeof(long) + 1, out long count))
            return false;
        for (; count > 0; count--)
        {
            if (!_input.TryTake(IdBytes, out byte* id) || !_input.TryInt64(out long deliveryMs) || !_input.TryLength(out ulong deliveries))
                return false;
            StreamPending* pending = StreamGroup.TryAddPending(_heap, group, null, IdAt(id), deliveryMs);
            if (pending == null)
                return _input.Fail(RdbFault.Duplicate);
            pending->DeliveryCount = (long)deliveries;
        }
        return true;
    }

    private bool TryReadConsumers(StreamGroup* group, bool hasActiveTime)
    {
        if (!_input.TryCount(1 + sizeof(long) + 1, out long count))
            return false;
        long owned = 0;
        for (; count > 0; count--)
        {
            if (!_input.TryString(_heap, ref _first) || !_input.TryInt64(out long seenMs) || (hasActiveTime && !_input.TryInt64(out _)))
                return false;
            if (group->FindConsumer(_first.Span) != null)
                return _input.Fail(RdbFault.Duplicate);
            StreamConsumer* consumer = StreamGroup.CreateConsumer(_heap, group, _first.Span, seenMs);
            if (!_input.TryCount(IdBytes, out long pendings))
                return false;
            for (; pendings > 0; pendings--, owned++)
            {
                if (!_input.TryTake(IdBytes, out byte* id))
                    return false;
                StreamPending* pending = group->FindPending(IdAt(id));
                if (pending == null || pending->Consumer != null)
                    return _input.Fail(RdbFault.BadGroup);
                StreamGroup.MovePending(_heap, IdAt(id), pending, consumer);
            }
        }

        // What is pending is pending for someone.
        return owned == group->Pending.Count || _input.Fail(RdbFault.BadGroup);
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
