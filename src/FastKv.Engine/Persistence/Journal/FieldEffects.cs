using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Journal;

/// <summary>What becomes of fields whose time has come: HDEL, before anything else happens to their hash. Data plane.</summary>
internal static unsafe class FieldEffects
{
    /// <summary>Tells that all fields of a hash that are due are gone, whether they have been removed yet or not. O(n).</summary>
    public static void Expire(Database database, EntryRef hash)
    {
        var journal = database.Partition.Journal;
        bool isReplaced = journal.IsReplaced;
        var visitor = new DueVisitor { Database = database, Hash = hash, NowMs = database.Partition.NowMs };
        HashValue.VisitAll(database.Values, hash, 0, ref visitor);
        journal.IsReplaced = isReplaced;
    }

    /// <summary>A field expires at that time (0: never).</summary>
    public static void ExpireAt(in CommandContext context, in Key key, long expiryMs, ReadOnlySpan<byte> field)
    {
        if (expiryMs == 0)
            context.BeginEffect(key, "HPERSIST"u8, 5).Add(key.Span).Add("FIELDS"u8).Add("1"u8).Add(field);
        else
            context.BeginEffect(key, "HPEXPIREAT"u8, 6).Add(key.Span).Add(expiryMs).Add("FIELDS"u8).Add("1"u8).Add(field);
    }

    /// <summary>A field is gone.</summary>
    public static void Delete(in CommandContext context, in Key key, ReadOnlySpan<byte> field) =>
        context.BeginEffect(key, "HDEL"u8, 3).Add(key.Span).Add(field);

    /// <summary>A field has this value, and no time to live.</summary>
    public static void Set(in CommandContext context, in Key key, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) =>
        context.BeginEffect(key, "HSET"u8, 4).Add(key.Span).Add(field).Add(value);

    private struct DueVisitor : IFieldVisitor
    {
        public Database Database;
        public EntryRef Hash;
        public long NowMs;

        public void Visit(scoped ReadOnlySpan<byte> field, scoped ReadOnlySpan<byte> value)
        {
            // As of time 0 every field is there.
            var position = HashValue.Find(Database.Values, Hash.Block, field, 0);
            long expiryMs = HashValue.ExpiryMs(Hash.Block, position);
            if (expiryMs == 0 || expiryMs > NowMs)
                return;
            Database.Partition.Journal.Begin(Database.Index, "HDEL"u8, 3).Add(Hash.Key).Add(field);
        }
    }
}
