using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Sets;

// Data plane.

/// <summary>SMOVE.</summary>
internal static unsafe class Moving
{
    [Command("SMOVE", Arity = 4, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Set, Since = "1.0.0",
        Summary = "Move a member from one set to another", Complexity = "O(1)", Syntax = "source destination member")]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete)]
    [KeySpec(Index = 2, Access = KeyAccess.RW | KeyAccess.Insert)]
    internal static void Move(ref CommandContext context)
    {
        var sourceKey = context.Key(1);
        var targetKey = context.Key(2);
        var member = context[3];
        var sourceDatabase = context.Database(sourceKey);
        var targetDatabase = context.Database(targetKey);
        var source = sourceDatabase.Find(sourceKey);
        var target = targetDatabase.Find(targetKey);
        if (source.IsNull)
        {
            context.Reply.Integer(0);
            return;
        }
        if (source.Type != ValueType.Set || (!target.IsNull && target.Type != ValueType.Set))
        {
            context.Reply.Error(Errors.WrongType);
            return;
        }
        if (source == target)
        {
            context.Reply.Integer(SetValue.Contains(sourceDatabase.Values, source, member) ? 1 : 0);
            return;
        }
        var after = new EntryRef(SetValue.Remove(sourceDatabase.Values, source.Block, member, out bool removed));
        if (removed)
        {
            SetChange.Removed(sourceDatabase, sourceKey, source, after, 1);
            AddTo(targetDatabase, targetKey, target, member);
            if (context.IsJournaled && sourceDatabase.Partition != targetDatabase.Partition)
            {
                context.BeginEffect(sourceKey, "SREM"u8, 3).Add(sourceKey.Span).Add(member);
                context.BeginEffect(targetKey, "SADD"u8, 3).Add(targetKey.Span).Add(member);
            }
        }
        context.Reply.Integer(removed ? 1 : 0);
    }

    private static void AddTo(Database database, in Key key, EntryRef target, ReadOnlySpan<byte> member)
    {
        if (target.IsNull)
        {
            byte* created = SetValue.CreateFor(database.Values, key.Span, member, 1, database.Partition.NewAccessBits);
            database.Insert(key, new EntryRef(SetValue.Add(database.Values, created, member, out _)));
            database.Notify(KeyspaceEvents.Set, "sadd"u8, key);
            return;
        }
        var after = new EntryRef(SetValue.Add(database.Values, target.Block, member, out bool added));
        if (!added)
            return;
        database.Replace(key, target, after);
        database.Notify(KeyspaceEvents.Set, "sadd"u8, key);
    }
}
