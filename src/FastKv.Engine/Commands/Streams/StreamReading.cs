using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Streams;

// Data plane. All streams are looked up and checked before the first one is read. When none has anything, the command waits; it is run again when one of
// the keys has changed, with "$" replaced by the ID that it meant. With CLAIM it is also run again when a pending entry of one of its groups may have become
// idle for long enough.

/// <summary>XREAD and XREADGROUP.</summary>
internal static unsafe class StreamReading
{
    /// <summary>Streams whose state is kept on the stack.</summary>
    private const int StackStreams = 16;

    /// <summary>What others deliver while a client waits to claim it is looked for no more often than that.</summary>
    private const long LookPeriodMsMin = 10;

    [Command("XREAD", Arity = -4, Flags = CommandFlags.ReadOnly | CommandFlags.Blocking | CommandFlags.MovableKeys, Group = CommandGroup.Stream,
        Since = "5.0.0",
        Summary = "Returns messages from multiple streams with IDs greater than the ones requested. Blocks until a message is available otherwise.",
        Complexity = "For each stream mentioned: O(N) with N being the number of elements being returned, it means that XREAD-ing with a fixed COUNT is O(1). "
            + "Note that when the BLOCK option is used, XADD will pay O(M) time in order to serve the M clients blocked on the stream getting new data.",
        Syntax = "[COUNT count] [BLOCK milliseconds] STREAMS streams(key... id...)")]
    [KeySpec(Access = KeyAccess.RO | KeyAccess.Access, Keyword = "STREAMS", StartFrom = 1, LastKey = -1, Limit = 2)]
    internal static void Read(ref CommandContext context) => Read(ref context, isGroup: false);

    [Command("XREADGROUP", Arity = -7, Flags = CommandFlags.Write | CommandFlags.Blocking | CommandFlags.MovableKeys, Group = CommandGroup.Stream,
        Since = "5.0.0",
        Summary = "Returns new or historical messages from a stream for a consumer in a group. Blocks until a message is available otherwise.",
        Complexity = "For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g. always asking for the first 10 "
            + "elements with COUNT), you can consider it O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to serve the N "
            + "clients blocked on the stream getting new data.",
        Syntax = "GROUP (group consumer) [COUNT count] [BLOCK milliseconds] [CLAIM min-idle-time:integer@8.4.0] [NOACK] STREAMS streams(key... id...)",
        History = ["8.4.0: Added the `CLAIM` option."])]
    [KeySpec(Access = KeyAccess.RO | KeyAccess.Access, Keyword = "STREAMS", StartFrom = 4, LastKey = -1, Limit = 2)]
    internal static void ReadGroup(ref CommandContext context) => Read(ref context, isGroup: true);

    private static void Read(ref CommandContext context, bool isGroup)
    {
        if (!StreamReadOptions.TryParse(ref context, isGroup, out var options))
            return;
        if (options.StreamCount <= StackStreams)
        {
            Source* sources = stackalloc Source[StackStreams];
            Read(ref context, options, sources);
            return;
        }
        var heap = context.Partition.Heap;
        long bytes = (long)options.StreamCount * sizeof(Source);
        var many = (Source*)heap.Allocate(bytes);
        Read(ref context, options, many);
        heap.Free((byte*)many, bytes);
    }

    private static void Read(ref CommandContext context, in StreamReadOptions options, Source* sources)
    {
        for (int i = 0; i < options.StreamCount; i++)
        {
            if (!TryOpen(ref context, options, i, out sources[i]))
                return;
        }

        // Who was blocked gets the one stream that has something.
        int served = 0;
        DeferredReply frame = default;
        for (int i = 0; i < options.StreamCount && !(context.IsRetry && served > 0); i++)
        {
            ref Source source = ref sources[i];
            if (source.Stream == null)
            {
                NoteMiss(ref context, options, i);
                continue;
            }
            bool isReady = options.GroupIndex == 0 ? source.Stream->LastLive > source.After : IsReady(ref context, options, i, ref source);
            if (!isReady)
                continue;
            if (served++ == 0)
                frame = context.Reply.Resp == 2 ? context.Reply.BeginArray() : context.Reply.BeginMap();
            if (context.Reply.Resp == 2)
                context.Reply.ArrayHeader(2);
            context.Reply.BulkString(context[options.FirstKey + i]);
            Serve(ref context, options, i, source);
        }
        if (served > 0)
        {
            if (context.Reply.Resp == 2)
                context.Reply.EndArray(frame, served);
            else
                context.Reply.EndMap(frame, served);
        }
        else if (options.TimeoutMs >= 0)
        {
            Block(ref context, options, sources);
        }
        else
        {
            context.Reply.NullArray();
        }
    }

