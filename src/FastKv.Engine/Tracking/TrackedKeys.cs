using System.Runtime.CompilerServices;
using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Messages;
using FastKv.Structures;

namespace FastKv.Engine.Tracking;

/// <summary>
/// The keys of one partition that clients may hold in caches of their own (CLIENT TRACKING). Data plane, under the partition's ownership word.
/// </summary>
/// <remarks>
/// <code>
///   read by a tracking client    ──► key ─► its clients                 change: they are told, and the key is forgotten
///   change of any key            ──► begins with a tracked prefix? ──► BroadcastLog, sent when the partition is given up (BCAST)
/// </code>
/// A read and its remembering happen under the same hold of the word, so no change comes between them. A message is posted while the word is still held, so it
/// is posted after the read that it makes void, and a mailbox gives a client nothing before the replies it waits for: the client gets it after the reply.
/// <para>Databases make no difference, as in Redis: a key of the same name in another one counts as changed, too. Everything is O(1), or O(clients of the
/// key).</para>
/// </remarks>
internal sealed unsafe class TrackedKeys(Partition partition) : IDisposable
{
    /// <summary>Keys forgotten at a time when there are too many; more after each time that this did not do.</summary>
    private const int EvictionEffort = 100;

    private readonly Partition _partition = partition;
    private ExtendibleTable<TrackedKeyLayout> _keys = new(partition.Heap, partition.Routing.HashSeed);
    private Trackers _trackers = null!;
    private int _count;
    private int _prefixCount;
    private BroadcastLog _broadcasts;
    private long _items;
    private int _overfullTimes;

    /// <summary>The tracking client whose command runs on the partition; null: a client without tracking, or none.</summary>
    public Tracker? Actor;

    /// <summary>Whether keys wait to be sent to BCAST clients.</summary>
    public bool HasBroadcasts => !_broadcasts.IsEmpty;

    /// <summary>Keys remembered (INFO tracking_total_keys). Any thread.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Keys times clients (INFO tracking_total_items). Any thread.</summary>
    public long ItemCount => Volatile.Read(ref _items);

    /// <summary>Connects the partition to the server's tracking clients, once.</summary>
    public void Attach(Trackers trackers) => _trackers = trackers;

    /// <summary>How many prefixes there are to look for; from any thread.</summary>
    public void SetPrefixCount(int count)
    {
        Volatile.Write(ref _prefixCount, count);
        _partition.Listeners.Set(ChangeListener.Prefixes, count > 0);
    }

    /// <summary>A command of a tracking client has run: if it was a reading one, its keys are remembered, where they belong to this execution.</summary>
    public static void NoteRead(ref CommandContext context)
    {
        var command = context.Command;
        if ((command.Flags & (CommandFlags.ReadOnly | CommandFlags.PubSub)) != CommandFlags.ReadOnly
            || context.Client.Tracker is not { Remembers: true } tracker)
            return;
        foreach (int index in KeyExtractor.Positions(command, context.Arguments, context.Count))
        {
            var key = context.Key(index);
            if (!context.Owns(key))
                continue;
            var tracked = context.Database(key).Partition.Tracked;
            tracked.Remember(key, tracker);
            tracked.EvictIfOverfull();
        }
    }

    /// <summary>A key has changed: whoever may hold it is told.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Touch(in Key key)
    {
        if (_prefixCount != 0)
            LogBroadcast(key);
        if (_count == 0)
            return;
        var block = (TrackedKeyBlock*)_keys.Find(key.Hash, key.Span);
        if (block != null)
            Invalidate(key.Hash, block);
    }

    /// <summary>All keys of the partition have changed: they are forgotten. Their clients are told once, when that is true of all partitions.</summary>
    public void Clear()
    {
        if (_count == 0)
            return;
        _partition.LazyFree.Add(_keys);
        _keys = new(_partition.Heap, _partition.Routing.HashSeed);
        _count = 0;
        _items = 0;
        _partition.Listeners.Set(ChangeListener.Caches, false);
    }

    /// <summary>Sends what BCAST clients are to be told of; before the partition is given up.</summary>
    public void SendBroadcasts() => _broadcasts.Send(_partition.Heap, _trackers.Prefixes);

    public void Dispose()
    {
        Clear();
        _keys.Dispose();
        _broadcasts.Dispose();
    }

    private void Remember(in Key key, Tracker tracker)
    {
        var heap = _partition.Heap;
        var block = (TrackedKeyBlock*)_keys.Find(key.Hash, key.Span);
        if (block == null)
        {
            block = TrackedKeyBlock.Add(heap, TrackedKeyBlock.Create(heap, key.Span), tracker);
            _keys.Insert(key.Hash, (byte*)block);
            _items++;
            if (_count++ == 0)
                _partition.Listeners.Set(ChangeListener.Caches, true);
            return;
        }
        int place = TrackedKeyBlock.Slots(block).IndexOf((uint)tracker.Slot);
        if (place >= 0)
        {
            TrackedKeyBlock.Sessions(block)[place] = tracker.Session;
            return;
        }
        var before = block;
        block = TrackedKeyBlock.Add(heap, block, tracker);
        if (block != before)
            _keys.Replace(key.Hash, (byte*)before, (byte*)block);
        _items++;
    }

    private void Invalidate(ulong hash, TrackedKeyBlock* block)
    {
        Message message = default;
        var slots = TrackedKeyBlock.Slots(block);
        var sessions = TrackedKeyBlock.Sessions(block);
        for (int i = 0; i < slots.Length; i++)
        {
            var tracker = _trackers.Find((int)slots[i], sessions[i]);
            if (tracker is null)
                continue;
            var modes = tracker.Modes;
            bool isTold = (modes & (TrackingModes.On | TrackingModes.Broadcast)) == TrackingModes.On;
            if (!isTold || ((modes & TrackingModes.NoLoop) != 0 && tracker == Actor))
                continue;
            if (message.IsNull)
                message = InvalidationMessage.OfKey(TrackedKeyBlock.KeyOf(block));
            tracker.Loop.Mailbox.Post(tracker.Receiver, message);
        }
        if (!message.IsNull)
            message.Release();
        _items -= slots.Length;
        if (--_count == 0)
            _partition.Listeners.Set(ChangeListener.Caches, false);
        _keys.Remove(hash, (byte*)block);
        TrackedKeyBlock.Free(_partition.Heap, block);
    }

    private void LogBroadcast(in Key key)
    {
        foreach (var prefix in _trackers.Prefixes)
        {
            if (!key.Span.StartsWith(prefix.Text))
                continue;
            _broadcasts.Add(key, Actor);
            if (_broadcasts.IsLong)
                SendBroadcasts();
            return;
        }
    }

    /// <summary>
    /// Holds tracking-table-max-keys, of which each partition has its share: some keys, drawn at random, are forgotten, and their clients told.
    /// </summary>
    private void EvictIfOverfull()
    {
        long keysMax = _partition.Options.TrackingTableMaxKeys;
        if (keysMax == 0)
            return;
        keysMax = (keysMax + _partition.Routing.ShardCount - 1) / _partition.Routing.ShardCount;
        if (_count <= keysMax)
        {
            _overfullTimes = 0;
            return;
        }
        for (int effort = EvictionEffort * ++_overfullTimes; effort > 0 && _count > keysMax; effort--)
        {
            var block = (TrackedKeyBlock*)_keys.Random(ref _partition.Random);
            if (block == null)
                return;
            var name = TrackedKeyBlock.KeyOf(block);
            fixed (byte* bytes = name)
                Invalidate(_partition.Routing.Hash(bytes, name.Length), block);
        }
    }
}
