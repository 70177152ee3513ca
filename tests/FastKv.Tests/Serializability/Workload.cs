using FastKv.Structures;

namespace FastKv.Tests.Serializability;

/// <summary>Draws the operations of a history from a seed: keys spread over all shards, every written value new.</summary>
internal sealed class Workload
{
    /// <summary>How often each kind is drawn.</summary>
    private static readonly (OperationKind Kind, int Weight)[] Weights =
    [
        (OperationKind.Get, 22), (OperationKind.Set, 12), (OperationKind.MGet, 16), (OperationKind.MSet, 16), (OperationKind.Delete, 7),
        (OperationKind.Exists, 4), (OperationKind.MSetNx, 5), (OperationKind.Rename, 7), (OperationKind.RenameNx, 3), (OperationKind.Copy, 3),
        (OperationKind.CopyReplace, 3), (OperationKind.DbSize, 2), (OperationKind.FlushAll, 1), (OperationKind.Exec, 14), (OperationKind.WatchAndRead, 8),
    ];

    private readonly Random _random;
    private readonly int _shards;
    private readonly int _keyCount;
    private int _lastValue;

    public Workload(int seed, int shards)
    {
        _random = new Random(seed);
        _shards = shards;
        _keyCount = Math.Min(RoundState.KeysMax, shards + 2);
        Names = Spread(shards, _keyCount);
    }

    /// <summary>The keys' names.</summary>
    public string[] Names { get; }

    /// <summary>What one client sends in a round: batches, each sent at once (most hold one command) and waited for.</summary>
    public Operation[][] NextClient(int client, int batches)
    {
        var drawn = new List<Operation[]>();
        for (int i = 0; i < batches; i++)
        {
            var batch = new Operation[_random.Next(4) == 0 ? _random.Next(2, 5) : 1];
            for (int j = 0; j < batch.Length; j++)
            {
                do
                    batch[j] = Next();
                while (batch[j].Kind == OperationKind.WatchAndRead && j < batch.Length - 1);
            }
            drawn.Add(batch);

            // What depends on what is watched follows when that has been answered, and ends the watch.
            if (batch[^1].Kind == OperationKind.WatchAndRead)
                drawn.Add([Transaction(OperationKind.ExecIfUnchanged, batch[^1])]);
        }
        foreach (Operation operation in drawn.SelectMany(batch => batch))
            operation.Client = client;
        return [.. drawn];
    }

    /// <summary>The only shard that an operation needs; −1: it needs several.</summary>
    public int ShardOf(Operation operation)
    {
        int[] shards = [.. operation.Keys.Select(key => key % _shards).Distinct()];
        return shards.Length == 1 ? shards[0] : -1;
    }

    /// <summary>Reads every key.</summary>
    public Operation ReadAll() => new(OperationKind.MGet, [.. Enumerable.Range(0, _keyCount)], []);

    /// <summary>Key names that lie on all shards (contiguous slot ranges), the n-th on shard n modulo their number.</summary>
    private static unsafe string[] Spread(int shards, int count)
    {
        var names = new List<string>();
        for (int i = 0; names.Count < count; i++)
        {
            string name = "key:" + i;
            byte[] bytes = System.Text.Encoding.ASCII.GetBytes(name);
            fixed (byte* start = bytes)
            {
                int slot = KeySlot.Compute(start, bytes.Length);
                if (slot * shards / KeySlot.Count == names.Count % shards)
                    names.Add(name);
            }
        }
        return [.. names];
    }

    private OperationKind NextKind()
    {
        int pick = _random.Next(Weights.Sum(weight => weight.Weight));
        return Weights.First(weight => (pick -= weight.Weight) < 0).Kind;
    }

    private Operation Transaction(OperationKind kind, Operation? watched)
    {
        var parts = new Operation[_random.Next(1, 5)];
        for (int i = 0; i < parts.Length; i++)
        {
            OperationKind part;
            do
                part = NextKind();
            while (part is OperationKind.Exec or OperationKind.WatchAndRead);
            parts[i] = Next(part);
        }
        bool needsAll = parts.Any(part => part.Keys.Length == 0);
        int[] keys = needsAll ? [] : [.. parts.SelectMany(part => part.Keys).Concat(watched?.Keys ?? []).Distinct()];
        return new Operation(kind, keys, []) { Parts = parts, Watched = watched };
    }

    private Operation Next()
    {
        OperationKind kind = NextKind();
        return kind == OperationKind.Exec ? Transaction(kind, null) : Next(kind);
    }

    private Operation Next(OperationKind kind)
    {
        int count = kind switch
        {
            OperationKind.Get or OperationKind.Set => 1,
            OperationKind.Delete or OperationKind.Exists or OperationKind.WatchAndRead => _random.Next(1, 4),
            OperationKind.MGet or OperationKind.MSet => _random.Next(2, _keyCount + 1),
            OperationKind.DbSize or OperationKind.FlushAll => 0,
            _ => 2,
        };
        int[] keys = [.. Enumerable.Range(0, _keyCount)];
        _random.Shuffle(keys);
        bool writes = kind is OperationKind.Set or OperationKind.MSet or OperationKind.MSetNx;
        return new Operation(kind, keys[..count], writes ? [.. Enumerable.Range(0, count).Select(_ => ++_lastValue)] : []);
    }
}