    private static bool TryOpen(ref CommandContext context, in StreamReadOptions options, int i, out Source source)
    {
        source = default;
        source.KeyIndex = options.FirstKey + i;
        var key = context.Key(source.KeyIndex);
        if (!context.Owns(key))
            return true;
        var database = context.Database(key);
        var entry = context.IsRetry ? database.Find(key) : database.FindForRead(key);
        if (!entry.IsNull && entry.Type != ValueType.Stream)
        {
            // A client that waits with XREAD waits on; one that waits with XREADGROUP has lost its group.
            if (context.IsRetry && options.GroupIndex == 0)
                return true;
            context.Reply.Error(context.IsRetry ? Errors.StreamOfBlockedGone : Errors.WrongType);
            return false;
        }
        if (options.GroupIndex != 0 && !entry.IsNull)
            database.Preserve(entry);
        source.Stream = entry.IsNull ? null : StreamValue.Of(entry);
        if (options.GroupIndex != 0 && !TryOpenGroup(ref context, options, key, ref source))
            return false;
        return TryPosition(ref context, options, i, ref source);
    }

    // Redis looks up each stream a second time, which its miss event shows.
    private static void NoteMiss(ref CommandContext context, in StreamReadOptions options, int i)
    {
        var key = context.Key(options.FirstKey + i);
        if (!context.IsRetry && context.Owns(key))
            context.Database(key).Notify(KeyspaceEvents.KeyMiss, "keymiss"u8, key);
    }

    private static bool TryOpenGroup(ref CommandContext context, in StreamReadOptions options, in Key key, ref Source source)
    {
        if (source.Stream != null)
            source.Group = source.Stream->FindGroup(context[options.GroupIndex]);
        if (source.Group != null)
            return true;
        if (context.IsRetry)
            context.Reply.Error(source.Stream == null ? Errors.StreamOfBlockedGone : Errors.GroupOfBlockedGone);
        else
            StreamReplies.NoGroup(ref context, key.Span, context[options.GroupIndex], Errors.NoGroupInReadSuffix);
        return false;
    }

    private static bool TryPosition(ref CommandContext context, in StreamReadOptions options, int i, ref Source source)
    {
        bool isGroup = options.GroupIndex != 0;
        int index = options.FirstKey + options.StreamCount + i;
        switch (context[index])
        {
            case [(byte)'$'] when isGroup:
                context.Reply.Error(Errors.DollarInReadGroup);
                return false;
            case [(byte)'$']:
                source.After = source.Stream == null ? StreamId.Zero : source.Stream->Last;
                source.IsRelative = true;
                return true;
            case [(byte)'+'] when isGroup:
                context.Reply.Error(Errors.PlusInReadGroup);
                return false;
            case [(byte)'+']:
                source.IsRelative = true;
                if (source.Stream != null)
                    source.After = source.Stream->Length == 0 ? source.Stream->Last : source.Stream->LastLive.Previous;
                return true;
            case [(byte)'>'] when !isGroup:
                context.Reply.Error(Errors.GreaterInRead);
                return false;
            case [(byte)'>']:
                source.After = StreamId.Max;
                return true;
            default:
                return StreamArguments.TryId(ref context, index, out source.After);
        }
    }

    // In a group, history is always served, be it empty; new entries if there are any. The consumer comes into being with what it is served.
    private static bool IsReady(ref CommandContext context, in StreamReadOptions options, int i, ref Source source)
    {
        source.IsHistory = !source.After.IsMax;
        if (!source.IsHistory)
        {
            if (options.MinIdleMs >= 0)
                SelectIdle(ref context, options, ref source);
            if (source.Stream->LastLive <= source.Group->LastId && source.Idle == null)
                return false;
            source.After = source.Group->LastId;
        }
        var consumerName = context[options.GroupIndex + 1];
        source.Consumer = source.Group->FindConsumer(consumerName);
        if (source.Consumer == null)
        {
            var key = context.Key(options.FirstKey + i);
            var database = context.Database(key);
            source.Consumer = StreamGroup.CreateConsumer(database.Heap, source.Group, consumerName, context.NowMs);
            database.Notify(KeyspaceEvents.Stream, "xgroup-createconsumer"u8, key);
            source.IsNewConsumer = true;
        }
        source.Consumer->SeenMs = context.NowMs;
        return true;
    }

