// Whether cores ran at all. Control plane.
using System.Diagnostics;
using System.Runtime.InteropServices;
using FastKv.LoadGen.Servers;

namespace FastKv.Bench.Reports;

/// <summary>
/// Knows the longest time for which a core ran nobody: a thread of real-time priority on it, which goes before all others, looks at the clock each millisecond. A
/// longer gap is not what the other threads did with the core. On a virtual machine it is the host, which has taken the core away, or lets it wait for memory
/// that was given back before (first touch of a page); on any machine the kernel, in a stretch that it does not interrupt.
/// </summary>
internal sealed unsafe partial class CoreWatch : IDisposable
{
    /// <summary>A core that stood still for longer, in milliseconds, has disturbed what was measured meanwhile.</summary>
    public const double DisturbingMs = 5;

    private const int FirstInFirstOut = 1;
    private const int LookMs = 1;

    private readonly Thread[] _threads;
    private readonly double[] _longestMs;
    private volatile bool _stop;

    /// <summary>Begins to watch cores.</summary>
    public CoreWatch(params int[] cores)
    {
        _longestMs = new double[cores.Length];
        _threads = [.. cores.Select((core, i) => new Thread(() => Run(core, i)) { IsBackground = true })];
        foreach (Thread thread in _threads)
            thread.Start();
    }

    /// <summary>Ends, and returns the longest gap in milliseconds of any of the cores; NaN without the right to real-time priority.</summary>
    public double Stop()
    {
        _stop = true;
        foreach (Thread thread in _threads)
            thread.Join();
        return _longestMs.Any(double.IsNaN) ? double.NaN : _longestMs.Max();
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private void Run(int core, int index)
    {
        CpuAffinity.PinCurrentThread([core]);
        int priority = 1;
        if (sched_setscheduler(0, FirstInFirstOut, &priority) != 0)
        {
            _longestMs[index] = double.NaN;
            return;
        }
        long before = Stopwatch.GetTimestamp();
        while (!_stop)
        {
            Thread.Sleep(LookMs);
            long now = Stopwatch.GetTimestamp();
            _longestMs[index] = Math.Max(_longestMs[index], Stopwatch.GetElapsedTime(before, now).TotalMilliseconds - LookMs);
            before = now;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setscheduler(int threadId, int policy, int* parameters);
}
