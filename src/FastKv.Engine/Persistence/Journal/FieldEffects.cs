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
