using System.Runtime.CompilerServices;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Structures;

namespace FastKv.Engine.Keyspace;

// Data plane. How keys, and fields of hashes, that are due leave a database: when somebody looks at them, or when the active expiry sweeps over them.
internal sealed unsafe partial class Database
{
    /// <summary>Sets the expiry of an existing entry. A time that has passed already is the caller's case (the key is deleted then).</summary>
    public EntryRef SetExpiry(in Key key, EntryRef entry, long expiryMs)
    {
        Preserve(entry);
        _expiries.Change(entry.ExpiryMs, expiryMs);
        var after = new EntryRef(EntryBlock.SetExpiry(Heap, entry.Block, expiryMs));
        Moved(key, entry, after, expiryMs);
        return after;
    }

    /// <summary>Removes the expiry of an entry.</summary>
    public EntryRef RemoveExpiry(in Key key, EntryRef entry)
    {
        Preserve(entry);
        _expiries.Change(entry.ExpiryMs, 0);
        var after = new EntryRef(EntryBlock.SetExpiry(Heap, entry.Block, 0));
        Moved(key, entry, after, 0);
        return after;
    }

    /// <summary>
    /// Tells that fields of the hash <paramref name="entry"/> got a time to live. <paramref name="mayHaveBefore"/>: what
    /// <see cref="HashValue.MayExpireFields"/> said of it before, when it was in this table already; an entry yet to be inserted needs none of this.
    /// </summary>
    public void NoteFieldExpiry(in Key key, EntryRef entry, bool mayHaveBefore)
    {
        if (!mayHaveBefore && HashValue.MayExpireFields(entry))
            _fieldExpiryCount++;
        _table.NoteExpiry(key.Hash, entry.Block, KeyEntryLayout.ExpiryOf(entry.Block));
    }

    /// <summary>
    /// Whether the key stands here though its time is over: clients pause, or nobody has looked at it yet, or it is just being removed. Leaves no trace.
    /// </summary>
    public bool HoldsExpired(in Key key)
    {
        var entry = PeekRaw(key);
        return !entry.IsNull && entry.HasExpiry && entry.ExpiryMs <= _partition.NowMs;
    }

