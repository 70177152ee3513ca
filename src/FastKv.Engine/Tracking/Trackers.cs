using FastKv.Engine.Clients;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Messages;

namespace FastKv.Engine.Tracking;

// Control plane, but for the look-ups of the data plane, which read arrays that are never changed once they are published. All tracking clients of a server,
// and the prefixes that some of them have asked for.

/// <summary>A prefix, and the clients that are told of all keys beginning with it.</summary>
/// <param name="Text">The prefix.</param>
/// <param name="Clients">Who; at least one.</param>
internal sealed record TrackedPrefix(byte[] Text, Tracker[] Clients);

/// <summary>The clients that CLIENT TRACKING is on for.</summary>
internal sealed class Trackers
{
    private readonly Lock _lock = new();
    private readonly Partition[] _partitions;
    private readonly Stack<int> _free = new();
    private volatile Tracker?[] _slots = new Tracker?[16];
    private volatile TrackedPrefix[] _prefixes = [];

    /// <summary>Those with tracking on, in the order of their ids.</summary>
    private volatile Tracker[] _told = [];
    private int _used;
    private uint _lastSession;

    public Trackers(Partition[] partitions)
    {
        _partitions = partitions;
        foreach (var partition in partitions)
            partition.Tracked.Attach(this);
    }

    /// <summary>Clients with tracking on (INFO tracking_clients).</summary>
    public int Count => _told.Length;

    /// <summary>The prefixes that clients are told of.</summary>
    public TrackedPrefix[] Prefixes => _prefixes;

    /// <summary>Finds the client of a remembered key; null: its session is over. Any thread, O(1).</summary>
    public Tracker? Find(int slot, uint session)
    {
        var tracker = _slots[slot];
        return tracker is not null && tracker.Session == session ? tracker : null;
    }

    /// <summary>Switches tracking on, or changes how; on the client's loop.</summary>
    /// <param name="client">The client.</param>
    /// <param name="modes">How.</param>
    /// <param name="redirectId">Who is told instead; 0: the client itself.</param>
    /// <param name="prefixes">With BCAST: what is added to its prefixes.</param>
    public void Enable(Client client, TrackingModes modes, long redirectId, IReadOnlyList<byte[]> prefixes)
    {
        lock (_lock)
        {
            var tracker = client.Tracker ??= Add(client);
            if (!tracker.IsOn)
                _told = [.. _told.Append(tracker).OrderBy(static told => told.ClientId)];
            tracker.RedirectId = redirectId;
            tracker.IsRedirectBroken = false;
            tracker.Modes = modes | TrackingModes.On;
            foreach (byte[] prefix in prefixes)
                tracker.Prefixes.Add(prefix);
            client.Gate |= ClientGate.Tracking;
            if (tracker.Prefixes.Count > 0)
                PublishPrefixes();
        }
    }

    /// <summary>Switches tracking off; on the client's loop.</summary>
    public void Disable(Client client)
    {
        if (client.Tracker is not { IsOn: true } tracker)
            return;
        lock (_lock)
        {
            _told = [.. _told.Where(told => told != tracker)];
            tracker.Modes = TrackingModes.None;
            tracker.IsRedirectBroken = tracker.IsCachingGiven = false;
            client.Gate &= ~(ClientGate.Tracking | ClientGate.Caching);
            if (tracker.Prefixes.Count == 0)
                return;
            tracker.Prefixes.Clear();
            PublishPrefixes();
        }
    }

    /// <summary>The session is over: its place may be used by another. What partitions remember for it they forget when they meet it.</summary>
    public void Remove(Client client)
    {
        if (client.Tracker is not { } tracker)
            return;
        Disable(client);
        client.Tracker = null;
        lock (_lock)
        {
            Volatile.Write(ref _slots[tracker.Slot], null);
            _free.Push(tracker.Slot);
        }
    }

    /// <summary>All keys have changed (FLUSHALL, FLUSHDB): tells every tracking client to drop what it holds. After all partitions have been flushed.</summary>
    public void InvalidateAll()
    {
        if (Count == 0)
            return;
        var message = InvalidationMessage.OfAll();
        foreach (var tracker in _told)
            tracker.Loop.Mailbox.Post(tracker.Receiver, message);
        message.Release();
    }

    private Tracker Add(Client client)
    {
        if (!_free.TryPop(out int slot))
        {
            slot = _used++;
            if (slot == _slots.Length)
            {
                var larger = new Tracker?[slot * 2];
                _slots.CopyTo(larger, 0);
                _slots = larger;
            }
        }

        // Sessions have numbers of their own, so that a place's earlier user is never taken for its present one.
        var tracker = new Tracker(slot, ++_lastSession, client.Id, client.Loop, client.Receiver);
        Volatile.Write(ref _slots[slot], tracker);
        return tracker;
    }

    private void PublishPrefixes()
    {
        var clients = new SortedDictionary<byte[], List<Tracker>>(Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right)));
        foreach (var tracker in _slots)
        {
            foreach (byte[] prefix in tracker?.Prefixes ?? [])
            {
                if (!clients.TryGetValue(prefix, out var list))
                    clients[prefix] = list = [];
                list.Add(tracker!);
            }
        }
        _prefixes = [.. clients.Select(entry => new TrackedPrefix(entry.Key, [.. entry.Value]))];

        // From now on every change counts: a partition that runs meanwhile may miss what it is just doing, which is before the reply to this command.
        foreach (var partition in _partitions)
            partition.Tracked.SetPrefixCount(_prefixes.Length);
    }
}
