using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Sets;

/// <summary>Tells the journal which members chance has removed; the default value tells nobody. Data plane.</summary>
internal readonly struct RemovedMembers
{
    private readonly Journal? _journal;
    private readonly Key _key;
    private readonly int _database;

    /// <summary>For a command on a set; the arguments must outlive it.</summary>
    public RemovedMembers(ref CommandContext context, in Key key)
    {
        _journal = context.Database(key).Partition.Journal;
        _key = key;
        _database = context.DatabaseIndex;
    }

    /// <summary>Tells that all members of a set go.</summary>
    public static void Tell(ref CommandContext context, in Key key, EntryRef entry)
    {
        var removed = new RemovedMembers(ref context, key);
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        var members = SetValue.Iterate(context.Database(key).Values, entry);
        while (members.MoveNext())
            removed.Add(members.Text(scratch));
    }

    /// <summary>One more.</summary>
    public void Add(scoped ReadOnlySpan<byte> member) => _journal?.Begin(_database, "SREM"u8, 3).Add(_key.Span).Add(member);
}