    private static void SelectIdle(ref CommandContext context, in StreamReadOptions options, ref Source source)
    {
        var heap = context.Database(context.Key(source.KeyIndex)).Heap;
        source.Idle = IdlePendings.Select(heap, source.Stream, source.Group, context.NowMs - options.MinIdleMs, options.Count);
    }

    private static void Serve(ref CommandContext context, in StreamReadOptions options, int i, in Source source)
    {
        var key = context.Key(options.FirstKey + i);
        var database = context.Database(key);
        if (source.Group == null)
        {
            StreamReplies.Range(context.Reply, database.Heap, source.Stream, source.After.Next, StreamId.Max, options.Count, isReverse: false);
            return;
        }
        if (source.IsHistory)
            ServeHistory(ref context, database, source, options.Count);
        else
            ServeNew(ref context, database, source, options);
        if (context.IsJournaled)
            Tell(ref context, key, source, options.NoAck);
        database.MarkChanged();
    }

    // What was delivered has been told with each entry, and makes the consumer; how many entries the group has read is not in there.
    private static void Tell(ref CommandContext context, in Key key, in Source source, bool noAck)
    {
        context.OmitEffect();
        if (source.IsNewConsumer && (source.IsHistory || noAck))
            Effects.CreateConsumer(context, key, source.Group, source.Consumer);
        if (!source.IsHistory && source.Group->LastId != source.After)
            Effects.SetGroupId(context, key, source.Group);
    }

    private static void ServeNew(ref CommandContext context, Database database, in Source source, in StreamReadOptions options)
    {
        var reply = context.Reply;
        var array = reply.BeginArray();
        bool isClaiming = options.MinIdleMs >= 0;
        long written = source.Idle == null ? 0 : ServeIdle(ref context, database, source);
        if (source.Stream->LastLive > source.After && (written == 0 || written != options.Count))
        {
            using var walk = StreamState.Range(database.Heap, source.Stream, source.After.Next, StreamId.Max);
            while (walk.MoveNext())
            {
                if (walk.Id > source.Group->LastId)
                    StreamLag.Advance(source.Stream, source.Group, walk.Id);
                StreamReplies.Entry(reply, walk.Id, walk.FieldCount, walk.Items, isClaiming ? 4 : 2);
                if (isClaiming)
                {
                    reply.Integer(0);
                    reply.Integer(0);
                }
                if (!options.NoAck)
                    Deliver(ref context, database, source, walk.Id);
                if (++written == options.Count)
                    break;
            }
        }
        reply.EndArray(array, written);
    }

    // Claims what has been selected, NOACK or not; each entry says for how long it was idle and how often it had been delivered before.
    private static long ServeIdle(ref CommandContext context, Database database, in Source source)
    {
        long count = source.Idle->Count;
        for (long i = 0; i < count; i++)
        {
            ref readonly var item = ref (*source.Idle)[i];
            StreamReplies.TryEntry(context.Reply, database.Heap, source.Stream, item.Id, elements: 4);
            context.Reply.Integer(Math.Max(0, context.NowMs - item.DeliveryMs));
            context.Reply.Integer(item.Pending->DeliveryCount);
            StreamGroup.MovePending(database.Heap, item.Id, item.Pending, source.Consumer);
            StreamGroup.Redeliver(database.Heap, source.Group, item.Id, item.Pending, context.NowMs);
            item.Pending->DeliveryCount++;
            if (context.IsJournaled)
                Effects.Claim(context, context.Key(source.KeyIndex), source.Group, source.Consumer, item.Id, item.Pending);
        }
        IdlePendings.Free(database.Heap, source.Idle);
        return count;
    }

