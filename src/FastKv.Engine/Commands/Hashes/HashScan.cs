using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Hashes;

/// <summary>HSCAN. Data plane.</summary>
internal static class HashScan
{
    [Command("HSCAN", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.8.0", Summary = "Incrementally iterate hash fields and associated values",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number "
            + "of elements inside the collection..",
        Syntax = "key cursor [MATCH pattern] [COUNT count]", Tips = ["nondeterministic_output"])]
    internal static void HScan(ref CommandContext context)
    {
        if (!CollectionScan.TryCursor(ref context, out ulong cursor) || !HashReads.TryFind(ref context, out var entry, out var values))
            return;
        if (entry.IsNull)
        {
            CollectionScan.ReplyEmpty(ref context);
            return;
        }
        if (!CollectionScan.TryOptions(ref context, true, out var scan))
            return;

        scan.Begin(ref context);
        var visitor = new ScanVisitor { Reply = context.Reply, Scan = scan };
        long positionsLeft = scan.PositionsMax;
        do
            cursor = HashValue.Scan(values, entry, cursor, context.NowMs, ref visitor);
        while (cursor != 0 && visitor.Seen < scan.Count && --positionsLeft > 0);
        scan.End(ref context, cursor, visitor.Written);
    }

    private ref struct ScanVisitor : IFieldVisitor
    {
        public ReplyWriter Reply;
        public CollectionScan Scan;

        /// <summary>Fields looked at, which COUNT bounds, and replies written.</summary>
        public long Seen, Written;

        public void Visit(scoped ReadOnlySpan<byte> field, scoped ReadOnlySpan<byte> value)
        {
            Seen++;
            if (!Scan.Matches(field))
                return;
            Reply.BulkString(field);
            Written++;
            if (Scan.HasNoValues)
                return;
            Reply.BulkString(value);
            Written++;
        }
    }
}
