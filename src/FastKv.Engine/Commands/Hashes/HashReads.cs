using System.Runtime.CompilerServices;
using FastKv.Engine.Keyspace;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Hashes;

// Data plane. Expired fields are not there, except that HLEN counts them until they are removed, as in Redis: by a command that names them, or by the sweep.

/// <summary>HGET, HMGET, HGETALL, HKEYS, HVALS, HLEN, HSTRLEN, HEXISTS.</summary>
internal static unsafe class HashReads
{
    [Command("HGET", Arity = 3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.0.0", Summary = "Get the value of a hash field", Complexity = "O(1)", Syntax = "key field")]
    [SkipLocalsInit]
    internal static void HGet(ref CommandContext context)
    {
        if (!TryFind(ref context, out var entry, out var values))
            return;
        Span<byte> scratch = stackalloc byte[HashValue.ScratchBytes];
        ReplyValue(ref context, ref entry, values, context[2], scratch);
    }

    [Command("HMGET", Arity = -3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.0.0", Summary = "Get the values of all the given hash fields",
        Complexity = "O(N) where N is the number of fields being requested.", Syntax = "key field...")]
    [SkipLocalsInit]
    internal static void HMGet(ref CommandContext context)
    {
        if (!TryFind(ref context, out var entry, out var values))
            return;
        context.Reply.ArrayHeader(context.Count - 2);
        Span<byte> scratch = stackalloc byte[HashValue.ScratchBytes];
        for (int i = 2; i < context.Count; i++)
            ReplyValue(ref context, ref entry, values, context[i], scratch);
    }

    [Command("HGETALL", Arity = 2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.0.0", Summary = "Get all the fields and values in a hash",
        Complexity = "O(N) where N is the size of the hash.", Syntax = "key", Tips = ["nondeterministic_output_order"])]
    internal static void HGetAll(ref CommandContext context) => ReplyAll(ref context, true, true);

    [Command("HKEYS", Arity = 2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.0.0", Summary = "Get all the fields in a hash",
        Complexity = "O(N) where N is the size of the hash.", Syntax = "key", Tips = ["nondeterministic_output_order"])]
    internal static void HKeys(ref CommandContext context) => ReplyAll(ref context, true, false);

    [Command("HVALS", Arity = 2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.0.0", Summary = "Get all the values in a hash",
        Complexity = "O(N) where N is the size of the hash.", Syntax = "key", Tips = ["nondeterministic_output_order"])]
    internal static void HVals(ref CommandContext context) => ReplyAll(ref context, false, true);

    [Command("HLEN", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO, Since = "2.0.0", Summary = "Get the number of fields in a hash", Complexity = "O(1)", Syntax = "key")]
    internal static void HLen(ref CommandContext context)
    {
        if (TryFind(ref context, out var entry, out _))
            context.Reply.Integer(entry.IsNull ? 0 : HashValue.Count(entry));
    }

    [Command("HSTRLEN", Arity = 3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO, Since = "3.2.0", Summary = "Get the length of the value of a hash field", Complexity = "O(1)", Syntax = "key field")]
    internal static void HStrLen(ref CommandContext context)
    {
        if (!TryFind(ref context, out var entry, out var values))
            return;
        var position = Find(ref context, ref entry, values, context[2]);
        context.Reply.Integer(position.Exists ? HashValue.ValueLength(entry.Block, position) : 0);
    }

    [Command("HEXISTS", Arity = 3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO, Since = "2.0.0", Summary = "Determine if a hash field exists", Complexity = "O(1)", Syntax = "key field")]
    internal static void HExists(ref CommandContext context)
    {
        if (!TryFind(ref context, out var entry, out var values))
            return;
        context.Reply.Integer(Find(ref context, ref entry, values, context[2]).Exists ? 1 : 0);
    }

    /// <summary>The hash in argument 1 for reading (null entry: there is none); false: WRONGTYPE was replied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryFind(ref CommandContext context, out EntryRef entry, out ValueHeap values)
    {
        var key = context.Key(1);
        values = context.Database(key).Values;
        return context.TryFindForRead(key, ValueType.Hash, out entry);
    }

    /// <summary>Looks for a field of a hash, or of none. One that has expired is removed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FieldPosition Find(ref CommandContext context, ref EntryRef entry, ValueHeap values, ReadOnlySpan<byte> field)
    {
        if (entry.IsNull)
            return default;
        var position = HashValue.Find(values, entry.Block, field, context.NowMs);
        if (position.IsExpired)
        {
            var key = context.Key(1);
            entry = context.Database(key).ExpireField(key, entry, field);
        }
        return position;
    }

    /// <summary>Replies a field's value, or null.</summary>
    private static void ReplyValue(ref CommandContext context, ref EntryRef entry, ValueHeap values, ReadOnlySpan<byte> field, Span<byte> scratch)
    {
        var position = Find(ref context, ref entry, values, field);
        if (position.Exists)
            context.Reply.BulkString(HashValue.Value(entry.Block, position, scratch));
        else
            context.Reply.Null();
    }

    private static void ReplyAll(ref CommandContext context, bool hasFields, bool hasValues)
    {
        if (!TryFind(ref context, out var entry, out var values))
            return;
        bool isMap = hasFields && hasValues;
        var visitor = new ReplyVisitor { Reply = context.Reply, HasFields = hasFields, HasValues = hasValues };
        if (!entry.IsNull && HashValue.IsAnyDue(entry, context.NowMs))
        {
            var deferred = isMap ? context.Reply.BeginMap() : context.Reply.BeginArray();
            HashValue.VisitAll(values, entry, context.NowMs, ref visitor);
            if (isMap)
                context.Reply.EndMap(deferred, visitor.Visited);
            else
                context.Reply.EndArray(deferred, visitor.Visited);
            return;
        }

        long count = entry.IsNull ? 0 : HashValue.Count(entry);
        if (isMap)
            context.Reply.MapHeader(count);
        else
            context.Reply.ArrayHeader(count);
        if (count > 0)
            HashValue.VisitAll(values, entry, context.NowMs, ref visitor);
    }

    private struct ReplyVisitor : IFieldVisitor
    {
        public ReplyWriter Reply;
        public bool HasFields, HasValues;
        public long Visited;

        public void Visit(scoped ReadOnlySpan<byte> field, scoped ReadOnlySpan<byte> value)
        {
            if (HasFields)
                Reply.BulkString(field);
            if (HasValues)
                Reply.BulkString(value);
            Visited++;
        }
    }
}
