using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Streams;

/// <summary>XGROUP. Data plane.</summary>
[CommandContainer("XGROUP", Group = CommandGroup.Stream, Since = "5.0.0", Summary = "A container for consumer groups commands.",
    Complexity = "Depends on subcommand.")]
internal static unsafe class StreamGroupCommands
{
    [Command("XGROUP|CREATE", Arity = -5, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Stream, FirstKey = 2, LastKey = 2,
        Access = KeyAccess.RW | KeyAccess.Insert, Since = "5.0.0", Summary = "Creates a consumer group.", Complexity = "O(1)",
        Syntax = "key groupname id(id | new_id=$) [MKSTREAM] [ENTRIESREAD entries_read:integer]",
        History = ["7.0.0: Added the `entries_read` named argument."])]
    internal static void Create(ref CommandContext context)
    {
        if (!TryOptions(ref context, canMakeStream: true, out bool makesStream, out long entriesRead))
            return;
        var key = context.Key(2);
        if (!context.TryFind(key, ValueType.Stream, out var entry))
            return;
        if (entry.IsNull && !makesStream)
        {
            context.Reply.Error(Errors.GroupNeedsKey);
            return;
        }
        if (context.Count > 8)
        {
            CommandRules.WrongSubcommandSyntax(ref context);
            return;
        }
        StreamId id = entry.IsNull ? StreamId.Zero : StreamValue.Of(entry)->Last;
        if (context[4] is not [(byte)'$'] && !StreamArguments.TryId(ref context, 4, out id))
            return;
        var database = context.Database(key);
        if (entry.IsNull)
        {
            entry = new EntryRef(StreamValue.Create(database.Values, key.Span, -1, database.Partition.NewAccessBits));
            database.Insert(key, entry);
        }
        StreamState* stream = StreamValue.Of(entry);
        if (stream->FindGroup(context[3]) != null)
        {
            context.Reply.Error(Errors.GroupExists);
            return;
        }
        StreamGroup.Create(database.Heap, stream, context[3], id, entriesRead);
        database.MarkChanged();
        database.Notify(KeyspaceEvents.Stream, "xgroup-create"u8, key);
        context.Reply.Ok();
    }

    [Command("XGROUP|SETID", Arity = -5, Flags = CommandFlags.Write, Group = CommandGroup.Stream, FirstKey = 2, LastKey = 2,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "5.0.0", Summary = "Sets the last-delivered ID of a consumer group.", Complexity = "O(1)",
        Syntax = "key groupname id(id | new_id=$) [ENTRIESREAD entries_read:integer]", History = ["7.0.0: Added the optional `entries_read` argument."])]
    internal static void SetId(ref CommandContext context)
    {
        if (!TryOptions(ref context, canMakeStream: false, out _, out long entriesRead)
            || !TryGroup(ref context, out var database, out StreamState* stream, out StreamGroup* group))
            return;
        if (context.Count is not (5 or 7))
        {
            CommandRules.WrongSubcommandSyntax(ref context);
            return;
        }
        StreamId id = stream->Last;
        if (context[4] is not [(byte)'$'] && !StreamArguments.TryIdOrEdge(ref context, 4, out id))
            return;
        group->LastId = id;
        group->EntriesRead = entriesRead;
        database.MarkChanged();
        database.Notify(KeyspaceEvents.Stream, "xgroup-setid"u8, context.Key(2));
        context.Reply.Ok();
    }

    [Command("XGROUP|DESTROY", Arity = 4, Flags = CommandFlags.Write, Group = CommandGroup.Stream, FirstKey = 2, LastKey = 2,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "5.0.0", Summary = "Destroys a consumer group.",
        Complexity = "O(N) where N is the number of entries in the group's pending entries list (PEL).", Syntax = "key groupname")]
    internal static void Destroy(ref CommandContext context)
    {
        if (!TryStream(ref context, out var database, out StreamState* stream))
            return;
        StreamGroup* group = stream->FindGroup(context[3]);
        if (group != null)
        {
            StreamGroup.Destroy(database.Heap, stream, group);
            database.MarkChanged();
            database.Notify(KeyspaceEvents.Stream, "xgroup-destroy"u8, context.Key(2));
            database.SignalReady(context.Key(2));
        }
        context.Reply.Integer(group != null ? 1 : 0);
    }

