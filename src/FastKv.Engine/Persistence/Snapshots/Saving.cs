using FastKv.Engine.Clients;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Engine.Sharding;

namespace FastKv.Engine.Persistence.Snapshots;

/// <summary>
/// When the dataset is saved to its RDB file, and how that went: SAVE, BGSAVE, save points, FLUSHALL. One at a time. Control plane: whoever holds all
/// partitions; only that a save in the background has ended is noted by the first loop, whoever holds them (<see cref="_gate"/>).
/// </summary>
internal sealed class Saving(FastKvServer server)
{
    /// <summary>After a failure a save point is not tried again for so long.</summary>
    private const long RetryMs = 5_000;

    private readonly FastKvServer _server = server;
    private readonly Lock _gate = new();
    private Snapshot? _current;
    private Snapshot? _last;
    private long _dirtyAtBegin, _dirtySaved;
    private long _lastTryMs;
    private bool _isRequested;
    private volatile bool _isBackground;

    /// <summary>Where the files live; tests put others in its place.</summary>
    public IFileSystem Files { get; set; } = SystemFiles.Instance;

    /// <summary>The save that is going on; null: none.</summary>
    public Snapshot? Current => _current;

    /// <summary>A save in the background is going on whose file is still wanted. Any thread.</summary>
    public bool IsInBackground => _isBackground && Volatile.Read(ref _current) is { IsCancelled: false };

    /// <summary>A background save is to begin as soon as it can.</summary>
    public bool IsScheduled { get; set; }

    /// <summary>A save in the background has failed, and none has succeeded since. (That one in the foreground fails is told to who asked for it.)</summary>
    public bool HasFailed { get; private set; }

    /// <summary>When the last save that succeeded was begun, Unix milliseconds; at first the start of the server.</summary>
    public long LastSaveMs { get; private set; } = server.StartedMs;

    /// <summary>How long the last background save took, seconds; −1: there was none.</summary>
    public long LastSeconds { get; private set; } = -1;

    /// <summary>Saves that were begun by SAVE, BGSAVE and save points, as Redis counts them.</summary>
    public long Saves { get; private set; }

    /// <summary>Changes that are in no file.</summary>
    public long Changes => Dirty - _dirtySaved;

    private long Dirty => _server.Statistics.OverPartitions(static statistics => statistics.Dirty);

    /// <summary>Begins a background save; whoever calls holds all partitions.</summary>
    /// <returns>False: another one is going on, or that of a rewrite, or what is left of one that was given up.</returns>
    public bool TryBegin()
    {
        if (_current is not null || IsOtherActive)
            return false;
        IsScheduled = false;
        _server.Log.Notice($"Background saving started by pid {Environment.ProcessId}");
        Begin(isBackground: true);
        Saves++;
        return true;
    }

    /// <summary>Saves now, while nothing else happens: whoever calls holds all partitions.</summary>
    /// <returns>Whether it succeeded.</returns>
    public bool Save()
    {
        Saves++;
        return SaveNow();
    }

    private bool SaveNow()
    {
        Snapshot.Drain(_server.Partitions, _server.Clock);
        var snapshot = Begin(isBackground: false);
        snapshot.Finish(_server.Partitions, _server.Clock);
        return Complete(snapshot, isBackground: false);
    }

    /// <summary>Saves for the last time, or as if: a save in the background is given up for it. Whoever calls holds all partitions.</summary>
    /// <returns>Whether it succeeded.</returns>
    public bool SaveAtEnd()
    {
        Cancel();
        return SaveNow();
    }

    /// <summary>FLUSHALL is about to empty the partitions, which all are held: a background save of what they have is ended, as in Redis.</summary>
    public void BeginFlush()
    {
        if (!_server.Loading.IsOn)
            Cancel();
    }

    /// <summary>
    /// FLUSHALL has emptied the partitions, which all are held. With save points the file says so at once, as in Redis: else a crash would bring all back.
    /// </summary>
    public void EndFlush()
    {
        if (_server.Loading.IsOn || _server.Options.SavePoints.Length == 0)
            return;

        // Its temporary file has the name of ours, and its end is noted before ours.
        _last?.Wait();
        if (_current is { } cancelled)
            CompleteBackground(cancelled);
        using var file = CreateFile(isBackground: false);
        if (Snapshot.WriteEmpty(_server.Partitions, file, _server.Dataset.Functions))
            NoteSaved(Dirty);
    }

