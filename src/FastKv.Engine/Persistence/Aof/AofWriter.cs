using System.Numerics;
using FastKv.Engine.Configuration;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Monitoring;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Journal;

namespace FastKv.Engine.Persistence.Aof;

// The thread that brings journals to their files. It takes from all of them what makes a consistent whole: a share of a ticket only when every other share is
// there as well, so that what is on the disk can always be cut back to an instant that has been.
//
//   step     while there is something: round; then fsync, as appendfsync wants it; then tell the loops up to which request all is safe
//   round    how far may each journal be read, given its marks ──► write(2) ──► if all have come to the same barrier: new files
//
// appendfsync always: a loop holds the replies of a turn back and asks for a commit (AppendOnlyLog.RequestCommit); one step serves all requests that came
// before it. everysec: a second thread syncs, so that a slow disk does not stop the writing. With no-appendfsync-on-rewrite neither is done while a file with
// all data is being written beside: commits then say that all is written, and only what Synced tells (WAITAOF) still says what is synced.

/// <summary>Writes journals to files. Its own thread, but where said otherwise; nothing is allocated between rotations.</summary>
internal sealed class AofWriter : IDisposable
{
    private const int IdleWaitMs = 50;
    private const int BusyWaitMs = 5;
    private const int PartialWaitMs = 1;
    private const int RetryWaitMs = 100;
    private const long SyncPeriodMs = 1000;

    /// <summary>What is synced leaves the page cache in pieces of at least this size.</summary>
    private const long ReleaseBytesMin = 4 << 20;

    /// <summary>Bytes of all journals that are written while all clients wait, before a rewrite.</summary>
    private const long FlushBytesMax = 1 << 20;

    private readonly AppendOnlyLog _log;
    private readonly Partition[] _partitions;
    private readonly ServerOptions _options;
    private readonly IFileSystem _files;
    private readonly LatencyMonitor _latency;
    private readonly JournalFile[] _outputs;
    private readonly JournalFile[] _next;
    private readonly long[] _limits;
    private readonly long[] _published;
    private readonly long[] _targets;
    private readonly AutoResetEvent _signal = new(false);
    private readonly AutoResetEvent _syncSignal = new(false);
    private readonly Lock _handles = new();
    private readonly Thread _thread;
    private readonly Thread _syncThread;
    private volatile bool _stopping;
    private volatile bool _isSyncing;
    private long _lastSyncMs;
    private long _requested;
    private long _durable;
    private long _marked;
    private long _written;
    private long _synced;
    private volatile bool _isSyncingHere;
    private int _drains;
    private bool _hasWritten;
    private bool _hasFailed;

    public AofWriter(AppendOnlyLog log, Partition[] partitions, ServerOptions options, IFileSystem files, LatencyMonitor latency)
    {
        _log = log;
        _partitions = partitions;
        _options = options;
        _files = files;
        _latency = latency;
        _outputs = new JournalFile[partitions.Length];
        _next = new JournalFile[partitions.Length];
        _limits = new long[partitions.Length];
        _published = new long[partitions.Length];
        _targets = new long[partitions.Length];
        for (int i = 0; i < partitions.Length; i++)
            (_outputs[i], _next[i]) = (new JournalFile(), new JournalFile());
        _thread = new Thread(Run) { Name = "aof-write", IsBackground = true };
        _syncThread = new Thread(RunSync) { Name = "aof-fsync", IsBackground = true };
    }

    /// <summary>The files that are being written, by shard.</summary>
    public JournalFile[] Outputs => _outputs;

    /// <summary>The files that have been opened to take their places, by shard.</summary>
    public JournalFile[] Next => _next;

    /// <summary>Held by the thread during each step: whoever else holds it finds the writer at rest, and all that its steps change.</summary>
    public Lock Steps { get; } = new();

    private JournalPressure Pressure => _log.Pressure;

    /// <summary>A fsync is under way beside the writing.</summary>
    public bool IsSyncing => _isSyncing;

    /// <summary>The last commit that is as safe as <c>appendfsync</c> wants it: all that was published before it was requested. Any thread.</summary>
    public long Durable => Volatile.Read(ref _durable);

