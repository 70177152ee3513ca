using FastKv.Engine.Blocking;
using FastKv.Engine.Clients;

namespace FastKv.Engine.Sharding;

// Data plane. What of one loop waits until locked keys (MIGRATE) are free: clients whose next command names one, and blocked commands that were to be tried
// again. When any lock is lifted all are tried again; those whose keys are still locked come back here.

/// <summary>Clients and waiters of one loop that wait for locked keys. Its thread only.</summary>
internal sealed class LockedClients(ShardLoop loop)
{
    private readonly ShardLoop _loop = loop;
    private List<Client> _clients = [];
    private List<Client> _released = [];
    private readonly List<Waiter> _waiters = [];

    /// <summary>The clients that wait, closed ones among them.</summary>
    public IReadOnlyList<Client> Clients => _clients;

    /// <summary>Nothing of the client is run until some lock is lifted.</summary>
    public void Hold(Client client)
    {
        client.Gate |= ClientGate.Locked;
        _clients.Add(client);
    }

    /// <summary>A claimed waiter is tried again when some lock is lifted.</summary>
    public void Hold(Waiter waiter) => _waiters.Add(waiter);

    /// <summary>Some lock has been lifted.</summary>
    public void Release()
    {
        (_clients, _released) = (_released, _clients);
        foreach (var client in _released)
        {
            client.Gate &= ~ClientGate.Locked;
            if (client.IsClosed)
                _loop.ForgetIfIdle(client);
            else
                _loop.MarkReady(client);
        }
        _released.Clear();
        foreach (var waiter in _waiters)
            _loop.Blocked.Post(waiter);
        _waiters.Clear();
    }
}
