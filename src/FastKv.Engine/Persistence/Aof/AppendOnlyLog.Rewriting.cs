using System.Diagnostics;
using FastKv.Engine.Monitoring;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Journal;

namespace FastKv.Engine.Persistence.Aof;

// Control plane. A rewrite: a new base takes the place of the one before and of the increments up to the instant at which it began.
internal sealed partial class AppendOnlyLog
{
    /// <summary>
    /// Generations of increments that make a rewrite due whatever their size: on several shards each FLUSHALL, FLUSHDB, SWAPDB and start of the server begins
    /// one, and their files would pile up for ever.
    /// </summary>
    private const int GenerationsMax = 32;

    /// <summary>
    /// Begins a rewrite, or the log that is wanted; when something stands in its way it is scheduled. All partitions are held, none within a transaction.
    /// </summary>
    /// <param name="isBegun">Whether it was begun, rather than scheduled; it may be over by the time this returns.</param>
    /// <returns>An errno: its files cannot be opened. (What fails later does so at its end.)</returns>
    public int BeginRewrite(out bool isBegun)
    {
        isBegun = false;
        if (_hasStartFailed)
            End(AofState.Waiting);
        if (_isRewriting || !_base.CanBegin)
        {
            IsRewriteScheduled = true;
            return 0;
        }
        int error = OpenRewrite();
        if (error != 0)
        {
            LastRewriteFailed = true;
            NoteFailure();
            return error;
        }
        isBegun = true;
        Rewrites++;
        _rewriteStarted = Stopwatch.GetTimestamp();
        IsRewriteScheduled = false;
        _isRdbBase = _options.AofUseRdbPreamble;
        _temporaryBase = Path.Combine(_rewriteDirectory, $"temp-rewriteaof-bg-{Environment.ProcessId}.aof");

        // Before the writer may look at them.
        _isRotated = _isBaseDone = _isGivenUp = false;
        _rotationError = 0;
        _isRewriting = true;
        _server.Log.Notice("Background append only file rewriting started");
        BeginIncrements();
        _base.Begin(_temporaryBase, _isRdbBase, EndBase);
        foreach (var loop in _server.Loops)
            loop.Wake();
        _writer.StartOnce();
        _writer.Wake();
        return 0;
    }

    /// <summary>Opens what a rewrite begins with. An errno, which has been logged: all is as it was.</summary>
    private int OpenRewrite()
    {
        _rewriteDirectory = PresentDirectoryPath;
        if (!IsTelling)
            DirectoryPath = _rewriteDirectory;
        int error = _files.CreateDirectory(_rewriteDirectory);
        if (error == 0 && !IsTelling)
            error = LoadManifest();
        if (error == 0 && _state == AofState.Waiting)
            error = OpenFirst();
        else if (error == 0 && _state == AofState.On)
            error = PrepareRotation();
        if (error != 0)
            _server.Log.Warning($"A rewrite of the append-only file cannot be begun in {_rewriteDirectory}: {FileErrors.TextOf(error)}");
        return error;
    }

    /// <summary>A rewrite that was asked for is to begin as soon as possible, however often others have failed.</summary>
    public void ScheduleRewrite()
    {
        IsRewriteScheduled = true;
        ConsecutiveFailures = _failuresInRow = 0;
    }

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics() => Rewrites = 0;

    /// <summary>Whether a rewrite is wanted and may begin: one that is scheduled, or that auto-aof-rewrite-percentage asks for.</summary>
    /// <param name="cause">Why it begins of itself; null: it is scheduled.</param>
    private bool IsRewriteDue(out string? cause)
    {
        cause = null;
        bool isPaused = _failuresInRow >= RewriteFailuresBeforePause && Environment.TickCount64 - _rewriteFailedMs < RewriteRetryMs;
        if (_isRewriting || isPaused)
            return false;
        if (IsRewriteScheduled)
            return _base.CanBegin;
        if (!IsComplete || _options.AutoAofRewritePercentage == 0)
            return false;
        long size = CurrentBytes;
        long growth = (size * 100 / Math.Max(1, _rewriteBaseBytes)) - 100;
        bool hasGrown = size > _options.AutoAofRewriteMinSize && growth >= _options.AutoAofRewritePercentage;
        if (!(hasGrown || _generations >= GenerationsMax) || !_base.CanBegin)
            return false;
        cause = hasGrown ? $"Starting automatic rewriting of AOF on {growth}% growth"
            : $"Starting automatic rewriting of AOF of {_generations} generations of increments";
        return true;
    }

