using FastKv.Engine.Clients;

namespace FastKv.Engine.Sharding;

/// <summary>The batches and parts of one loop: made once, used for ever. Data plane; the loop's thread only.</summary>
internal sealed class PartPool(ShardLoop loop, int shardCount) : IDisposable
{
    private readonly Stack<CommandBatch> _batchPool = new();
    private readonly Stack<Part> _partPool = new();

    /// <summary>Every part ever made, so that the end finds those that are still under way.</summary>
    private readonly List<Part> _parts = [];

    /// <summary>A part for commands of a client.</summary>
    public Part Rent(Client client, CommandBatch batch, int shard)
    {
        var part = Rent(shard);
        part.Client = client;
        part.Batch = batch;
        part.DatabaseIndex = client.Database;
        part.Resp = client.Resp;
        part.NoTouch = client.NoTouch;
        part.IsPaused = (client.Gate & ClientGate.Pause) != 0;
        part.Tracker = client.Tracker;
        return part;
    }

    /// <summary>A part that belongs to no client.</summary>
    public Part Rent(int shard)
    {
        if (!_partPool.TryPop(out var part))
        {
            part = new Part();
            _parts.Add(part);
        }
        part.Origin = loop;
        part.Shard = shard;
        part.Ticket = null;
        part.Waiter = null;
        part.Count = part.Merged = 0;
        return part;
    }

    public void Return(Part part)
    {
        part.Replies.Clear();
        part.Client = null!;
        part.Batch = null!;
        part.Ticket = null;
        part.Tracker = null;
        part.Waiter = null;
        _partPool.Push(part);
    }

    /// <summary>At the end, when all threads have stopped: drops the parts under way; returns their clients.</summary>
    public IEnumerable<Client> TakeClientsInFlight()
    {
        foreach (var part in _parts.Where(part => part.Client is not null))
        {
            part.Replies.Clear();
            yield return part.Client;
        }
    }

    public CommandBatch RentBatch()
    {
        if (!_batchPool.TryPop(out var batch))
            batch = new CommandBatch(shardCount);
        batch.Reset();
        return batch;
    }

    public void Return(CommandBatch batch) => _batchPool.Push(batch);

    public void Dispose()
    {
        foreach (var part in _parts)
            part.Dispose();
        while (_batchPool.TryPop(out var batch))
            batch.Dispose();
    }
}
