using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Engine.Commands;
using FastKv.Engine.Configuration;
using FastKv.Engine.Monitoring;
using FastKv.Engine.Persistence.Journal;

namespace FastKv.Engine;

// Data plane. What INFO commandstats and latencystats know of each command. Calls, failures and rejections are counted exactly. Reading the clock twice
// takes 50 ns, which is half of a GET; so of a command that is usually short some calls are timed, and each stands for those since the last one:
//
//   calls 1 .. 64        all timed
//   then                 one of 96 to 159 (by chance, so that no pattern of a client's pipeline hides from it)
//   after a slow one     the next is timed too, and so on until one is short again
//
// All calls are timed of commands that are long by nature: neither fast nor O(1), or without keys (KEYS, SCAN, DEBUG, CONFIG, ...), or over several shards;
// and of every command when the slow log has a threshold of less than 1 ms. A call that is long against its nature does not escape: see LoopTimeline.

/// <summary>Counts and times of the commands of one owner, a loop or a partition; written by whoever runs that, read late but never torn by others.</summary>
internal sealed unsafe class CommandStatistics : IDisposable
{
    /// <summary>The first calls of a command are all timed: of a command that is rarely used a sample would say nothing.</summary>
    private const long FirstCalls = 64;

    private const long SampleDistanceMin = 96;
    private const long SampleDistanceMask = 63;

    /// <summary>From here on the clock is less than 1% of the call.</summary>
    private const long SlowNanoseconds = 5_000;

    private readonly ServerOptions _options;
    private readonly CallCount[] _calls;
    private readonly CallTime[] _times;
    private readonly long[] _failed;
    private readonly long[] _rejected;

    public CommandStatistics(ServerOptions options, int commandCount)
    {
        Debug.Assert(Stopwatch.Frequency == 1_000_000_000, "a nanosecond clock");
        _options = options;
        _calls = new CallCount[commandCount];
        _times = new CallTime[commandCount];
        _failed = new long[commandCount];
        _rejected = new long[commandCount];
    }

    /// <summary>Calls of all commands.</summary>
    public long TotalCalls
    {
        get
        {
            long sum = 0;
            foreach (ref var call in _calls.AsSpan())
                sum += call.Count;
            return sum;
        }
    }

    /// <summary>Runs a command and counts the call. A call whose handler says that it stands for a rejection counts as that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run(CommandDescriptor command, ref CommandContext context)
    {
        ref var calls = ref _calls[command.Id];
        if (calls.Count >= calls.NextTimed)
            RunTimed(command, ref context);
        else
            command.Handler(ref context);
        calls.Count++;
        if (context.IsJournaled)
            JournalUnits.Note(ref context);
        if (context.Reply.Errors!.Pending != 0)
            CountFailure(command, context.Reply.Errors);
    }

    /// <summary>As <see cref="Run"/>, for what is always timed: a command that spans shards.</summary>
    public void RunSpanning(CommandDescriptor command, ref CommandContext context)
    {
        RunTimed(command, ref context);
        _calls[command.Id].Count++;
        if (IsSuspended(command, context))
            return;
        if (context.IsJournaled)
            JournalUnits.Note(ref context);
        if (context.Reply.Errors!.Pending != 0)
            CountFailure(command, context.Reply.Errors);
    }

    /// <summary>Tries a command again that has blocked, or been suspended: its call has been counted, a failure has not, nor has this time.</summary>
    public void RunAgain(CommandDescriptor command, ref CommandContext context)
    {
        var timeline = LoopTimeline.Current;
        var start = timeline.BeginCall(null);
        var output = context.Reply.Output;
        long before = output.Length;
        command.Handler(ref context);
        long elapsed = timeline.EndCall(start, null, 0);
        if (output.Length - before >= timeline.Watch.LargeBytes && context.Waiter is not { IsBlockedAgain: true })
            timeline.Watch.NoteSize(context.Client, command, context.Arguments, context.Count, isReceived: false, output.Length - before);
        _times[command.Id].Nanoseconds += elapsed;
        if (IsSuspended(command, context))
            return;
        if (elapsed >= timeline.Watch.ThresholdNs && context.Waiter is not { IsBlockedAgain: true })
            timeline.Watch.NoteUnblocked(context.Client, command, context.Arguments, context.Count, elapsed);
        if (context.IsJournaled)
            JournalUnits.Note(ref context);
        if (context.Reply.Errors!.Pending != 0)
            CountFailure(command, context.Reply.Errors);
    }

    /// <summary>Counts a call that ran elsewhere: on several shards at once.</summary>
    public void Count(CommandDescriptor command, long nanoseconds, bool isFailure)
    {
        Record(command, nanoseconds);
        _calls[command.Id].Count++;
        if (isFailure)
            _failed[command.Id]++;
    }

    /// <summary>Counts the failure of a call that was counted before.</summary>
    public void CountFailure(CommandDescriptor command) => _failed[command.Id]++;

