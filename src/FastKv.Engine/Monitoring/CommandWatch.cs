using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Configuration;
using FastKv.Protocol;

namespace FastKv.Engine.Monitoring;

// Control plane, but for the two fields that dispatch reads. From which duration on somebody wants to know of a command, and who is told: the slow log,
// the latency monitor, the watchdog of the loop whose turn it made long.

/// <summary>Tells those who watch of commands that took long. Called on any loop's thread.</summary>
internal sealed unsafe class CommandWatch
{
    /// <summary>Below this, durations are told apart that the rest of a batch may take: every call is timed.</summary>
    private const long ExactBelowUs = 1000;

    private readonly ServerOptions? _options;
    private readonly Slowlog? _slowlog;
    private readonly LatencyMonitor? _latency;
    private long _slowlogNs = long.MaxValue;
    private long _latencyNs = long.MaxValue;

    /// <summary>Calls that took so many nanoseconds are to be noted; <see cref="long.MaxValue"/>: none.</summary>
    public long ThresholdNs = long.MaxValue;

    /// <summary>So many nanoseconds of a batch that no timed call explains are to be noted as one of the others'.</summary>
    public long UnexplainedNs = long.MaxValue;

    /// <summary>Every call is to be timed.</summary>
    public volatile bool IsExact;

    public CommandWatch(ServerOptions options, Slowlog slowlog, LatencyMonitor latency)
    {
        _options = options;
        _slowlog = slowlog;
        _latency = latency;
        Configure();
    }

    private CommandWatch()
    {
    }

    /// <summary>Watches for nothing.</summary>
    public static CommandWatch None { get; } = new();

    /// <summary>Follows the configuration.</summary>
    public void Configure()
    {
        long slowlogUs = _options!.SlowlogMaxLen == 0 ? -1 : _options.SlowlogLogSlowerThan;
        _slowlogNs = ToNanoseconds(slowlogUs, slowlogUs >= 0);
        _latencyNs = ToNanoseconds(_options.LatencyMonitorThreshold * 1000, _options.LatencyMonitorThreshold > 0);
        long stallNs = ToNanoseconds(_options.StallWatchdogMs * 1000L, _options.StallWatchdogMs > 0);
        IsExact = slowlogUs is >= 0 and < ExactBelowUs;
        Volatile.Write(ref ThresholdNs, Math.Min(Math.Min(_slowlogNs, _latencyNs), stallNs));

        // When all calls are timed, the rest is nobody's.
        Volatile.Write(ref UnexplainedNs, IsExact ? long.MaxValue : ThresholdNs);
        _slowlog!.Trim();
    }

    /// <summary>
    /// A call took at least <see cref="ThresholdNs"/>, in this turn of the calling loop. One that has blocked is noted when its wait is over.
    /// </summary>
    public void Note(Client client, CommandDescriptor command, Argument* arguments, int count, long nanoseconds)
    {
        LoopTimeline.Current.NoteWorst(command.Name, nanoseconds);
        Tell(client, command, arguments, count, nanoseconds);
    }

    /// <summary>As <see cref="Note"/>, for a call that ran on several loops, which have noted their shares.</summary>
    public void Tell(Client client, CommandDescriptor command, Argument* arguments, int count, long nanoseconds)
    {
        if (nanoseconds >= _latencyNs)
            _latency!.Add((command.Flags & CommandFlags.Fast) != 0 ? LatencyMonitor.FastCommand : LatencyMonitor.Command, nanoseconds / 1_000_000);
        bool isBlocked = client.Waiter is { IsWaiting: true };
        if (!isBlocked && nanoseconds >= _slowlogNs)
            LogSlow(client, command, arguments, count, nanoseconds);
    }

    /// <summary>Serving a command that was blocked took so long; as in Redis, the wait is not counted.</summary>
    public void NoteUnblocked(Client client, CommandDescriptor command, Argument* arguments, int count, long nanoseconds)
    {
        LoopTimeline.Current.NoteWorst(command.Name, nanoseconds);
        if (nanoseconds >= _latencyNs)
            _latency!.Add(LatencyMonitor.Unblocking, nanoseconds / 1_000_000);
        if (nanoseconds >= _slowlogNs)
            LogSlow(client, command, arguments, count, nanoseconds);
    }

    private static long ToNanoseconds(long microseconds, bool isOn) =>
        !isOn || microseconds > long.MaxValue / 1000 ? long.MaxValue : microseconds * 1000;

    private void LogSlow(Client client, CommandDescriptor command, Argument* arguments, int count, long nanoseconds)
    {
        if ((command.Flags & CommandFlags.SkipSlowlog) == 0)
            _slowlog!.Add(client, command, arguments, count, nanoseconds / 1000);
    }
}
