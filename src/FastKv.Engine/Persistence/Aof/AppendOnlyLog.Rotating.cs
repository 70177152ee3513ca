using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Journal;

namespace FastKv.Engine.Persistence.Aof;

// Control plane. Rotation: all shards have come to the same barrier and go on in new files, which the manifest names from then on.
//
//   FLUSHALL, SWAPDB, ...   the new files are taken, the unit of the barrier is written to them, the manifest is saved; after an error the writer tries it
//                           again from where it was, and clients cannot write meanwhile, for what was executed must come to be in the files
//   rewrite                 the manifest is saved before the new files are taken. Nothing stands in the journals that needs new files: after an error the
//                           rewrite is given up, and the writer goes on in the files it has
internal sealed partial class AppendOnlyLog
{
    private const int PrepareWaitMs = 100;

    /// <summary>The writer's thread: all shards have come to a barrier; they go on in new files. An errno: to be called again.</summary>
    public int Rotate(in JournalMark barrier)
    {
        if (barrier.Kind != JournalMarkKind.Rewrite)
            return RotateWithUnit();
        int first = _manifest.Increments.Count;
        int error = RotateForRewrite();

        // A barrier of a rewrite that was given up is not that of the next one.
        if (barrier.Number != _rewriteNumber)
            return 0;
        if (error == 0)
        {
            _firstNewIncrement = first;
            _isRotated = true;
            return 0;
        }
        _server.Log.Warning($"The append-only file goes on without the new files of a rewrite: {FileErrors.TextOf(error)}");
        _rotationError = error;
        _base.Cancel();
        return 0;
    }

    private int RotateWithUnit()
    {
        int error = 0;
        if (_rotation is null)
        {
            error = OpenRotation();
            if (error != 0)
                return error;
            _writer.TakeNext();
        }

        // After an error it goes on where it was: what has been written of the journal is not there any more.
        for (int shard = 0; error == 0 && shard < _server.Partitions.Length; shard++)
            error = _writer.WriteBarrier(shard);

        // What a log consists of that is not complete is said when it is.
        if (error == 0 && !IsStarting)
            error = Save(_rotation!, out _);
        if (error == 0)
            EndRotation();
        return error;
    }

    private int RotateForRewrite()
    {
        int error = _rotation is null ? OpenRotation() : 0;
        if (error != 0)
            return error;
        bool isNamed = false;
        error = _writer.SyncNext();
        if (error == 0)
            error = Save(_rotation!, out isNamed);
        if (error == 0)
        {
            _writer.TakeNext();
            EndRotation();
            return 0;
        }

        // What a manifest names, or may name after a crash, stays; it is empty, and the next ones of that name take its place.
        if (isNamed)
            isNamed = Save(_manifest, out _) != 0;
        DropRotation(deletes: !isNamed);
        return error;
    }

    /// <summary>Opens the increments of a rotation, and notes what the manifest is going to be. An errno: there are none.</summary>
    private int OpenRotation()
    {
        _rotation = _manifest.Copy();
        int error = OpenGeneration(_rotation);
        if (error != 0)
            DropRotation(deletes: true);
        return error;
    }

    /// <summary>The new files are what there is.</summary>
    private void EndRotation()
    {
        _manifest = _rotation!;
        _rotation = null;
        CountOlder();
    }

    /// <summary>The files of a rotation have been opened in vain.</summary>
    private void DropRotation(bool deletes)
    {
        _writer.CloseNext();
        foreach (var file in _rotation!.Increments.Skip(_manifest.Increments.Count))
        {
            if (deletes)
                _ = _files.Delete(PathOf(file.Name));
        }
        _rotation = null;
    }

    /// <summary>
    /// Opens the files with which a rewrite begins before its barrier, and tries whether a manifest can be written: so whoever asks for the rewrite hears of
    /// most of what can be in its way. When the writer has more to do it is left for the barrier. All partitions are held. An errno.
    /// </summary>
    private int PrepareRotation()
    {
        if (!_writer.Steps.TryEnter(PrepareWaitMs))
            return 0;
        try
        {
            if (!_writer.TryFlush() || _rotation is not null)
                return 0;
            int error = OpenRotation();
            if (error != 0)
                return error;
            error = _rotation!.TryWrite(_files, DirectoryPath, ManifestName);
            if (error != 0)
                DropRotation(deletes: true);
            return error;
        }
        finally
        {
            _writer.Steps.Exit();
        }
    }
}
