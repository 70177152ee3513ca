// A client that sends PING without pause on a thread of its own. Control plane.
using System.Diagnostics;
using FastKv.LoadGen.Servers;

namespace FastKv.Bench.Types;

/// <summary>Knows the longest PING since it was made.</summary>
internal sealed class Pinger : IDisposable
{
    private readonly ControlClient _client;
    private readonly Thread _thread;
    private volatile bool _stop;
    private double _longestMs;
    private Exception? _failure;

    /// <summary>Connects and begins.</summary>
    public Pinger(ServerAddress address, int core)
    {
        _client = new ControlClient(address.EndPoint);
        _client.Require("PING");
        _thread = new Thread(() => Run(core)) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Ends, and returns the longest PING in milliseconds.</summary>
    public double Stop()
    {
        _stop = true;
        _thread.Join();
        return _failure is null ? _longestMs : throw _failure;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _client.Dispose();
    }

    private void Run(int core)
    {
        try
        {
            CpuAffinity.PinCurrentThread([core]);
            while (!_stop)
            {
                long start = Stopwatch.GetTimestamp();
                _client.Require("PING");
                _longestMs = Math.Max(_longestMs, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }
        catch (FastKv.LoadGen.Load.LoadException error)
        {
            // Thrown on by Stop.
            _failure = error;
        }
    }
}
