using FastKv.Engine.Keyspace;
using FastKv.Engine.Messages;

namespace FastKv.Engine.PubSub;

/// <summary>A channel or pattern that has subscribers, on one partition: their receivers, per loop. Data plane, under the partition's ownership word.</summary>
internal sealed class Channel : KeyNode<Channel>
{
    private ReceiverList[] _receivers = [];

    /// <summary>Subscribers on all loops.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a subscriber. O(log n), and a move of those with later sessions.</summary>
    public void Add(in Receiver receiver, int loopCount)
    {
        if (_receivers.Length == 0)
            _receivers = new ReceiverList[loopCount];
        if (_receivers[receiver.Loop].Add(receiver))
            Count++;
    }

    /// <summary>Removes a subscriber, if it is one.</summary>
    public void Remove(in Receiver receiver)
    {
        if (Count > 0 && _receivers[receiver.Loop].Remove(receiver.Id))
            Count--;
    }

    /// <summary>Posts a message to all: one post per loop that has subscribers.</summary>
    public void Post(Mailbox[] mailboxes, Message message)
    {
        for (int loop = 0; loop < _receivers.Length; loop++)
        {
            ref readonly var receivers = ref _receivers[loop];
            if (receivers.IsEmpty)
                continue;
            if (receivers.Count == 1)
                mailboxes[loop].Post(receivers.Span[0], message);
            else
                mailboxes[loop].Post(receivers, message);
        }
    }

    /// <summary>Frees the lists.</summary>
    public void ReleaseReceivers()
    {
        for (int loop = 0; loop < _receivers.Length; loop++)
            _receivers[loop].Release();
        Count = 0;
    }
}
