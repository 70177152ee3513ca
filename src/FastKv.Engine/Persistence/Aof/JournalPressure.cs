using FastKv.Engine.Configuration;
using FastKv.Engine.Keyspace;
using FastKv.Memory;

namespace FastKv.Engine.Persistence.Aof;

// Data plane. Whether the disk keeps up with the journals. The loops judge for themselves, once a turn, by what the writer has left behind before each of its
// steps, because a writer that is stuck in write(2) or fsync(2) can tell nobody:
//
//   bytes   a journal has more unwritten than its share of 256 MiB, or its marks fill half of their ring
//   time    (everysec, no) what is neither written nor, with everysec, synced is older than two seconds; the writer notes the times that bound that:
//
//           goal taken ──► all of it written: Written = when it was taken ──► fsync begins, and ends well: Synced = Written when it began
//
// While either is so no command that writes is begun, as by CLIENT PAUSE WRITE: Redis's only thread would stand in write(2), which it puts off for two seconds
// at most while a fsync is under way. What has been begun (tickets, parts) is run, and neither expiry nor eviction adds to it. The writer waits for no loop.

/// <summary>Tells when clients have to wait for the disk. O(1) per look while they need not, O(shards) while they do.</summary>
internal sealed class JournalPressure
{
    private const long BytesOfAllMax = 256L << 20;
    private const long LateUsDefault = 2_000_000;

    private readonly AppendOnlyLog _log;
    private readonly Partition[] _partitions;
    private readonly ServerOptions _options;
    private readonly IClock _clock;
    private readonly long[] _goals;
    private bool _hasGoal;
    private long _goalUs;

    // Until the writer begins nothing is late.
    private long _writtenUs = long.MaxValue;
    private long _syncedUs = long.MaxValue;
    private long _delays;
    private int _isOn;

    public JournalPressure(AppendOnlyLog log, Partition[] partitions, ServerOptions options, IClock clock)
    {
        _log = log;
        _partitions = partitions;
        _options = options;
        _clock = clock;
        _goals = new long[partitions.Length];
        BytesMax = BytesOfAllMax / partitions.Length;
    }

    /// <summary>Bytes of one journal that wait to be written before clients have to wait.</summary>
    public long BytesMax { get; set; }

    /// <summary>Microseconds that what is acknowledged may be unsafe before clients have to wait.</summary>
    public long LateUs { get; set; } = LateUsDefault;

    /// <summary>Whether some loop has found that clients have to wait, and none since that they need not; any thread.</summary>
    public bool IsOn => Volatile.Read(ref _isOn) != 0;

    /// <summary>How many times clients had to wait because of a fsync that was under way.</summary>
    public long Delays => Volatile.Read(ref _delays);

    /// <summary>All that was published before this time is written, monotonic microseconds; any thread.</summary>
    public long WrittenUs => Volatile.Read(ref _writtenUs);

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics() => Volatile.Write(ref _delays, 0);

    /// <summary>Microseconds until clients have to wait if the writer gets no further: a loop has to look then. Large when it has looked already.</summary>
    public long UsUntilLate(long nowUs)
    {
        long syncedUs = Volatile.Read(ref _syncedUs);
        long unsafeUs = nowUs - syncedUs;
        return syncedUs == long.MaxValue || unsafeUs >= LateUs ? long.MaxValue : LateUs - Math.Max(0, unsafeUs);
    }

    /// <summary>A loop, once a turn: whether its clients have to wait.</summary>
    /// <param name="nowUs">Monotonic time.</param>
    /// <param name="shard">A partition to look at.</param>
    /// <param name="other">Another one: each is looked at by all loops in turn, for its owner may be asleep.</param>
    public bool Look(long nowUs, int shard, int other)
    {
        int before = Volatile.Read(ref _isOn);

        // What cannot be written at all is refused, and need not wait: once the loops have been told to refuse, which they hear before who waits goes on.
        bool mayWrite = _log.IsTelling && !_log.RefusesWrites;
        bool isLate = mayWrite && IsLate(nowUs);

        // All loops wake up for the moment when it is late. One that has looked at the clock before it, and comes here after another one, must not take that back.
        if (mayWrite && !isLate && before != 0)
            isLate = IsLate(_clock.MonotonicMicroseconds);
        bool isFull = mayWrite && !isLate && (before != 0 ? IsAnyFull() : IsFull(_partitions[shard]) || IsFull(_partitions[other]));
        bool isOn = isLate || isFull;
        int after = isOn ? 1 : 0;
        if (after != before && Interlocked.CompareExchange(ref _isOn, after, before) == before && isLate && _log.Writer.IsSyncing)
            Interlocked.Increment(ref _delays);
        return isOn;
    }

    /// <summary>The writer is about to begin.</summary>
    public void Start() => _writtenUs = _syncedUs = _clock.MonotonicMicroseconds;

    /// <summary>The writer begins a step: there is something to be written, or time goes by.</summary>
    public void BeginStep()
    {
        // It is kept until it is reached: what is published at any one moment may wait for the shares of other shards.
        if (_hasGoal)
            return;
        _goalUs = _clock.MonotonicMicroseconds;
        for (int i = 0; i < _goals.Length; i++)
            _goals[i] = _partitions[i].Journal.Stream.Published;
        _hasGoal = true;
    }

    /// <summary>The writer has written what it could.</summary>
    public void NoteWritten()
    {
        for (int i = 0; i < _goals.Length; i++)
        {
            if (_partitions[i].Journal.Stream.Consumed < _goals[i])
                return;
        }
        Volatile.Write(ref _writtenUs, _goalUs);
        _hasGoal = false;
    }

    /// <summary>All that was published before a time is synced, or need not be; the threads of the writer.</summary>
    public void NoteSynced(long us) => Volatile.Write(ref _syncedUs, us);

    private bool IsLate(long nowUs) => nowUs - Volatile.Read(ref _syncedUs) > LateUs && _options.AppendFsync != AppendFsync.Always;

    private bool IsFull(Partition partition)
    {
        var journal = partition.Journal;
        return journal.Stream.Published - journal.Stream.Consumed > BytesMax || journal.Marks.Count > journal.Marks.Capacity / 2;
    }

    private bool IsAnyFull()
    {
        foreach (var partition in _partitions)
        {
            if (IsFull(partition))
                return true;
        }
        return false;
    }
}