    // The entry may be pending already: XGROUP SETID can turn a group back.
    private static void Deliver(ref CommandContext context, Database database, in Source source, StreamId id)
    {
        var pending = StreamGroup.TryAddPending(database.Heap, source.Group, source.Consumer, id, context.NowMs);
        if (pending == null)
        {
            pending = source.Group->FindPending(id);
            StreamGroup.MovePending(database.Heap, id, pending, source.Consumer);
            StreamGroup.Redeliver(database.Heap, source.Group, id, pending, context.NowMs);
            pending->DeliveryCount = 1;
        }
        if (context.IsJournaled)
            Effects.Claim(context, context.Key(source.KeyIndex), source.Group, source.Consumer, id, pending);
    }

    private static void ServeHistory(ref CommandContext context, Database database, in Source source, long count)
    {
        var reply = context.Reply;
        var array = reply.BeginArray();
        long written = 0;
        var cursor = source.Consumer->Pending.SeekAtLeast(source.After.Next);
        for (bool more = cursor.IsValid; more && (count == 0 || written < count); more = cursor.MoveNext())
        {
            if (StreamReplies.TryEntry(reply, database.Heap, source.Stream, cursor.Id))
            {
                var pending = (StreamPending*)cursor.Value;
                StreamGroup.Redeliver(database.Heap, source.Group, cursor.Id, pending, context.NowMs);
                pending->DeliveryCount++;
            }
            else
            {
                reply.ArrayHeader(2);
                StreamReplies.Id(reply, cursor.Id);
                reply.NullArray();
            }
            written++;
        }
        reply.EndArray(array, written);
    }

    // What waits has IDs in the place of "$" and "+". The command's own arguments stay as they are: MONITOR and the slow log show them afterwards.
    private static void Block(ref CommandContext context, in StreamReadOptions options, Source* sources)
    {
        var ids = context.Arguments + options.FirstKey + options.StreamCount;
        var heap = context.Partition.Heap;
        long givenBytes = (long)options.StreamCount * sizeof(Argument);
        long bytes = givenBytes + ((long)options.StreamCount * StreamReplies.IdBytesMax);
        byte* memory = heap.Allocate(bytes);
        Buffer.MemoryCopy(ids, memory, givenBytes, givenBytes);
        for (int i = 0; i < options.StreamCount && !context.IsRetry; i++)
        {
            if (!sources[i].IsRelative)
                continue;
            byte* text = memory + givenBytes + (i * (long)StreamReplies.IdBytesMax);
            ids[i] = new Argument { Pointer = text, Length = StreamReplies.Format(sources[i].After, text) };
        }
        context.Block(options.FirstKey, options.StreamCount, options.TimeoutMs, options.MinIdleMs < 0 ? long.MaxValue : LookMs(ref context, options, sources));
        Buffer.MemoryCopy(memory, ids, givenBytes, givenBytes);
        heap.Free(memory, bytes);
    }

    // When a pending entry may have become idle for long enough. Those that are delivered after this look cannot have before the idle time has passed once
    // more: a look then sees them all.
    private static long LookMs(ref CommandContext context, in StreamReadOptions options, Source* sources)
    {
        long lookMs = After(context.NowMs, Math.Max(options.MinIdleMs, LookPeriodMsMin));
        for (int i = 0; i < options.StreamCount; i++)
        {
            if (sources[i].Group != null && sources[i].Group->Pending.Count > 0)
                lookMs = Math.Min(lookMs, After(sources[i].Group->OldestMs, options.MinIdleMs));
        }
        return lookMs;
    }

    private static long After(long timeMs, long delayMs) => timeMs > long.MaxValue - delayMs ? long.MaxValue : timeMs + delayMs;

    private struct Source
    {
        /// <summary>Null: nothing to be read.</summary>
        public StreamState* Stream;
        public StreamGroup* Group;
        public StreamConsumer* Consumer;

        /// <summary>What is claimed; null: nothing.</summary>
        public IdlePendings* Idle;

        /// <summary>Entries behind this ID are wanted; the largest: those new to the group.</summary>
        public StreamId After;

        /// <summary>The ID was given relative to the stream as it is now.</summary>
        public bool IsRelative;
        public bool IsHistory;
        public bool IsNewConsumer;

        /// <summary>The argument that is its key.</summary>
        public int KeyIndex;
    }
}
