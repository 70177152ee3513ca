using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Streams;

/// <summary>XDEL, XDELEX and XACKDEL. Data plane.</summary>
internal static unsafe class StreamDeletion
{
    private const int NotThere = -1;
    private const int Deleted = 1;
    private const int StillReferenced = 2;

    [Command("XDEL", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Stream, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "5.0.0", Summary = "Returns the number of messages after removing them from a stream.",
        Complexity = "O(1) for each single item to delete in the stream, regardless of the stream size.", Syntax = "key id...")]
    internal static void Delete(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.Stream, out var entry))
            return;
        if (entry.IsNull)
        {
            context.Reply.Integer(0);
            return;
        }
        if (!StreamArguments.AreIds(ref context, 2, context.Count))
            return;
        var database = context.Database(key);
        StreamState* stream = StreamValue.Of(entry);
        long deleted = 0;
        for (int i = 2; i < context.Count; i++)
        {
            StreamArguments.TryParse(context[i], 0, out var id);
            if (DeleteEntry(database.Heap, stream, id))
                deleted++;
        }
        if (deleted > 0)
            NoteDeleted(database, key, deleted);
        context.Reply.Integer(deleted);
    }

    [Command("XDELEX", Arity = -5, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Stream, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "8.2.0", Summary = "Deletes one or multiple entries from the stream.",
        Complexity = "O(1) for each single item to delete in the stream, regardless of the stream size.",
        Syntax = "key [KEEPREF | DELREF | ACKED] IDS ids(numids:integer id...)")]
    internal static void DeleteEx(ref CommandContext context)
    {
        if (!TryOptions(ref context, 2, out var references, out int firstId, out int endId))
            return;
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.Stream, out var entry) || !StreamArguments.AreIds(ref context, firstId, endId))
            return;
        var database = context.Database(key);
        long deleted = 0;
        bool hasReleased = false;
        context.Reply.ArrayHeader(endId - firstId);
        for (int i = firstId; i < endId; i++)
        {
            StreamArguments.TryParse(context[i], 0, out var id);
            int result = entry.IsNull ? NotThere : DeleteOne(database.Heap, StreamValue.Of(entry), id, references, ref hasReleased);
            if (result == Deleted)
                deleted++;
            context.Reply.Integer(result);
        }

        // References to what was deleted before have no event, but they are gone.
        if (deleted > 0)
            NoteDeleted(database, key, deleted);
        else if (hasReleased)
            database.MarkChanged();
    }

    [Command("XACKDEL", Arity = -6, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Stream, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update | KeyAccess.Delete, Since = "8.2.0",
        Summary = "Acknowledges and deletes one or multiple messages for a stream consumer group.",
        Complexity = "O(1) for each message ID processed.", Syntax = "key group [KEEPREF | DELREF | ACKED] IDS ids(numids:integer id...)")]
    internal static void AcknowledgeAndDelete(ref CommandContext context)
    {
        if (!TryOptions(ref context, 3, out var references, out int firstId, out int endId))
            return;
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.Stream, out var entry) || !StreamArguments.AreIds(ref context, firstId, endId))
            return;
        var database = context.Database(key);
        StreamState* stream = entry.IsNull ? null : StreamValue.Of(entry);
        StreamGroup* group = entry.IsNull ? null : stream->FindGroup(context[2]);
        long acknowledged = 0;
        long deleted = 0;
        bool hasReleased = false;
        context.Reply.ArrayHeader(endId - firstId);
        for (int i = firstId; i < endId; i++)
        {
            StreamArguments.TryParse(context[i], 0, out var id);
            if (group == null || !StreamGroup.RemovePending(database.Heap, group, id))
            {
                context.Reply.Integer(NotThere);
                continue;
            }

            // It was pending, so it is acknowledged, whether the entry is still there or not.
            acknowledged++;
            int result = DeleteOne(database.Heap, stream, id, references, ref hasReleased);
            if (result == Deleted)
                deleted++;
            context.Reply.Integer(result == NotThere ? Deleted : result);
        }
        if (acknowledged > 0)
            database.MarkChanged(acknowledged);
        if (deleted > 0)
            NoteDeleted(database, key, deleted);
    }

    private static void NoteDeleted(Database database, in Key key, long changes)
    {
        database.NoteChanged(key, changes);
        database.Notify(KeyspaceEvents.Stream, "xdel"u8, key);
    }

    private static int DeleteOne(NativeHeap heap, StreamState* stream, StreamId id, StreamReferences references, ref bool hasReleased)
    {
        if (references == StreamReferences.Delete)
            hasReleased |= StreamGroup.RemoveReferences(heap, stream, id);
        if (references == StreamReferences.Acknowledged && StreamGroup.IsReferenced(stream, id))
            return stream->Contains(id) ? StillReferenced : NotThere;
        return DeleteEntry(heap, stream, id) ? Deleted : NotThere;
    }

    private static bool DeleteEntry(NativeHeap heap, StreamState* stream, StreamId id)
    {
        if (!StreamLog.Delete(heap, stream, id))
            return false;
        if (id > stream->MaxDeleted)
            stream->MaxDeleted = id;
        return true;
    }

    // [KEEPREF | DELREF | ACKED] and IDS numids id …, in any order.
    private static bool TryOptions(ref CommandContext context, int first, out StreamReferences references, out int firstId, out int endId)
    {
        references = StreamReferences.Keep;
        firstId = endId = 0;
        bool hasReferences = false;
        for (int i = first; i < context.Count; i++)
        {
            if (firstId == 0 && i + 1 < context.Count && context.Is(i, "IDS"u8))
            {
                if (!Protocol.NumberText.TryParseInt64(context[i + 1], out long count) || count <= 0)
                    return Fail(ref context, Errors.StreamIdCountNotPositive);
                firstId = i + 2;
                if (count > context.Count - firstId)
                    return Fail(ref context, Errors.StreamIdCountMismatch);
                endId = firstId + (int)count;
                i = endId - 1;
            }
            else if (!hasReferences && StreamArguments.TryReferences(ref context, i, out references))
            {
                hasReferences = true;
            }
            else
            {
                return Fail(ref context, Errors.Syntax);
            }
        }
        return firstId != 0 || Fail(ref context, Errors.Syntax);
    }

    private static bool Fail(ref CommandContext context, ReadOnlySpan<byte> error)
    {
        context.Reply.Error(error);
        return false;
    }
}