    /// <summary>Walks the buckets from a position and removes what has expired, keys and fields of hashes; returns the next position.</summary>
    /// <param name="position">0, or what the call before returned.</param>
    /// <param name="bucketsMax">Buckets to look at.</param>
    /// <param name="isUnfinished">Whether more is due there than one step may remove: the position is the same, and to be called with again.</param>
    public ulong SweepExpired(ulong position, int bucketsMax, out bool isUnfinished)
    {
        nint* dueHashes = stackalloc nint[DueHashesMax];
        var visitor = new ExpiryVisitor { Database = this, LazyFree = _partition.LazyFree, NowMs = _partition.NowMs, DueHashes = dueHashes };
        ulong next = _table.SweepExpired(position, bucketsMax, _partition.NowMs, ref visitor);
        _expiries.Subtract(visitor.Removed);
        _fieldExpiryCount -= visitor.RemovedHashes;
        _partition.Statistics.ExpiredKeys += visitor.Removed.Count;
        isUnfinished = visitor.HasMore;
        int budget = FieldsPerStep;
        for (int i = 0; i < visitor.DueCount; i++)
        {
            if (budget <= 0 || !ExpireFields(new EntryRef((byte*)dueHashes[i]), ref budget))
                isUnfinished = true;
        }
        return isUnfinished ? position : next;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private EntryRef ExpireNow(in Key key, EntryRef entry)
    {
        if (_partition.KeepsExpired)
            return entry;
        if (_partition.IsFrozen || !_partition.ActiveExpiry.IsLazyExpiryOn)
            return default;

        // Before the entry goes, whose name the key may be.
        Notify(KeyspaceEvents.Expired, "expired"u8, key);
        if (_partition.Journal.IsOn)
            _partition.Journal.NoteRemoved(Index, key, _partition.Options.LazyFreeLazyExpire);
        Remove(key, entry);
        _partition.Statistics.ExpiredKeys++;
        return default;
    }

    /// <summary>
    /// A command has found a field of a hash in the table expired: removes it, and the hash when it was the last one, before the command changes anything.
    /// Nothing happens while clients pause, or when time stands still (a load). O(1), or as long as the search in a small hash.
    /// </summary>
    /// <returns>The hash; null: it is gone.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public EntryRef ExpireField(in Key key, EntryRef hash, ReadOnlySpan<byte> field)
    {
        if (_partition.KeepsExpired || _partition.IsFrozen || !_partition.ActiveExpiry.IsLazyExpiryOn)
            return hash;
        Preserve(hash);
        var position = HashValue.Find(Values, hash.Block, field, _partition.NowMs);
        if (!position.IsExpired)
            return hash;
        if (_partition.Journal.IsOn)
            Persistence.Journal.FieldEffects.Expired(this, hash, field);
        var entry = new EntryRef(HashValue.Remove(Values, hash.Block, position));
        _partition.Statistics.ExpiredFields++;
        Replace(key, hash, entry);
        Notify(KeyspaceEvents.Hash, "hexpired"u8, key);
        if (HashValue.Count(entry) == 0)
        {
            Notify(KeyspaceEvents.Generic, "del"u8, key);
            Remove(key, entry);
            entry = default;
        }

        // It has been told, and is no change of the command's own.
        _partition.Journal.TakeChanged();
        return entry;
    }

    /// <summary>Removes fields of a hash in the table that have expired, and the hash when none is left.</summary>
    /// <returns>False: the budget was used up before all were looked at.</returns>
    private bool ExpireFields(EntryRef hash, ref int budget)
    {
        Preserve(hash);
        var teller = new Persistence.Journal.ExpiredFieldTeller(this, hash);
        byte* swept = HashValue.Sweep(Values, hash.Block, _partition.NowMs, ref budget, ref teller, out long removed, out bool isDone);
        if (removed == 0)
            return isDone;
        _partition.Statistics.ExpiredFields += removed;
        var entry = new EntryRef(swept);
        var span = entry.Key;
        fixed (byte* bytes = span)
        {
            var key = new Key(bytes, span.Length, _partition.Routing.Hash(bytes, span.Length));
            Replace(key, hash, entry, removed);
            Notify(KeyspaceEvents.Hash, "hexpired"u8, key);
            if (HashValue.Count(entry) == 0)
            {
                Notify(KeyspaceEvents.Generic, "del"u8, key);
                Remove(key, entry);
            }
            _partition.Journal.TakeChanged();
        }
        return isDone;
    }

    private void NoteExpired(EntryRef entry)
    {
        var name = entry.Key;
        fixed (byte* bytes = name)
        {
            var key = new Key(bytes, name.Length, _partition.Routing.Hash(bytes, name.Length));
            NoteChange(key);
            Notify(KeyspaceEvents.Expired, "expired"u8, key);
            if (_partition.Journal.IsOn)
                _partition.Journal.NoteGone(Index, key, _partition.Options.LazyFreeLazyExpire);
        }
    }

    private ref struct ExpiryVisitor : IExpiryVisitor
    {
        public Database Database;
        public LazyFree LazyFree;
        public long NowMs;

        /// <summary>Hashes whose fields are due; their entries may move, which the sweep of the table would not bear.</summary>
        public nint* DueHashes;
        public int DueCount;

        /// <summary>There were too many of them.</summary>
        public bool HasMore;

        /// <summary>Keys removed, and how many of them were hashes that count as ones whose fields may expire.</summary>
        public ExpirySum Removed;
        public int RemovedHashes;

        public bool Visit(byte* entry)
        {
            var view = new EntryRef(entry);
            if (!view.HasExpiry || view.ExpiryMs > NowMs)
            {
                if (DueCount == DueHashesMax)
                    HasMore = true;
                else
                    DueHashes[DueCount++] = (nint)entry;
                return false;
            }
            Database.Preserve(view);
            if (HashValue.MayExpireFields(view))
                RemovedHashes++;
            Removed.Add(view.ExpiryMs);
            if (Database.TellsOfExpiry)
                Database.NoteExpired(view);
            LazyFree.Free(view);
            return true;
        }
    }
}
