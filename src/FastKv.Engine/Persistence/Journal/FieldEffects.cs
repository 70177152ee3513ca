using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Journal;

/// <summary>What becomes of fields whose time has come: HDEL, before anything else happens to their hash. Data plane.</summary>
internal static unsafe class FieldEffects
{
    /// <summary>
    /// Tells that a field which is due is gone, before a command that names it has its effect: where it is repeated no time passes, and the field would still be
    /// there. Others that are due are told when they are removed. O(1), or as long as the search in a small hash.
    /// </summary>
    public static void ExpireIfDue(Database database, EntryRef hash, ReadOnlySpan<byte> field)
    {
        // As of time 0 every field is there.
        var position = HashValue.Find(database.Values, hash.Block, field, 0);
        long expiryMs = position.Exists ? HashValue.ExpiryMs(hash.Block, position) : 0;
        if (expiryMs != 0 && expiryMs <= database.Partition.NowMs)
            Expired(database, hash, field);
    }

    /// <summary>Tells that a field has expired; what the command that runs has as its own effect is left as it is.</summary>
    internal static void Expired(Database database, EntryRef hash, ReadOnlySpan<byte> field)
    {
        var journal = database.Partition.Journal;
        bool isReplaced = journal.IsReplaced;
        journal.Begin(database.Index, "HDEL"u8, 3).Add(hash.Key).Add(field);
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
}

/// <summary>Tells of each field that the expiry is about to remove from a hash, if anybody listens.</summary>
internal readonly struct ExpiredFieldTeller(Database database, EntryRef hash) : IFieldVisitor
{
    private readonly Database? _database = database.Partition.Journal.IsOn ? database : null;

    public void Visit(scoped ReadOnlySpan<byte> field, scoped ReadOnlySpan<byte> value)
    {
        if (_database is not null)
            FieldEffects.Expired(_database, hash, field);
    }
}