    /// <summary>The last mark such that all that was published before it is synced. Any thread.</summary>
    public long Synced => Volatile.Read(ref _synced);

    /// <summary>Whether all that has been published is synced; any thread. May be false too often.</summary>
    public bool IsAllSafe
    {
        get
        {
            // In the order of what happens to a byte: written, noted as unsynced before that counts; then a sync, which may fail.
            if (PendingBytes != 0 || HasUnsynced())
                return false;
            return _log.IsComplete && !_isSyncing && !_isSyncingHere && _log.WriteError == 0 && !HasUnsynced();
        }
    }

    /// <summary>Bytes published and not written.</summary>
    public long PendingBytes
    {
        get
        {
            long sum = 0;
            foreach (var partition in _partitions)
                sum += partition.Journal.Stream.Published - partition.Journal.Stream.Consumed;
            return sum;
        }
    }

    /// <summary>Starts the threads, if they do not run.</summary>
    public void StartOnce()
    {
        if (_thread.IsAlive)
            return;
        _lastSyncMs = Environment.TickCount64;
        Pressure.Start();
        _thread.Start();
        _syncThread.Start();
    }

    /// <summary>Asks for all that has been published so far to be made safe; the number at which <see cref="Durable"/> says that it is. Any thread.</summary>
    public long RequestCommit()
    {
        long number = Interlocked.Increment(ref _requested);
        _signal.Set();
        return number;
    }

    /// <summary>
    /// A mark behind all that has been published; when <see cref="Synced"/> has come to it, that is safe. Nothing is synced for its sake. Any thread.
    /// </summary>
    public long Mark()
    {
        long mark = Interlocked.Increment(ref _marked);
        _signal.Set();
        return mark;
    }

    /// <summary>Waits until all that was published before is written and synced; false: it cannot be written. Not within the writer's thread.</summary>
    public bool Drain()
    {
        // Before the request, whose step has to sync.
        Interlocked.Increment(ref _drains);
        long number = RequestCommit();
        bool isSafe = true;
        while (isSafe && Durable < number)
        {
            isSafe = !_stopping && _log.WriteError == 0;
            Thread.Sleep(1);
        }
        Interlocked.Decrement(ref _drains);
        return isSafe;
    }

    /// <summary>Lets the writer look at once.</summary>
    public void Wake() => _signal.Set();

    /// <summary>Opens a file for a shard, beside the one it has, until <see cref="TakeNext"/>; the caller sees to it that the writer is at rest.</summary>
    public int OpenNext(int shard, string path, bool append)
    {
        int error = _files.OpenForWriting(path, append, out var file);
        if (error != 0)
            return error;
        _next[shard].Open(file!, append ? AppendOnlyLog.SizeOf(path) : 0);
        return 0;
    }

    /// <summary>Syncs what has been opened.</summary>
    public int SyncNext()
    {
        int error = 0;
        foreach (var output in _next)
        {
            if (error == 0)
                error = SyncFile(output);
        }
        return error;
    }

    /// <summary>What has been opened takes the place of the files there are, which are synced and closed.</summary>
    public void TakeNext()
    {
        lock (_handles)
        {
            for (int shard = 0; shard < _outputs.Length; shard++)
            {
                Close(_outputs[shard]);
                _outputs[shard].Take(_next[shard]);
            }
        }
    }

    /// <summary>Closes what has been opened in vain.</summary>
    public void CloseNext()
    {
        foreach (var output in _next)
        {
            output.File?.Dispose();
            output.Clear();
        }
    }

    /// <summary>Syncs and closes all files.</summary>
    public void CloseAll()
    {
        CloseNext();
        lock (_handles)
        {
            foreach (var output in _outputs)
                Close(output);
        }
    }

    /// <summary>
    /// Writes what there is of the journals, if it is little; the caller holds all partitions and <see cref="Steps"/>. True: nothing is left, and no shard
    /// waits for another one.
    /// </summary>
    public bool TryFlush()
    {
        if (PendingBytes > FlushBytesMax)
            return false;
        while (Round())
        {
        }
        bool isEmpty = PendingBytes == 0;
        foreach (var partition in _partitions)
            isEmpty &= !partition.Journal.Marks.TryPeek(out _);
        return isEmpty;
    }

