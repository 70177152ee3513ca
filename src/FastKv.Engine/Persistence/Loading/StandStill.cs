namespace FastKv.Engine.Persistence.Loading;

/// <summary>
/// A place in the queues of all partitions at which their threads stop: what was sent before is done, what was sent behind it waits. Control plane.
/// </summary>
/// <param name="threads">How many are to stop.</param>
internal sealed class StandStill(int threads) : LoadWork
{
    /// <summary>How soon a wait notices that the load has been given up.</summary>
    private const int WaitMs = 20;

    private readonly object _gate = new();
    private int _awaited = threads;
    private bool _isOver;

    /// <summary>Stops the thread until <see cref="End"/>.</summary>
    /// <returns>True: there is nothing more to do.</returns>
    public override bool Run()
    {
        lock (_gate)
        {
            _awaited--;
            Monitor.PulseAll(_gate);
            while (!_isOver)
                _ = Monitor.Wait(_gate);
        }
        return true;
    }

    /// <summary>Nothing has to be taken back: a thread that passes over it goes on.</summary>
    public override void Recycle()
    {
    }

    /// <summary>Waits until all threads have stopped; what they have written is visible.</summary>
    /// <exception cref="OperationCanceledException">The load has been given up: some do not stop.</exception>
    public void WaitUntilStill(CancellationToken cancelled)
    {
        lock (_gate)
        {
            while (_awaited > 0)
            {
                cancelled.ThrowIfCancellationRequested();
                _ = Monitor.Wait(_gate, WaitMs);
            }
        }
        cancelled.ThrowIfCancellationRequested();
    }

    /// <summary>The threads go on.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOver = true;
            Monitor.PulseAll(_gate);
        }
    }
}