    /// <summary>Counts a command that was refused before it ran.</summary>
    public void Reject(CommandDescriptor command) => _rejected[command.Id]++;

    public long CallsOf(CommandDescriptor command) => _calls[command.Id].Count;

    public long FailedOf(CommandDescriptor command) => _failed[command.Id];

    public long RejectedOf(CommandDescriptor command) => _rejected[command.Id];

    /// <summary>Time of all calls of a command, estimated from those that were timed.</summary>
    public double NanosecondsOf(CommandDescriptor command)
    {
        ref var time = ref _times[command.Id];
        return time.Covered <= 0 ? 0 : (double)time.Nanoseconds * _calls[command.Id].Count / time.Covered;
    }

    /// <summary>Calls since the last one that was timed: no duration stands for them yet.</summary>
    public long UntimedOf(CommandDescriptor command) => Math.Max(0, _calls[command.Id].Count - _times[command.Id].Covered);

    /// <summary>Calls whose duration falls into a bucket of <see cref="LatencyHistogram"/>.</summary>
    public long LatenciesAt(CommandDescriptor command, int bucket) => _times[command.Id].Histogram.CountAt(bucket);

    /// <summary>Back to zero (CONFIG RESETSTAT).</summary>
    public void Reset()
    {
        Array.Clear(_calls);
        Array.Clear(_failed);
        Array.Clear(_rejected);
        foreach (ref var time in _times.AsSpan())
        {
            time.Nanoseconds = time.Covered = 0;
            time.Histogram.Clear();
        }
    }

    public void Dispose()
    {
        foreach (ref var time in _times.AsSpan())
            time.Histogram.Dispose();
    }

    /// <summary>The next call of each command is timed, and then as many as the watch asks for.</summary>
    public void TimeNextCalls()
    {
        foreach (ref var call in _calls.AsSpan())
            call.NextTimed = 0;
    }

    /// <summary>Whether a look at the clock might be felt, so that not all calls get one.</summary>
    /// <remarks>A bitmap command that takes constant time may still have to enlarge its value to 512 MB.</remarks>
    public static bool IsSampled(CommandDescriptor command) =>
        (command.Flags & CommandFlags.Fast) != 0
        || (command.IsConstantTime && command.Group != CommandGroup.Bitmap && (command.FirstKey > 0 || command.KeysBySpec));

    /// <summary>An EXEC that waits for its MIGRATE: what it has done is not whole, and is not told yet.</summary>
    private static bool IsSuspended(CommandDescriptor command, in CommandContext context) =>
        command.Route == CommandRoute.Transaction && context.Client.Transaction.Migration is not null;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RunTimed(CommandDescriptor command, ref CommandContext context)
    {
        var timeline = LoopTimeline.Current;
        var arguments = context.Arguments;
        int count = context.Count;
        var start = timeline.BeginCall(arguments);
        command.Handler(ref context);
        long elapsed = timeline.EndCall(start, arguments, count);
        if (context.Reply.Errors!.IsRejection)
            return;
        Record(command, elapsed);
        if (elapsed >= timeline.Watch.ThresholdNs)
            timeline.Watch.Note(context.Client, command, arguments, count, elapsed);
    }

    /// <summary>Notes a duration, before its call is counted, and decides which call is timed next.</summary>
    private void Record(CommandDescriptor command, long nanoseconds)
    {
        ref var calls = ref _calls[command.Id];
        ref var time = ref _times[command.Id];
        long number = calls.Count + 1;
        bool isNextTimed = number < FirstCalls || nanoseconds >= SlowNanoseconds || !IsSampled(command) || LoopTimeline.Current.Watch.IsExact;

        // The low digits of a duration are as good as random.
        calls.NextTimed = isNextTimed ? number : number + SampleDistanceMin + (nanoseconds & SampleDistanceMask);

        // Another thread's CONFIG RESETSTAT may come between the two numbers.
        long weight = Math.Clamp(number - time.Covered, 1, SampleDistanceMin + SampleDistanceMask + 1);
        time.Covered = number;
        time.Nanoseconds += nanoseconds * weight;
        if (_options.LatencyTracking)
            time.Histogram.Add(nanoseconds, weight);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CountFailure(CommandDescriptor command, Protocol.ErrorCounts errors)
    {
        if (errors.IsRejection)
        {
            _calls[command.Id].Count--;
            _rejected[command.Id]++;
        }
        else
        {
            _failed[command.Id]++;
        }
        errors.Pending = 0;
        errors.IsRejection = false;
    }

    /// <summary>What each call touches; the rest is for those that are timed.</summary>
    private struct CallCount
    {
        public long Count;

        /// <summary>The call that finds this many before it is timed.</summary>
        public long NextTimed;
    }

    private struct CallTime
    {
        /// <summary>Time of the first <see cref="Covered"/> calls.</summary>
        public long Nanoseconds;
        public long Covered;
        public LatencyHistogram Histogram;
    }
}
