namespace FastKv.Engine.Persistence.Aof;

// Control plane. On and off. A log that is turned on at run time begins with a generation that no manifest names yet, and a base of the same instant, which is
// written while the server goes on; when it is complete the manifest names both, and what was there before is history. Until then a restart finds what was
// there before.
//
//   Off ──► Waiting ──► Starting ──► On        Off can be reached from each; Waiting also from Starting, when the base fails
internal sealed partial class AppendOnlyLog
{
    /// <summary>CONFIG SET appendonly yes; all partitions are held. The log is complete when its first base is, unless it is turned off again before.</summary>
    /// <returns>An error, or null.</returns>
    public string? TurnOn()
    {
        if (IsOn)
            return null;
        _state = AofState.Waiting;
        if (IsWithinTransaction)
        {
            IsRewriteScheduled = true;
            _server.Log.Warning("AOF was enabled during a transaction. An AOF background was scheduled to start when possible.");
            return null;
        }
        if (_isRewriting)
        {
            _server.Log.Warning(
                "AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and starting a rewrite now.");
            GiveUpRewrite();
        }
        else if (!_base.CanBegin)
        {
            _server.Log.Warning(
                "AOF was enabled but there is already another background operation. An AOF background was scheduled to start when possible.");
        }
        if (BeginRewrite(out _) == 0)
            return null;
        _state = AofState.Off;
        IsRewriteScheduled = false;
        return "Unable to turn on AOF. Check server logs.";
    }

    /// <summary>
    /// CONFIG SET appendonly no; all partitions are held. Of a log that is complete what can be written is; the rest is dropped, and all of one that is not.
    /// </summary>
    public void TurnOff()
    {
        if (!IsOn)
            return;
        if (IsComplete)
            _ = _writer.Drain();
        IsRewriteScheduled = false;
        End(AofState.Off);
    }

    /// <summary>
    /// Tells nothing for a while, until <see cref="Listen"/>; false: what has been told cannot be written, or the log is not complete. All partitions are held.
    /// </summary>
    public bool TrySilence()
    {
        if (!IsComplete || !_writer.Drain())
            return false;
        foreach (var partition in _server.Partitions)
            partition.Journal.Stop();
        return true;
    }

    /// <summary>Begins to tell. All partitions are held, or nobody runs them yet.</summary>
    public void Listen()
    {
        foreach (var partition in _server.Partitions)
            partition.Journal.Start();
        _state = AofState.On;
        _writer.StartOnce();
    }

    /// <summary>Tells nothing any more, closes the files and gives a rewrite up. All partitions are held.</summary>
    private void End(AofState next)
    {
        foreach (var partition in _server.Partitions)
        {
            partition.Journal.Stop();

            // A transaction that would tell all of it in one place tells nothing any more.
            partition.Journal.Substitute = null;
        }
        lock (_writer.Steps)
        {
            bool wasComplete = IsComplete, wasStarting = IsStarting;
            _state = next;
            if (_isRewriting)
                GiveUpRewrite();
            long lost = _writer.Discard(writes: wasComplete);
            if (wasComplete && lost != 0)
                _server.Log.Warning($"The AOF was turned off with {lost} bytes that could not be written: they are dropped.");
            if (wasStarting || _rotation is not null)
                DeleteUnnamed(_rotation ?? _manifest);
            _rotation = null;
            _hasStartFailed = false;
        }
        SetErrors(write: 0, sync: 0);
        AnnounceSync();
    }

    /// <summary>The first base of a log could not be written: what was told is void, and it begins anew, at once or after some time.</summary>
    private void EndFailedStart()
    {
        End(AofState.Waiting);
        IsRewriteScheduled = true;
    }

    /// <summary>Deletes increments that have been opened and never came to count: the log was not complete, or the manifest could not be replaced.</summary>
    private void DeleteUnnamed(AofManifest opened)
    {
        if (LoadManifest() != 0)
            return;

        // Of a manifest that could not be made durable it is not known whether it is in its place.
        foreach (var file in opened.Increments)
        {
            if (!_manifest.Increments.Contains(file))
                _ = _files.Delete(PathOf(file.Name));
        }
    }

    /// <summary>Opens the first increments of a log that is turned on; the manifest on the disk does not name them yet. An errno.</summary>
    private int OpenFirst()
    {
        var next = _manifest.Copy();
        _firstNewIncrement = next.Increments.Count;
        int error = OpenGeneration(next);

        // Nothing that the manifest is going to name may be without its first line, whatever appendfsync says.
        if (error == 0)
            error = _writer.SyncNext();
        if (error == 0)
        {
            _writer.TakeNext();
            _manifest = next;
            return 0;
        }
        _writer.CloseNext();
        foreach (var file in next.Increments.Skip(_firstNewIncrement))
            _ = _files.Delete(PathOf(file.Name));
        return error;
    }
}
