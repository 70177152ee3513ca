using System.Diagnostics;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Streams;

/// <summary>XADD, XTRIM and XSETID: a stream's ends. Data plane.</summary>
internal static unsafe class StreamAppending
{
    [Command("XADD", Arity = -5, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.Stream, Since = "5.0.0",
        Summary = "Appends a new message to a stream. Creates the key if it doesn't exist.",
        Complexity = "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.",
        Syntax = "key [NOMKSTREAM@6.2.0] [KEEPREF | DELREF | ACKED]@8.2.0 trim[strategy(MAXLEN | MINID@6.2.0) operator[equal== | approximately=~] threshold "
            + "[LIMIT count@6.2.0]] id_or_auto(auto_id=* | id) (field value)...",
        History = ["6.2.0: Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option.",
            "7.0.0: Added support for the `<ms>-*` explicit ID form.", "8.2.0: Added the `KEEPREF`, `DELREF` and `ACKED` options."],
        Tips = ["nondeterministic_output"])]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Update, Notes = "UPDATE instead of INSERT because of the optional trimming feature")]
    internal static void Add(ref CommandContext context)
    {
        if (!StreamTrimOptions.TryParse(ref context, true, context.Partition.Values.Limits.StreamNodeEntries, out var options))
            return;
        int firstField = options.IdIndex + 1;
        int fieldArguments = context.Count - firstField;
        if (fieldArguments < 2 || fieldArguments % 2 != 0)
        {
            CommandRules.WrongArity(ref context, context.Command);
            return;
        }
        if (options.HasId && options.HasSeq && options.Id.IsZero)
        {
            context.Reply.Error(Errors.ZeroStreamId);
            return;
        }
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.Stream, out var entry))
            return;
        var database = context.Database(key);
        bool isNew = entry.IsNull;
        if (isNew)
        {
            if (options.NoMakeStream)
            {
                context.Reply.Null();
                return;
            }
            entry = new EntryRef(StreamValue.Create(database.Values, key.Span, -1, database.Partition.NewAccessBits));
        }

        StreamState* stream = StreamValue.Of(entry);
        Debug.Assert(sizeof(ByteString) == sizeof(Argument), "arguments are passed on as they stand");
        if (!TryChooseId(ref context, stream, options, out var id)
            || !TryAppend(ref context, database.Values, stream, id, (ByteString*)(context.Arguments + firstField), fieldArguments / 2))
        {
            int budget = int.MaxValue;
            if (isNew)
                StreamValue.Free(database.Values, entry.Block, ref budget);
            return;
        }
        StreamReplies.Id(context.Reply, id);
        if (isNew)
        {
            database.Insert(key, entry);
        }
        else
        {
            database.NoteChanged(key);
            database.SignalReady(key);
        }
        database.Notify(KeyspaceEvents.Stream, "xadd"u8, key);
        StreamId trimEnd = default;
        bool hasTrimmed = options.HasTrim && options.Trim.Run(database.Heap, stream, out trimEnd) > 0;
        if (hasTrimmed)
            database.Notify(KeyspaceEvents.Stream, "xtrim"u8, key);
        if (context.IsJournaled)
            StreamTrimEffect.Tell(ref context, key, stream, options, id, hasTrimmed ? trimEnd : null);
    }

    [Command("XTRIM", Arity = -4, Flags = CommandFlags.Write, Group = CommandGroup.Stream, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "5.0.0", Summary = "Deletes messages from the beginning of a stream.",
        Complexity = "O(N), with N being the number of evicted entries. Constant times are very small however, since entries are organized in macro nodes "
            + "containing multiple entries that can be released with a single deallocation.",
        Syntax = "key trim(strategy(MAXLEN | MINID@6.2.0) operator[equal== | approximately=~] threshold [LIMIT count@6.2.0]) [KEEPREF | DELREF | ACKED]@8.2.0",
        History = ["6.2.0: Added the `MINID` trimming strategy and the `LIMIT` option.", "8.2.0: Added the `KEEPREF`, `DELREF` and `ACKED` options."],
        Tips = ["nondeterministic_output"])]
    internal static void Trim(ref CommandContext context)
    {
        if (!StreamTrimOptions.TryParse(ref context, false, context.Partition.Values.Limits.StreamNodeEntries, out var options))
            return;
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.Stream, out var entry))
            return;
        long deleted = 0;
        if (!entry.IsNull)
        {
            var database = context.Database(key);
            deleted = options.Trim.Run(database.Heap, StreamValue.Of(entry), out var trimEnd);
            if (deleted > 0)
            {
                database.NoteChanged(key, deleted);
                if (context.IsJournaled)
                    StreamTrimEffect.Tell(ref context, key, StreamValue.Of(entry), options, default, trimEnd);
                database.Notify(KeyspaceEvents.Stream, "xtrim"u8, key);
            }
        }
        context.Reply.Integer(deleted);
    }

    [Command("XSETID", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.Stream, FirstKey = 1,
        LastKey = 1, Access = KeyAccess.RW | KeyAccess.Update, Since = "5.0.0", Summary = "An internal command for replicating stream values.",
        Complexity = "O(1)", Syntax = "key last-id [ENTRIESADDED entries_added:integer@7.0.0] [MAXDELETEDID max_deleted_entry_id@7.0.0]",
        History = ["7.0.0: Added the `entries_added` and `max_deleted_entry_id` arguments."])]
    internal static void SetId(ref CommandContext context)
    {
        if (!StreamArguments.TryId(ref context, 2, out var id))
            return;
        long entriesAdded = -1;
        StreamId maxDeleted = default;
        for (int i = 3; i < context.Count; i += 2)
        {
            if (i + 1 < context.Count && context.Is(i, "ENTRIESADDED"u8))
            {
                if (!context.TryInteger(i + 1, out entriesAdded))
                    return;
                if (entriesAdded < 0)
                {
                    context.Reply.Error(Errors.NegativeEntriesAdded);
                    return;
                }
            }
            else if (i + 1 < context.Count && context.Is(i, "MAXDELETEDID"u8))
            {
                if (!StreamArguments.TryId(ref context, i + 1, out maxDeleted))
                    return;
                if (id < maxDeleted)
                {
                    context.Reply.Error(Errors.SetIdBelowGivenDeleted);
                    return;
                }
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return;
            }
        }

        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.Stream, out var entry))
            return;
        if (entry.IsNull)
        {
            context.Reply.Error(Errors.NoSuchKey);
            return;
        }
        StreamState* stream = StreamValue.Of(entry);
        var error = CheckSetId(stream, id, entriesAdded);
        if (!error.IsEmpty)
        {
            context.Reply.Error(error);
            return;
        }
        if (id < stream->Last)
            ForgetOldest(stream);
        stream->Last = id;
        if (entriesAdded != -1)
            stream->EntriesAdded = entriesAdded;
        if (!maxDeleted.IsZero)
            stream->MaxDeleted = maxDeleted;
        var database = context.Database(key);
        database.MarkChanged();
        database.Notify(KeyspaceEvents.Stream, "xsetid"u8, key);
        context.Reply.Ok();
    }

    // IDs may come again, and with them entries that pending ones have outlived.
    private static void ForgetOldest(StreamState* stream)
    {
        for (int i = 0; i < stream->Groups.Count; i++)
            ((StreamGroup*)stream->Groups[i])->OldestMs = StreamGroup.OldestUnknown;
    }

    private static ReadOnlySpan<byte> CheckSetId(StreamState* stream, StreamId id, long entriesAdded)
    {
        if (stream->Length == 0)
            return default;
        if (id < stream->LastLive)
            return Errors.SetIdBelowTop;
        return entriesAdded != -1 && stream->Length > entriesAdded ? Errors.EntriesAddedBelowLength : default;
    }

    private static bool TryChooseId(ref CommandContext context, StreamState* stream, in StreamTrimOptions options, out StreamId id)
    {
        id = options.Id;
        var last = stream->Last;
        if (last.IsMax)
        {
            context.Reply.Error(Errors.StreamExhausted);
            return false;
        }
        if (!options.HasId)
        {
            ulong nowMs = (ulong)context.NowMs;
            id = nowMs > last.Ms ? new StreamId(nowMs, 0) : last.Next;
            return true;
        }
        bool isSpent = false;
        if (!options.HasSeq && id.Ms == last.Ms)
        {
            isSpent = last.Seq == ulong.MaxValue;
            id = last.Next;
        }
        if (!isSpent && id > last)
            return true;
        context.Reply.Error(Errors.StreamIdTooSmall);
        return false;
    }

    private static bool TryAppend(ref CommandContext context, ValueHeap values, StreamState* stream, StreamId id, ByteString* pairs, int fieldCount)
    {
        if (StreamLog.Append(values, stream, id, pairs, fieldCount))
            return true;
        context.Reply.Error(Errors.StreamEntryTooLarge);
        return false;
    }
}
