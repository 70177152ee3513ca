using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Rdb;

namespace FastKv.Engine.Persistence.Snapshots;

/// <summary>
/// A snapshot of all partitions on its way into an RDB file: the partitions write records between their turns (<see cref="PartitionSnapshot"/>), and a thread
/// of its own puts them into the file. Control plane.
/// </summary>
internal sealed class Snapshot
{
    private readonly SnapshotQueue _queue;
    private readonly RdbFileWriter _file;
    private readonly Action<Snapshot> _completed;

    private Snapshot(Partition[] partitions, IFileStore files, string path, bool hasChecksum, Action<Snapshot> completed)
    {
        Path = path;
        _queue = new SnapshotQueue(partitions.Length);
        _file = new RdbFileWriter(files, path, hasChecksum);
        _completed = completed;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>0, or why the file is not complete: an errno.</summary>
    public int Error => _file.Error;

    /// <summary>Whether it ended before its end, on demand.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Keys written, and keys that there were at its instant.</summary>
    public long Keys => _queue.Keys;

    /// <summary>Keys at the instant of the snapshot.</summary>
    public long KeysTotal { get; private init; }

    /// <summary>Bytes of the file so far.</summary>
    public long Bytes => _file.Bytes;

    /// <summary>Takes the instant. All partitions must be held, and none be active in another snapshot (<see cref="PartitionSnapshot.IsActive"/>).</summary>
    /// <param name="partitions">All of them.</param>
    /// <param name="files">Where files live.</param>
    /// <param name="path">The file to write; complete and synced at the end, but not renamed.</param>
    /// <param name="isAofBase">Whether it is to be the base of an AOF.</param>
    /// <param name="completed">Called once at the end, on the writing thread.</param>
    public static Snapshot Begin(Partition[] partitions, IFileStore files, string path, bool isAofBase, Action<Snapshot> completed)
    {
        var snapshot = new Snapshot(partitions, files, path, partitions[0].Options.RdbChecksum, completed)
        {
            KeysTotal = partitions.Sum(partition => partition.Databases.Sum(database => database.Count)),
        };
        bool hasFieldExpiry = partitions.Any(partition => partition.Databases.Any(database => database.HasFieldExpiries));
        long usedBytes = partitions.Sum(partition => partition.Heap.UsedBytes);
        foreach (var partition in partitions)
            partition.Snapshot.Begin(snapshot._queue);
        int version = hasFieldExpiry ? RdbFormat.VersionFieldExpiry : RdbFormat.VersionCommon;
        var thread = new Thread(() => snapshot.Write(version, usedBytes, isAofBase)) { Name = "snapshot", IsBackground = true };
        thread.Start();
        return snapshot;
    }

    /// <summary>Ends it without its rest; from any thread.</summary>
    public void Cancel()
    {
        IsCancelled = true;
        _queue.Abandon();
    }

    /// <summary>Writes the rest at once, holding all partitions: SAVE, and the end of the server.</summary>
    public static void Finish(Partition[] partitions, Memory.IClock clock)
    {
        const long sliceUs = 1_000_000;
        bool isMore = true;
        while (isMore)
        {
            isMore = false;
            foreach (var partition in partitions)
                isMore |= partition.Snapshot.RunSlice(clock, sliceUs);
        }
    }

    private void Write(int version, long usedBytes, bool isAofBase)
    {
        _file.Begin(version, usedBytes, isAofBase);
        bool isComplete = _queue.WriteAll(bytes =>
        {
            _file.Write(bytes);
            if (_file.Error != 0)
                _queue.Abandon();
        });
        if (isComplete)
            _file.End();
        else
            _file.Close();
        _completed(this);
    }
}
