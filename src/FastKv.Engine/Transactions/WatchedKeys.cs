using FastKv.Engine.Keyspace;

namespace FastKv.Engine.Transactions;

// Data plane, under the partition's ownership word. The keys of one partition that clients watch. A change of one marks the watches of it as broken and
// forgets them: a transaction fails once. Watches that end otherwise (EXEC, DISCARD, UNWATCH) leave their place behind, which is swept when such places are many.

/// <summary>Who watches which key on one partition.</summary>
internal sealed class WatchedKeys(Partition partition) : IDisposable
{
    /// <summary>Fewer left places than this are not worth a sweep.</summary>
    private const int AbandonedMin = 64;

    private readonly Partition _partition = partition;
    private readonly KeyTable<WatchedKey> _keys = new();
    private readonly List<WatchedKey> _walked = [];
    private int _places;

    /// <summary>Places whose watch is over, give or take; counted up by the clients' loops.</summary>
    private int _abandoned;

    /// <summary>Keys that are watched.</summary>
    public int Count => _keys.Count;

    public void Add(int database, in Key key, Transaction transaction)
    {
        if (Volatile.Read(ref _abandoned) is var abandoned && abandoned > AbandonedMin && abandoned > _places / 2)
            Sweep();
        _keys.FindOrAdd(database, key).Watches.Add((transaction, transaction.WatchNumber));
        _places++;
        if (Count == 1)
            NoteInterest();
    }

    /// <summary>A watch has ended whose place stands here; from any thread.</summary>
    public void NoteAbandoned() => Interlocked.Increment(ref _abandoned);

    /// <summary>The key has changed.</summary>
    public void Touch(int database, in Key key)
    {
        if (_keys.Find(database, key) is { } watched)
            Break(watched);
    }

    /// <summary>Databases are about to be emptied or exchanged: those of their watched keys change that exist in one of them.</summary>
    public void TouchExisting(Database database, Database? other = null)
    {
        if (Count == 0)
            return;
        _keys.CopyTo(_walked);
        foreach (var watched in _walked)
        {
            bool isMeant = watched.Database == database.Index || watched.Database == other?.Index;
            if (isMeant && (database.Exists(watched.Key) || (other is not null && other.Exists(watched.Key))))
                Break(watched);
        }
        _walked.Clear();
    }

    public void Dispose() => _keys.Dispose();

    private void Break(WatchedKey watched)
    {
        foreach (var (transaction, number) in watched.Watches)
            transaction.Break(number);
        Drop(watched);
    }

    private void Drop(WatchedKey watched)
    {
        _places -= watched.Watches.Count;
        watched.Watches.Clear();
        _keys.Remove(watched);
        NoteInterest();
    }

    private void NoteInterest() => _partition.Listeners.Set(ChangeListener.Watches, Count > 0);

    private void Sweep()
    {
        Volatile.Write(ref _abandoned, 0);
        _keys.CopyTo(_walked);
        foreach (var watched in _walked)
        {
            var watches = watched.Watches;
            for (int i = watches.Count - 1; i >= 0; i--)
            {
                if (watches[i].Transaction.WatchNumber == watches[i].Number)
                    continue;
                watches[i] = watches[^1];
                watches.RemoveAt(watches.Count - 1);
                _places--;
            }
            if (watches.Count == 0)
                _keys.Remove(watched);
        }
        _walked.Clear();
        NoteInterest();
    }
}

/// <summary>A key that is watched, and the watches of it.</summary>
internal sealed class WatchedKey : KeyNode<WatchedKey>
{
    public readonly List<(Transaction Transaction, long Number)> Watches = [];
}
