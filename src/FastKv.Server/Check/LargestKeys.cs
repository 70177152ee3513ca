namespace FastKv.Server.Check;

/// <summary>A key among the largest.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Database">Its database.</param>
/// <param name="FileBytes">Bytes of its record.</param>
/// <param name="Value">What it is.</param>
internal sealed record LargeKey(byte[] Key, ulong Database, long FileBytes, ValueFigures Value);

/// <summary>The largest keys by some measure, as many as were asked for. O(log n) for a key that is among them, O(1) for others. Control plane.</summary>
internal sealed class LargestKeys(int count)
{
    private readonly PriorityQueue<LargeKey, long> _keys = new();
    private readonly int _count = count;
    private long _least = -1;

    /// <summary>The keys, the largest first.</summary>
    public List<LargeKey> Descending()
    {
        var keys = _keys.UnorderedItems.OrderByDescending(item => item.Priority).ThenBy(item => Convert.ToHexString(item.Element.Key), StringComparer.Ordinal);
        return [.. keys.Select(item => item.Element)];
    }

    /// <summary>Adds a key if it is large enough.</summary>
    public void Add(long size, ReadOnlySpan<byte> key, ulong database, long fileBytes, in ValueFigures value)
    {
        if (_count == 0 || (_keys.Count == _count && size <= _least))
            return;
        var large = new LargeKey(key.ToArray(), database, fileBytes, value);
        if (_keys.Count < _count)
            _keys.Enqueue(large, size);
        else
            _keys.EnqueueDequeue(large, size);
        _keys.TryPeek(out _, out _least);
    }
}
