using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Engine.Commands;
using FastKv.Protocol;

namespace FastKv.Engine.Monitoring;

// Data plane. Where the time of one loop's thread goes. Two looks at the clock are half of a GET, so there is one at the end of all that was received at once
// (or of a batch of 16 of its commands that moved many bytes), and the end of one thing is the start of the next:
//
//   turn starts    batch                    batch                     part of another loop's client
//   |──────────────|─────[timed]──[timed]───|─────────────────────────|──────
//   NowUs          EndBatch                 EndBatch                  EndBatch
//
// Single commands of several clients that take constant time, and moved few bytes, share one look.
//
// What is long by nature is timed call by call, within its batch (CommandStatistics). If a batch took long and what was timed in it does not explain that,
// the rest is the time of one of those that were not timed.

/// <summary>The clock of one loop's thread; touched by that thread only.</summary>
internal sealed unsafe class LoopTimeline(CommandWatch watch)
{
    [ThreadStatic]
    private static LoopTimeline? t_current;

    /// <summary>Inputs of one command that may follow each other without a look at the clock.</summary>
    private const int JoinedMax = 16;

    /// <summary>The first argument of each call that was timed within the batch; further ones are forgotten.</summary>
    private readonly nint[] _timed = new nint[Sharding.CommandBatch.SlotsMax];
    private int _timedCount;

    /// <summary>Behind the arguments of the call that ended at <see cref="_lastNs"/>: a call whose arguments stand here began at that moment.</summary>
    private Argument* _next;
    private long _lastNs;
    private long _startNs;
    private bool _isExtended;
    private int _joined;

    /// <summary>Time within the batch that is known to be some call's.</summary>
    private long _explainedNs;

    private CallStart _call;
    private string? _worst;
    private long _worstNs;

    /// <summary>What is watched for.</summary>
    public readonly CommandWatch Watch = watch;

    /// <summary>That of the calling thread; one that nobody reads on a thread which is no loop's.</summary>
    public static LoopTimeline Current => t_current ??= new LoopTimeline(CommandWatch.None);

    /// <summary>Makes it the calling thread's.</summary>
    public void Enter() => t_current = this;

    /// <summary>A turn begins, or something has been done that is no command's time.</summary>
    public void Restart(long nowNs)
    {
        _lastNs = nowNs;
        _next = null;
        _isExtended = false;
        _joined = 0;
    }

    /// <summary>As <see cref="Restart(long)"/>, now.</summary>
    public void Restart() => Restart(Stopwatch.GetTimestamp());

    /// <summary>A batch begins where the last thing ended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void BeginBatch()
    {
        if (!_isExtended)
        {
            _startNs = _lastNs;
            _explainedNs = 0;
        }
        _isExtended = false;
        _timedCount = 0;
        _next = null;
    }

    /// <summary>
    /// The clock is not read at the end of this batch, which has moved few bytes and is not the last of its input: the next one goes on where it began. What
    /// both of them leave unexplained is taken for the next one's.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ExtendBatch() => _isExtended = true;

    /// <summary>
    /// As <see cref="ExtendBatch"/>, for a batch that is a whole input, of a single command that can only be short: the next client's goes on where it began.
    /// False: the clock is to be read now.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryJoin() => _isExtended = _joined++ < JoinedMax;

    /// <summary>No batch follows that was to go on where an earlier one began.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EndExtended()
    {
        if (_isExtended)
            Restart();
    }

    /// <summary>A batch ends. Returns the nanoseconds since its beginning that are not a timed call's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long EndBatch()
    {
        _lastNs = Stopwatch.GetTimestamp();
        _joined = 0;
        return _lastNs - _startNs - _explainedNs;
    }

    /// <summary>A call begins that is timed; to be given to <see cref="EndCall"/>.</summary>
    public CallStart BeginCall(Argument* arguments) =>
        _call = new CallStart(_next == arguments && arguments != null ? _lastNs : Stopwatch.GetTimestamp(), _explainedNs);

    /// <summary>The timed call that has begun last; for one that makes calls itself (EXEC).</summary>
    public CallStart Call => _call;

    /// <summary>Nanoseconds since the beginning of a timed call that are not those of a timed call within it.</summary>
    public long UnexplainedSince(CallStart start) => Stopwatch.GetTimestamp() - start.Ns - (_explainedNs - start.ExplainedNs);

    /// <summary>A timed call has ended, which was made with <paramref name="count"/> arguments. Returns its nanoseconds.</summary>
    public long EndCall(CallStart start, Argument* arguments, int count)
    {
        _lastNs = Stopwatch.GetTimestamp();
        _next = arguments + count;
        if (_timedCount < _timed.Length)
            _timed[_timedCount++] = (nint)arguments;

        // Those within it (EXEC) are parts of its time.
        long elapsed = _lastNs - start.Ns;
        _explainedNs = start.ExplainedNs + elapsed;
        return elapsed;
    }

    /// <summary>Something that is not a command has begun and ended; returns its nanoseconds.</summary>
    public long EndActivity(long startNs, string name)
    {
        Restart();
        long elapsed = _lastNs - startNs;
        if (elapsed >= Watch.ThresholdNs)
            NoteWorst(name, elapsed);
        return elapsed;
    }

    /// <summary>Whether the call with these arguments was timed within the batch.</summary>
    public bool WasTimed(Argument* arguments) => _timed.AsSpan(0, _timedCount).Contains((nint)arguments);

    /// <summary>Something in this turn took long; the longest is what the watchdog names.</summary>
    public void NoteWorst(string name, long nanoseconds)
    {
        if (nanoseconds <= _worstNs)
            return;
        _worst = name;
        _worstNs = nanoseconds;
    }

    /// <summary>What took longest since the last call, as far as it was noted, and how long; null: nothing was.</summary>
    public string? TakeWorst(out long nanoseconds)
    {
        string? worst = _worst;
        nanoseconds = _worstNs;
        _worst = null;
        _worstNs = 0;
        return worst;
    }

    /// <summary>When a timed call began, and how much of its batch's time was explained before.</summary>
    internal readonly record struct CallStart(long Ns, long ExplainedNs);
}
