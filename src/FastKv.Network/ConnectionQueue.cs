// A growing list of connections that is worked off from the front, while handlers append to its back. Data plane.
namespace FastKv.Network;

internal struct ConnectionQueue()
{
    private Connection[] _items = new Connection[64];

    internal int Count { get; private set; }

    internal readonly Connection this[int index] => _items[index];

    internal void Add(Connection connection)
    {
        if (Count == _items.Length) Array.Resize(ref _items, Count * 2);
        _items[Count++] = connection;
    }

    /// <summary>Drops the first entries; O(entries that stay), which is normally none.</summary>
    internal void RemoveFirst(int count)
    {
        Count -= count;
        if (Count > 0) Array.Copy(_items, count, _items, 0, Count);
    }
}
