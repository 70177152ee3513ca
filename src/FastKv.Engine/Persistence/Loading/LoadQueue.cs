using System.Diagnostics;

namespace FastKv.Engine.Persistence.Loading;

/// <summary>
/// What is to be done on one partition while a file is loaded, in order: from the threads that read files to whoever runs the partition, bounded. Its lock is
/// taken once per batch of some hundred records. Control plane.
/// </summary>
/// <param name="wake">Called when there is something to do; null: <see cref="Take"/> waits.</param>
internal sealed class LoadQueue(Action? wake)
{
    /// <summary>Readers may be so far ahead.</summary>
    private const int Capacity = 32;

    /// <summary>How soon a wait notices that the load has been given up.</summary>
    private const int WaitMs = 20;

    private readonly Queue<LoadWork> _work = new(Capacity);
    private readonly object _gate = new();
    private volatile int _count;
    private long _sent, _done;
    private int _waiting;
    private bool _isComplete;

    /// <summary>Whether something waits; from any thread.</summary>
    public bool HasWork => _count > 0;

    /// <summary>Adds work, and waits while the queue is full.</summary>
    /// <returns>False: the load has been given up.</returns>
    public bool TryAdd(LoadWork work, CancellationToken cancelled)
    {
        lock (_gate)
        {
            while (_work.Count >= Capacity && !cancelled.IsCancellationRequested)
                Wait(CancellationToken.None);
            if (cancelled.IsCancellationRequested)
                return false;
            _work.Enqueue(work);
            _count = _work.Count;
            _sent++;
            Pulse();
        }
        wake?.Invoke();
        return true;
    }

    /// <summary>The next work, which is to be reported by <see cref="NoteDone"/>; null: there is none now.</summary>
    public LoadWork? TryTake()
    {
        if (_count == 0)
            return null;
        lock (_gate)
            return Dequeue();
    }

    /// <summary>As <see cref="TryTake"/>, but waits; null: nothing will come any more.</summary>
    public LoadWork? Take()
    {
        lock (_gate)
        {
            while (_work.Count == 0 && !_isComplete)
                Wait(CancellationToken.None);
            return Dequeue();
        }
    }

    public void NoteDone()
    {
        lock (_gate)
        {
            _done++;
            Pulse();
        }
    }

    /// <summary>Waits until all that was added before has been done.</summary>
    /// <exception cref="OperationCanceledException">The load has been given up.</exception>
    public void WaitUntilDone(CancellationToken cancelled)
    {
        lock (_gate)
        {
            long sent = _sent;
            while (_done < sent)
                Wait(cancelled);
        }
    }

    /// <summary>Passes over what waits, and waits until what is being done is at an end.</summary>
    public void Discard()
    {
        lock (_gate)
        {
            while (_work.TryDequeue(out var work))
            {
                work.Recycle();
                _done++;
            }
            _count = 0;
            while (_done < _sent)
                Wait(CancellationToken.None);
        }
    }

    /// <summary>Nothing will be added any more.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            Pulse();
        }
    }

    private LoadWork? Dequeue()
    {
        Debug.Assert(Monitor.IsEntered(_gate), "under the lock");
        if (!_work.TryDequeue(out var work))
            return null;
        _count = _work.Count;

        // A reader that waits goes on when there is room for several: else the two would take turns for each batch.
        if (_count <= Capacity / 2)
            Pulse();
        return work;
    }

    private void Wait(CancellationToken cancelled)
    {
        cancelled.ThrowIfCancellationRequested();
        _waiting++;
        _ = Monitor.Wait(_gate, WaitMs);
        _waiting--;
    }

    private void Pulse()
    {
        if (_waiting > 0)
            Monitor.PulseAll(_gate);
    }
}
