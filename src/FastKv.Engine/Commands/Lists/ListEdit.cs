using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Lists;

// Data plane. What several list commands do to a list under its key.
internal static unsafe class ListEdit
{
    /// <summary>
    /// The list that a pop takes from (null: there is none); false: the key is of another type, and WRONGTYPE was replied. To a client that has been blocked
    /// already such a key is as good as none: Redis serves it with the key that has become a list.
    /// </summary>
    public static bool TryFindSource(ref CommandContext context, in Key key, out EntryRef entry)
    {
        entry = context.Database(key).Find(key);
        if (entry.IsNull || entry.Type == ValueType.List)
            return true;
        if (context.IsRetry)
        {
            entry = default;
            return true;
        }
        context.Reply.Error(Errors.WrongType);
        return false;
    }

    /// <summary>Deletes elements at an end: the whole key when none is left.</summary>
    public static void Drop(Database database, in Key key, EntryRef entry, long count, bool atHead)
    {
        if (count >= ListValue.Count(entry))
        {
            database.Remove(key, entry);
            database.Notify(KeyspaceEvents.List, atHead ? "lpop"u8 : "rpop"u8, key);
            database.Notify(KeyspaceEvents.Generic, "del"u8, key);
            return;
        }
        database.Replace(key, entry, new EntryRef(ListValue.Drop(database.Values, entry.Block, count, atHead)));
        database.Notify(KeyspaceEvents.List, atHead ? "lpop"u8 : "rpop"u8, key);
    }

    /// <summary>Adds an element to a list, which is created when there is none.</summary>
    public static void Push(Database database, in Key key, EntryRef entry, ReadOnlySpan<byte> value, bool atHead)
    {
        if (entry.IsNull)
            database.Insert(key, new EntryRef(ListValue.Create(database.Values, key.Span, value, clock: database.Partition.NewAccessBits)));
        else
            database.Replace(key, entry, new EntryRef(ListValue.Push(database.Values, entry.Block, value, atHead)));
        database.Notify(KeyspaceEvents.List, atHead ? "lpush"u8 : "rpush"u8, key);
    }

    /// <summary>Puts the list that LREM has left in place of the one before: removes the key when it has no elements.</summary>
    public static void Store(Database database, in Key key, EntryRef before, byte* after, long changes)
    {
        var entry = new EntryRef(after);
        database.Replace(key, before, entry, changes);
        database.Notify(KeyspaceEvents.List, "lrem"u8, key);
        if (ListValue.Count(entry) != 0)
            return;
        database.Remove(key, entry);
        database.Notify(KeyspaceEvents.Generic, "del"u8, key);
    }

    /// <summary>Reads LEFT or RIGHT; false: it is neither, a syntax error was replied.</summary>
    public static bool TryEnd(ref CommandContext context, int index, out bool atHead)
    {
        atHead = context.Is(index, "LEFT"u8);
        if (atHead || context.Is(index, "RIGHT"u8))
            return true;
        context.Reply.Error(Errors.Syntax);
        return false;
    }
}
