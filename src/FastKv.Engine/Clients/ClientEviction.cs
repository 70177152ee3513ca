using FastKv.Engine.Sharding;

namespace FastKv.Engine.Clients;

// Data plane while there is a limit; nothing otherwise. maxmemory-clients: when all clients together take too much, the largest are disconnected. Each loop
// counts its own clients after it has served them, into sums that all loops share (ClientSizes); who is to go is on the loop that owns it, which may have to be
// told.
//
// Source: https://redis.io/docs/latest/develop/reference/clients/#client-eviction

/// <summary>Disconnects clients that take too much.</summary>
internal sealed class ClientEviction(FastKvServer server)
{
    /// <summary>In no bucket ever again, because it is being disconnected.</summary>
    private const int Gone = -2;

    /// <summary>No limit below this is held, as in Redis: some clients must be able to ask why.</summary>
    private const long LimitMin = 128 * 1024;

    private readonly FastKvServer _server = server;
    private readonly ClientSizes _sizes = new();
    private int _isPosted;

    /// <summary>Whether there is a limit.</summary>
    public bool IsOn => _sizes.LimitBytes != 0;

    /// <summary>Follows maxmemory-clients, which may be a share of maxmemory: at the start, and when CONFIG SET has changed either.</summary>
    public void Apply()
    {
        long configured = _server.Options.MaxMemoryClients;
        ulong max = _server.Options.MaxMemory;
        long limit = configured >= 0 ? configured : (long)(max / 100 * (ulong)-configured);
        limit = limit == 0 ? 0 : Math.Max(LimitMin, limit);
        if (_sizes.Limit(limit) == limit)
            return;
        foreach (var loop in _server.Loops)
        {
            loop.Post(() =>
            {
                foreach (var client in loop.Clients)
                    Count(client);
                if (_sizes.IsExceeded)
                    Evict(loop);
            });
        }
    }

    /// <summary>A client has been served: counts it, and sees to it that the limit is held. On the client's loop.</summary>
    public void Update(Client client)
    {
        Count(client);
        if (_sizes.IsExceeded)
            Evict(client.Loop);
    }

    /// <summary>A client is gone.</summary>
    public void Remove(Client client) => Set(client, 0, ClientSizes.NoBucket);

    private void Count(Client client)
    {
        if (client.SizeBucket == Gone)
            return;
        if (!IsOn || client.IsClosed)
        {
            Remove(client);
            return;
        }
        long bytes = ClientMemory.Of(client);
        Set(client, bytes, client.NoEvict ? ClientSizes.NoBucket : ClientSizes.BucketOf(bytes));
    }

    private void Set(Client client, long bytes, int bucket)
    {
        if (client.CountedBytes == bytes && client.SizeBucket == bucket)
            return;
        _sizes.Move(bytes - client.CountedBytes, client.SizeBucket, bucket);
        client.CountedBytes = bytes;
        client.SizeBucket = bucket;
    }

    /// <summary>Disconnects the largest clients, if they are this loop's; else has the other loops look.</summary>
    private void Evict(ShardLoop loop)
    {
        while (_sizes.IsExceeded)
        {
            int bucket = _sizes.LargestBucket;
            if (bucket < 0)
                return;
            var client = FindIn(loop, bucket);
            if (client is null)
            {
                Tell(loop);
                return;
            }
            if (!_sizes.TryEvict(client.CountedBytes, bucket))
                continue;
            client.CountedBytes = 0;
            client.SizeBucket = Gone;
            _server.Log.Notice($"Evicting client: {Commands.Connection.ClientList.DescribeOne(client, loop.NowMs)}");
            loop.Statistics.ClientsEvicted++;
            loop.Sockets.Kill(client);
        }
    }

    private static Client? FindIn(ShardLoop loop, int bucket)
    {
        foreach (var client in loop.Clients)
        {
            if (client.SizeBucket == bucket && !client.IsClosed)
                return client;
        }
        return null;
    }

    private void Tell(ShardLoop loop)
    {
        if (loop.IsAlone || Interlocked.Exchange(ref _isPosted, 1) != 0)
            return;
        foreach (var other in _server.Loops)
        {
            if (other == loop)
                continue;
            other.Post(() =>
            {
                Volatile.Write(ref _isPosted, 0);
                if (_sizes.IsExceeded)
                    Evict(other);
            });
        }
    }
}
