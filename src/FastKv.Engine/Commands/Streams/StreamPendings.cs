using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Streams;

/// <summary>XACK and XPENDING: what has been delivered and not acknowledged. Data plane.</summary>
internal static unsafe class StreamPendings
{
    [Command("XACK", Arity = -4, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Stream, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "5.0.0",
        Summary = "Returns the number of messages that were successfully acknowledged by the consumer group member of a stream.",
        Complexity = "O(1) for each message ID processed.", Syntax = "key group id...")]
    internal static void Acknowledge(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.Stream, out var entry))
            return;
        StreamGroup* group = entry.IsNull ? null : StreamValue.Of(entry)->FindGroup(context[2]);
        if (group == null)
        {
            context.Reply.Integer(0);
            return;
        }
        if (!StreamArguments.AreIds(ref context, 3, context.Count))
            return;
        var database = context.Database(key);
        database.Preserve(entry);
        long acknowledged = 0;
        for (int i = 3; i < context.Count; i++)
        {
            StreamArguments.TryParse(context[i], 0, out var id);
            if (StreamGroup.RemovePending(database.Heap, group, id))
                acknowledged++;
        }
        if (acknowledged > 0)
            database.MarkChanged(acknowledged);
        context.Reply.Integer(acknowledged);
    }

    [Command("XPENDING", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Stream, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "5.0.0",
        Summary = "Returns the information and entries from a stream consumer group's pending entries list.",
        Complexity = "O(N) with N being the number of elements returned, so asking for a small fixed number of entries per call is O(1). O(M), where M is the "
            + "total number of entries scanned when used with the IDLE filter. When the command returns just the summary and the list of consumers is small, it "
            + "runs in O(1) time; otherwise, an additional O(N) time for iterating every consumer.",
        Syntax = "key group filters[[IDLE min-idle-time:integer@6.2.0] start end count [consumer]]",
        History = ["6.2.0: Added the `IDLE` option and exclusive range intervals."], Tips = ["nondeterministic_output"])]
    internal static void Pending(ref CommandContext context)
    {
        bool isSummary = context.Count == 3;
        if (!isSummary && context.Count is < 6 or > 9)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        var filter = default(Filter);
        if (!isSummary && !TryFilter(ref context, out filter))
            return;
        if (!context.TryFindForRead(context.Key(1), ValueType.Stream, out var entry))
            return;
        StreamGroup* group = entry.IsNull ? null : StreamValue.Of(entry)->FindGroup(context[2]);
        if (group == null)
            StreamReplies.NoGroup(ref context, context[1], context[2]);
        else if (isSummary)
            Summary(ref context, group);
        else
            List(ref context, group, filter);
    }

    private static bool TryFilter(ref CommandContext context, out Filter filter)
    {
        filter = default;
        int first = 3;
        if (context.Is(3, "IDLE"u8))
        {
            if (!context.TryInteger(4, out filter.MinIdleMs))
                return false;
            if (context.Count < 8)
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
            first = 5;
        }
        if (!context.TryInteger(first + 2, out filter.Count) || !StreamArguments.TryStart(ref context, first, out filter.Start)
            || !StreamArguments.TryEnd(ref context, first + 1, out filter.End))
            return false;
        if (first + 3 < context.Count)
            filter.ConsumerIndex = first + 3;
        return true;
    }

    private static void Summary(ref CommandContext context, StreamGroup* group)
    {
        var reply = context.Reply;
        reply.ArrayHeader(4);
        reply.Integer(group->Pending.Count);
        if (group->Pending.Count == 0)
        {
            reply.Null();
            reply.Null();
            reply.NullArray();
            return;
        }
        StreamReplies.Id(reply, group->Pending.First.Id);
        StreamReplies.Id(reply, group->Pending.Last.Id);
        var array = reply.BeginArray();
        long written = 0;
        for (int i = 0; i < group->Consumers.Count; i++)
        {
            var consumer = (StreamConsumer*)group->Consumers[i];
            if (consumer->Pending.Count == 0)
                continue;
            reply.ArrayHeader(2);
            reply.BulkString(StreamConsumer.NameOf(consumer));
            reply.BulkInteger(consumer->Pending.Count);
            written++;
        }
        reply.EndArray(array, written);
    }

    private static void List(ref CommandContext context, StreamGroup* group, in Filter filter)
    {
        var reply = context.Reply;
        StreamConsumer* consumer = null;
        if (filter.ConsumerIndex != 0)
        {
            consumer = group->FindConsumer(context[filter.ConsumerIndex]);
            if (consumer == null)
            {
                reply.ArrayHeader(0);
                return;
            }
        }
        var array = reply.BeginArray();
        long written = 0;
        var cursor = consumer != null ? consumer->Pending.SeekAtLeast(filter.Start) : group->Pending.SeekAtLeast(filter.Start);
        for (bool more = cursor.IsValid; more && written < filter.Count && cursor.Id <= filter.End; more = cursor.MoveNext())
        {
            var pending = (StreamPending*)cursor.Value;
            long idleMs = context.NowMs - pending->DeliveryMs;
            if (filter.MinIdleMs != 0 && idleMs < filter.MinIdleMs)
                continue;
            reply.ArrayHeader(4);
            StreamReplies.Id(reply, cursor.Id);
            reply.BulkString(StreamConsumer.NameOf(pending->Consumer));
            reply.Integer(Math.Max(idleMs, 0));
            reply.Integer(pending->DeliveryCount);
            written++;
        }
        reply.EndArray(array, written);
    }

    private struct Filter
    {
        public StreamId Start;
        public StreamId End;
        public long Count;
        public long MinIdleMs;

        /// <summary>0: all consumers.</summary>
        public int ConsumerIndex;
    }
}