    /// <summary>Where the increments begin that come after the base of this instant.</summary>
    private void BeginIncrements()
    {
        if (_state == AofState.On)
        {
            int count = _server.Partitions.Length;
            _rewriteNumber++;
            ulong shards = count == FastKvServer.ShardsMax ? ulong.MaxValue : (1UL << count) - 1;
            foreach (var partition in _server.Partitions)
            {
                partition.Journal.ForgetDatabase();
                partition.Journal.AddBarrier(JournalMarkKind.Rewrite, _rewriteNumber, shards);
            }
            return;
        }
        if (_state == AofState.Waiting)
        {
            _state = AofState.Starting;
            foreach (var partition in _server.Partitions)
                partition.Journal.Start();
            CountOlder();
        }
        else
        {
            _firstNewIncrement = _manifest.Increments.Count;
        }
        _isRotated = true;
    }

    /// <summary>
    /// The server ends: a rewrite is given up, for what it was to replace is there and complete, and what a last snapshot is to write must not wait for it. All
    /// partitions are held.
    /// </summary>
    public void EndRewrite()
    {
        if (!_isRewriting || _isBaseDone)
            return;
        _server.Log.Warning("There is a child saving an AOF. Terminating it!");
        GiveUpRewrite();
    }

    /// <summary>Ends a rewrite without its base; the writer's thread clears away what there is of it.</summary>
    private void GiveUpRewrite()
    {
        _isGivenUp = true;
        _base.Cancel();
        _writer.Wake();
    }

    private void EndBase(int error)
    {
        _baseError = error;
        _isBaseDone = true;
        _writer.Wake();
    }

    private void FinishRewrite()
    {
        int error = _isGivenUp ? FileErrors.Interrupted : _rotationError != 0 ? _rotationError : _baseError;
        if (error == 0)
            error = _rewriteDirectory == DirectoryPath ? PutBaseInPlace() : Move();
        if (error == 0)
        {
            _server.Log.Notice("Background AOF rewrite finished successfully");
            if (IsStarting)
                _state = AofState.On;
            DeleteHistory();
            CountOlder();
            _rewriteBaseBytes = CurrentBytes;
        }
        else
        {
            _ = _files.Delete(_temporaryBase);
            if (_isGivenUp)
                _server.Log.Notice("Background AOF rewrite was given up");
            else
                _server.Log.Warning($"Background AOF rewrite failed: {FileErrors.TextOf(error)}");
            _hasStartFailed = IsStarting;
        }
        if (!_isGivenUp)
            NoteRewriteEnd(error);
        _isRewriting = false;
    }

    /// <summary>The base gets its name, and the manifest names it. An errno; with one, the base is gone or named all the same.</summary>
    private int PutBaseInPlace()
    {
        var next = _manifest.Copy();
        var file = next.ReplaceBase(_options.AppendFileName!, _isRdbBase, _firstNewIncrement);
        int error = RenameBase(PathOf(file.Name));
        if (error != 0)
            return error;
        error = Save(next, out bool isInPlace);

        // One that is in its place counts, durable or not: its files stay, and so do those of the one before, which a crash may bring back.
        if (!isInPlace)
        {
            _ = _files.Delete(PathOf(file.Name));
            return error;
        }
        _manifest = next;
        CountOlder();
        return error;
    }

    private int RenameBase(string path)
    {
        long start = _server.Latency.Begin();
        int error = _files.Rename(_temporaryBase, path);
        _server.Latency.Add(LatencyMonitor.AofRename, LatencyMonitor.MillisecondsSince(start));
        return error;
    }

    private void NoteRewriteEnd(int error)
    {
        LastRewriteFailed = error != 0;
        LastRewriteSeconds = (long)Stopwatch.GetElapsedTime(_rewriteStarted).TotalSeconds;
        ConsecutiveFailures = error != 0 ? ConsecutiveFailures + 1 : 0;
        if (error != 0)
            NoteFailure();
        else
            _failuresInRow = 0;
    }

    /// <summary>One that could not even begin counts too, though INFO tells only of the others, as in Redis.</summary>
    private void NoteFailure()
    {
        _failuresInRow++;
        _rewriteFailedMs = Environment.TickCount64;
    }

    /// <summary>Deletes what rewrites have replaced; a file that cannot be deleted stays in the manifest.</summary>
    private void DeleteHistory()
    {
        if (_manifest.History.Count == 0 || _options.AofDisableAutoGc)
            return;

        // After a crash the manifest before this one may be there again, which names what is history by now.
        if (!_isManifestDurable && _files.SyncDirectory(DirectoryPath) != 0)
            return;
        _isManifestDurable = true;
        var next = _manifest.Copy();
        foreach (var file in _manifest.History)
        {
            int error = _files.Delete(PathOf(file.Name));
            if (error is FileErrors.None or FileErrors.NoSuchFile)
                next.History.Remove(file);
        }
        if (Save(next) == 0)
            _manifest = next;
    }
}
