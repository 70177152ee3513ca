namespace FastKv.Engine.Migration;

// Control plane. Connections that are kept for the next migration to the same target: 10 seconds, 64 at most, as in Redis.

/// <summary>Idle connections to targets; any thread.</summary>
internal sealed class TargetConnections : IDisposable
{
    private const int CountMax = 64;
    private const long IdleMsMax = 10_000;

    private readonly Lock _gate = new();
    private readonly List<TargetConnection> _idle = [];
    private bool _isEnded;

    public int Count
    {
        get
        {
            lock (_gate)
                return _idle.Count;
        }
    }

    /// <summary>A connection to the target, its own or a kept one; null: there is none.</summary>
    public TargetConnection? TryTake(MigrationTarget target)
    {
        lock (_gate)
        {
            int index = _idle.FindLastIndex(connection => connection.Target.SharesConnectionWith(target));
            if (index < 0)
                return null;
            var found = _idle[index];
            _idle.RemoveAt(index);
            return found;
        }
    }

    /// <summary>Keeps a connection; the oldest goes when there are too many.</summary>
    public void Keep(TargetConnection connection)
    {
        connection.IsUsed = true;
        connection.IdleSinceMs = Environment.TickCount64;
        lock (_gate)
        {
            if (!_isEnded)
            {
                _idle.Add(connection);
                connection = null!;
            }
            if (_idle.Count > CountMax)
                DropFirst();
        }
        connection?.Dispose();
    }

    /// <summary>Closes what has been idle for too long; now and then.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            while (_idle.Count > 0 && Environment.TickCount64 - _idle[0].IdleSinceMs > IdleMsMax)
                DropFirst();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isEnded = true;
            while (_idle.Count > 0)
                DropFirst();
        }
    }

    private void DropFirst()
    {
        _idle[0].Dispose();
        _idle.RemoveAt(0);
    }
}