    /// <summary>
    /// Closes the files, and forgets what has not been written of the journals, which nobody fills any more; the caller holds all partitions and
    /// <see cref="Steps"/>.
    /// </summary>
    /// <param name="writes">Whether to write what can be written before.</param>
    /// <returns>Bytes that were not written.</returns>
    public long Discard(bool writes)
    {
        while (writes && Round())
        {
        }
        long lost = PendingBytes;
        foreach (var partition in _partitions)
        {
            while (partition.Journal.Marks.TryDequeue(out _))
            {
            }
            partition.Journal.Stream.Skip();
        }
        CloseAll();

        // Whoever waits for a commit need not wait any longer.
        _signal.Set();
        return lost;
    }

    /// <summary>Ends the threads after all that was published has been written and synced.</summary>
    public void Dispose()
    {
        if (_thread.IsAlive)
        {
            _ = Drain();
            _stopping = true;
            _signal.Set();
            _syncSignal.Set();
            _thread.Join();
            _syncThread.Join();
        }
        CloseAll();
        _signal.Dispose();
        _syncSignal.Dispose();
    }

    private void Run()
    {
        int wait = IdleWaitMs;
        while (!_stopping)
        {
            _signal.WaitOne(wait);
            _hasWritten = false;
            lock (Steps)
                Step();
            wait = _log.WriteError != 0 ? RetryWaitMs : _durable != Volatile.Read(ref _requested) ? PartialWaitMs : _hasWritten ? BusyWaitMs : IdleWaitMs;
        }
    }

    private void Step()
    {
        // Before what is published: whoever has asked by now has published before.
        long requested = Volatile.Read(ref _requested);
        long marked = Volatile.Read(ref _marked);
        Pressure.BeginStep();
        for (int i = 0; i < _partitions.Length; i++)
            _targets[i] = _partitions[i].Journal.Stream.Published;
        _hasFailed = false;
        while (Round())
        {
        }

        Pressure.NoteWritten();

        // Not before all has been written, rotation included: what one shard could write says nothing of what another could not.
        if (!_hasFailed)
            _log.EndWriteError();
        bool isReached = IsTargetReached();
        if (isReached)
            Volatile.Write(ref _written, marked);
        bool isSafe = !_log.IsWriteFailing && Sync(requested != _durable);
        _log.Advance();

        // Not while the other thread is at it: a file counts as synced from the moment when that begins.
        bool isSynced = !_isSyncing && !HasUnsynced();
        if (isSynced)
            NoteSynced(_written);
        if (isSynced || !IsSyncWanted)
            Pressure.NoteSynced(Pressure.WrittenUs);
        if (isSafe && requested != _durable && isReached)
        {
            Volatile.Write(ref _durable, requested);
            _log.AnnounceCommit();
        }
    }

    /// <summary>Whether nothing that was there at the beginning of the step still waits for other shards.</summary>
    private bool IsTargetReached()
    {
        for (int i = 0; i < _partitions.Length; i++)
        {
            if (_partitions[i].Journal.Stream.Consumed < _targets[i])
                return false;
        }
        return true;
    }

    /// <summary>Writes what may be written; true: there may be more.</summary>
    private bool Round()
    {
        for (int i = 0; i < _partitions.Length; i++)
            _published[i] = _partitions[i].Journal.Stream.Published;
        bool isBarrier = FindLimits(out var barrier);
        bool isComplete = true;
        for (int i = 0; i < _partitions.Length; i++)
            isComplete &= WriteTo(i, _limits[i]);
        if (!isBarrier || !isComplete)
            return false;
        return Rotate(barrier);
    }

