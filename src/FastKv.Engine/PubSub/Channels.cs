using FastKv.Engine.Keyspace;
using FastKv.Engine.Messages;
using FastKv.Structures;

namespace FastKv.Engine.PubSub;

// Data plane, under the partition's ownership word. The subscriber tables of one partition.
//
//   channel, shard channel   on the partition where its name would be as a key: PUBLISH runs there, so a channel has one order for all its subscribers
//   pattern                  on every partition
//   __…@…__:… (events)       on every partition: they are published where the key lies
//
// Subscribing and unsubscribing hold all partitions (an exclusive ticket). A client that goes away leaves a note (Departure) at each partition concerned,
// which reads it before it does anything else here: so who has gone is neither counted nor sent anything, and nobody waits for anybody.
//
//   publish    O(loops with subscribers + patterns), one post per loop; the loops then deliver O(subscribers)
//   subscribe  O(1), and O(subscribers of the channel) to move or copy the list in the worst case

/// <summary>Who has subscribed to what on one partition.</summary>
internal sealed unsafe class Channels(Partition partition) : IDisposable
{
    private readonly Partition _partition = partition;
    private readonly KeyTable<Channel> _channels = new();
    private readonly List<Channel> _patterns = [];
    private readonly List<Channel> _walked = [];
    private nint _departures;
    private int _eventChannels;
    private int _homeChannels;
    private int _shardChannels;

    /// <summary>The mailboxes of all loops.</summary>
    public Mailbox[] Mailboxes = [];

    /// <summary>Whether a keyspace event could have a receiver: a pattern, or one of the channels for them. Under the ownership word.</summary>
    public bool HasEventSubscribers => _patterns.Count + _eventChannels > 0;

    /// <summary>Channels with subscribers that are at home here. Any thread, a moment old; as the two that follow.</summary>
    public int ChannelCount => Volatile.Read(ref _homeChannels);

    public int ShardChannelCount => Volatile.Read(ref _shardChannels);

    /// <summary>Distinct patterns with subscribers.</summary>
    public int PatternCount => _patterns.Count;

    /// <summary>Sends a message to all who have subscribed to the channel or to a pattern that it matches.</summary>
    /// <returns>The number of messages sent.</returns>
    public long Publish(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload)
    {
        fixed (byte* name = channel)
            return Publish(new Key(name, channel.Length, _partition.Routing.Hash(name, channel.Length)), payload);
    }

    /// <inheritdoc cref="Publish(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public long Publish(in Key channel, ReadOnlySpan<byte> payload)
    {
        ReadDepartures();
        long receivers = 0;
        if (_channels.Count > 0 && _channels.Find((int)SubscriptionKind.Channel, channel) is { } found)
        {
            receivers = found.Count;
            Post(found, ChannelMessage.Encode(channel.Span, payload));
        }
        foreach (var pattern in _patterns)
        {
            if (!Glob.IsMatch(pattern.Name, channel.Span))
                continue;
            receivers += pattern.Count;
            Post(pattern, ChannelMessage.EncodePattern(pattern.Name, channel.Span, payload));
        }
        return receivers;
    }

    /// <summary>Sends a message to all who have subscribed to the shard channel. Returns their number.</summary>
    public long PublishShard(in Key channel, ReadOnlySpan<byte> payload)
    {
        ReadDepartures();
        if (_channels.Find((int)SubscriptionKind.Shard, channel) is not { } found)
            return 0;
        Post(found, ChannelMessage.EncodeShard(channel.Span, payload));
        return found.Count;
    }

    /// <summary>Whether subscriptions to the name stand in this partition's tables.</summary>
    public bool Keeps(SubscriptionKind kind, in Key name) =>
        kind == SubscriptionKind.Pattern || IsAtHome(name) || (kind == SubscriptionKind.Channel && IsForEvents(name.Span));

