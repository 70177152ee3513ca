using FastKv.Engine.Logging;
using FastKv.Engine.Monitoring;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Snapshots;
using FastKv.Structures.Encoding;

namespace FastKv.Engine.Persistence.Rdb;

/// <summary>Writes one snapshot's RDB file. One thread at a time. Control plane.</summary>
/// <param name="files">The file system.</param>
/// <param name="log">Gets errors in Redis's words.</param>
/// <param name="path">The file's name in the end.</param>
/// <param name="temporaryPath">Its name until then, in the same directory.</param>
/// <param name="hasChecksum">Whether it ends with a checksum rather than zeros (<c>rdbchecksum</c>).</param>
/// <param name="isIncremental">Whether it goes to the disk bit by bit (<c>rdb-save-incremental-fsync</c>).</param>
/// <param name="latency">Gets how long it took to delete a file that did not become complete; null: nobody does.</param>
internal sealed class RdbFileWriter(
    IFileSystem files, ServerLog log, string path, string temporaryPath, bool hasChecksum, bool isIncremental, LatencyMonitor? latency = null)
    : SnapshotFile(files, log, path, temporaryPath, isIncremental)
{
    private ulong _checksum;

    /// <inheritdoc/>
    public override bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (hasChecksum && Error == FileErrors.None)
            _checksum = Crc64.Append(_checksum, bytes);
        return base.TryWrite(bytes);
    }

    /// <inheritdoc/>
    protected override bool TryWriteEnd()
    {
        if (!TryWrite([(byte)RdbOpcode.End]))
            return false;
        ulong checksum = _checksum;
        return TryWrite(BitConverter.GetBytes(checksum));
    }

    /// <inheritdoc/>
    protected override void LogOpenError(string error) =>
        Log.Warning($"Failed opening the temp RDB file {TemporaryName} (in server root dir {DirectoryName}) for saving: {error}");

    /// <inheritdoc/>
    protected override void DeleteTemporary()
    {
        long start = latency?.Begin() ?? 0;
        base.DeleteTemporary();
        latency?.Add(LatencyMonitor.SnapshotUnlink, LatencyMonitor.MillisecondsSince(start));
    }

    /// <inheritdoc/>
    protected override void LogWriteError(string operation, string error) => Log.Warning($"Write error saving DB on disk({operation}): {error}");

    /// <inheritdoc/>
    protected override void LogRenameError(string error) =>
        Log.Warning($"Error moving temp DB file {TemporaryName} on the final destination {Name} (in server root dir {DirectoryName}): {error}");
}
