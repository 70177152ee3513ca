using FastKv.Structures;

namespace FastKv.Engine.Commands.Sets;

// Data plane.

/// <summary>SUNION and SUNIONSTORE.</summary>
internal static unsafe class Union
{
    [Command("SUNION", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, FirstKey = 1, LastKey = -1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.0.0", Summary = "Add multiple sets",
        Complexity = "O(N) where N is the total number of elements in all given sets.", Syntax = "key...", Tips = ["nondeterministic_output_order"])]
    internal static void Reply(ref CommandContext context)
    {
        SetOperand* onStack = stackalloc SetOperand[Operands.OnStackMax];
        if (Operands.TryFind(ref context, 1, context.Count - 1, onStack, out var operands))
        {
            if (SetAlgebra.IsUnionByLookup(operands.All))
            {
                var members = context.Reply.BeginSet();
                var visitor = new SetReply(context.Reply);
                context.Reply.EndSet(members, SetAlgebra.Union(context.Partition.Values, operands.All, ref visitor));
            }
            else
            {
                ReplyCollected(ref context, operands.All);
            }
        }
        operands.Dispose();
    }

    [Command("SUNIONSTORE", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Set, Since = "1.0.0",
        Summary = "Add multiple sets and store the resulting set in a key",
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
            Collect(operands.All, ref sink);
            SetChange.Store(ref context, key, sink.Entry);
        }
        operands.Dispose();
    }

    private static void ReplyCollected(ref CommandContext context, Span<SetOperand> sets)
    {
        var database = context.Partition.Databases[context.DatabaseIndex];
        var sink = new SetSink(database.Values, SetValue.CreateTable(database.Values, default));
        Collect(sets, ref sink);
        var union = new EntryRef(sink.Entry);
        context.Reply.SetHeader(SetValue.Count(union));
        SetReply.Members(ref context, union);
        SetChange.Discard(database, sink.Entry);
    }

    private static void Collect(Span<SetOperand> sets, ref SetSink sink)
    {
        foreach (ref readonly var set in sets)
        {
            if (set.Count != 0)
                sink.AddAll(set.Entry);
        }
    }
}
