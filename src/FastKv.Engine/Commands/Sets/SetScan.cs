using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Sets;

// Data plane.

/// <summary>SSCAN.</summary>
internal static class SetScan
{
    [Command("SSCAN", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.8.0", Summary = "Incrementally iterate Set elements",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number "
            + "of elements inside the collection..",
        Syntax = "key cursor [MATCH pattern] [COUNT count]", Tips = ["nondeterministic_output"])]
    internal static void Scan(ref CommandContext context)
    {
        if (!CollectionScan.TryCursor(ref context, out ulong cursor))
            return;
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.Set, out var entry))
            return;
        if (entry.IsNull)
        {
            CollectionScan.ReplyEmpty(ref context);
            return;
        }
        if (!CollectionScan.TryOptions(ref context, false, out var scan))
            return;
        scan.Begin(ref context);
        var values = context.Partition.Values;
        var visitor = new Visitor { Reply = new SetReply(context.Reply), Scan = scan };
        if (entry.Encoding != ValueEncoding.HashTable)
        {
            // A compact set comes whole, whatever COUNT and the cursor say.
            Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
            var members = SetValue.Iterate(values, entry);
            while (members.MoveNext())
                visitor.Visit(members.Text(scratch));
            scan.End(ref context, 0, visitor.Written);
            return;
        }
        long positionsLeft = scan.PositionsMax;
        do
        {
            cursor = SetValue.Scan(values, entry, cursor, ref visitor);
        }
        while (cursor != 0 && visitor.Seen < scan.Count && --positionsLeft > 0);
        scan.End(ref context, cursor, visitor.Written);
    }

    private ref struct Visitor : ISetVisitor
    {
        public SetReply Reply;
        public CollectionScan Scan;

        /// <summary>Members looked at, which COUNT bounds, and those that matched.</summary>
        public long Seen, Written;

        public void Visit(scoped ReadOnlySpan<byte> member)
        {
            Seen++;
            if (!Scan.Matches(member))
                return;
            Reply.Visit(member);
            Written++;
        }
    }
}