    /// <summary>How far each journal may be read. True: all have come to the same barrier, and to nothing before it.</summary>
    private bool FindLimits(out JournalMark barrier)
    {
        bool isMoving = true;
        while (isMoving)
        {
            isMoving = false;
            for (int i = 0; i < _partitions.Length; i++)
            {
                if (!TryMark(i, out var mark) || !IsEverywhere(mark))
                    continue;
                if (mark.Kind != JournalMarkKind.Ticket)
                {
                    barrier = mark;
                    for (int shard = 0; shard < _partitions.Length; shard++)
                        _limits[shard] = TryMark(shard, out var other) ? other.Start : _published[shard];
                    return true;
                }
                for (ulong shards = mark.Shards; shards != 0; shards &= shards - 1)
                    _partitions[BitOperations.TrailingZeroCount(shards)].Journal.Marks.TryDequeue(out _);
                isMoving = true;
            }
        }
        for (int i = 0; i < _partitions.Length; i++)
            _limits[i] = _partitions[i].Journal.Marks.TryPeek(out var mark) ? Math.Min(mark.Start, _published[i]) : _published[i];
        barrier = default;
        return false;
    }

    private bool TryMark(int shard, out JournalMark mark) => _partitions[shard].Journal.Marks.TryPeek(out mark) && mark.End <= _published[shard];

    private bool IsEverywhere(in JournalMark mark)
    {
        for (ulong shards = mark.Shards; shards != 0; shards &= shards - 1)
        {
            if (!TryMark(BitOperations.TrailingZeroCount(shards), out var other) || other.Number != mark.Number || other.Kind != mark.Kind)
                return false;
        }
        return true;
    }

    /// <summary>Writes a journal up to an offset; false: it could not all be written.</summary>
    private bool WriteTo(int shard, long limit)
    {
        var stream = _partitions[shard].Journal.Stream;
        var output = _outputs[shard];
        while (stream.Peek(limit) is { Length: > 0 } bytes)
        {
            if (output.File is not { } file)
                return false;
            bool isSyncing = _isSyncing;
            long start = _latency.Begin();
            int error = file.Write(bytes, out int written);
            NoteWrite(start, isSyncing);
            if (written > 0)
                output.IsUnsynced = true;
            stream.Consume(written);
            output.Size += written;
            _hasWritten |= written > 0;
            if (error != 0)
                return Fail(error);
            if (written == 0)
                return Fail(FileErrors.NoSpace);
        }
        return true;
    }

    private bool Fail(int error)
    {
        _hasFailed = true;
        _log.FailWrite(error);
        return false;
    }

    /// <summary>Tells LATENCY of a write that took long, by what the disk had to do besides.</summary>
    private void NoteWrite(long start, bool isSyncing)
    {
        long milliseconds = LatencyMonitor.MillisecondsSince(start);
        if (milliseconds == 0)
            return;
        string alone = _log.IsSnapshotBeingWritten ? LatencyMonitor.AofWriteDuringSave : LatencyMonitor.AofWriteAlone;
        _latency.Add(isSyncing ? LatencyMonitor.AofWriteDuringSync : alone, milliseconds);
        _latency.Add(LatencyMonitor.AofWrite, milliseconds);
    }

    private bool Rotate(in JournalMark barrier)
    {
        // The units of the barrier are written and synced file by file: until all are, nothing counts as safe.
        _isSyncingHere = true;
        int error = SyncAll();
        if (error == 0)
            error = _log.Rotate(barrier);
        _isSyncingHere = false;
        if (error != 0)
            return Fail(error);
        foreach (var partition in _partitions)
            partition.Journal.Marks.TryDequeue(out _);
        return true;
    }

    /// <summary>The unit of a barrier stands in its file before the manifest names it.</summary>
    public int WriteBarrier(int shard)
    {
        if (!_partitions[shard].Journal.Marks.TryPeek(out var mark))
            return 0;
        return WriteTo(shard, mark.End) ? SyncFile(_outputs[shard]) : _log.WriteError;
    }

    /// <summary>Whether appendfsync, and what is going on beside, wants anything synced.</summary>
    private bool IsSyncWanted => _options.AppendFsync != AppendFsync.No && !IsSyncPutOff;

    private bool IsSyncPutOff => _options.NoAppendFsyncOnRewrite && _log.IsChildAtWork;

