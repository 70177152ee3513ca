using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Structures;

namespace FastKv.Engine.Commands.SortedSets;

// Data plane. What the commands that change a sorted set have in common: how a change reaches the database, and how members are replied.

/// <summary>Changes and replies shared by the commands of this group.</summary>
internal static unsafe class SortedSetEdit
{
    /// <summary>
    /// Tells the database about <paramref name="changes"/> that ZREM has made to a sorted set, which may have moved; an empty one goes with its key.
    /// </summary>
    public static void Finish(Database database, in Key key, EntryRef before, EntryRef after, long changes)
    {
        if (changes == 0)
            return;
        if (SortedSetValue.Count(after) > 0)
        {
            database.Replace(key, before, after, changes);
            database.Notify(KeyspaceEvents.SortedSet, "zrem"u8, key);
            return;
        }
        if (before != after)
            database.Replace(key, before, after, 0);
        database.Remove(key, after);
        database.MarkChanged(changes - 1);
        database.Notify(KeyspaceEvents.SortedSet, "zrem"u8, key);
        database.Notify(KeyspaceEvents.Generic, "del"u8, key);
    }

    /// <summary>Removes the members of ranks [rank, rank + count); all of them: the key, whose value is then freed in slices.</summary>
    public static void RemoveRange(Database database, in Key key, EntryRef entry, long rank, long count, ReadOnlySpan<byte> eventName)
    {
        if (count == SortedSetValue.Count(entry))
        {
            database.Remove(key, entry);
            database.MarkChanged(count - 1);
            database.Notify(KeyspaceEvents.SortedSet, eventName, key);
            database.Notify(KeyspaceEvents.Generic, "del"u8, key);
        }
        else if (count > 0)
        {
            byte* after = SortedSetValue.RemoveRange(database.Values, entry.Block, rank, count);
            database.Replace(key, entry, new EntryRef(after), count);
            database.Notify(KeyspaceEvents.SortedSet, eventName, key);
        }
    }

    /// <summary>Puts what a builder has collected in the place of a key, or removes the key when there is nothing; replies the number of members.</summary>
    public static void Store(ref CommandContext context, in Key key, ref SortedSetBuilder builder)
    {
        var database = context.Database(key);
        var existing = database.Peek(key);
        if (!existing.IsNull)
            database.Remove(key, existing);
        long count = builder.Count;
        if (count > 0)
        {
            builder.Sort();
            database.Insert(key, new EntryRef(builder.ToEntry(key.Span, database.Partition.NewAccessBits)), isNew: existing.IsNull);

            // The events bear the commands' names: zunionstore, zinterstore, zdiffstore, zrangestore.
            database.Notify(KeyspaceEvents.SortedSet, CommandText.NameOf(context.Command), key);
        }
        else
        {
            builder.Free();
            if (!existing.IsNull)
                database.Notify(KeyspaceEvents.Generic, "del"u8, key);
        }
        context.Reply.Integer(count);
    }

    /// <summary>Header of a reply with members and perhaps their scores: pairs in RESP3, all in one list in RESP2.</summary>
    public static void ReplyHeader(ref CommandContext context, long count, bool withScores) =>
        context.Reply.ArrayHeader(withScores && context.Reply.Resp == 2 ? count * 2 : count);

    /// <summary>One member, and perhaps its score.</summary>
    public static void ReplyMember(ref CommandContext context, ReadOnlySpan<byte> member, double score, bool withScores)
    {
        if (!withScores)
        {
            context.Reply.BulkString(member);
            return;
        }
        if (context.Reply.Resp > 2)
            context.Reply.ArrayHeader(2);
        context.Reply.BulkString(member);
        context.Reply.Double(score);
    }
}
