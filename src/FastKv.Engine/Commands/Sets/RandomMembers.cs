using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Sets;

// Data plane. Members drawn at random; how is the matter of SetSample.

/// <summary>SPOP and SRANDMEMBER.</summary>
internal static unsafe class RandomMembers
{
    /// <summary>When at least five of six members of a table are popped, those that stay are drawn instead (Redis's bound).</summary>
    private const long KeepFactor = 5;

    [Command("SPOP", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Set, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete, Since = "1.0.0",
        Summary = "Remove and return one or multiple random members from a set",
        Complexity = "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.", Syntax = "key [count@3.2.0]",
        History = ["3.2.0: Added the `count` argument."], Tips = ["nondeterministic_output"])]
    internal static void Pop(ref CommandContext context)
    {
        if (context.Count > 3)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        long count = 1;
        bool hasCount = context.Count == 3;
        if (hasCount && (!NumberText.TryParseInt64(context[2], out count) || count < 0))
        {
            context.Reply.Error(Errors.NotPositive);
            return;
        }
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.Set, out var entry))
            return;
        if (entry.IsNull || count == 0)
            ReplyNothing(ref context, hasCount);
        else if (hasCount)
            PopMany(ref context, key, entry, count);
        else
            PopOne(ref context, key, entry);
    }

    [Command("SRANDMEMBER", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.0.0", Summary = "Get one or multiple random members from a set",
        Complexity = "Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.", Syntax = "key [count@2.6.0]",
        History = ["2.6.0: Added the optional `count` argument."], Tips = ["nondeterministic_output"],
        Differs = "A count below -100,000,000 is out of range.")]
    internal static void Random(ref CommandContext context)
    {
        if (context.Count > 3)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        long count = 0;
        bool hasCount = context.Count == 3;
        if (hasCount && !context.TryInteger(2, out count))
            return;
        if (count == long.MinValue)
        {
            context.Reply.Error(Errors.NotAnAbsoluteInt64);
            return;
        }
        if (count < -CommandRules.RepeatedMax)
        {
            context.Reply.Error(Errors.ValueOutOfRange);
            return;
        }
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.Set, out var entry))
            return;
        if (hasCount)
        {
            RandomMany(ref context, entry, count);
            return;
        }
        if (entry.IsNull)
        {
            context.Reply.Null();
            return;
        }
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        context.Reply.BulkString(SetSample.One(context.Partition.Values, entry, ref context.Partition.Random, scratch));
    }

    private static void ReplyNothing(ref CommandContext context, bool hasCount)
    {
        if (hasCount)
            context.Reply.SetHeader(0);
        else
            context.Reply.Null();
    }

    private static void PopOne(ref CommandContext context, in Key key, EntryRef entry)
    {
        var database = context.Database(key);
        var visitor = new SetReply(context.Reply);
        if (SetValue.Count(entry) == 1)
        {
            SetReply.Members(ref context, entry);
            if (context.IsJournaled)
                RemovedMembers.Tell(ref context, key, entry);
            RemoveAll(database, key, entry);
            return;
        }
        if (context.IsJournaled)
            visitor.Removed = new RemovedMembers(ref context, key);
        var after = new EntryRef(SetSample.Pop(database.Values, entry.Block, 1, ref database.Partition.Random, ref visitor));
        database.Replace(key, entry, after);
        database.Notify(KeyspaceEvents.Set, "spop"u8, key);
    }

    private static void PopMany(ref CommandContext context, in Key key, EntryRef entry, long count)
    {
        var database = context.Database(key);
        var values = database.Values;
        long members = SetValue.Count(entry);
        context.Reply.SetHeader(Math.Min(members, count));
        if (count >= members)
        {
            SetReply.Members(ref context, entry);
            if (context.IsJournaled)
                Effects.Delete(context, key, isLazy: false);
            RemoveAll(database, key, entry);
            database.MarkChanged(members - 1);
            return;
        }
        if (entry.Encoding == ValueEncoding.HashTable && members - count <= count / KeepFactor)
        {
            var kept = new EntryRef(SetSample.Split(values, entry.Block, members - count, ref database.Partition.Random));
            SetReply.Members(ref context, entry);
            if (context.IsJournaled)
                RemovedMembers.Tell(ref context, key, entry);
            database.Replace(key, entry, kept, count);
            database.Notify(KeyspaceEvents.Set, "spop"u8, key);
            SetChange.Discard(database, entry.Block);
            return;
        }
        var visitor = new SetReply(context.Reply);
        if (context.IsJournaled)
            visitor.Removed = new RemovedMembers(ref context, key);
        var after = new EntryRef(SetSample.Pop(values, entry.Block, count, ref database.Partition.Random, ref visitor));
        database.Replace(key, entry, after, count);
        database.Notify(KeyspaceEvents.Set, "spop"u8, key);
    }

    private static void RemoveAll(Database database, in Key key, EntryRef entry)
    {
        database.Remove(key, entry);
        database.Notify(KeyspaceEvents.Set, "spop"u8, key);
        database.Notify(KeyspaceEvents.Generic, "del"u8, key);
    }

    private static void RandomMany(ref CommandContext context, EntryRef entry, long count)
    {
        if (entry.IsNull || count == 0)
        {
            context.Reply.ArrayHeader(0);
            return;
        }
        var values = context.Partition.Values;
        var visitor = new SetReply(context.Reply);
        long members = SetValue.Count(entry);
        context.Reply.ArrayHeader(count < 0 ? -count : Math.Min(count, members));
        if (count < 0)
            SetSample.Repeated(values, entry, -count, ref context.Partition.Random, ref visitor);
        else if (count < members)
            SetSample.Distinct(values, entry, count, ref context.Partition.Random, ref visitor);
        else
            SetReply.Members(ref context, entry);
    }
}
