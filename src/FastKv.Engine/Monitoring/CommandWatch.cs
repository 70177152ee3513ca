using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Configuration;
using FastKv.Protocol;

namespace FastKv.Engine.Monitoring;

// Control plane, but for the fields that dispatch reads. From which duration or size on somebody wants to know of a command, and who is told: the logs of
// SLOWLOG and COMMANDLOG, the latency monitor, the watchdog of the loop whose turn it made long.
//
// Sizes are looked at once for all that was executed together (LargeBytes): only if that has moved so many bytes is there any command to be asked for its own.

/// <summary>Tells those who watch of commands that took long, or were large. Called on any loop's thread.</summary>
internal sealed unsafe class CommandWatch
{
    /// <summary>Below this, durations are told apart that the rest of a batch may take: every call is timed.</summary>
    private const long ExactBelowUs = 1000;

    /// <summary>What stands before the first argument's bytes: two numbers with their marks.</summary>
    private const long HeaderBytesMax = 64;

    private readonly ServerOptions? _options;
    private readonly CommandLog? _slowlog;
    private readonly CommandLog? _requests;
    private readonly CommandLog? _replies;
    private readonly LatencyMonitor? _latency;
    private long _slowlogNs = long.MaxValue;
    private long _latencyNs = long.MaxValue;
    private long _requestBytes = long.MaxValue;
    private long _replyBytes = long.MaxValue;

    /// <summary>Calls that took so many nanoseconds are to be noted; <see cref="long.MaxValue"/>: none.</summary>
    public long ThresholdNs = long.MaxValue;

    /// <summary>So many nanoseconds of a batch that no timed call explains are to be noted as one of the others'.</summary>
    public long UnexplainedNs = long.MaxValue;

    /// <summary>
    /// When commands that were executed together have come in so many bytes, from the first argument's on, or been answered in so many, some of them may be to
    /// be noted for their size (<see cref="NoteSize"/>); <see cref="long.MaxValue"/>: none.
    /// </summary>
    public long LargeBytes = long.MaxValue;

    /// <summary>Every call is to be timed.</summary>
    public volatile bool IsExact;

    public CommandWatch(ServerOptions options, CommandLog slowlog, CommandLog requests, CommandLog replies, LatencyMonitor latency)
    {
        _options = options;
        _slowlog = slowlog;
        _requests = requests;
        _replies = replies;
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
        long slowlogUs = _slowlog!.Threshold;
        _slowlogNs = ToNanoseconds(slowlogUs, slowlogUs >= 0);
        _latencyNs = ToNanoseconds(_options!.LatencyMonitorThreshold * 1000, _options.LatencyMonitorThreshold > 0);
        long stallNs = ToNanoseconds(_options.StallWatchdogMs * 1000L, _options.StallWatchdogMs > 0);
        IsExact = slowlogUs is >= 0 and < ExactBelowUs;
        Volatile.Write(ref ThresholdNs, Math.Min(Math.Min(_slowlogNs, _latencyNs), stallNs));

        // When all calls are timed, the rest is nobody's.
        Volatile.Write(ref UnexplainedNs, IsExact ? long.MaxValue : ThresholdNs);
        _requestBytes = _requests!.Threshold is >= 0 and var request ? request : long.MaxValue;
        _replyBytes = _replies!.Threshold is >= 0 and var reply ? reply : long.MaxValue;
        Volatile.Write(ref LargeBytes, Math.Max(0, Math.Min(_requestBytes == long.MaxValue ? _requestBytes : _requestBytes - HeaderBytesMax, _replyBytes)));
        _slowlog.Trim();
        _requests.Trim();
        _replies.Trim();
    }

    /// <summary>A command has run, of which <see cref="LargeBytes"/> says that it may be large.</summary>
    /// <param name="client">Whose it is.</param>
    /// <param name="command">The command.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="count">How many.</param>
    /// <param name="isReceived">It has just been received, so that its own size counts, too.</param>
    /// <param name="replyBytes">What the client has been sent for it, or will be.</param>
    public void NoteSize(Client client, CommandDescriptor command, Argument* arguments, int count, bool isReceived, long replyBytes)
    {
        if ((command.Flags & CommandFlags.SkipSlowlog) != 0)
            return;
        if (isReceived && _requestBytes != long.MaxValue && RequestBytes(arguments, count) is var bytes && bytes >= _requestBytes)
            _requests!.Add(client, command, arguments, count, bytes);
        if (replyBytes >= _replyBytes)
            _replies!.Add(client, command, arguments, count, replyBytes);
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

    /// <summary>The command's bytes as an array of RESP, which is how all but those that are typed come.</summary>
    private static long RequestBytes(Argument* arguments, int count)
    {
        const int marks = 3;
        long bytes = marks + Digits(count);
        for (int i = 0; i < count; i++)
            bytes += marks + Digits(arguments[i].Length) + arguments[i].Length + 2;
        return bytes;
    }

    private static int Digits(long number)
    {
        int digits = 1;
        for (; number >= 10; number /= 10)
            digits++;
        return digits;
    }

    private static long ToNanoseconds(long microseconds, bool isOn) =>
        !isOn || microseconds > long.MaxValue / 1000 ? long.MaxValue : microseconds * 1000;

    private void LogSlow(Client client, CommandDescriptor command, Argument* arguments, int count, long nanoseconds)
    {
        if ((command.Flags & CommandFlags.SkipSlowlog) == 0)
            _slowlog!.Add(client, command, arguments, count, nanoseconds / 1000);
    }
}
