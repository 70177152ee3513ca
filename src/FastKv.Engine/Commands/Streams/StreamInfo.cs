using FastKv.Engine.Keyspace;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Streams;

/// <summary>XINFO. Data plane.</summary>
[CommandContainer("XINFO", Group = CommandGroup.Stream, Since = "5.0.0", Summary = "A container for stream introspection commands.",
    Complexity = "Depends on subcommand.")]
internal static unsafe class StreamInfo
{
    /// <summary>Entries and pending entries that FULL shows unless told otherwise.</summary>
    private const long FullCountDefault = 10;

    [Command("XINFO|STREAM", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Stream, FirstKey = 2, LastKey = 2,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "5.0.0", Summary = "Returns information about a stream.", Complexity = "O(1)",
        Syntax = "key [FULL full([COUNT count])]",
        History = ["6.0.0: Added the `FULL` modifier.",
            "7.0.0: Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` fields"])]
    internal static void Stream(ref CommandContext context)
    {
        if (!TryStream(ref context, out var database, out StreamState* stream))
            return;
        bool isFull = context.Count > 3;
        long count = FullCountDefault;
        if (isFull)
        {
            if (context.Count is not (4 or 6) || !context.Is(3, "FULL"u8) || (context.Count == 6 && !context.Is(4, "COUNT"u8)))
            {
                CommandRules.WrongSubcommandSyntax(ref context);
                return;
            }
            if (context.Count == 6 && !context.TryInteger(5, out count))
                return;
            if (count < 0)
                count = FullCountDefault;
        }

        var reply = context.Reply;
        reply.MapHeader(isFull ? 9 : 10);
        Pair(reply, "length"u8, stream->Length);
        Pair(reply, "radix-tree-keys"u8, stream->BlockCount);
        Pair(reply, "radix-tree-nodes"u8, RadixShape.NodesOf(stream));
        Pair(reply, "last-generated-id"u8, stream->Last);
        Pair(reply, "max-deleted-entry-id"u8, stream->MaxDeleted);
        Pair(reply, "entries-added"u8, stream->EntriesAdded);
        Pair(reply, "recorded-first-entry-id"u8, stream->First);
        if (!isFull)
        {
            Pair(reply, "groups"u8, stream->Groups.Count);
            Edge(reply, "first-entry"u8, database, stream, isReverse: false);
            Edge(reply, "last-entry"u8, database, stream, isReverse: true);
            return;
        }
        reply.BulkString("entries"u8);
        StreamReplies.Range(reply, database.Heap, stream, StreamId.Zero, StreamId.Max, count, isReverse: false);
        reply.BulkString("groups"u8);
        reply.ArrayHeader(stream->Groups.Count);
        for (int i = 0; i < stream->Groups.Count; i++)
            FullGroup(reply, stream, (StreamGroup*)stream->Groups[i], count);
    }

    [Command("XINFO|GROUPS", Arity = 3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Stream, FirstKey = 2, LastKey = 2,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "5.0.0", Summary = "Returns a list of the consumer groups of a stream.", Complexity = "O(1)",
        Syntax = "key", History = ["7.0.0: Added the `entries-read` and `lag` fields"])]
    internal static void Groups(ref CommandContext context)
    {
        if (!TryStream(ref context, out _, out StreamState* stream))
            return;
        var reply = context.Reply;
        reply.ArrayHeader(stream->Groups.Count);
        for (int i = 0; i < stream->Groups.Count; i++)
        {
            var group = (StreamGroup*)stream->Groups[i];
            reply.MapHeader(6);
            reply.BulkString("name"u8);
            reply.BulkString(StreamGroup.NameOf(group));
            Pair(reply, "consumers"u8, group->Consumers.Count);
            Pair(reply, "pending"u8, group->Pending.Count);
            Pair(reply, "last-delivered-id"u8, group->LastId);
            Progress(reply, stream, group);
        }
    }

    [Command("XINFO|CONSUMERS", Arity = 4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Stream, FirstKey = 2, LastKey = 2,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "5.0.0", Summary = "Returns a list of the consumers in a consumer group.", Complexity = "O(1)",
        Syntax = "key groupname", Tips = ["nondeterministic_output"])]
    internal static void Consumers(ref CommandContext context)
    {
        if (!TryStream(ref context, out _, out StreamState* stream))
            return;
        StreamGroup* group = stream->FindGroup(context[3]);
        if (group == null)
        {
            StreamReplies.NoGroupOfKey(ref context, context[2], context[3]);
            return;
        }
        var reply = context.Reply;
        reply.ArrayHeader(group->Consumers.Count);
        for (int i = 0; i < group->Consumers.Count; i++)
        {
            var consumer = (StreamConsumer*)group->Consumers[i];
            reply.MapHeader(3);
            reply.BulkString("name"u8);
            reply.BulkString(StreamConsumer.NameOf(consumer));
            Pair(reply, "pending"u8, consumer->Pending.Count);
            Pair(reply, "idle"u8, Math.Max(0, context.NowMs - consumer->SeenMs));
        }
    }

