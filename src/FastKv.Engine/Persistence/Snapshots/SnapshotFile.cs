using FastKv.Engine.Logging;
using FastKv.Engine.Persistence.Files;
using FastKv.Memory;

namespace FastKv.Engine.Persistence.Snapshots;

// Control plane. The file side of a snapshot: bytes go to a temporary file; when all are there the file is made durable, takes the place of the one before, and
// that is made durable too. Until then the old file stays as it is, whatever happens.

/// <summary>Writes one snapshot's file. One thread at a time.</summary>
/// <param name="files">The file system.</param>
/// <param name="log">Gets errors in Redis's words.</param>
/// <param name="path">The file's name in the end.</param>
/// <param name="temporaryPath">Its name until then, in the same directory.</param>
/// <param name="isIncremental">Whether it goes to the disk bit by bit (<c>rdb-save-incremental-fsync</c>, <c>aof-rewrite-incremental-fsync</c>).</param>
internal abstract unsafe class SnapshotFile(IFileSystem files, ServerLog log, string path, string temporaryPath, bool isIncremental) : IDisposable
{
    /// <summary>
    /// So much is on its way to the disk, and as much gathers meanwhile: the fsync at the end finds little left to do, and those of the append-only file beside
    /// it (which replies may wait for) never stand behind a whole snapshot.
    /// </summary>
    private const long WriteBackBytes = 4 << 20;

    private readonly IFileSystem _files = files;
    private readonly string _path = path;
    private readonly string _temporaryPath = temporaryPath;
    private readonly bool _isIncremental = isIncremental;
    private IOutputFile? _file;
    private bool _isComplete;
    private long _onItsWay;
    private long _onItsWayBefore;

    /// <summary>Bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>The first error, 0 if there was none.</summary>
    public int Error { get; private set; }

    /// <summary>Makes the temporary file; false: it cannot be made, which was logged.</summary>
    public bool TryOpen()
    {
        Error = _isIncremental
            ? _files.OpenForStreaming(_temporaryPath, out _file)
            : _files.OpenForWriting(_temporaryPath, append: false, out _file);
        if (Error == FileErrors.None)
            return true;
        LogOpenError(FileErrors.TextOf(Error));
        return false;
    }

    /// <summary>Writes bytes; after an error nothing any more, and false.</summary>
    public virtual bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (Error != FileErrors.None)
            return false;
        bool isWritten = Check(_file!.WriteAll(bytes), "write", bytes.Length);
        if (isWritten && _isIncremental && Bytes - _onItsWay >= WriteBackBytes)
        {
            isWritten = Check(_file!.WriteBack(_onItsWayBefore, _onItsWay, Bytes), "fsync", 0);
            (_onItsWayBefore, _onItsWay) = (_onItsWay, Bytes);
        }
        return isWritten;
    }

    /// <summary>Writes what a buffer holds and empties it.</summary>
    public bool TryWrite(ref NativeBuffer buffer)
    {
        const int pieceBytes = 1 << 30;
        bool written = true;
        for (long at = 0; at < buffer.Length && written; at += pieceBytes)
            written = TryWrite(new ReadOnlySpan<byte>(buffer.Data + at, (int)Math.Min(pieceBytes, buffer.Length - at)));
        buffer.Length = 0;
        return written;
    }

    /// <summary>Writes the end and puts the file in its place; false: it failed (which was logged), and the file before is still there.</summary>
    public bool TryComplete()
    {
        if (!TryWriteEnd() || !Check(_file!.Sync(), "fsync", 0))
            return false;
        _file.Dispose();
        _file = null;
        Error = _files.Rename(_temporaryPath, _path);
        if (Error != FileErrors.None)
        {
            LogRenameError(FileErrors.TextOf(Error));
            return false;
        }
        _isComplete = true;
        return Check(_files.SyncDirectory(DirectoryName!), "fsync of the directory", 0);
    }

    /// <summary>Closes the file; one that is not complete is deleted.</summary>
    public void Dispose()
    {
        bool wasMade = _file is not null || (!_isComplete && Bytes > 0);
        _file?.Dispose();
        _file = null;
        if (wasMade && !_isComplete)
            DeleteTemporary();
    }

    /// <summary>The log.</summary>
    protected ServerLog Log { get; } = log;

    /// <summary>Its directory.</summary>
    protected string? DirectoryName => Path.GetDirectoryName(_path);

    /// <summary>Its name in the end.</summary>
    protected string Name => Path.GetFileName(_path);

    /// <summary>Its name until then.</summary>
    protected string TemporaryName => Path.GetFileName(_temporaryPath);

    /// <summary>Writes what stands behind the last record; false: it failed.</summary>
    protected virtual bool TryWriteEnd() => true;

    /// <summary>Deletes the temporary file, which did not become complete.</summary>
    protected virtual void DeleteTemporary() => _ = _files.Delete(_temporaryPath);

    /// <summary>The temporary file cannot be made.</summary>
    protected abstract void LogOpenError(string error);

    /// <summary>It cannot be written, or made durable.</summary>
    protected abstract void LogWriteError(string operation, string error);

    /// <summary>It cannot take its place.</summary>
    protected abstract void LogRenameError(string error);

    private bool Check(int error, string operation, int bytes)
    {
        Bytes += bytes;
        if (error == FileErrors.None)
            return true;
        Error = error;
        LogWriteError(operation, FileErrors.TextOf(error));
        return false;
    }
}
