using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Streams;

/// <summary>XCLAIM and XAUTOCLAIM: pending entries that change consumer. Data plane.</summary>
internal static unsafe class StreamClaims
{
    /// <summary>XAUTOCLAIM looks at so many pending entries per entry that it may claim.</summary>
    private const long AttemptsFactor = 10;

    /// <summary>Largest COUNT of XAUTOCLAIM.</summary>
    private const long AutoCountMax = long.MaxValue / 16;

    [Command("XCLAIM", Arity = -6, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Stream, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "5.0.0",
        Summary = "Changes, or acquires, ownership of a message in a consumer group, as if the message was delivered a consumer group member.",
        Complexity = "O(log N) with N being the number of messages in the PEL of the consumer group.",
        Syntax = "key group consumer min-idle-time id... [IDLE ms:integer] [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID id]",
        Tips = ["nondeterministic_output"])]
    internal static void Claim(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.Stream, out var entry))
            return;
        StreamGroup* group = entry.IsNull ? null : StreamValue.Of(entry)->FindGroup(context[2]);
        if (group == null)
        {
            StreamReplies.NoGroup(ref context, context[1], context[2]);
            return;
        }
        if (!TryClaimOptions(ref context, out var options))
            return;
        context.Database(key).Preserve(entry);
        bool hasAdvanced = options.LastId > group->LastId;
        if (hasAdvanced)
            group->LastId = options.LastId;

        var claim = new Target(ref context, context.Database(key), StreamValue.Of(entry), group);
        var reply = context.Reply;
        var array = reply.BeginArray();
        long written = 0;
        for (int i = 5; i < options.EndId; i++)
        {
            StreamArguments.TryParse(context[i], 0, out var id);
            if (!claim.TryClaim(ref context, id, options))
                continue;
            if (options.JustId)
                StreamReplies.Id(reply, id);
            else
                StreamReplies.TryEntry(reply, claim.Database.Heap, claim.Stream, id);
            written++;
        }
        reply.EndArray(array, written);

        // The last ID is told with each entry, if there is one.
        if (hasAdvanced && claim.Changes == 0)
        {
            claim.Changes++;
            if (context.IsJournaled)
                Effects.SetGroupId(context, key, group);
        }
        if (claim.Changes > 0)
            claim.Database.MarkChanged(claim.Changes);

        // Whoever waits for entries to become idle reckons with time that passes, not with this.
        if (claim.Changes > 0 && options.DeliveryMs < context.NowMs)
            claim.Database.SignalReady(key);
    }

    [Command("XAUTOCLAIM", Arity = -6, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Stream, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "6.2.0",
        Summary = "Changes, or acquires, ownership of messages in a consumer group, as if the messages were delivered to as consumer group member.",
        Complexity = "O(1) if COUNT is small.", Syntax = "key group consumer min-idle-time start [COUNT count] [JUSTID]",
        History = ["7.0.0: Added an element to the reply array, containing deleted entries the command cleared from the PEL"],
        Tips = ["nondeterministic_output"])]
    internal static void AutoClaim(ref CommandContext context)
    {
        // The key is looked up before anything is said about the options, which a miss event shows.
        var key = context.Key(1);
        var entry = context.Database(key).FindForRead(key);
        if (!TryAutoClaimOptions(ref context, out var options, out var start, out long count))
            return;
        if (!entry.IsNull && entry.Type != ValueType.Stream)
        {
            context.Reply.Error(Errors.WrongType);
            return;
        }
        StreamGroup* group = entry.IsNull ? null : StreamValue.Of(entry)->FindGroup(context[2]);
        if (group == null)
        {
            StreamReplies.NoGroup(ref context, context[1], context[2]);
            return;
        }

        context.Database(key).Preserve(entry);

        // The cursor comes first in the reply and is known last: the IDs are kept aside, those claimed from the left, those gone from the right.
        var claim = new Target(ref context, context.Database(key), StreamValue.Of(entry), group);
        var heap = claim.Database.Heap;
        long room = Math.Max(1, Math.Min(count, group->Pending.Count));
        var ids = (StreamId*)heap.Allocate(room * sizeof(StreamId));
        var next = claim.ClaimFrom(ref context, start, count, options, ids, room, out long claimed, out long gone);

        var reply = context.Reply;
        reply.ArrayHeader(3);
        StreamReplies.Id(reply, next);
        reply.ArrayHeader(claimed);
        for (long i = 0; i < claimed; i++)
        {
            if (options.JustId)
                StreamReplies.Id(reply, ids[i]);
            else
                StreamReplies.TryEntry(reply, heap, claim.Stream, ids[i]);
        }
        reply.ArrayHeader(gone);
        for (long i = 0; i < gone; i++)
            StreamReplies.Id(reply, ids[room - 1 - i]);
        heap.Free((byte*)ids, room * sizeof(StreamId));
        if (claim.Changes > 0)
            claim.Database.MarkChanged(claim.Changes);
    }

    private static bool TryClaimOptions(ref CommandContext context, out Options options)
    {
        options = new Options { RetryCount = -1, DeliveryMs = -1 };
        if (!context.TryInteger(4, out options.MinIdleMs, Errors.InvalidMinIdleInClaim))
            return false;
        options.MinIdleMs = Math.Max(options.MinIdleMs, 0);

        // What is no ID is the first option.
        int i = 5;
        while (i < context.Count && StreamArguments.TryParse(context[i], 0, out _))
            i++;
        options.EndId = i;
        for (; i < context.Count; i++)
        {
            bool hasMore = i + 1 < context.Count;
            if (context.Is(i, "FORCE"u8))
            {
                options.Force = true;
            }
            else if (context.Is(i, "JUSTID"u8))
            {
                options.JustId = true;
            }
            else if (hasMore && context.Is(i, "IDLE"u8))
            {
                if (!context.TryInteger(++i, out long idleMs, Errors.InvalidIdleInClaim))
                    return false;
                options.DeliveryMs = unchecked(context.NowMs - idleMs);
            }
            else if (hasMore && context.Is(i, "TIME"u8))
            {
                if (!context.TryInteger(++i, out options.DeliveryMs, Errors.InvalidTimeInClaim))
                    return false;
            }
            else if (hasMore && context.Is(i, "RETRYCOUNT"u8))
            {
                if (!context.TryInteger(++i, out options.RetryCount, Errors.InvalidRetryCountInClaim))
                    return false;
            }
            else if (hasMore && context.Is(i, "LASTID"u8))
            {
                if (!StreamArguments.TryId(ref context, ++i, out options.LastId))
                    return false;
            }
            else
            {
                context.Reply.Error(Errors.UnknownClaimOptionPrefix, CommandRules.Shown(context[i]), "'"u8);
                return false;
            }
        }
        if (options.DeliveryMs < 0 || options.DeliveryMs > context.NowMs)
            options.DeliveryMs = context.NowMs;
        return true;
    }

    private static bool TryAutoClaimOptions(ref CommandContext context, out Options options, out StreamId start, out long count)
    {
        options = new Options { RetryCount = -1, DeliveryMs = context.NowMs };
        start = default;
        count = 100;
        if (!context.TryInteger(4, out options.MinIdleMs, Errors.InvalidMinIdleInAutoClaim) || !StreamArguments.TryStart(ref context, 5, out start))
            return false;
        options.MinIdleMs = Math.Max(options.MinIdleMs, 0);
        for (int i = 6; i < context.Count; i++)
        {
            if (i + 1 < context.Count && context.Is(i, "COUNT"u8))
            {
                if (!context.TryInteger(++i, out count, Errors.ClaimCountNotPositive))
                    return false;
                if (count is < 1 or > AutoCountMax)
                {
                    context.Reply.Error(Errors.ClaimCountNotPositive);
                    return false;
                }
            }
            else if (context.Is(i, "JUSTID"u8))
            {
                options.JustId = true;
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }

    private struct Options
    {
        public long MinIdleMs;
        public long RetryCount;
        public long DeliveryMs;
        public StreamId LastId;
        public bool Force;
        public bool JustId;

        /// <summary>Index behind the last ID.</summary>
        public int EndId;
    }

    /// <summary>Whom entries are claimed for; the consumer comes into being with the first one.</summary>
    private struct Target
    {
        public readonly Database Database;
        public readonly StreamState* Stream;
        public long Changes;
        private readonly StreamGroup* _group;
        private StreamConsumer* _consumer;

        public Target(ref CommandContext context, Database database, StreamState* stream, StreamGroup* group)
        {
            Database = database;
            Stream = stream;
            _group = group;
            _consumer = group->FindConsumer(context[3]);
            if (_consumer != null)
                _consumer->SeenMs = context.NowMs;
        }

        public bool TryClaim(ref CommandContext context, StreamId id, in Options options)
        {
            if (!Stream->Contains(id))
            {
                var gone = _group->FindPending(id);
                if (gone != null && context.IsJournaled)
                    Effects.Claim(context, context.Key(1), _group, gone->Consumer, id, gone);
                if (StreamGroup.RemovePending(Database.Heap, _group, id))
                    Changes++;
                return false;
            }
            StreamPending* pending = _group->FindPending(id);
            if (pending == null && options.Force)
                pending = StreamGroup.TryAddPending(Database.Heap, _group, null, id, context.NowMs);
            if (pending == null)
                return false;
            if (pending->Consumer != null && options.MinIdleMs != 0 && context.NowMs - pending->DeliveryMs < options.MinIdleMs)
                return false;
            Take(ref context, id, pending, options);
            return true;
        }

        /// <summary>Claims pending entries in order; returns the ID to go on from, 0-0 at the end.</summary>
        public StreamId ClaimFrom(
            ref CommandContext context, StreamId start, long count, in Options options, StreamId* ids, long room, out long claimed, out long gone)
        {
            claimed = gone = 0;
            long attempts = count > long.MaxValue / AttemptsFactor ? long.MaxValue : count * AttemptsFactor;
            var cursor = _group->Pending.SeekAtLeast(start);
            while (cursor.IsValid && attempts-- > 0 && count > 0)
            {
                var pending = (StreamPending*)cursor.Value;
                StreamId id = cursor.Id;
                if (!Stream->Contains(id))
                {
                    if (context.IsJournaled)
                        Effects.Claim(context, context.Key(1), _group, pending->Consumer, id, pending);
                    StreamGroup.RemovePending(Database.Heap, _group, id);
                    Changes++;
                    ids[room - 1 - gone++] = id;
                    count--;
                    cursor = _group->Pending.SeekAtLeast(id);
                    continue;
                }
                if (options.MinIdleMs == 0 || context.NowMs - pending->DeliveryMs >= options.MinIdleMs)
                {
                    Take(ref context, id, pending, options);
                    ids[claimed++] = id;
                    count--;
                }
                cursor.MoveNext();
            }
            return cursor.IsValid ? cursor.Id : StreamId.Zero;
        }

        private void Take(ref CommandContext context, StreamId id, StreamPending* pending, in Options options)
        {
            if (_consumer == null)
            {
                _consumer = StreamGroup.CreateConsumer(Database.Heap, _group, context[3], context.NowMs);
                Database.Notify(KeyspaceEvents.Stream, "xgroup-createconsumer"u8, context.Key(1));
            }
            StreamGroup.MovePending(Database.Heap, id, pending, _consumer);
            StreamGroup.Redeliver(Database.Heap, _group, id, pending, options.DeliveryMs);
            if (options.RetryCount >= 0)
                pending->DeliveryCount = options.RetryCount;
            else if (!options.JustId)
                pending->DeliveryCount++;
            if (context.IsJournaled)
                Effects.Claim(context, context.Key(1), _group, _consumer, id, pending);
            Changes++;
        }
    }
}
