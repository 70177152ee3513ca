using FastKv.Engine.Logging;
using FastKv.Engine.Monitoring;
using FastKv.Engine.Persistence.Files;
using FastKv.Memory;
using FastKv.Structures.Encoding;

namespace FastKv.Engine.Persistence.Rdb;

// Control plane. The file side of a snapshot: bytes go to a temporary file, with their checksum; when all are there the file is made durable, takes the place
// of the one before, and that is made durable too. Until then the old file stays as it is, whatever happens.

/// <summary>Writes one snapshot's file. One thread at a time.</summary>
/// <param name="files">The file system.</param>
/// <param name="log">Gets errors in Redis's words.</param>
/// <param name="path">The file's name in the end.</param>
/// <param name="temporaryPath">Its name until then, in the same directory.</param>
/// <param name="hasChecksum">Whether it ends with a checksum rather than zeros (<c>rdbchecksum</c>).</param>
/// <param name="isIncremental">Whether it goes to the disk bit by bit (<c>rdb-save-incremental-fsync</c>).</param>
/// <param name="latency">Gets how long it took to delete a file that did not become complete; null: nobody does.</param>
internal sealed unsafe class RdbFileWriter(
    IFileSystem files, ServerLog log, string path, string temporaryPath, bool hasChecksum, bool isIncremental, LatencyMonitor? latency = null) : IDisposable
{
    /// <summary>
    /// So much is on its way to the disk, and as much gathers meanwhile: the fsync at the end finds little left to do, and those of the append-only file beside
    /// it (which replies may wait for) never stand behind a whole snapshot.
    /// </summary>
    private const long WriteBackBytes = 4 << 20;

    private readonly IFileSystem _files = files;
    private readonly ServerLog _log = log;
    private readonly string _path = path;
    private readonly string _temporaryPath = temporaryPath;
    private readonly bool _hasChecksum = hasChecksum;
    private readonly bool _isIncremental = isIncremental;
    private readonly LatencyMonitor? _latency = latency;
    private IOutputFile? _file;
    private ulong _checksum;
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
        Error = _files.OpenForWriting(_temporaryPath, append: false, out _file);
        if (Error == FileErrors.None)
            return true;
        _log.Warning($"Failed opening the temp RDB file {Path.GetFileName(_temporaryPath)} (in server root dir {Path.GetDirectoryName(_path)}) for saving: "
            + FileErrors.TextOf(Error));
        return false;
    }

    /// <summary>Writes bytes; after an error nothing any more, and false.</summary>
    public bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (Error != FileErrors.None)
            return false;
        if (_hasChecksum)
            _checksum = Crc64.Append(_checksum, bytes);
        bool isWritten = Check(_file!.WriteAll(bytes), "write", bytes.Length);
        if (isWritten && _isIncremental && Bytes - _onItsWay >= WriteBackBytes)
        {
            _file!.WriteBack(_onItsWayBefore, _onItsWay, Bytes);
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
        if (!TryWrite([(byte)RdbOpcode.End]))
            return false;
        ulong checksum = _checksum;
        if (!TryWrite(BitConverter.GetBytes(checksum)) || !Check(_file!.Sync(), "fsync", 0))
            return false;
        _file.Dispose();
        _file = null;
        Error = _files.Rename(_temporaryPath, _path);
        if (Error != FileErrors.None)
        {
            _log.Warning($"Error moving temp DB file {Path.GetFileName(_temporaryPath)} on the final destination {Path.GetFileName(_path)} "
                + $"(in server root dir {Path.GetDirectoryName(_path)}): {FileErrors.TextOf(Error)}");
            return false;
        }
        _isComplete = true;
        return Check(_files.SyncDirectory(Path.GetDirectoryName(_path)!), "fsync of the directory", 0);
    }

    /// <summary>Closes the file; one that is not complete is deleted.</summary>
    public void Dispose()
    {
        bool wasMade = _file is not null || (!_isComplete && Bytes > 0);
        _file?.Dispose();
        _file = null;
        if (!wasMade || _isComplete)
            return;
        long start = _latency?.Begin() ?? 0;
        _ = _files.Delete(_temporaryPath);
        _latency?.Add(LatencyMonitor.SnapshotUnlink, LatencyMonitor.MillisecondsSince(start));
    }

    private bool Check(int error, string operation, int bytes)
    {
        Bytes += bytes;
        if (error == FileErrors.None)
            return true;
        Error = error;
        _log.Warning($"Write error saving DB on disk({operation}): {FileErrors.TextOf(error)}");
        return false;
    }
}
