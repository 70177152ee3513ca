using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Hashes;

// Data plane. The change of one hash by one command: fields are put and removed while the keyspace's table still names the entry as it was; at the end
// the table is told, once.

/// <summary>A hash that a command changes.</summary>
internal unsafe struct HashEdit
{
    private readonly Database _database;
    private readonly Key _key;
    private readonly long _nowMs;
    private EntryRef _before;
    private byte* _entry;
    private readonly bool _tellsExpired;
    private bool _mayHaveExpired, _setsExpiry;

    private HashEdit(ref CommandContext context, in Key key, EntryRef entry)
    {
        _database = context.Database(key);
        _key = key;
        _nowMs = context.NowMs;
        _before = entry;
        _entry = entry.Block;
        _tellsExpired = !entry.IsNull && context.IsJournaled && HashValue.IsAnyDue(entry, _nowMs);
    }

    /// <summary>Whether there is a hash.</summary>
    public readonly bool Exists => _entry != null;

    /// <summary>The hash in argument 1, or that there is none; false: it is of another type, WRONGTYPE was replied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryOpen(ref CommandContext context, out HashEdit edit)
    {
        var key = context.Key(1);
        bool isOpen = context.TryFind(key, ValueType.Hash, out var entry);
        edit = isOpen ? new HashEdit(ref context, key, entry) : default;
        return isOpen;
    }

    /// <summary>Looks for a field; in no hash there is none.</summary>
    public readonly FieldPosition Find(ReadOnlySpan<byte> field)
    {
        if (_tellsExpired && _entry != null)
            FieldEffects.ExpireIfDue(_database, new EntryRef(_entry), field);
        return _entry == null ? default : HashValue.Find(_database.Values, _entry, field, _nowMs);
    }

    /// <summary>As <see cref="Find"/>, before anything has been changed: a field that has expired is removed, which is told as an event.</summary>
    public FieldPosition FindOrExpire(ReadOnlySpan<byte> field)
    {
        Debug.Assert(_before.Block == _entry, "nothing has been changed");
        if (_entry != null && HashValue.Find(_database.Values, _entry, field, _nowMs).IsExpired)
        {
            _before = _database.ExpireField(_key, _before, field);
            _entry = _before.Block;
        }
        return Find(field);
    }

    /// <summary>The value of a field that exists, until the next change.</summary>
    public readonly ReadOnlySpan<byte> Value(FieldPosition position, Span<byte> scratch) => HashValue.Value(_entry, position, scratch);

    /// <summary>When a field that exists expires; 0: it does not.</summary>
    public readonly long ExpiryMs(FieldPosition position) => HashValue.ExpiryMs(_entry, position);

    /// <summary>
    /// Where there is no hash yet: makes one of the pairs that the arguments from <paramref name="first"/> on are. False: they do not make a small hash, or
    /// name a field twice, and nothing was done.
    /// </summary>
    public bool TryBuild(ref CommandContext context, int first)
    {
        var builder = new SmallHashBuilder(_database.Values);
        for (int i = first; i < context.Count; i += 2)
        {
            if (!builder.TryMeasure(context[i], context[i + 1]))
                return false;
        }
        builder.Start(_key.Span, _database.Partition.NewAccessBits);
        for (int i = first; i < context.Count; i += 2)
        {
            if (!builder.TryAdd(context[i], context[i + 1]))
                return false;
        }
        _entry = builder.Finish();
        return true;
    }

    /// <summary>Sets a field whose position <see cref="Find"/> has just given; creates the hash if there is none.</summary>
    public void Put(FieldPosition position, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs = 0)
    {
        if (_entry == null)
        {
            _entry = HashValue.Create(_database.Values, _key.Span, _database.Partition.NewAccessBits);
            position = HashValue.Find(_database.Values, _entry, field, _nowMs);
        }
        NoteExpiry(expiryMs);
        _entry = HashValue.Put(_database.Values, _entry, position, field, value, expiryMs, _nowMs);
    }

    /// <summary>Gives a field that exists an expiry, or (0) takes it away.</summary>
    public void SetExpiry(FieldPosition position, ReadOnlySpan<byte> field, long expiryMs)
    {
        NoteExpiry(expiryMs);
        _entry = HashValue.SetExpiry(_database.Values, _entry, position, field, expiryMs, _nowMs);
    }

    /// <summary>Removes a field that exists.</summary>
    public void Remove(FieldPosition position) => _entry = HashValue.Remove(_database.Values, _entry, position);

    /// <summary>Ends the change: the table learns of it, and a hash without fields goes.</summary>
    /// <param name="changes">Changes to the dataset; none: nothing was put, set or removed.</param>
    /// <param name="eventName">The event that tells of them.</param>
    /// <param name="secondEventName">Another one; empty: there is none.</param>
    public readonly void Close(long changes, ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> secondEventName = default)
    {
        if (changes == 0)
            return;
        var entry = new EntryRef(_entry);
        bool isEmpty = HashValue.Count(entry) == 0;
        if (_before.IsNull)
        {
            if (isEmpty)
                Discard();
            else
                _database.Insert(_key, entry);
            _database.MarkChanged(changes - 1);
        }
        else
        {
            _database.Replace(_key, _before, entry, changes);
            if (_setsExpiry)
                _database.NoteFieldExpiry(_key, entry, _mayHaveExpired);
            if (isEmpty)
                _database.Remove(_key, entry);
        }
        if (_database.Partition.NotifiedEvents != KeyspaceEvents.None)
            Notify(eventName, secondEventName, isEmpty);
    }

    /// <summary>Tells of fields that were put and went at once, where nothing was before and nothing has changed.</summary>
    public readonly void NotifyOfNothing(ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> secondEventName)
    {
        if (_database.Partition.NotifiedEvents != KeyspaceEvents.None)
            Notify(eventName, secondEventName, isEmpty: _entry == null);
    }

    private readonly void Notify(ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> secondEventName, bool isEmpty)
    {
        _database.Notify(KeyspaceEvents.Hash, eventName, _key);
        if (!secondEventName.IsEmpty)
            _database.Notify(KeyspaceEvents.Hash, secondEventName, _key);
        if (isEmpty)
            _database.Notify(KeyspaceEvents.Generic, "del"u8, _key);
    }

    private void NoteExpiry(long expiryMs)
    {
        if (expiryMs <= 0 || _setsExpiry)
            return;
        _setsExpiry = true;
        _mayHaveExpired = HashValue.MayExpireFields(new EntryRef(_entry));
    }

    private readonly void Discard()
    {
        int budget = int.MaxValue;
        HashValue.Free(_database.Values, _entry, ref budget);
    }
}