    /// <summary>Syncs as it is wanted; false: it failed.</summary>
    private bool Sync(bool isRequested)
    {
        bool isAlways = _options.AppendFsync == AppendFsync.Always;
        if (IsSyncPutOff && Volatile.Read(ref _drains) == 0)
            return true;
        if (isAlways || isRequested)
        {
            _isSyncingHere = true;
            long start = isAlways ? _latency.Begin() : 0;
            int error = SyncAll();
            _latency.Add(LatencyMonitor.AofSync, LatencyMonitor.MillisecondsSince(start));
            if (error == 0)
                _log.EndSyncError();
            else
                _log.FailSync(error);
            _isSyncingHere = false;
            return error == 0;
        }
        if (_options.AppendFsync != AppendFsync.EverySecond)
            return true;
        long now = Environment.TickCount64;
        if (now - _lastSyncMs >= SyncPeriodMs && !_isSyncing && HasUnsynced())
        {
            _lastSyncMs = now;
            _isSyncing = true;
            _syncSignal.Set();
        }
        return true;
    }

    /// <summary>All that was written before a mark is synced.</summary>
    private void NoteSynced(long mark)
    {
        // As long as the base is missing, or when all was dropped with the log, nothing is safe that stands behind it.
        if (!_log.IsComplete)
            return;

        // Both threads come here, the one with an older mark perhaps later.
        long synced = Volatile.Read(ref _synced);
        while (mark > synced)
        {
            long seen = Interlocked.CompareExchange(ref _synced, mark, synced);
            if (seen == synced)
            {
                _log.AnnounceSync();
                return;
            }
            synced = seen;
        }
    }

    private bool HasUnsynced()
    {
        foreach (var output in _outputs)
        {
            if (output.IsUnsynced)
                return true;
        }
        return false;
    }

    private int SyncAll()
    {
        int error = 0;
        lock (_handles)
        {
            foreach (var output in _outputs)
            {
                if (error == 0)
                    error = SyncFile(output);
            }
        }
        return error;
    }

    private int SyncFile(JournalFile output)
    {
        if (!output.IsUnsynced)
            return 0;
        output.IsUnsynced = false;
        long size = Volatile.Read(ref output.Size);
        int error = output.File!.Sync();

        // Not |=, which could take back what a write beside this has just set.
        if (error != 0)
            output.IsUnsynced = true;
        else if (size - output.Released >= ReleaseBytesMin)
            Release(output, size);
        return error;
    }

    /// <summary>
    /// Gives the page cache's copy of what is synced back: nobody reads it before the next start, and the log would fill the machine's memory with it. What is
    /// written next can take the same pages.
    /// </summary>
    private static void Release(JournalFile output, long size)
    {
        output.File!.Release(output.Released, size);
        output.Released = size;
    }

    private void RunSync()
    {
        while (true)
        {
            _syncSignal.WaitOne();
            if (_stopping)
                return;
            long written = Volatile.Read(ref _written);
            long writtenUs = Pressure.WrittenUs;
            int error = SyncAll();
            if (error != 0)
                _log.FailSync(error);
            else
                _log.EndSyncError();
            if (error == 0)
                Pressure.NoteSynced(writtenUs);

            // Before anybody is told: who has heard of it finds that all is safe.
            _isSyncing = false;
            if (error == 0)
                NoteSynced(written);
        }
    }

    private void Close(JournalFile output)
    {
        if (!output.IsOpen)
            return;
        _ = SyncFile(output);
        output.File!.Dispose();
        output.Clear();
    }
}

/// <summary>The file that one shard's journal goes to.</summary>
internal sealed class JournalFile
{
    public IOutputFile? File;

    /// <summary>Bytes in it.</summary>
    public long Size;

    /// <summary>Bytes before this are not in the page cache for our sake any more.</summary>
    public long Released;

    /// <summary>Bytes were written since the last fsync.</summary>
    public volatile bool IsUnsynced;

    public bool IsOpen => File is not null;

    public void Open(IOutputFile file, long size)
    {
        File = file;
        Size = Released = size;
        IsUnsynced = true;
    }

    /// <summary>Becomes what another one is, which is none afterwards.</summary>
    public void Take(JournalFile other)
    {
        (File, Size, Released, IsUnsynced) = (other.File, other.Size, other.Released, other.IsUnsynced);
        other.Clear();
    }

    public void Clear()
    {
        File = null;
        Size = Released = 0;
        IsUnsynced = false;
    }
}