    /// <summary>Adds a subscriber, if this partition keeps it.</summary>
    public void Add(SubscriptionKind kind, in Key name, in Receiver receiver)
    {
        if (!Keeps(kind, name))
            return;
        ReadDepartures();
        var channel = _channels.FindOrAdd((int)kind, name);
        if (channel.Count == 0)
            CountChannel(kind, channel, 1);
        channel.Add(receiver, Mailboxes.Length);
    }

    /// <summary>Removes a subscriber, if it is one.</summary>
    public void Remove(SubscriptionKind kind, in Key name, in Receiver receiver)
    {
        if (_channels.Find((int)kind, name) is not { } channel)
            return;
        channel.Remove(receiver);
        if (channel.Count > 0)
            return;
        CountChannel(kind, channel, -1);
        _channels.Remove(channel);
    }

    /// <summary>Subscribers of a channel that is at home here, patterns not included.</summary>
    public int SubscriberCount(SubscriptionKind kind, in Key name)
    {
        ReadDepartures();
        return _channels.Find((int)kind, name)?.Count ?? 0;
    }

    /// <summary>The channels of a kind (not patterns) that are at home here, for a walk; to be given back with <see cref="EndWalk"/>.</summary>
    public List<Channel> BeginWalk(SubscriptionKind kind)
    {
        ReadDepartures();
        _channels.CopyTo(_walked);
        int kept = 0;
        for (int i = 0; i < _walked.Count; i++)
        {
            if (_walked[i].Database == (int)kind && IsAtHome(_walked[i].Key))
                _walked[kept++] = _walked[i];
        }
        _walked.RemoveRange(kept, _walked.Count - kept);
        return _walked;
    }

    public void EndWalk() => _walked.Clear();

    /// <summary>Distinct patterns with subscribers, exact.</summary>
    public int CountPatterns()
    {
        ReadDepartures();
        return _patterns.Count;
    }

    /// <summary>Leaves the note that a client has gone; from any thread, without the ownership word.</summary>
    public void PostDeparture(in Receiver receiver, List<Subscription> subscriptions)
    {
        var departure = Departure.Create(receiver, subscriptions, this);
        if (departure == null)
            return;
        while (true)
        {
            // The exchange publishes the note; it pairs with the one in ReadDepartures.
            nint first = Volatile.Read(ref _departures);
            departure->Next = (Departure*)first;
            if (Interlocked.CompareExchange(ref _departures, (nint)departure, first) == first)
                return;
        }
    }

    /// <summary>Drops the subscriptions of clients that have gone.</summary>
    public void ReadDepartures()
    {
        if (Volatile.Read(ref _departures) == 0)
            return;
        var departure = (Departure*)Interlocked.Exchange(ref _departures, 0);
        while (departure != null)
        {
            var next = departure->Next;
            Departure.Apply(departure, this);
            departure = next;
        }
    }

    /// <summary>Frees everything; when all threads have ended.</summary>
    public void Dispose()
    {
        ReadDepartures();
        _channels.CopyTo(_walked);
        foreach (var channel in _walked)
            channel.ReleaseReceivers();
        _channels.Dispose();
    }

    /// <summary>Channels on which keyspace events are published: <c>__keyspace@0__:key</c>, <c>__keyevent@0__:event</c>.</summary>
    private static bool IsForEvents(ReadOnlySpan<byte> name) => name.StartsWith("__"u8) && name.Contains((byte)'@');

    private bool IsAtHome(in Key name) => _partition.Routing.ShardOf(name) == _partition.Index;

    private void Post(Channel channel, Message message)
    {
        channel.Post(Mailboxes, message);
        message.Release();
    }

    private void CountChannel(SubscriptionKind kind, Channel channel, int change)
    {
        if (kind == SubscriptionKind.Pattern)
        {
            if (change > 0)
                _patterns.Add(channel);
            else
                _patterns.Remove(channel);
            return;
        }
        if (kind == SubscriptionKind.Shard)
        {
            Volatile.Write(ref _shardChannels, _shardChannels + change);
            return;
        }
        if (IsAtHome(channel.Key))
            Volatile.Write(ref _homeChannels, _homeChannels + change);
        if (IsForEvents(channel.Name))
            _eventChannels += change;
    }
}