    /// <summary>What is in memory is what is on disk: it comes from there.</summary>
    public void NoteLoaded() => _dirtySaved = Dirty;

    /// <summary>Ends a background save without its file.</summary>
    public void Cancel() => _current?.Cancel();

    /// <summary>As <see cref="Cancel"/>, and waits until the file is gone; the loops have ended.</summary>
    public void GiveUp()
    {
        Cancel();
        _last?.Wait();
    }

    /// <summary>Looks whether a save point is reached; on the first loop, some times a second.</summary>
    public void Tick(long nowMs)
    {
        if (_current is not null || _isRequested || IsOtherActive || (HasFailed && nowMs - _lastTryMs <= RetryMs) || !(IsScheduled || IsDue(nowMs)))
            return;
        _isRequested = true;
        _server.Loops[0].RunExclusive(() =>
        {
            _isRequested = false;

            // A rewrite may have begun meanwhile.
            if (!TryBegin() && _current is null)
                IsScheduled = true;
        });
    }

    /// <summary>Whether a rewrite is going on, or partitions have still to do with a snapshot. Sure only for who holds them.</summary>
    private bool IsOtherActive => _server.Aof.IsRewriting || Snapshot.IsActive(_server.Partitions);

    private bool IsDue(long nowMs)
    {
        long changes = Changes;
        foreach (SavePoint point in _server.Options.SavePoints)
        {
            if (changes < point.Changes || nowMs - LastSaveMs <= point.Seconds * 1000)
                continue;
            _server.Log.Notice($"{point.Changes} changes in {point.Seconds} seconds. Saving...");
            return true;
        }
        return false;
    }

    private RdbFileWriter CreateFile(bool isBackground)
    {
        string temporaryPath = Path.Combine(Environment.CurrentDirectory, $"temp-{Environment.ProcessId}.rdb");
        var options = _server.Options;
        return new RdbFileWriter(Files, _server.Log, _server.Dataset.FilePath, temporaryPath, options.RdbChecksum, options.RdbSaveIncrementalFsync,
            isBackground ? _server.Latency : null);
    }

    private Snapshot Begin(bool isBackground)
    {
        // One that was cancelled may not have deleted its temporary file yet, whose name is ours too.
        _last?.Wait();
        _dirtyAtBegin = Dirty;
        _isBackground = isBackground;
        if (isBackground)
            _lastTryMs = _server.Partitions[0].NowMs;
        _current = Snapshot.Begin(_server.Partitions, CreateFile(isBackground), SnapshotKind.Save, _server.Dataset.Functions, snapshot =>
        {
            // A save in the foreground is waited for by the one who began it, on whatever loop.
            if (isBackground)
                _server.Loops[0].Post(() => CompleteBackground(snapshot));
        });
        foreach (var loop in _server.Loops)
            loop.Wake();
        return _last = _current;
    }

    private void CompleteBackground(Snapshot snapshot)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_current, snapshot))
                Complete(snapshot, isBackground: true);
        }
    }

    private bool Complete(Snapshot snapshot, bool isBackground)
    {
        _current = null;
        if (isBackground)
            LastSeconds = (_server.Clock.UnixMicroseconds / 1000 - snapshot.StartedMs) / 1000;
        if (snapshot.IsCancelled)
            return false;
        if (snapshot.IsSaved)
            NoteSaved(_dirtyAtBegin);
        if (!isBackground)
            return snapshot.IsSaved;
        if (snapshot.IsSaved)
        {
            _server.Log.Notice("Background saving terminated with success");
        }
        else
        {
            _server.Log.Warning("Background saving error");
            SetFailed(true);
        }
        return snapshot.IsSaved;
    }

    /// <summary>What was there after so many changes is in the file.</summary>
    private void NoteSaved(long dirty)
    {
        _dirtySaved = dirty;
        LastSaveMs = _server.Clock.UnixMicroseconds / 1000;
        _server.Log.Notice("DB saved on disk");
        SetFailed(false);
    }

    private void SetFailed(bool hasFailed)
    {
        if (hasFailed == HasFailed)
            return;

        // Whoever reads of it in INFO finds it so with the next command.
        _server.SetCommonGate(ClientGate.SaveFailed, hasFailed);
        HasFailed = hasFailed;
    }
}
