using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Engine.Persistence.Snapshots;

namespace FastKv.Engine.Persistence.Aof;

/// <summary>A base that is an RDB file, written by a snapshot while the server goes on. Control plane.</summary>
internal sealed class SnapshotBase(FastKvServer server) : IAofBase
{
    private readonly FastKvServer _server = server;
    private Snapshot? _last;

    public bool CanBegin => _server.Saving.Current is null && !Snapshot.IsActive(_server.Partitions);

    public void Begin(Partition[] partitions, IFileSystem files, string path, Action<int> completed) => BeginSnapshot(partitions, files, path, completed);

    public void Write(Partition[] partitions, IFileSystem files, string path, Action<int> completed) =>
        BeginSnapshot(partitions, files, path, completed).Finish(partitions, _server.Clock);

    private Snapshot BeginSnapshot(Partition[] partitions, IFileSystem files, string path, Action<int> completed)
    {
        var file = new RdbFileWriter(files, _server.Log, path, path + ".tmp", _server.Options.RdbChecksum, _server.Options.AofRewriteIncrementalFsync);
        return _last = Snapshot.Begin(partitions, file, isAofBase: true, _server.Dataset.Functions, snapshot =>
            completed(snapshot.IsSaved ? FileErrors.None : file.Error != FileErrors.None ? file.Error : FileErrors.Interrupted));
    }

    public void Cancel() => _last?.Cancel();

    public void Wait() => _last?.Wait();
}
