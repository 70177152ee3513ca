using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Streams;

/// <summary>XLEN, XRANGE and XREVRANGE. Data plane.</summary>
internal static unsafe class StreamRanges
{
    [Command("XLEN", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Stream, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO, Since = "5.0.0", Summary = "Return the number of messages in a stream.", Complexity = "O(1)", Syntax = "key")]
    internal static void Length(ref CommandContext context)
    {
        if (context.TryFindForRead(context.Key(1), ValueType.Stream, out var entry))
            context.Reply.Integer(entry.IsNull ? 0 : StreamValue.Count(entry));
    }

    [Command("XRANGE", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Stream, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "5.0.0", Summary = "Returns the messages from a stream within a range of IDs.",
        Complexity = "O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), "
            + "you can consider it O(1).",
        Syntax = "key start end [COUNT count]", History = ["6.2.0: Added exclusive ranges."])]
    internal static void Range(ref CommandContext context) => Range(ref context, 2, 3, isReverse: false);

    [Command("XREVRANGE", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Stream, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "5.0.0", Summary = "Returns the messages from a stream within a range of IDs in reverse order.",
        Complexity = "O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can "
            + "consider it O(1).",
        Syntax = "key end start [COUNT count]", History = ["6.2.0: Added exclusive ranges."])]
    internal static void ReverseRange(ref CommandContext context) => Range(ref context, 3, 2, isReverse: true);

    private static void Range(ref CommandContext context, int startIndex, int endIndex, bool isReverse)
    {
        if (!StreamArguments.TryStart(ref context, startIndex, out var start) || !StreamArguments.TryEnd(ref context, endIndex, out var end))
            return;
        long count = -1;
        for (int i = 4; i < context.Count; i += 2)
        {
            if (i + 1 >= context.Count || !context.Is(i, "COUNT"u8))
            {
                context.Reply.Error(Errors.Syntax);
                return;
            }
            if (!context.TryInteger(i + 1, out count))
                return;
            count = Math.Max(count, 0);
        }

        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.Stream, out var entry))
            return;
        if (entry.IsNull)
            context.Reply.ArrayHeader(0);
        else if (count == 0)
            context.Reply.NullArray();
        else
            StreamReplies.Range(context.Reply, context.Database(key).Heap, StreamValue.Of(entry), start, end, count, isReverse);
    }
}
