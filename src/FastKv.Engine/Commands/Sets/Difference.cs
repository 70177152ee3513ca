using FastKv.Structures;

namespace FastKv.Engine.Commands.Sets;

// Data plane.

/// <summary>SDIFF and SDIFFSTORE.</summary>
internal static unsafe class Difference
{
    [Command("SDIFF", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, FirstKey = 1, LastKey = -1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.0.0", Summary = "Subtract multiple sets",
        Complexity = "O(N) where N is the total number of elements in all given sets.", Syntax = "key...", Tips = ["nondeterministic_output_order"])]
    internal static void Reply(ref CommandContext context)
    {
        SetOperand* onStack = stackalloc SetOperand[Operands.OnStackMax];
        if (Operands.TryFind(ref context, 1, context.Count - 1, onStack, out var operands))
        {
            if (SetAlgebra.IsDifferenceByLookup(operands.All))
            {
                var members = context.Reply.BeginSet();
                var visitor = new SetReply(context.Reply);
                context.Reply.EndSet(members, SetAlgebra.Subtract(context.Partition.Values, operands.All, ref visitor));
            }
            else
            {
                ReplyRemaining(ref context, operands.All);
            }
        }
        operands.Dispose();
    }

    [Command("SDIFFSTORE", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Set, Since = "1.0.0",
        Summary = "Subtract multiple sets and store the resulting set in a key",
        Complexity = "O(N) where N is the total number of elements in all given sets.", Syntax = "destination key...")]
    [KeySpec(Index = 1, Access = KeyAccess.OW | KeyAccess.Update)]
    [KeySpec(Index = 2, LastKey = -1, Access = KeyAccess.RO | KeyAccess.Access)]
    internal static void Store(ref CommandContext context)
    {
        SetOperand* onStack = stackalloc SetOperand[Operands.OnStackMax];
        if (Operands.TryFind(ref context, 2, context.Count - 2, onStack, out var operands))
        {
            var key = context.Key(1);
            var database = context.Database(key);
            var sink = new SetSink(database.Values, SetValue.Create(database.Values, key.Span, -1, database.Partition.NewAccessBits));
            if (SetAlgebra.IsDifferenceByLookup(operands.All))
                SetAlgebra.Subtract(database.Values, operands.All, ref sink);
            else
                Subtract(operands.All, ref sink);
            SetChange.Store(ref context, key, sink.Entry);
        }
        operands.Dispose();
    }

    private static void ReplyRemaining(ref CommandContext context, Span<SetOperand> sets)
    {
        var database = context.Partition.Databases[context.DatabaseIndex];
        var sink = new SetSink(database.Values, SetValue.CreateTable(database.Values, default));
        Subtract(sets, ref sink);
        var difference = new EntryRef(sink.Entry);
        context.Reply.SetHeader(SetValue.Count(difference));
        if (SetValue.Count(difference) != 0)
            SetReply.Members(ref context, difference);
        SetChange.Discard(database, sink.Entry);
    }

    // O(all), where looking up each of the first set's members in all others would take longer.
    private static void Subtract(Span<SetOperand> sets, ref SetSink sink)
    {
        if (sets[0].Count == 0)
            return;
        sink.AddAll(sets[0].Entry);
        foreach (ref readonly var set in sets[1..])
        {
            if (set.Count != 0)
                sink.RemoveAll(set.Entry);
        }
    }
}
