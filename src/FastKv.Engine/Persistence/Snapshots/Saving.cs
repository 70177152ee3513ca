using FastKv.Engine.Clients;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Engine.Sharding;

namespace FastKv.Engine.Persistence.Snapshots;

/// <summary>
/// When the dataset is saved to its RDB file, and how that went: SAVE, BGSAVE, save points. One at a time. Control plane: the first loop's thread, or whoever
/// holds all partitions.
/// </summary>
internal sealed class Saving(FastKvServer server)
{
    /// <summary>After a failure a save point is not tried again for so long.</summary>
    private const long RetryMs = 5_000;

    private readonly FastKvServer _server = server;
    private Snapshot? _current;
    private Snapshot? _last;
    private long _dirtyAtBegin, _dirtySaved;
    private long _lastTryMs;
    private bool _isRequested;

    /// <summary>Where the files live; tests put others in its place.</summary>
    public IFileSystem Files { get; set; } = SystemFiles.Instance;

    /// <summary>The save that is going on; null: none.</summary>
    public Snapshot? Current => _current;

    /// <summary>A background save is to begin as soon as it can.</summary>
    public bool IsScheduled { get; set; }

    /// <summary>The last save has failed.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>When the last save that succeeded was begun, Unix milliseconds; at first the start of the server.</summary>
    public long LastSaveMs { get; private set; } = server.StartedMs;

    /// <summary>How long the last background save took, seconds; −1: there was none.</summary>
    public long LastSeconds { get; private set; } = -1;

    /// <summary>Saves that succeeded.</summary>
    public long Saves { get; private set; }

    /// <summary>Changes that are in no file.</summary>
    public long Changes => Dirty - _dirtySaved;

    private long Dirty => _server.Statistics.OverPartitions(static statistics => statistics.Dirty);

    /// <summary>Begins a background save; whoever calls holds all partitions.</summary>
    /// <returns>False: one is going on.</returns>
    public bool TryBegin()
    {
        if (_current is not null)
            return false;
        if (Snapshot.IsActive(_server.Partitions))
        {
            // What a cancelled one left behind comes first.
            IsScheduled = true;
            return true;
        }
        IsScheduled = false;
        _server.Log.Notice($"Background saving started by pid {Environment.ProcessId}");
        Begin(isBackground: true);
        return true;
    }

    /// <summary>Saves now, while nothing else happens: whoever calls holds all partitions.</summary>
    /// <returns>Whether it succeeded.</returns>
    public bool Save()
    {
        var snapshot = Begin(isBackground: false);
        snapshot.Finish(_server.Partitions, _server.Clock);
        return Complete(snapshot, isBackground: false);
    }

    /// <summary>Saves for the last time, or as if: a save in the background is given up for it. Whoever calls holds all partitions.</summary>
    /// <returns>Whether it succeeded.</returns>
    public bool SaveAtEnd()
    {
        const long sliceUs = 1_000_000;
        Cancel();
        while (Snapshot.IsActive(_server.Partitions))
        {
            foreach (var partition in _server.Partitions)
                partition.Snapshot.RunSlice(_server.Clock, sliceUs);
        }
        return Save();
    }

    /// <summary>What is in memory is what is on disk: it comes from there.</summary>
    public void NoteLoaded() => _dirtySaved = Dirty;

    /// <summary>Ends a background save without its file (FLUSHALL, SHUTDOWN).</summary>
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
        if (_current is not null || _isRequested || !(IsScheduled || IsDue(nowMs)))
            return;
        _isRequested = true;
        _server.Loops[0].RunExclusive(() =>
        {
            _isRequested = false;
            TryBegin();
        });
    }

    private bool IsDue(long nowMs)
    {
        if (HasFailed && nowMs - _lastTryMs < RetryMs)
            return false;
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

    private Snapshot Begin(bool isBackground)
    {
        // One that was cancelled may not have deleted its temporary file yet, whose name is ours too.
        _last?.Wait();
        string directory = Environment.CurrentDirectory;
        string path = Path.Combine(directory, _server.Options.DbFileName ?? "dump.rdb");
        string temporaryPath = Path.Combine(directory, $"temp-{Environment.ProcessId}.rdb");
        var file = new RdbFileWriter(Files, _server.Log, path, temporaryPath, _server.Options.RdbChecksum, _server.Options.RdbSaveIncrementalFsync);
        _dirtyAtBegin = Dirty;
        _lastTryMs = _server.Partitions[0].NowMs;
        _current = Snapshot.Begin(_server.Partitions, file, isAofBase: false, _server.Dataset.Functions, snapshot =>
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
        if (ReferenceEquals(_current, snapshot))
            Complete(snapshot, isBackground: true);
    }

    private bool Complete(Snapshot snapshot, bool isBackground)
    {
        _current = null;
        if (isBackground)
            LastSeconds = (_server.Clock.UnixMicroseconds / 1000 - snapshot.StartedMs) / 1000;
        if (snapshot.IsCancelled)
            return false;
        HasFailed = !snapshot.IsSaved;
        if (snapshot.IsSaved)
        {
            _dirtySaved = _dirtyAtBegin;
            LastSaveMs = _server.Clock.UnixMicroseconds / 1000;
            Saves++;
            _server.Log.Notice("DB saved on disk");
        }
        if (isBackground)
        {
            if (snapshot.IsSaved)
                _server.Log.Notice("Background saving terminated with success");
            else
                _server.Log.Warning("Background saving error");
        }
        _server.SetCommonGate(ClientGate.SaveFailed, HasFailed);
        return snapshot.IsSaved;
    }
}