    [Command("XGROUP|CREATECONSUMER", Arity = 5, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Stream, FirstKey = 2, LastKey = 2,
        Access = KeyAccess.RW | KeyAccess.Insert, Since = "6.2.0", Summary = "Creates a consumer in a consumer group.", Complexity = "O(1)",
        Syntax = "key groupname consumername")]
    internal static void CreateConsumer(ref CommandContext context)
    {
        if (!TryGroup(ref context, out var database, out _, out StreamGroup* group))
            return;
        bool isNew = group->FindConsumer(context[4]) == null;
        if (isNew)
        {
            StreamGroup.CreateConsumer(database.Heap, group, context[4], context.NowMs);
            database.MarkChanged();
            database.Notify(KeyspaceEvents.Stream, "xgroup-createconsumer"u8, context.Key(2));
        }
        context.Reply.Integer(isNew ? 1 : 0);
    }

    [Command("XGROUP|DELCONSUMER", Arity = 5, Flags = CommandFlags.Write, Group = CommandGroup.Stream, FirstKey = 2, LastKey = 2,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "5.0.0", Summary = "Deletes a consumer from a consumer group.", Complexity = "O(1)",
        Syntax = "key groupname consumername")]
    internal static void DeleteConsumer(ref CommandContext context)
    {
        if (!TryGroup(ref context, out var database, out _, out StreamGroup* group))
            return;
        StreamConsumer* consumer = group->FindConsumer(context[4]);
        long pending = 0;
        if (consumer != null)
        {
            pending = consumer->Pending.Count;
            StreamGroup.DeleteConsumer(database.Heap, group, consumer);
            database.MarkChanged();
            database.Notify(KeyspaceEvents.Stream, "xgroup-delconsumer"u8, context.Key(2));
        }
        context.Reply.Integer(pending);
    }

    [Command("XGROUP|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Stream, Route = CommandRoute.Connection,
        Since = "5.0.0", Summary = "Returns helpful text about the different subcommands.", Complexity = "O(1)")]
    internal static void Help(ref CommandContext context) => ContainerHelp.Reply(ref context, "XGROUP"u8, """
        CREATE <key> <groupname> <id|$> [option]
            Create a new consumer group. Options are:
            * MKSTREAM
              Create the empty stream if it does not exist.
            * ENTRIESREAD entries_read
              Set the group's entries_read counter (internal use).
        CREATECONSUMER <key> <groupname> <consumer>
            Create a new consumer in the specified group.
        DELCONSUMER <key> <groupname> <consumer>
            Remove the specified consumer.
        DESTROY <key> <groupname>
            Remove the specified group.
        SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]
            Set the current group ID and entries_read counter.
        """u8);

    private static bool TryOptions(ref CommandContext context, bool canMakeStream, out bool makesStream, out long entriesRead)
    {
        makesStream = false;
        entriesRead = StreamGroup.EntriesReadUnknown;
        for (int i = 5; i < context.Count; i++)
        {
            if (canMakeStream && context.Is(i, "MKSTREAM"u8))
            {
                makesStream = true;
            }
            else if (i + 1 < context.Count && context.Is(i, "ENTRIESREAD"u8))
            {
                if (!context.TryInteger(++i, out entriesRead))
                    return false;
                if (entriesRead < StreamGroup.EntriesReadUnknown)
                {
                    context.Reply.Error(Errors.NegativeEntriesRead);
                    return false;
                }
            }
            else
            {
                CommandRules.WrongSubcommandSyntax(ref context);
                return false;
            }
        }
        return true;
    }

    private static bool TryStream(ref CommandContext context, out Database database, out StreamState* stream)
    {
        var key = context.Key(2);
        database = context.Database(key);
        stream = null;
        if (!context.TryFind(key, ValueType.Stream, out var entry))
            return false;
        if (entry.IsNull)
        {
            context.Reply.Error(Errors.GroupNeedsKey);
            return false;
        }
        stream = StreamValue.Of(entry);
        return true;
    }

    private static bool TryGroup(ref CommandContext context, out Database database, out StreamState* stream, out StreamGroup* group)
    {
        group = null;
        if (!TryStream(ref context, out database, out stream))
            return false;
        group = stream->FindGroup(context[3]);
        if (group == null)
            StreamReplies.NoGroupOfKey(ref context, context[2], context[3]);
        return group != null;
    }
}
