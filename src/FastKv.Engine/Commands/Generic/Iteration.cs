using FastKv.Engine.Keyspace;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Generic;

/// <summary>SCAN, KEYS, RANDOMKEY and DBSIZE: looking over a database. Data plane.</summary>
internal static unsafe class Iteration
{
    /// <summary>SCAN visits at most this many table positions per requested key, as Redis does, so that a sparse table cannot stall a turn.</summary>
    private const long PositionsPerKey = 10;

    [Command("SCAN", Arity = -2, Flags = CommandFlags.ReadOnly | CommandFlags.TouchesArbitraryKeys, Group = CommandGroup.Generic,
        Route = CommandRoute.Cursor, Since = "2.8.0", Summary = "Iterates over the key names in the database.",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number "
            + "of elements inside the collection.",
        Syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type@6.0.0]", History = ["6.0.0: Added the `TYPE` subcommand."],
        Tips = ["nondeterministic_output", "request_policy:special"])]
    internal static void Scan(ref CommandContext context)
    {
        if (!ScanCursor.TryParse(context[1], out ulong cursor))
        {
            context.Reply.Error(Errors.InvalidCursor);
            return;
        }
        long count = 10;
        ReadOnlySpan<byte> pattern = default, type = default;
        bool hasPattern = false, hasType = false;
        for (int i = 2; i < context.Count; i += 2)
        {
            bool hasValue = i + 1 < context.Count;
            if (hasValue && context.Is(i, "COUNT"u8))
            {
                if (!context.TryInteger(i + 1, out count))
                    return;
                if (count < 1)
                {
                    context.Reply.Error(Errors.Syntax);
                    return;
                }
            }
            else if (hasValue && context.Is(i, "MATCH"u8))
            {
                pattern = context[i + 1];
                hasPattern = pattern is not [(byte)'*'];
            }
            else if (hasValue && context.Is(i, "TYPE"u8))
            {
                type = context[i + 1];
                hasType = true;
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return;
            }
        }

        var partition = context.Partition;
        var database = partition.Databases[context.DatabaseIndex];
        var visitor = new ScanVisitor
        {
            Reply = context.Reply,
            NowMs = context.NowMs,
            Pattern = pattern,
            HasPattern = hasPattern,
            Type = type,
            HasType = hasType,
        };
        context.Reply.ArrayHeader(2);
        var cursorReply = context.Reply.BeginArray();
        var keys = context.Reply.BeginArray();
        ulong position = ScanCursor.Position(cursor);
        long positionsLeft = count <= long.MaxValue / PositionsPerKey ? count * PositionsPerKey : long.MaxValue;
        do
        {
            position = database.Scan(position, ref visitor);
        }
        while (position != 0 && visitor.Seen < count && --positionsLeft > 0);
        context.Reply.EndArray(keys, visitor.Emitted);
        ulong next = ScanCursor.Next(position, partition.Index, context.Partitions.Length);
        Span<byte> text = stackalloc byte[32];
        var writer = new SpanText(text);
        byte* digits = stackalloc byte[NumberText.Int64CharsMax];
        int length = NumberText.Format(digits, (long)next);
        writer.Add("$"u8);
        writer.Add(length);
        writer.Add("\r\n"u8);
        writer.Add(new ReadOnlySpan<byte>(digits, length));
        writer.Add("\r\n"u8);
        context.Reply.EndWith(cursorReply, writer.Written);
    }

    [Command("KEYS", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.TouchesArbitraryKeys, Group = CommandGroup.Generic,
        Categories = AclCategories.Dangerous, Route = CommandRoute.Everywhere, Merge = PartMerge.Concat, Since = "1.0.0",
        Summary = "Returns all key names that match a pattern.",
        Complexity = "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern "
            + "have limited length.",
        Syntax = "pattern", Tips = ["request_policy:all_shards", "nondeterministic_output_order"])]
    internal static void Keys(ref CommandContext context)
    {
        var database = context.Partition.Databases[context.DatabaseIndex];
        var pattern = context[1];
        var visitor = new ScanVisitor
        {
            Reply = context.Reply,
            NowMs = context.NowMs,
            Pattern = pattern,
            HasPattern = pattern is not [(byte)'*'],
        };
        var keys = context.Reply.BeginArray();
        ulong position = 0;
        do
        {
            position = database.Scan(position, ref visitor);
        }
        while (position != 0);
        context.Reply.EndArray(keys, visitor.Emitted);
    }

    [Command("RANDOMKEY", Arity = 1, Flags = CommandFlags.ReadOnly | CommandFlags.TouchesArbitraryKeys, Group = CommandGroup.Generic,
        Route = CommandRoute.Everywhere, Since = "1.0.0", Summary = "Returns a random key name from the database.", Complexity = "O(1)",
        Tips = ["request_policy:all_shards", "nondeterministic_output"])]
    internal static void RandomKey(ref CommandContext context)
    {
        // A partition is drawn in proportion to its keys, so that every key is as likely as any other.
        long total = 0;
        foreach (var partition in context.Partitions)
            total += partition.Databases[context.DatabaseIndex].Count;
        while (total > 0)
        {
            long target = context.Partition.Random.Below(total);
            foreach (var partition in context.Partitions)
            {
                var database = partition.Databases[context.DatabaseIndex];
                long count = database.Count;
                if (target >= count)
                {
                    target -= count;
                    continue;
                }
                var entry = database.Random();
                if (!entry.IsNull)
                {
                    context.Reply.BulkString(entry.Key);
                    return;
                }
                break;
            }
            long left = 0;
            foreach (var partition in context.Partitions)
                left += partition.Databases[context.DatabaseIndex].Count;
            if (left == total)
                break;
            total = left;
        }
        context.Reply.Null();
    }

    [Command("DBSIZE", Arity = 1, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Server, Categories = AclCategories.Keyspace,
        Route = CommandRoute.Everywhere, Merge = PartMerge.Sum, Since = "1.0.0", Summary = "Returns the number of keys in the database.",
        Complexity = "O(1)", Tips = ["request_policy:all_shards", "response_policy:agg_sum"])]
    internal static void Size(ref CommandContext context) => context.Reply.Integer(context.Partition.Databases[context.DatabaseIndex].Count);

    private ref struct ScanVisitor : IEntryVisitor
    {
        public ReplyWriter Reply;
        public long NowMs;
        public ReadOnlySpan<byte> Pattern, Type;
        public bool HasPattern, HasType;

        /// <summary>Entries looked at, which COUNT bounds, and those that matched.</summary>
        public long Seen, Emitted;

        public void Visit(byte* block)
        {
            var entry = new EntryRef(block);
            Seen++;
            if (entry.HasExpiry && entry.ExpiryMs <= NowMs)
                return;
            if (HasType && !CommandText.NameOf(entry.Type).SequenceEqual(Type))
                return;
            if (HasPattern && !Glob.IsMatch(Pattern, entry.Key))
                return;
            Reply.BulkString(entry.Key);
            Emitted++;
        }
    }
}
