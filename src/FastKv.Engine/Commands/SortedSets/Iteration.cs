using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.SortedSets;

/// <summary>ZSCAN. Data plane.</summary>
internal static class Iteration
{
    private const double WholeScoreMax = long.MaxValue / 2;

    [Command("ZSCAN", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.8.0", Summary = "Incrementally iterate sorted sets elements and associated scores",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number "
            + "of elements inside the collection..",
        Syntax = "key cursor [MATCH pattern] [COUNT count]", Tips = ["nondeterministic_output"])]
    internal static void ZScan(ref CommandContext context)
    {
        if (!CollectionScan.TryCursor(ref context, out ulong cursor))
            return;
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.SortedSet, out var entry))
            return;
        if (entry.IsNull)
        {
            CollectionScan.ReplyEmpty(ref context);
            return;
        }
        if (!CollectionScan.TryOptions(ref context, false, out var scan))
            return;

        var values = context.Database(key).Values;
        scan.Begin(ref context);
        var visitor = new Visitor { Reply = context.Reply, Scan = scan, IsCompact = !entry.IsPointer };
        long positionsLeft = scan.PositionsMax;
        do
        {
            cursor = SortedSetValue.Scan(values, entry, cursor, ref visitor);
        }
        while (cursor != 0 && visitor.Seen < scan.Count && --positionsLeft > 0);
        scan.End(ref context, cursor, visitor.Written);
    }

    private ref struct Visitor : IScoredMemberVisitor
    {
        public ReplyWriter Reply;
        public CollectionScan Scan;

        /// <summary>Redis's listpacks keep whole scores up to half of 64 bits as integers, which show as such here, and only here.</summary>
        public bool IsCompact;

        /// <summary>Members looked at, which COUNT bounds, and replies written.</summary>
        public long Seen, Written;

        public void Visit(ReadOnlySpan<byte> member, double score)
        {
            Seen++;
            if (!Scan.Matches(member))
                return;
            Reply.BulkString(member);
            Written += 2;
            if (IsCompact && Math.Abs(score) <= WholeScoreMax && score == Math.Truncate(score))
            {
                Reply.BulkInteger((long)score);
                return;
            }
            Span<byte> text = stackalloc byte[NumberText.DoubleCharsMax];
            Reply.BulkString(text[..NumberText.FormatDouble17(text, score)]);
        }
    }
}
