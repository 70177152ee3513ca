// The workers of one server: threads that stay, with their connections, over all phases. Control plane.
using System.Diagnostics;
using FastKv.LoadGen.Servers;

namespace FastKv.LoadGen.Load;

/// <summary>Runs phases on several workers at once and adds up what they report.</summary>
internal sealed class LoadGroup : IDisposable
{
    private const int ProgressMs = 250;

    private readonly Worker[] _workers;

    /// <summary>Starts the threads and connects.</summary>
    /// <param name="recipe">How to reach the server.</param>
    /// <param name="connections">Over all threads.</param>
    /// <param name="threads">At most as many as connections.</param>
    /// <param name="cores">Cores to pin the threads to, in turn; none when empty.</param>
    /// <exception cref="LoadException">A connection could not be made.</exception>
    public LoadGroup(ConnectionRecipe recipe, int connections, int threads, int[] cores)
    {
        threads = Math.Min(threads, connections);
        _workers = new Worker[threads];
        for (int i = 0; i < threads; i++)
        {
            int share = (connections / threads) + (i < connections % threads ? 1 : 0);
            int core = cores.Length > 0 ? cores[i % cores.Length] : -1;
            _workers[i] = new Worker(recipe, share, i, threads, core);
        }
        try
        {
            foreach (Worker worker in _workers)
                worker.AwaitConnected();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Event loop in use.</summary>
    public string EngineName => _workers[0].EngineName;

    /// <summary>Runs a phase on all workers.</summary>
    /// <param name="phase">What to do.</param>
    /// <param name="progress">Told four times a second: replies so far, seconds so far.</param>
    /// <exception cref="LoadException">A worker failed.</exception>
    public PhaseResult Run(LoadPhase phase, Action<long, double>? progress = null)
    {
        foreach (Worker worker in _workers)
            worker.Begin(phase);
        long start = Stopwatch.GetTimestamp();
        foreach (Worker worker in _workers)
        {
            while (!worker.AwaitEnd(ProgressMs))
                progress?.Invoke(_workers.Sum(w => w.Completed), Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        PhaseResult[] results = [.. _workers.Select(w => w.TakeResult())];
        return results.Length == 1 ? results[0] : Add(results);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Worker worker in _workers)
            worker?.Dispose();
    }

    private static PhaseResult Add(PhaseResult[] results)
    {
        var latency = new LatencyHistogram();
        foreach (PhaseResult result in results)
            latency.Add(result.Latency);
        return new PhaseResult
        {
            Requests = results.Sum(r => r.Requests),
            Errors = results.Sum(r => r.Errors),
            Nulls = results.Sum(r => r.Nulls),
            FirstError = results.Select(r => r.FirstError).FirstOrDefault(e => e is not null),
            NotSent = results.Sum(r => r.NotSent),
            ElapsedSeconds = results.Max(r => r.ElapsedSeconds),
            ClientCpuSeconds = results.Sum(r => r.ClientCpuSeconds),
            AllocatedBytes = results.Sum(r => r.AllocatedBytes),
            Latency = latency,
        };
    }

    /// <summary>A thread that connects, and then runs phases as they are given to it. An event loop is only ever polled by the thread that made it.</summary>
    private sealed class Worker : IDisposable
    {
        private readonly SemaphoreSlim _begin = new(0);
        private readonly SemaphoreSlim _done = new(0);
        private readonly Thread _thread;
        private LoadWorker? _worker;
        private LoadPhase? _phase;
        private PhaseResult? _result;
        private Exception? _error;

        public Worker(ConnectionRecipe recipe, int connections, int index, int count, int core)
        {
            _thread = new Thread(() => Run(recipe, connections, index, count, core)) { IsBackground = true, Name = $"load {index}" };
            _thread.Start();
        }

        public long Completed => _worker?.Completed ?? 0;

        public string EngineName => _worker?.EngineName ?? "none";

        public void AwaitConnected()
        {
            _done.Wait();
            ThrowOnError();
        }

        public void Begin(LoadPhase phase)
        {
            _phase = phase;
            _begin.Release();
        }

        public bool AwaitEnd(int milliseconds) => _done.Wait(milliseconds);

        public PhaseResult TakeResult()
        {
            ThrowOnError();
            return _result!;
        }

        public void Dispose()
        {
            _phase = null;
            _begin.Release();
            _thread.Join();
            _begin.Dispose();
            _done.Dispose();
        }

        private void Run(ConnectionRecipe recipe, int connections, int index, int count, int core)
        {
            try
            {
                if (core >= 0)
                    CpuAffinity.PinCurrentThread([core]);
                using var worker = new LoadWorker(recipe, connections, index, count);
                worker.Connect();
                _worker = worker;
                _done.Release();
                RunPhases(worker);
            }
            catch (Exception error)
            {
                // Handed to the thread that waits, which throws it on.
                _error = error;
                _done.Release();
            }
        }

        private void RunPhases(LoadWorker worker)
        {
            while (true)
            {
                _begin.Wait();
                if (_phase is null)
                    return;
                _result = worker.Run(_phase);
                _done.Release();
            }
        }

        private void ThrowOnError()
        {
            if (_error is not null)
                throw _error as LoadException ?? new LoadException(_error.Message);
        }
    }
}
