using System.Diagnostics;
using FastKv.Engine.Monitoring;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Journal;

namespace FastKv.Engine.Persistence.Aof;

// Control plane. A rewrite: a new base takes the place of the one before and of the increments up to the instant at which it began.
internal sealed partial class AppendOnlyLog
{
    /// <summary>Begins a rewrite; all partitions are held.</summary>
    public void BeginRewrite()
    {
        int count = _server.Partitions.Length;
        ulong shards = count == FastKvServer.ShardsMax ? ulong.MaxValue : (1UL << count) - 1;
        IsRewriteScheduled = true;
        if (_isRewriting || !Base().CanBegin)
            return;
        IsRewriteScheduled = false;
        int error = _files.CreateDirectory(DirectoryPath);
        if (error == 0 && !_isOn)
            error = LoadManifest();
        _rewriteStarted = Stopwatch.GetTimestamp();
        _isRewriting = true;
        _isRotated = _isBaseDone = false;
        _temporaryBase = $"temp-rewriteaof-bg-{Environment.ProcessId}.aof";
        _server.Log.Notice("Background append only file rewriting started");
        if (_isOn)
        {
            foreach (var partition in _server.Partitions)
            {
                partition.Journal.ForgetDatabase();
                partition.Journal.AddBarrier(JournalMarkKind.Rewrite, Rewrites, shards);
            }
        }
        else
        {
            _firstNewIncrement = _manifest.Increments.Count;
            _isRotated = true;
        }
        if (error != 0)
            EndBase(error);
        else
            Base().Begin(_server.Partitions, _files, PathOf(_temporaryBase), EndBase);
        foreach (var loop in _server.Loops)
            loop.Wake();
        _writer.StartOnce();
        _writer.Wake();
    }

    /// <summary>Whether auto-aof-rewrite-percentage asks for a rewrite.</summary>
    public bool IsRewriteDue()
    {
        if (!_isOn || _isRewriting || _options.AutoAofRewritePercentage == 0)
            return IsRewriteScheduled && !_isRewriting;
        if (ConsecutiveFailures >= RewriteFailuresBeforePause && Environment.TickCount64 - _rewriteFailedMs < RewriteRetryMs)
            return false;
        long size = CurrentBytes;
        long growth = (size * 100 / Math.Max(1, _rewriteBaseBytes)) - 100;
        if (size <= _options.AutoAofRewriteMinSize || growth < _options.AutoAofRewritePercentage)
            return IsRewriteScheduled;
        _server.Log.Notice($"Starting automatic rewriting of AOF on {growth}% growth");
        return true;
    }

    private void EndBase(int error)
    {
        _baseError = error;
        _isBaseDone = true;
        _writer.Wake();
    }

    private void FinishRewrite()
    {
        int error = _baseError;
        if (error == 0)
        {
            var next = _manifest.Copy();
            var file = next.ReplaceBase(_options.AppendFileName!, IsSnapshotBase, _firstNewIncrement);
            long start = _server.Latency.Begin();
            error = _files.Rename(PathOf(_temporaryBase), PathOf(file.Name));
            _server.Latency.Add(LatencyMonitor.AofRename, LatencyMonitor.MillisecondsSince(start));
            if (error == 0)
                error = Save(next);
            if (error == 0)
                _manifest = next;
        }
        if (error != 0)
        {
            _ = _files.Delete(PathOf(_temporaryBase));
            _server.Log.Warning($"Background AOF rewrite failed: {FileErrors.TextOf(error)}");
        }
        else
        {
            _server.Log.Notice("Background AOF rewrite finished successfully");
            DeleteHistory();
            CountOlder();
            _rewriteBaseBytes = CurrentBytes;
        }
        NoteRewriteEnd(error);
        _isRewriting = false;
    }

    private void NoteRewriteEnd(int error)
    {
        LastRewriteFailed = error != 0;
        LastRewriteSeconds = (long)Stopwatch.GetElapsedTime(_rewriteStarted).TotalSeconds;
        Rewrites++;
        ConsecutiveFailures = error != 0 ? ConsecutiveFailures + 1 : 0;
        _rewriteFailedMs = Environment.TickCount64;
    }

    /// <summary>Deletes what rewrites have replaced; a file that cannot be deleted stays in the manifest.</summary>
    private void DeleteHistory()
    {
        if (_manifest.History.Count == 0 || _options.AofDisableAutoGc)
            return;
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

    /// <summary>What writes bases, as <c>aof-use-rdb-preamble</c> says.</summary>
    private IAofBase Base() => _server.AofBases.For(_options.AofUseRdbPreamble);
}