    [Command("XINFO|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Stream, Route = CommandRoute.Connection,
        Since = "5.0.0", Summary = "Returns helpful text about the different subcommands.", Complexity = "O(1)")]
    internal static void Help(ref CommandContext context) => ContainerHelp.Reply(ref context, "XINFO"u8, """
        CONSUMERS <key> <groupname>
            Show consumers of <groupname>.
        GROUPS <key>
            Show the stream consumer groups.
        STREAM <key> [FULL [COUNT <count>]
            Show information about the stream.
        """u8);

    private static bool TryStream(ref CommandContext context, out Database database, out StreamState* stream)
    {
        var key = context.Key(2);
        database = context.Database(key);
        stream = null;
        if (!context.TryFindForRead(key, ValueType.Stream, out var entry))
            return false;
        if (entry.IsNull)
        {
            context.Reply.Error(Errors.NoSuchKey);
            return false;
        }
        stream = StreamValue.Of(entry);
        return true;
    }

    private static void FullGroup(ReplyWriter reply, StreamState* stream, StreamGroup* group, long count)
    {
        reply.MapHeader(7);
        reply.BulkString("name"u8);
        reply.BulkString(StreamGroup.NameOf(group));
        Pair(reply, "last-delivered-id"u8, group->LastId);
        Progress(reply, stream, group);
        Pair(reply, "pel-count"u8, group->Pending.Count);
        reply.BulkString("pending"u8);
        Pendings(reply, group->Pending, count, withConsumer: true);
        reply.BulkString("consumers"u8);
        reply.ArrayHeader(group->Consumers.Count);
        for (int i = 0; i < group->Consumers.Count; i++)
        {
            var consumer = (StreamConsumer*)group->Consumers[i];
            reply.MapHeader(4);
            reply.BulkString("name"u8);
            reply.BulkString(StreamConsumer.NameOf(consumer));
            Pair(reply, "seen-time"u8, consumer->SeenMs);
            Pair(reply, "pel-count"u8, consumer->Pending.Count);
            reply.BulkString("pending"u8);
            Pendings(reply, consumer->Pending, count, withConsumer: false);
        }
    }

    private static void Pendings(ReplyWriter reply, in StreamIdMap map, long count, bool withConsumer)
    {
        long shown = count == 0 ? map.Count : Math.Min(count, map.Count);
        reply.ArrayHeader(shown);
        var cursor = map.First;
        for (long i = 0; i < shown; i++, cursor.MoveNext())
        {
            var pending = (StreamPending*)cursor.Value;
            reply.ArrayHeader(withConsumer ? 4 : 3);
            StreamReplies.Id(reply, cursor.Id);
            if (withConsumer)
                reply.BulkString(StreamConsumer.NameOf(pending->Consumer));
            reply.Integer(pending->DeliveryMs);
            reply.Integer(pending->DeliveryCount);
        }
    }

    private static void Progress(ReplyWriter reply, StreamState* stream, StreamGroup* group)
    {
        Known(reply, "entries-read"u8, group->EntriesRead != StreamGroup.EntriesReadUnknown, group->EntriesRead);
        bool isKnown = StreamLag.TryGet(stream, group, out long lag);
        Known(reply, "lag"u8, isKnown, lag);
    }

    private static void Known(ReplyWriter reply, ReadOnlySpan<byte> name, bool isKnown, long value)
    {
        reply.BulkString(name);
        if (isKnown)
            reply.Integer(value);
        else
            reply.Null();
    }

    private static void Edge(ReplyWriter reply, ReadOnlySpan<byte> name, Database database, StreamState* stream, bool isReverse)
    {
        reply.BulkString(name);
        using var walk = StreamState.Range(database.Heap, stream, StreamId.Zero, StreamId.Max, isReverse);
        if (walk.MoveNext())
            StreamReplies.Entry(reply, walk.Id, walk.FieldCount, walk.Items);
        else
            reply.Null();
    }

    private static void Pair(ReplyWriter reply, ReadOnlySpan<byte> name, long value)
    {
        reply.BulkString(name);
        reply.Integer(value);
    }

    private static void Pair(ReplyWriter reply, ReadOnlySpan<byte> name, StreamId value)
    {
        reply.BulkString(name);
        StreamReplies.Id(reply, value);
    }
}
