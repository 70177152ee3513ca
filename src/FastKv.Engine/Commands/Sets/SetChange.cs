using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Sets;

// Data plane. How the keyspace learns what has become of a set.

/// <summary>Brings a changed set, or a new one, back to its database.</summary>
internal static unsafe class SetChange
{
    /// <summary>After SREM or SMOVE has removed <paramref name="changes"/> members: a set that has become empty goes.</summary>
    public static void Removed(Database database, in Key key, EntryRef before, EntryRef after, long changes)
    {
        if (changes == 0)
            return;
        if (SetValue.Count(after) != 0)
        {
            database.Replace(key, before, after, changes);
            database.Notify(KeyspaceEvents.Set, "srem"u8, key);
            return;
        }
        if (before != after)
            database.Replace(key, before, after, 0);
        database.MarkChanged(changes - 1);
        database.Remove(key, after);
        database.Notify(KeyspaceEvents.Set, "srem"u8, key);
        database.Notify(KeyspaceEvents.Generic, "del"u8, key);
    }

    /// <summary>Puts a new set in the place of whatever the key holds; an empty one is freed, and the key with it. Replies the number of members.</summary>
    public static void Store(ref CommandContext context, in Key key, byte* entry)
    {
        var database = context.Database(key);
        var existing = database.Peek(key);
        long count = SetValue.Count(new EntryRef(entry));
        if (count == 0)
        {
            Discard(database, entry);
            if (!existing.IsNull)
            {
                database.Remove(key, existing);
                database.Notify(KeyspaceEvents.Generic, "del"u8, key);
            }
        }
        else
        {
            if (!existing.IsNull)
            {
                database.Unlink(key, existing);
                database.Partition.LazyFree.Free(existing);
            }
            database.Insert(key, new EntryRef(entry), isNew: existing.IsNull);

            // The events bear the commands' names: sinterstore, sunionstore, sdiffstore.
            database.Notify(KeyspaceEvents.Set, CommandText.NameOf(context.Command), key);
        }
        context.Reply.Integer(count);
    }

    /// <summary>Frees an entry that is in no table, a large one in slices.</summary>
    public static void Discard(Database database, byte* entry) => database.Partition.LazyFree.Free(new EntryRef(entry));
}
