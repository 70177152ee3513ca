using System.Runtime.CompilerServices;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Notifications;
using FastKv.Memory;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Keyspace;

// Data plane. One logical database's slice on one partition: the table of entries, with lazy expiry. The single place where keys appear, change
// and go, so that later parts (journal, notifications, WATCH) have one place to listen.

/// <summary>Keys and values of one database on one partition.</summary>
internal sealed unsafe partial class Database(Partition partition, int index) : IDisposable
{
    /// <summary>Fields of hashes that a step of the active expiry may remove: some 100 ns each.</summary>
    private const int FieldsPerStep = 1024;

    /// <summary>Hashes with due fields that it may take on.</summary>
    private const int DueHashesMax = 64;

    private readonly Partition _partition = partition;
    private ExtendibleTable<KeyEntryLayout> _table = new(partition.Heap, partition.Routing.HashSeed);
    private ExpirySum _expiries;
    private long _fieldExpiryCount;

    /// <summary>The logical database that this slice shows now; SWAPDB exchanges contents, not slices.</summary>
    public int Index { get; } = index;

    public Partition Partition => _partition;

    public NativeHeap Heap => _partition.Heap;

    /// <summary>Where the values of collections live.</summary>
    public ValueHeap Values => _partition.Values;

    /// <summary>Keys, including expired ones that have not been noticed yet.</summary>
    public long Count => _table.Count;

    /// <summary>Keys with an expiry.</summary>
    public long VolatileCount => _expiries.Count;

    /// <summary>How many keys expire, and when on average.</summary>
    public ExpirySum Expiries => _expiries;

    /// <summary>Whether anything here may expire: keys, or fields of hashes.</summary>
    public bool HasExpiries => VolatileCount > 0 || _fieldExpiryCount > 0;

    /// <summary>The entries, for those who walk them (snapshots).</summary>
    public ExtendibleTable<KeyEntryLayout> Table => _table;

    /// <summary>Whether some hash has fields that may expire.</summary>
    public bool HasFieldExpiries => FieldExpiryCount > 0;

    /// <summary>Hashes with fields that may expire.</summary>
    public long FieldExpiryCount => _fieldExpiryCount;

    /// <summary>Bytes of the table, without entries.</summary>
    public long TableBytes => _table.MemoryBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchBucket(ulong hash) => _table.PrefetchBucket(hash);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool PrefetchEntry(ulong hash) => _table.PrefetchEntry(hash);

    public void PrefetchDisplaced(ulong hash) => _table.PrefetchDisplaced(hash);

    /// <summary>The entry for a reading command: counts hit or miss, notes the access. Null entry: no such key (or expired).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryRef FindForRead(in Key key)
    {
        var entry = Peek(key);
        if (entry.IsNull)
        {
            NoteMiss(key);
            return entry;
        }
        _partition.Statistics.KeyspaceHits++;
        NoteAccess(entry);
        return entry;
    }

    /// <summary>
    /// The entry for a writing command, whose value may be changed in place: notes the access, counts nothing. What a snapshot has yet to save of it is
    /// saved first.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryRef Find(in Key key)
    {
        var entry = Peek(key);
        if (!entry.IsNull)
        {
            NoteAccess(entry);
            Preserve(entry);
        }
        return entry;
    }

    /// <summary>Notes an access to an entry, if the client wishes that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void NoteAccess(EntryRef entry)
    {
        if (_partition.AccessNote == AccessNote.Clock)
            entry.SetAccessClock(_partition.NewAccessBits);
        else if (_partition.AccessNote == AccessNote.Frequency)
            Touch(entry);
    }

    /// <summary>Notes an access, whatever the client asked for.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Touch(EntryRef entry) => entry.SetAccessClock(AccessBitsOver(entry));

    /// <summary>The access bits of an entry that takes the place of <paramref name="existing"/> (null: of none): it inherits how often that was used.</summary>
    public uint AccessBitsOver(EntryRef existing)
    {
        if (existing.IsNull || !_partition.IsLfu)
            return _partition.NewAccessBits;
        return AccessFrequency.Touched(existing.AccessClock, _partition.NowMs, _partition.Options, ref _partition.Random);
    }

    /// <summary>The entry without a trace of the access (OBJECT, TYPE with NOTOUCH, DEBUG). Removes it when it has expired.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryRef Peek(in Key key)
    {
        var entry = new EntryRef(_table.Find(key.Hash, key.Span));
        if (!entry.IsNull && entry.HasExpiry && entry.ExpiryMs <= _partition.NowMs)
            return ExpireNow(key, entry);
        return entry;
    }

