using FastKv.Engine.Clients;

namespace FastKv.Engine.Messages;

/// <summary>The places of one loop's clients, by which messages find them. Data plane; the loop's thread only. O(1).</summary>
internal sealed class ClientSlots(int loop)
{
    private readonly int _loop = loop;
    private readonly Stack<int> _free = new();
    private Client?[] _clients = new Client?[64];
    private int _used;
    private long _lastId;

    /// <summary>The client that a receiver stands for; null: its session is over.</summary>
    public Client? Find(in Receiver receiver)
    {
        var client = _clients[receiver.Slot];
        return client is not null && client.Receiver.Id == receiver.Id ? client : null;
    }

    /// <summary>Gives a new client a place.</summary>
    public void Add(Client client)
    {
        if (!_free.TryPop(out int slot))
        {
            slot = _used++;
            if (slot == _clients.Length)
                Array.Resize(ref _clients, slot * 2);
        }
        _clients[slot] = client;
        client.Receiver = new Receiver(++_lastId, _loop, slot);
    }

    /// <summary>Nothing that was meant for the client until now reaches it any more.</summary>
    public void Renew(Client client) => client.Receiver = client.Receiver with { Id = ++_lastId };

    /// <summary>The client has gone.</summary>
    public void Remove(Client client)
    {
        _clients[client.Receiver.Slot] = null;
        _free.Push(client.Receiver.Slot);
    }
}
