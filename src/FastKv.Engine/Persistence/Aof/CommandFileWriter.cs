using FastKv.Engine.Logging;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Snapshots;

namespace FastKv.Engine.Persistence.Aof;

/// <summary>Writes one snapshot's file of commands: nothing stands before, between and behind them. One thread at a time. Control plane.</summary>
/// <param name="files">The file system.</param>
/// <param name="log">Gets errors in Redis's words.</param>
/// <param name="path">The file's name in the end.</param>
/// <param name="temporaryPath">Its name until then, in the same directory.</param>
/// <param name="isIncremental">Whether it goes to the disk bit by bit (<c>aof-rewrite-incremental-fsync</c>).</param>
internal sealed class CommandFileWriter(IFileSystem files, ServerLog log, string path, string temporaryPath, bool isIncremental)
    : SnapshotFile(files, log, path, temporaryPath, isIncremental)
{
    /// <inheritdoc/>
    protected override void LogOpenError(string error) => Log.Warning($"Opening the temp file for AOF rewrite in rewriteAppendOnlyFile(): {error}");

    /// <inheritdoc/>
    protected override void LogWriteError(string operation, string error) => Log.Warning($"Write error writing append only file on disk: {error}");

    /// <inheritdoc/>
    protected override void LogRenameError(string error) => Log.Warning($"Error moving temp append only file on the final destination: {error}");
}
