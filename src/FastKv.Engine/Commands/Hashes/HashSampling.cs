using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Hashes;

/// <summary>HRANDFIELD. Data plane.</summary>
internal static class HashSampling
{
    [Command("HRANDFIELD", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "6.2.0", Summary = "Get one or multiple random fields from a hash",
        Complexity = "O(N) where N is the number of fields returned", Syntax = "key options[count [WITHVALUES]]", Tips = ["nondeterministic_output"],
        Differs = "A count below -100,000,000 is out of range.")]
    internal static void HRandField(ref CommandContext context)
    {
        long count = 0;
        bool hasCount = context.Count > 2;
        if (hasCount && !TryOptions(ref context, out count))
            return;
        if (!HashReads.TryFind(ref context, out var entry, out var values))
            return;
        var visitor = new SampleVisitor { Reply = context.Reply, HasValues = context.Count == 4 };
        if (!hasCount)
        {
            if (!entry.IsNull)
                HashValue.DrawRepeated(values, entry, 1, context.NowMs, ref context.Partition.Random, ref visitor);
            if (visitor.Visited == 0)
                context.Reply.Null();
            return;
        }

        var fields = context.Reply.BeginArray();
        if (!entry.IsNull && count < 0)
            HashValue.DrawRepeated(values, entry, -count, context.NowMs, ref context.Partition.Random, ref visitor);
        else if (!entry.IsNull && count >= HashValue.Count(entry))
            HashValue.VisitAll(values, entry, context.NowMs, ref visitor);
        else if (!entry.IsNull && count > 0)
            HashValue.DrawDistinct(values, entry, count, context.NowMs, ref context.Partition.Random, ref visitor);
        bool isFlat = visitor.HasValues && context.Reply.Resp == 2;
        context.Reply.EndArray(fields, isFlat ? 2 * visitor.Visited : visitor.Visited);
    }

    private static bool TryOptions(ref CommandContext context, out long count)
    {
        if (!context.TryInteger(2, out count))
            return false;
        if (count == long.MinValue)
            context.Reply.Error(Errors.NotAnAbsoluteInt64);
        else if (context.Count > 4 || (context.Count == 4 && !context.Is(3, "WITHVALUES"u8)))
            context.Reply.Error(Errors.Syntax);
        else if (count < -CommandRules.RepeatedMax || (context.Count == 4 && count > long.MaxValue / 2))
            context.Reply.Error(Errors.ValueOutOfRange);
        else
            return true;
        return false;
    }

    private struct SampleVisitor : IFieldVisitor
    {
        public ReplyWriter Reply;
        public bool HasValues;
        public long Visited;

        public void Visit(scoped ReadOnlySpan<byte> field, scoped ReadOnlySpan<byte> value)
        {
            if (HasValues && Reply.Resp == 3)
                Reply.ArrayHeader(2);
            Reply.BulkString(field);
            if (HasValues)
                Reply.BulkString(value);
            Visited++;
        }
    }
}
