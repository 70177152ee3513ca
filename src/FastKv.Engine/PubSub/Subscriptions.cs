using FastKv.Engine.Clients;
using FastKv.Engine.Keyspace;

namespace FastKv.Engine.PubSub;

// Data plane; the client's own loop. What one client has subscribed to: the other side of the partitions' tables.

/// <summary>A name that a client has subscribed to.</summary>
internal sealed class Subscription : KeyNode<Subscription>
{
    public SubscriptionKind Kind => (SubscriptionKind)Database;
}

/// <summary>The subscriptions of one client; the object is kept with the client's. Add, remove and find are O(1).</summary>
internal sealed class Subscriptions
{
    private readonly KeyTable<Subscription> _names = new();
    private readonly List<Subscription> _walked = [];
    private readonly int[] _counts = new int[3];

    /// <summary>Subscriptions of one kind; readable by any thread, a moment old.</summary>
    public int Count(SubscriptionKind kind) => _counts[(int)kind];

    /// <summary>What the replies of (P)SUBSCRIBE count together, and SSUBSCRIBE counts alone.</summary>
    public int CountWith(SubscriptionKind kind) =>
        kind == SubscriptionKind.Shard ? _counts[2] : _counts[0] + _counts[1];

    /// <summary>Subscriptions of all kinds.</summary>
    public int Total => _names.Count;

    /// <summary>Adds a name; false: it is there.</summary>
    public bool Add(SubscriptionKind kind, in Key name)
    {
        if (_names.Find((int)kind, name) is not null)
            return false;
        _names.FindOrAdd((int)kind, name);
        _counts[(int)kind]++;
        return true;
    }

    /// <summary>Removes a name; false: it was not there.</summary>
    public bool Remove(SubscriptionKind kind, in Key name)
    {
        if (_names.Find((int)kind, name) is not { } subscription)
            return false;
        Remove(subscription);
        return true;
    }

    public void Remove(Subscription subscription)
    {
        _counts[(int)subscription.Kind]--;
        _names.Remove(subscription);
    }

    /// <summary>All of them, for a walk during which they may be removed; to be given back with <see cref="EndWalk"/>.</summary>
    public List<Subscription> BeginWalk()
    {
        _names.CopyTo(_walked);
        return _walked;
    }

    public void EndWalk() => _walked.Clear();

    /// <summary>Subscriptions of one kind of a client, for CLIENT LIST.</summary>
    public static int CountOf(Client client, SubscriptionKind kind) => client.Subscriptions?.Count(kind) ?? 0;

    /// <summary>What follows from having subscriptions, or none: the class of output limits, and what a RESP2 client may call.</summary>
    public static void ApplyMode(Client client)
    {
        bool isSubscriber = client.Subscriptions is { Total: > 0 };
        client.OutputClass = isSubscriber ? OutputClass.PubSub : OutputClass.Normal;
        var gate = client.Gate & ~(ClientGate.SubscriberMode | ClientGate.Listening);
        client.Gate = !isSubscriber ? gate : gate | (client.Resp == 2 ? ClientGate.SubscriberMode : ClientGate.Listening);
    }

    /// <summary>
    /// Ends all subscriptions of a client that goes away or is RESET, without touching a partition: each that is concerned is left a note, which it
    /// reads before it publishes or counts anything.
    /// </summary>
    public static void Leave(Client client, Partition[] partitions)
    {
        if (client.Subscriptions is not { Total: > 0 } subscriptions)
            return;
        var walked = subscriptions.BeginWalk();
        foreach (var partition in partitions)
            partition.Channels.PostDeparture(client.Receiver, walked);
        foreach (var subscription in walked)
            subscriptions.Remove(subscription);
        subscriptions.EndWalk();
        ApplyMode(client);
    }
}