    /// <summary>The entry for a command that only asks about it (EXISTS, TTL, TYPE): counts hit or miss, leaves the access clock.</summary>
    public EntryRef PeekForRead(in Key key)
    {
        var entry = PeekSilently(key);
        if (entry.IsNull)
            Notify(KeyspaceEvents.KeyMiss, "keymiss"u8, key);
        return entry;
    }

    /// <summary>As <see cref="PeekForRead"/>, but for a command that does not publish a miss (OBJECT).</summary>
    public EntryRef PeekSilently(in Key key)
    {
        var entry = Peek(key);
        if (entry.IsNull)
            _partition.Statistics.KeyspaceMisses++;
        else
            _partition.Statistics.KeyspaceHits++;
        return entry;
    }

    /// <summary>Whether the key exists.</summary>
    public bool Contains(in Key key) => !Peek(key).IsNull;

    /// <summary>Sets a string, whatever was there before.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The bytes.</param>
    /// <param name="expiryMs">Unix time in milliseconds; 0: none.</param>
    public void SetString(in Key key, ReadOnlySpan<byte> value, long expiryMs = 0) => SetString(key, Peek(key), value, expiryMs);

    /// <summary>Sets a string where <paramref name="existing"/> is what a lookup of the key has just given.</summary>
    public void SetString(in Key key, EntryRef existing, ReadOnlySpan<byte> value, long expiryMs = 0)
    {
        if (existing.IsNull)
        {
            Insert(key, new EntryRef(StringEntry.Create(Heap, key.Span, value, expiryMs, _partition.NewAccessBits)));
            return;
        }
        if (expiryMs <= 0 && existing.IsPlainString(_partition.Generation))
        {
            // What SET mostly meets: nothing is to be saved, no expiry to be forgotten.
            Moved(key, existing, Overwrite(existing, value, 0), 0);
            return;
        }
        Preserve(existing);
        if (existing.IsPointer)
        {
            uint access = AccessBitsOver(existing);
            Remove(key, existing);
            Insert(key, new EntryRef(StringEntry.Create(Heap, key.Span, value, expiryMs, access)), isNew: false);
            return;
        }
        _expiries.Change(existing.ExpiryMs, expiryMs);
        if (HashValue.MayExpireFields(existing))
            _fieldExpiryCount--;
        Moved(key, existing, Overwrite(existing, value, expiryMs), expiryMs);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private EntryRef Overwrite(EntryRef existing, ReadOnlySpan<byte> value, long expiryMs)
    {
        var entry = new EntryRef(StringEntry.Overwrite(Heap, existing.Block, value, expiryMs));
        if (_partition.IsLfu)
            Touch(entry);
        else
            entry.SetAccessClock(_partition.NewAccessBits);
        return entry;
    }

    /// <summary>Inserts an entry under a key that is known to be absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="isNew">Whether the key comes into being; false: the same command has just taken away what it held.</param>
    public void Insert(in Key key, EntryRef entry, bool isNew = true)
    {
        entry.SetGeneration(_partition.Generation);
        _table.Insert(key.Hash, entry.Block);
        if (entry.HasExpiry)
            _expiries.Add(entry.ExpiryMs);
        if (HashValue.MayExpireFields(entry))
            _fieldExpiryCount++;
        SignalReady(key);
        NoteChange(key);
        MarkChanged();
        if (isNew)
            Notify(KeyspaceEvents.New, "new"u8, key);
    }

    /// <summary>Puts <paramref name="entry"/> where <paramref name="before"/> stood, whose block may be gone, and counts the changes.</summary>
    public void Replace(in Key key, EntryRef before, EntryRef entry, long changes = 1)
    {
        if (_partition.IsGuarded && before == entry)
            CheckPreserved(entry);
        entry.SetGeneration(_partition.Generation);
        if (before != entry)
            _table.Replace(key.Hash, before.Block, entry.Block);
        NoteChange(key);
        MarkChanged(changes);
    }

    /// <summary>
    /// As <see cref="Replace"/>, for a value that nobody can tell from the one before: only its block has moved, or its encoding changed. What stood there was
    /// found by <see cref="Find"/>: a snapshot has it, and must not meet it a second time.
    /// </summary>
    public void Relink(in Key key, EntryRef before, EntryRef entry)
    {
        if (before == entry)
            return;
        entry.SetGeneration(_partition.Generation);
        _table.Replace(key.Hash, before.Block, entry.Block);
    }

    /// <summary>
    /// Tells that an existing value has got something that blocked clients may wait for: a stream an entry, or a group. (A key that appears tells it by itself:
    /// see <see cref="Insert"/>.)
    /// </summary>
    public void SignalReady(in Key key)
    {
        if (_partition.Blocked.Count != 0)
            _partition.Blocked.Signal(Index, key);
    }

    /// <summary>Prepares for so many keys, if there are none yet (loading). O(keys).</summary>
    public void Reserve(long keys) => _table.Reserve(keys);

    /// <summary>Deletes a key; whether it was there.</summary>
    public bool Delete(in Key key)
    {
        var entry = Peek(key);
        if (entry.IsNull)
            return false;
        Remove(key, entry);
        return true;
    }

    /// <summary>Deletes a key whose entry a lookup has just given.</summary>
    public void Remove(in Key key, EntryRef entry)
    {
        Unlink(key, entry);
        _partition.LazyFree.Free(entry);
        MarkChanged();
    }

    /// <summary>Takes an entry out of the table without freeing it (MOVE within a partition).</summary>
    public void Unlink(in Key key, EntryRef entry)
    {
        Preserve(entry);
        _table.Remove(key.Hash, entry.Block);
        if (entry.HasExpiry)
            _expiries.Subtract(entry.ExpiryMs);
        if (HashValue.MayExpireFields(entry))
            _fieldExpiryCount--;

        NoteChange(key);

        // Who waits for a stream's group is told that it is gone.
        if (entry.Type == ValueType.Stream)
            SignalReady(key);
    }

    /// <summary>Whether the key is there, be it expired or not; leaves no trace.</summary>
    public bool Exists(in Key key) => _table.Find(key.Hash, key.Span) != null;

    /// <summary>The entry, be it expired or not; leaves no trace.</summary>
    public EntryRef PeekRaw(in Key key) => new(_table.Find(key.Hash, key.Span));

    /// <summary>A random entry that has not expired; null: none was found.</summary>
    public EntryRef Random()
    {
        // Redis gives up after 100 tries when all keys are volatile; the same bound keeps this from looking for ever.
        for (int tries = 0; _table.Count > 0 && tries < 100; tries++)
        {
            var entry = new EntryRef(_table.Random(ref _partition.Random));
            if (entry.IsNull)
                return entry;
            if (!entry.HasExpiry || entry.ExpiryMs > _partition.NowMs)
                return entry;
            var span = entry.Key;
            fixed (byte* bytes = span)
            {
                var key = new Key(bytes, span.Length, _partition.Routing.Hash(bytes, span.Length));
                ExpireNow(key, entry);
            }
        }
        return default;
    }

    /// <summary>Visits the entries at a position of the table in hash order and returns the next position; 0: done. Expired ones are visited too.</summary>
    public ulong Scan<TVisitor>(ulong position, ref TVisitor visitor)
        where TVisitor : struct, IEntryVisitor, allows ref struct => _table.Scan(position, ref visitor);

    /// <summary>Tells the table the time, from which it keeps its expiry hints; twice a second is often enough.</summary>
    public void NoteTime() => _table.NowMs = _partition.NowMs;

    /// <summary>Empties the database; the entries are freed in slices.</summary>
    public void Clear()
    {
        if (_table.Count > 0)
        {
            _partition.Watched.TouchExisting(this);
            MarkChanged(_table.Count);
            if (!_partition.Snapshot.TryKeep(this))
                _partition.LazyFree.Add(_table);
            _partition.Blocked.SignalDatabase(Index);
            _table = new(Heap, _partition.Routing.HashSeed);
        }
        _expiries = default;
        _fieldExpiryCount = 0;
    }

    /// <summary>
    /// Takes all out of the database, so that it is empty until <see cref="PutBack"/>; who watches keys that exist sees them change. No snapshot may be active.
    /// </summary>
    public DatabaseContent PutAside()
    {
        if (_partition.Snapshot.IsActive)
            throw new InvalidOperationException("A snapshot is active.");
        _partition.Watched.TouchExisting(this);
        var content = new DatabaseContent(_table, _expiries, _fieldExpiryCount);
        _table = new(Heap, _partition.Routing.HashSeed);
        _expiries = default;
        _fieldExpiryCount = 0;
        return content;
    }

    /// <summary>Removes what has come since, and has again what it had.</summary>
    public void PutBack(DatabaseContent content)
    {
        Clear();
        _table.Dispose();
        (_table, _expiries, _fieldExpiryCount) = (content.Table, content.Expiries, content.FieldExpiryCount);
    }

    /// <summary>Frees in slices what was put aside and is not wanted any more; blocked clients are told that it is gone.</summary>
    public void Discard(DatabaseContent content)
    {
        if (content.Table.Count == 0)
        {
            content.Table.Dispose();
            return;
        }
        _partition.LazyFree.Add(content.Table);
        _partition.Blocked.SignalDatabase(Index);
    }

    /// <summary>Exchanges the contents with another database of the same partition (SWAPDB).</summary>
    public void SwapWith(Database other)
    {
        _partition.Watched.TouchExisting(this, other);
        _partition.Snapshot.Swap(this, other);
        (_table, other._table) = (other._table, _table);
        (_expiries, other._expiries) = (other._expiries, _expiries);
        (_fieldExpiryCount, other._fieldExpiryCount) = (other._fieldExpiryCount, _fieldExpiryCount);
        _partition.Blocked.SignalDatabase(Index);
        _partition.Blocked.SignalDatabase(other.Index);
        MarkChanged();
    }

    /// <summary>
    /// Before an entry changes or goes: what a snapshot has yet to save of it is saved. <see cref="Find"/> does that; whoever changes in place what
    /// <see cref="FindForRead"/> or <see cref="Peek"/> gave has to call it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Preserve(EntryRef entry)
    {
        if (entry.Generation != _partition.Generation)
            _partition.Snapshot.Save(this, entry);
    }

    /// <summary>A value was changed in place: counts the changes and tells those who watch the key.</summary>
    public void NoteChanged(in Key key, long changes = 1)
    {
        if (_partition.IsGuarded)
            CheckPreserved(PeekRaw(key));
        NoteChange(key);
        MarkChanged(changes);
    }

    /// <summary>Publishes an event of a key, if events of its class are wanted (notify-keyspace-events).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Notify(KeyspaceEvents eventClass, ReadOnlySpan<byte> eventName, in Key key)
    {
        if ((_partition.NotifiedEvents & eventClass) != 0)
            KeyspaceNotifications.Publish(this, eventClass, eventName, key);
    }

    /// <summary>Counts changes to the dataset that nobody watches for: bookkeeping of groups, or more of what was told already.</summary>
    public void MarkChanged(long changes = 1) => _partition.Statistics.Dirty += changes;

    public void Dispose()
    {
        Clear();
        _table.Dispose();
    }

    /// <summary>With <c>debug-heap</c>: an entry that was changed in place has been saved before, if a snapshot wants it.</summary>
    /// <exception cref="InvalidOperationException">It has not: the snapshot will have the change in it.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CheckPreserved(EntryRef entry)
    {
        if (!entry.IsNull && entry.Generation != _partition.Generation && _partition.Snapshot.IsActive && !_partition.Snapshot.IsWriting(entry))
            throw new InvalidOperationException(
                $"The {entry.Type} '{System.Text.Encoding.Latin1.GetString(entry.Key)}' changes before the snapshot has saved it.");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteMiss(in Key key)
    {
        _partition.Statistics.KeyspaceMisses++;
        Notify(KeyspaceEvents.KeyMiss, "keymiss"u8, key);
    }

    /// <summary>Tells those who watch the key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteChange(in Key key)
    {
        if (_partition.Listeners.Has(ChangeListener.Watches | ChangeListener.Caches | ChangeListener.Prefixes))
            TellOfChange(key);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TellOfChange(in Key key)
    {
        if (_partition.Listeners.Has(ChangeListener.Watches))
            _partition.Watched.Touch(Index, key);
        if (_partition.Listeners.Has(ChangeListener.Caches | ChangeListener.Prefixes))
            _partition.Tracked.Touch(key);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Moved(in Key key, EntryRef before, EntryRef after, long expiryMs)
    {
        after.SetGeneration(_partition.Generation);
        if (before != after)
            _table.Replace(key.Hash, before.Block, after.Block);
        else if (expiryMs > 0)
            _table.NoteExpiry(key.Hash, after.Block, expiryMs);
        NoteChange(key);
        MarkChanged();
    }

    /// <summary>Whether somebody is to be told of keys that expire.</summary>
    private bool TellsOfExpiry =>
        _partition.Listeners.Any || (_partition.NotifiedEvents & KeyspaceEvents.Expired) != 0;
}
