using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Engine.Persistence.Snapshots;

namespace FastKv.Engine.Persistence.Aof;

/// <summary>
/// How the base of an AOF comes to be: a snapshot of all partitions at the instant of <see cref="Begin"/>, at which all of them are held, written while the
/// server goes on; as an RDB file, or as commands. Control plane.
/// </summary>
internal sealed class AofBase(FastKvServer server)
{
    private readonly FastKvServer _server = server;
    private Snapshot? _last;

    /// <summary>Whether a base can be begun now; all partitions are held.</summary>
    public bool CanBegin => _server.Saving.Current is null && !Snapshot.IsActive(_server.Partitions);

    /// <summary>Begins to write the base to a file, which is synced when it is complete.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isRdb">Whether it is an RDB file.</param>
    /// <param name="completed">Called once, on any thread, with an errno.</param>
    public void Begin(string path, bool isRdb, Action<int> completed) => BeginSnapshot(path, isRdb, completed);

    /// <summary>As <see cref="Begin"/>, and the base is complete (or has failed) when this returns.</summary>
    public void Write(string path, bool isRdb, Action<int> completed) => BeginSnapshot(path, isRdb, completed).Finish(_server.Partitions, _server.Clock);

    /// <summary>Ends what has been begun, if it goes on, without its rest; the errno tells that it was interrupted. Any thread.</summary>
    public void Cancel() => _last?.Cancel();

    /// <summary>Waits until what was cancelled has been told to be over.</summary>
    public void Wait() => _last?.Wait();

    private Snapshot BeginSnapshot(string path, bool isRdb, Action<int> completed)
    {
        var options = _server.Options;
        bool isIncremental = options.AofRewriteIncrementalFsync;
        string temporaryPath = path + ".tmp";
        SnapshotFile file = isRdb
            ? new RdbFileWriter(_server.Files, _server.Log, path, temporaryPath, options.RdbChecksum, isIncremental)
            : new CommandFileWriter(_server.Files, _server.Log, path, temporaryPath, isIncremental);
        var kind = isRdb ? SnapshotKind.RdbBase : SnapshotKind.CommandBase;
        return _last = Snapshot.Begin(_server.Partitions, file, kind, _server.Dataset.Functions, snapshot =>
            completed(snapshot.IsSaved ? FileErrors.None : file.Error != FileErrors.None ? file.Error : FileErrors.Interrupted));
    }
}
