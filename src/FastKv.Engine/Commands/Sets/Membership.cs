using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Sets;

// Data plane. What is in one set.

/// <summary>SADD, SREM, SISMEMBER, SMISMEMBER, SCARD and SMEMBERS.</summary>
internal static unsafe class Membership
{
    private const int BatchMembers = 16;

    [Command("SADD", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.Set, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Insert, Since = "1.0.0", Summary = "Add one or more members to a set",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.", Syntax = "key member...",
        History = ["2.4.0: Accepts multiple `member` arguments."])]
    internal static void Add(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.Set, out var before))
            return;
        var database = context.Database(key);
        var values = database.Values;
        byte* entry = before.IsNull
            ? SetValue.CreateFor(values, key.Span, context[2], context.Count - 2, database.Partition.NewAccessBits)
            : SetValue.Expect(values, before.Block, context.Count - 2);
        long changes = 0;
        for (int i = 2; i < context.Count; i++)
        {
            PrefetchBatch(ref context, values, new EntryRef(entry), i);
            entry = SetValue.Add(values, entry, context[i], out bool added);
            changes += added ? 1 : 0;
        }
        if (before.IsNull)
        {
            database.Insert(key, new EntryRef(entry));
            database.MarkChanged(changes - 1);
        }
        else if (changes != 0)
        {
            database.Replace(key, before, new EntryRef(entry), changes);
        }
        else
        {
            database.Relink(key, before, new EntryRef(entry));
        }
        if (changes != 0)
            database.Notify(KeyspaceEvents.Set, "sadd"u8, key);
        context.Reply.Integer(changes);
    }

    [Command("SREM", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Set, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "1.0.0", Summary = "Remove one or more members from a set",
        Complexity = "O(N) where N is the number of members to be removed.", Syntax = "key member...",
        History = ["2.4.0: Accepts multiple `member` arguments."])]
    internal static void Remove(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.Set, out var before))
            return;
        if (before.IsNull)
        {
            context.Reply.Integer(0);
            return;
        }
        var database = context.Database(key);
        byte* entry = before.Block;
        long left = SetValue.Count(before);
        long changes = 0;
        for (int i = 2; i < context.Count && changes < left; i++)
        {
            PrefetchBatch(ref context, database.Values, new EntryRef(entry), i);
            entry = SetValue.Remove(database.Values, entry, context[i], out bool removed);
            changes += removed ? 1 : 0;
        }
        SetChange.Removed(database, key, before, new EntryRef(entry), changes);
        context.Reply.Integer(changes);
    }

    [Command("SISMEMBER", Arity = 3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Set, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO, Since = "1.0.0", Summary = "Determine if a given value is a member of a set", Complexity = "O(1)", Syntax = "key member")]
    internal static void IsMember(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.Set, out var entry))
            return;
        context.Reply.Integer(!entry.IsNull && SetValue.Contains(context.Partition.Values, entry, context[2]) ? 1 : 0);
    }

    [Command("SMISMEMBER", Arity = -3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Set, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "6.2.0", Summary = "Returns the membership associated with the given elements for a set",
        Complexity = "O(N) where N is the number of elements being checked for membership", Syntax = "key member...")]
    internal static void AreMembers(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.Set, out var entry))
            return;
        context.Reply.ArrayHeader(context.Count - 2);
        var values = context.Partition.Values;
        for (int i = 2; i < context.Count; i++)
        {
            if (!entry.IsNull)
                PrefetchBatch(ref context, values, entry, i);
            context.Reply.Integer(!entry.IsNull && SetValue.Contains(values, entry, context[i]) ? 1 : 0);
        }
    }

    [Command("SCARD", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Set, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO, Since = "1.0.0", Summary = "Get the number of members in a set", Complexity = "O(1)", Syntax = "key")]
    internal static void Count(ref CommandContext context)
    {
        var key = context.Key(1);
        if (context.TryFindForRead(key, ValueType.Set, out var entry))
            context.Reply.Integer(entry.IsNull ? 0 : SetValue.Count(entry));
    }

    [Command("SMEMBERS", Arity = 2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.0.0", Summary = "Get all the members in a set",
        Complexity = "O(N) where N is the set cardinality.", Syntax = "key", Tips = ["nondeterministic_output_order"])]
    internal static void Members(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.Set, out var entry))
            return;
        context.Reply.SetHeader(entry.IsNull ? 0 : SetValue.Count(entry));
        if (!entry.IsNull)
            SetReply.Members(ref context, entry);
    }

    // Before the first member of each batch, unless it is alone.
    private static void PrefetchBatch(ref CommandContext context, ValueHeap values, EntryRef entry, int member)
    {
        if ((member - 2) % BatchMembers != 0 || member + 1 >= context.Count)
            return;
        int end = Math.Min(context.Count, member + BatchMembers);
        for (int i = member; i < end; i++)
            SetValue.Prefetch(values, entry, context[i]);
    }
}
