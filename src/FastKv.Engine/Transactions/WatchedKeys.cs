using FastKv.Engine.Keyspace;

namespace FastKv.Engine.Transactions;

// Data plane, under the partition's ownership word. The keys of one partition that clients watch. A change of one marks the watches of it as broken and
// forgets them: a transaction fails once. Watches that end otherwise (EXEC, DISCARD, UNWATCH) leave their place behind, which is swept when such places are many.
// A key that has expired and still stands there, because clients pause, is nothing to those who look: from nothing to nothing is no change.

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

    /// <summary>A transaction watches a key of this partition.</summary>
    /// <param name="database">Index of the key's database.</param>
    /// <param name="key">The key.</param>
    /// <param name="transaction">Who watches it.</param>
    /// <param name="isExpired">The key stands there, and has expired.</param>
    public void Add(int database, in Key key, Transaction transaction, bool isExpired)
    {
        if (Volatile.Read(ref _abandoned) is var abandoned && abandoned > AbandonedMin && abandoned > _places / 2)
            Sweep();
        _keys.FindOrAdd(database, key).Watches.Add(new Watch(transaction, transaction.WatchNumber, isExpired));
        _places++;
        if (Count == 1)
            NoteInterest();
    }

    /// <summary>A watch has ended whose place stands here; from any thread.</summary>
    public void NoteAbandoned() => Interlocked.Increment(ref _abandoned);

    /// <summary>The key has changed.</summary>
    public void Touch(int database, in Key key)
    {
        if (_keys.Find(database, key) is not { } watched)
            return;
        var home = _partition.Databases[database];
        Break(watched, wasThere: true, isThere: home.Exists(key), isExpired: home.HoldsExpired(key));
    }

    /// <summary>A key that cannot be removed, because clients pause, has expired: it has changed for a transaction that has watched it before.</summary>
    public void NoteExpired(int database, in Key key, Transaction transaction)
    {
        if (_keys.Find(database, key) is not { } watched)
            return;
        foreach (var watch in watched.Watches)
        {
            if (watch.Transaction == transaction && !watch.IsExpired)
                transaction.Break(watch.Number);
        }
    }

    /// <summary>A database is about to be emptied, or exchanged for another: those of their watched keys change that exist in one of them.</summary>
    public void TouchExisting(Database database, Database? other = null)
    {
        if (Count == 0)
            return;
        _keys.CopyTo(_walked);
        foreach (var watched in _walked)
        {
            if (watched.Database == database.Index)
                TouchExisting(watched, database, other);
            else if (watched.Database == other?.Index)
                TouchExisting(watched, other, database);
        }
        _walked.Clear();
    }

    public void Dispose() => _keys.Dispose();

    private void TouchExisting(WatchedKey watched, Database now, Database? then)
    {
        var key = watched.Key;
        Break(watched, now.Exists(key), then is not null && then.Exists(key), then is not null && then.HoldsExpired(key));
    }

    /// <summary>Breaks the watches of a key that has changed, and forgets them; for those that see nothing before and after, it has not.</summary>
    /// <param name="watched">The key.</param>
    /// <param name="wasThere">It stood there before, expired or not.</param>
    /// <param name="isThere">It stands there now, or will in a moment.</param>
    /// <param name="isExpired">It is there, and has expired.</param>
    private void Break(WatchedKey watched, bool wasThere, bool isThere, bool isExpired)
    {
        var watches = watched.Watches;
        int kept = 0;
        for (int i = 0; i < watches.Count; i++)
        {
            var watch = watches[i];
            if ((watch.IsExpired || !wasThere) && (!isThere || isExpired))
                watches[kept++] = watch with { IsExpired = isExpired };
            else
                watch.Transaction.Break(watch.Number);
        }
        _places -= watches.Count - kept;
        watches.RemoveRange(kept, watches.Count - kept);
        if (kept > 0)
            return;
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

/// <summary>A transaction that watches a key.</summary>
/// <param name="Transaction">The transaction.</param>
/// <param name="Number">The number of its set of watches: it may have another one by now.</param>
/// <param name="IsExpired">What it saw of the key was nothing, for it had expired, though it stood there.</param>
internal readonly record struct Watch(Transaction Transaction, long Number, bool IsExpired);

/// <summary>A key that is watched, and the watches of it.</summary>
internal sealed class WatchedKey : KeyNode<WatchedKey>
{
    public readonly List<Watch> Watches = [];
}
