using System.Diagnostics;
using FastKv.Engine.Keyspace;

namespace FastKv.Engine.Persistence.Loading;

// Control plane. Who builds what is read from files, each partition by one thread:
//
//   reader ──records, commands──► queue of partition 0 ──► the loop of shard 0, in slices between its turns     (at the start of the server)
//          └────────────────────► queue of partition 1 ──► the loop of shard 1                                   or a thread of its own
//                                                                                                    (when one command holds all partitions)
//
// What needs all partitions is done while nobody else runs one: several readers may be at work, and each sends on while another one has something of that
// kind. The threads of the crew stand still for it at a place in their queues (StandStill); with the loops, which run already and answer clients, it is an
// exclusive ticket.

/// <summary>Does the work that readers of files find for the partitions.</summary>
internal sealed class LoadCrew : IDisposable
{
    private readonly FastKvServer? _server;
    private readonly LoadQueue[] _queues;
    private readonly Thread[] _threads;
    private readonly CancellationTokenSource _cancelled;
    private readonly Lock _gate = new();

    /// <summary>Held by the reader that has the threads of the crew stand still: two that each held up some of them would wait for each other.</summary>
    private readonly Lock _alone = new();
    private Exception? _failure;

    private LoadCrew(int partitions, FastKvServer? server, CancellationToken cancelled)
    {
        _server = server;
        _cancelled = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        _queues = new LoadQueue[partitions];
        for (int i = 0; i < partitions; i++)
            _queues[i] = new LoadQueue(server is null ? null : server.Loops[i].Wake);
        _threads = new Thread[server is null ? partitions : 0];
        for (int i = 0; i < _threads.Length; i++)
        {
            var queue = _queues[i];
            _threads[i] = new Thread(() => RunThread(queue), maxStackSize: 1 << 20) { Name = $"load-{i}", IsBackground = true };
        }
    }

    /// <summary>Set when the load is given up: after a fault, or because the server is to end.</summary>
    public CancellationToken Cancelled => _cancelled.Token;

    /// <summary>Partitions that there is work for.</summary>
    public int Count => _queues.Length;

    /// <summary>The threads of the crew are its own: whoever loads holds all partitions.</summary>
    public static LoadCrew OfThreads(Partition[] partitions)
    {
        var crew = new LoadCrew(partitions.Length, server: null, CancellationToken.None);
        foreach (var thread in crew._threads)
            thread.Start();
        return crew;
    }

    /// <summary>The loops do the work, from when they run until <see cref="Dispose"/>.</summary>
    public static LoadCrew OfLoops(FastKvServer server, CancellationToken cancelled)
    {
        var crew = new LoadCrew(server.Partitions.Length, server, cancelled);
        for (int i = 0; i < crew._queues.Length; i++)
            server.Loops[i].Loading = new LoadSlices(crew, crew._queues[i]);
        return crew;
    }

    /// <summary>Hands work to a partition; waits while it is far behind.</summary>
    /// <returns>False: the load has been given up; the work is the caller's.</returns>
    public bool TrySend(int partition, LoadWork work) => _queues[partition].TryAdd(work, Cancelled);

    /// <summary>Waits until all that was sent so far has been done; what was written meanwhile is visible.</summary>
    /// <exception cref="OperationCanceledException">The load has been given up; see <see cref="Failure"/>.</exception>
    public void Drain()
    {
        foreach (var queue in _queues)
            queue.WaitUntilDone(Cancelled);
        Cancelled.ThrowIfCancellationRequested();
    }

    /// <summary>Runs an action that may touch all partitions, after all that was sent so far; nobody else runs one meanwhile, whatever other readers send.</summary>
    /// <exception cref="OperationCanceledException">The load has been given up; see <see cref="Failure"/>.</exception>
    public void RunAlone(Action action)
    {
        if (_server is null)
        {
            RunWhileStill(action);
            return;
        }
        Drain();
        using var done = new ManualResetEventSlim();
        _server.RunExclusively(() =>
        {
            if (!Cancelled.IsCancellationRequested)
                RunGuarded(action);
            done.Set();
        });

        // Also after the load was given up: the action may be under way.
        done.Wait();
        Cancelled.ThrowIfCancellationRequested();
    }

