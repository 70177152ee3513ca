namespace FastKv.Structures;

// Data plane. How far a group is behind: entries are counted from the first ever added, and a group's position in that count can be told only where no
// entry was deleted ahead of it. The rules are those of Redis 7.0 (documentation of XINFO GROUPS, "lag" and "entries-read").

/// <summary>Positions of IDs in the count of all entries ever added to a stream.</summary>
public static unsafe class StreamLag
{
    private const long Unknown = StreamGroup.EntriesReadUnknown;

    /// <summary>How many entries the group has not got yet (negative, if it was told a wrong position); false: that cannot be told.</summary>
    public static bool TryGet(StreamState* stream, StreamGroup* group, out long lag)
    {
        lag = 0;
        if (stream->EntriesAdded == 0)
            return true;
        long read = group->EntriesRead != Unknown && !HasDeletedFrom(stream, group->LastId) ? group->EntriesRead : Position(stream, group->LastId);
        lag = stream->EntriesAdded - read;
        return read != Unknown;
    }

    /// <summary>Notes that a group has got an entry that is behind its last one.</summary>
    public static void Advance(StreamState* stream, StreamGroup* group, StreamId id)
    {
        if (group->EntriesRead != Unknown && !HasDeletedFrom(stream, id))
            group->EntriesRead++;
        else if (stream->EntriesAdded != 0)
            group->EntriesRead = Position(stream, id);
        group->LastId = id;
    }

    // Whether the range from an ID on may have lost entries in its middle.
    private static bool HasDeletedFrom(StreamState* stream, StreamId id) =>
        stream->Length != 0 && !stream->MaxDeleted.IsZero && stream->First <= stream->MaxDeleted && id <= stream->MaxDeleted;

    /// <summary>The position of an ID in the count; −1: it cannot be told.</summary>
    public static long Position(StreamState* stream, StreamId id)
    {
        if (stream->EntriesAdded == 0)
            return 0;
        if (stream->Length == 0 && id <= stream->Last)
            return stream->EntriesAdded;
        if (id == stream->Last)
            return stream->EntriesAdded;
        if (id > stream->Last)
            return Unknown;
        if (stream->MaxDeleted.IsZero || stream->MaxDeleted < stream->First)
        {
            if (id < stream->First)
                return stream->EntriesAdded - stream->Length;
            if (id == stream->First)
                return stream->EntriesAdded - stream->Length + 1;
        }
        return Unknown;
    }
}
