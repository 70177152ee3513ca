using System.Diagnostics;
using FastKv.Engine.Configuration;

namespace FastKv.Engine.Sharding;

// Data plane, in tests only: what makes rare interleavings of shards frequent. A loop without faults has none of these objects.

/// <summary>The delays and the disorder that tests inject into one loop (<c>debug-ring-delay-us</c>, <c>debug-tickets-last</c>).</summary>
internal sealed class RingFaults
{
    private readonly Random _random;
    private readonly int _delayUsMax;

    private RingFaults(int delayUsMax, bool ticketsLast, int seed)
    {
        _delayUsMax = delayUsMax;
        TicketsLast = ticketsLast;
        _random = new Random(seed);
    }

    /// <summary>Whether the rule "tickets first" is broken on purpose.</summary>
    public bool TicketsLast { get; }

    /// <summary>The faults that the options ask for; null: none.</summary>
    public static RingFaults? Create(ServerOptions options, int loop) =>
        options.DebugRingDelayUs > 0 || options.DebugTicketsLast ? new RingFaults(options.DebugRingDelayUs, options.DebugTicketsLast, loop) : null;

    /// <summary>Delays the thread: mostly not at all, else evenly up to the maximum, giving the core away meanwhile.</summary>
    public void Pause()
    {
        if (_delayUsMax == 0 || _random.Next(8) != 0)
            return;
        long ticks = _random.Next(_delayUsMax) * (Stopwatch.Frequency / 1_000_000);
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetTimestamp() - start < ticks;)
            Thread.Yield();
    }
}