    /// <summary>Waits until nobody works any more, be it because all is done or the load was given up: what the work refers to may go.</summary>
    public void Settle()
    {
        foreach (var queue in _queues)
        {
            if (Cancelled.IsCancellationRequested)
                queue.Discard();
            else
                queue.WaitUntilDone(CancellationToken.None);
        }
    }

    /// <summary>Gives the load up; the first reason counts. From any thread.</summary>
    public void Fail(Exception failure)
    {
        lock (_gate)
            _failure ??= failure;
        _cancelled.Cancel();
    }

    /// <summary>Gives the load up for a reason that the reader has noted. From any thread.</summary>
    public void GiveUp() => _cancelled.Cancel();

    /// <summary>Why the load was given up; null: for no fault, or not at all.</summary>
    public Exception? Failure
    {
        get
        {
            lock (_gate)
                return _failure;
        }
    }

    /// <summary>Does one piece of work or a part of it, or passes over it after the load was given up.</summary>
    /// <returns>False: there is more of it to do, which comes before all other work.</returns>
    public bool TryComplete(LoadQueue queue, LoadWork work)
    {
        if (!Cancelled.IsCancellationRequested && !TryRun(work))
            return false;
        work.Recycle();
        queue.NoteDone();
        return true;
    }

    /// <summary>The work is at an end: what is left of it, after a fault, is passed over.</summary>
    public void Dispose()
    {
        foreach (var queue in _queues)
            queue.Complete();
        if (_server is not null)
        {
            foreach (var loop in _server.Loops)
                loop.Loading = null;
        }
        foreach (var thread in _threads)
            thread.Join();
        _cancelled.Dispose();
    }

    private void RunWhileStill(Action action)
    {
        lock (_alone)
        {
            var stand = new StandStill(_queues.Length);
            try
            {
                foreach (var queue in _queues)
                    queue.TryAdd(stand, Cancelled);
                stand.WaitUntilStill(Cancelled);
                action();
            }
            finally
            {
                stand.End();
            }
        }
    }

    private void RunGuarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is DatasetException or Aof.AofFault)
        {
            Fail(exception);
        }
    }

    private bool TryRun(LoadWork work)
    {
        try
        {
            return work.Run();
        }
        catch (Exception exception) when (exception is DatasetException or Aof.AofFault)
        {
            Fail(exception);
            return true;
        }
    }

    private void RunThread(LoadQueue queue)
    {
        while (queue.Take() is { } work)
        {
            while (!TryComplete(queue, work))
            {
                // The thread has nothing else to do.
            }
        }
    }
}

/// <summary>What a loop does for a load between its turns. Data plane.</summary>
internal sealed class LoadSlices(LoadCrew crew, LoadQueue queue)
{
    /// <summary>So long clients wait for a slice to end, and for what is being done to come to a place where it may rest.</summary>
    private const long SliceTicksPerSecond = 200;

    private readonly LoadCrew _crew = crew;
    private readonly LoadQueue _queue = queue;
    private LoadWork? _unfinished;

    /// <summary>Whether something waits to be done.</summary>
    public bool HasWork => _unfinished is not null || _queue.HasWork;

    /// <summary>Works for some 5 ms, if there is so much; the loop holds its partition.</summary>
    public void Run()
    {
        long end = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / SliceTicksPerSecond);
        while ((_unfinished ?? _queue.TryTake()) is { } work)
        {
            _unfinished = _crew.TryComplete(_queue, work) ? null : work;
            if (Stopwatch.GetTimestamp() >= end)
                return;
        }
    }
}
