using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Sets;

// Data plane.

/// <summary>SINTER, SINTERCARD and SINTERSTORE.</summary>
internal static unsafe class Intersection
{
    [Command("SINTER", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, FirstKey = 1, LastKey = -1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.0.0", Summary = "Intersect multiple sets",
        Complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.", Syntax = "key...",
        Tips = ["nondeterministic_output_order"])]
    internal static void Reply(ref CommandContext context)
    {
        SetOperand* onStack = stackalloc SetOperand[Operands.OnStackMax];
        if (Operands.TryFind(ref context, 1, context.Count - 1, onStack, out var operands))
        {
            var members = context.Reply.BeginSet();
            var visitor = new SetReply(context.Reply);
            context.Reply.EndSet(members, SetAlgebra.Intersect(context.Partition.Values, operands.All, long.MaxValue, ref visitor));
        }
        operands.Dispose();
    }

    [Command("SINTERCARD", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, Since = "7.0.0",
        Summary = "Intersect multiple sets and return the cardinality of the result",
        Complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
        Syntax = "numkeys key... [LIMIT limit:integer]")]
    [KeySpec(Index = 1, Access = KeyAccess.RO | KeyAccess.Access, CountIndex = 0, FirstKeyAfterCount = 1)]
    internal static void Count(ref CommandContext context)
    {
        if (!NumberText.TryParseInt64(context[1], out long keys) || keys < 1)
        {
            context.Reply.Error(Errors.NumKeysNotPositive);
            return;
        }
        if (keys > context.Count - 2)
        {
            context.Reply.Error(Errors.NumKeysTooMany);
            return;
        }
        if (!TryLimit(ref context, 2 + (int)keys, out long limit))
            return;
        SetOperand* onStack = stackalloc SetOperand[Operands.OnStackMax];
        if (Operands.TryFind(ref context, 2, (int)keys, onStack, out var operands))
        {
            var visitor = default(CountingVisitor);
            context.Reply.Integer(SetAlgebra.Intersect(context.Partition.Values, operands.All, limit == 0 ? long.MaxValue : limit, ref visitor));
        }
        operands.Dispose();
    }

    [Command("SINTERSTORE", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Set, Since = "1.0.0",
        Summary = "Intersect multiple sets and store the resulting set in a key",
        Complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.", Syntax = "destination key...")]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Update)]
    [KeySpec(Index = 2, LastKey = -1, Access = KeyAccess.RO | KeyAccess.Access)]
    internal static void Store(ref CommandContext context)
    {
        SetOperand* onStack = stackalloc SetOperand[Operands.OnStackMax];
        if (Operands.TryFind(ref context, 2, context.Count - 2, onStack, out var operands))
        {
            var key = context.Key(1);
            var database = context.Database(key);
            var sink = new SetSink(database.Values, SetValue.Create(database.Values, key.Span, -1, database.Partition.NewAccessBits));
            SetAlgebra.Intersect(database.Values, operands.All, long.MaxValue, ref sink);
            SetChange.Store(ref context, key, sink.Entry);
        }
        operands.Dispose();
    }

    private static bool TryLimit(ref CommandContext context, int first, out long limit)
    {
        limit = 0;
        for (int i = first; i < context.Count; i++)
        {
            if (i + 1 == context.Count || !context.Is(i, "LIMIT"u8))
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
            if (!NumberText.TryParseInt64(context[++i], out limit) || limit < 0)
            {
                context.Reply.Error(Errors.LimitNegative);
                return false;
            }
        }
        return true;
    }
}
