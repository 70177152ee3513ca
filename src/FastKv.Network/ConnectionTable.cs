// The connection objects of one loop, by index, with a stack of free ones. Data plane; grows only when more are open than ever before.
using FastKv.Memory;

namespace FastKv.Network;

internal sealed class ConnectionTable(EventLoop loop, BufferPool pool, int connectionsMax)
{
    private Connection[] _slots = [];
    private int[] _free = [];
    private int _freeCount;
    private int _created;

    internal int Max => connectionsMax;

    internal int Count => _created - _freeCount;

    /// <summary>Objects made so far: indexes below this are valid.</summary>
    internal int Created => _created;

    internal Connection this[int index] => _slots[index];

    /// <summary>A free slot, the one freed last (its lines are warm); O(1) amortised. Null when connectionsMax are open.</summary>
    internal Connection? Rent()
    {
        if (_freeCount > 0) return _slots[_free[--_freeCount]];
        if (_created == connectionsMax) return null;
        if (_created == _slots.Length)
        {
            int size = Math.Min(connectionsMax, Math.Max(64, _created * 2));
            Array.Resize(ref _slots, size);
            Array.Resize(ref _free, size);
        }

        var connection = new Connection(loop, _created, pool);
        _slots[_created++] = connection;
        return connection;
    }

    internal void Return(Connection connection)
    {
        connection.Reset();
        _free[_freeCount++] = connection.Index;
    }
}
