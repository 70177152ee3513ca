// The highest resident memory of a process over a stretch. Control plane.
using FastKv.LoadGen.Servers;

namespace FastKv.Bench.Persistence;

/// <summary>Looks every ten milliseconds.</summary>
internal sealed class ResidentWatch : IDisposable
{
    private const int LookMs = 10;

    private readonly int _processId;
    private readonly Thread _thread;
    private volatile bool _isOver;
    private long _highest;

    /// <summary>Begins.</summary>
    public ResidentWatch(int processId)
    {
        _processId = processId;
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Ends, and returns bytes.</summary>
    public long Stop()
    {
        Dispose();
        return _highest;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
    }

    private void Run()
    {
        do
        {
            _highest = Math.Max(_highest, ServerFacts.ResidentBytes(_processId));
            Thread.Sleep(LookMs);
        }
        while (!_isOver);
    }
}
