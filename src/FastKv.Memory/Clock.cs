using System.Diagnostics;

namespace FastKv.Memory;

/// <summary>Time as the engine sees it: a seam, so that a simulation can advance it. Data plane: reading allocates nothing.</summary>
public interface IClock
{
    /// <summary>Microseconds since 1970-01-01 UTC. Follows the system's clock, and so may jump.</summary>
    long UnixMicroseconds { get; }

    /// <summary>Microseconds since some moment; never runs backwards.</summary>
    long MonotonicMicroseconds { get; }
}

/// <summary>The system's clocks (clock_gettime through the vDSO: about 25 ns, no system call).</summary>
public sealed class SystemClock : IClock
{
    private const long StopwatchTicksPerMicrosecond = 1000; // Stopwatch counts nanoseconds on Linux

    private SystemClock()
    {
        Debug.Assert(Stopwatch.Frequency == StopwatchTicksPerMicrosecond * 1_000_000, "a nanosecond clock");
    }

    /// <summary>The only one; it has no state.</summary>
    public static SystemClock Instance { get; } = new();

    /// <inheritdoc/>
    public long UnixMicroseconds => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <inheritdoc/>
    public long MonotonicMicroseconds => Stopwatch.GetTimestamp() / StopwatchTicksPerMicrosecond;
}

/// <summary>A clock that stands until it is set, for tests and simulations.</summary>
public sealed class ManualClock : IClock
{
    /// <inheritdoc/>
    public long UnixMicroseconds { get; set; }

    /// <inheritdoc/>
    public long MonotonicMicroseconds { get; set; }

    /// <summary>Moves both clocks on.</summary>
    public void Advance(long microseconds)
    {
        UnixMicroseconds += microseconds;
        MonotonicMicroseconds += microseconds;
    }
}
