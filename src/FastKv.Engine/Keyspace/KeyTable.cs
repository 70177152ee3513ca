using FastKv.Memory;

namespace FastKv.Engine.Keyspace;

// Data plane, under the partition's ownership word. Keys that clients have an interest in (they wait for them, watch them), whether they exist or not. The
// nodes are managed and pooled, so in the steady state nothing is allocated; the copies of the keys are native.

/// <summary>A key of a <see cref="KeyTable{TNode}"/>, with what its users hang on it.</summary>
internal abstract unsafe class KeyNode<TNode>
    where TNode : KeyNode<TNode>
{
    private NativeBuffer _key;

    public int Database;
    public ulong Hash;

    /// <summary>The next node with the same hash.</summary>
    public TNode? NextOfHash;

    public ReadOnlySpan<byte> Name => new(_key.Data, (int)_key.Length);

    public Key Key => new(_key.Data, (int)_key.Length, Hash);

    public void Take(int database, in Key key)
    {
        Database = database;
        Hash = key.Hash;
        _key.EnsureFree(Math.Max(key.Length, 1));
        _key.Append(key.Pointer, key.Length);
    }

    public void Release() => _key.Release();
}

/// <summary>Nodes by database and key. Every member is O(1), but for the walk.</summary>
internal sealed class KeyTable<TNode> : IDisposable
    where TNode : KeyNode<TNode>, new()
{
    private readonly Dictionary<ulong, TNode> _nodes = [];
    private readonly Stack<TNode> _pool = new();

    /// <summary>Keys in the table.</summary>
    public int Count { get; private set; }

    public TNode? Find(int database, in Key key)
    {
        if (!_nodes.TryGetValue(key.Hash, out var node))
            return null;
        while (node is not null && (node.Database != database || !node.Name.SequenceEqual(key.Span)))
            node = node.NextOfHash;
        return node;
    }

    public TNode FindOrAdd(int database, in Key key)
    {
        if (Find(database, key) is { } found)
            return found;
        if (!_pool.TryPop(out var node))
            node = new TNode();
        node.Take(database, key);
        _nodes.TryGetValue(key.Hash, out node.NextOfHash);
        _nodes[key.Hash] = node;
        Count++;
        return node;
    }

    public void Remove(TNode node)
    {
        Count--;
        var first = _nodes[node.Hash];
        if (first != node)
        {
            while (first.NextOfHash != node)
                first = first.NextOfHash!;
            first.NextOfHash = node.NextOfHash;
        }
        else if (node.NextOfHash is null)
        {
            _nodes.Remove(node.Hash);
        }
        else
        {
            _nodes[node.Hash] = node.NextOfHash;
        }
        node.NextOfHash = null;
        node.Release();
        _pool.Push(node);
    }

    /// <summary>Adds all nodes to a list, for a walk during which nodes may be removed.</summary>
    public void CopyTo(List<TNode> nodes)
    {
        foreach (var first in _nodes.Values)
        {
            for (var node = first; node is not null; node = node.NextOfHash)
                nodes.Add(node);
        }
    }

    /// <summary>Frees the copies of the keys.</summary>
    public void Dispose()
    {
        foreach (var first in _nodes.Values)
        {
            for (var node = first; node is not null; node = node.NextOfHash)
                node.Release();
        }
        _nodes.Clear();
    }
}
