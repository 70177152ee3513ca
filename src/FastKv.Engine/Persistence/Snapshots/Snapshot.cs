using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Memory;

namespace FastKv.Engine.Persistence.Snapshots;

/// <summary>
/// A snapshot of all partitions on its way into a file: the partitions write records between their turns (<see cref="PartitionSnapshot"/>), and a thread
/// of its own puts them into the file. Control plane.
/// </summary>
internal sealed class Snapshot
{
    private readonly SnapshotQueue _queue;
    private readonly SnapshotFile _file;
    private readonly Action<Snapshot> _completed;
    private readonly Thread _thread;

    private Snapshot(Partition[] partitions, SnapshotFile file, SnapshotKind kind, IReadOnlyList<byte[]> functions, Action<Snapshot> completed)
    {
        _queue = new SnapshotQueue([.. partitions.Select(partition => partition.Snapshot.Chunks)]);
        _file = file;
        _completed = completed;
        KeysTotal = partitions.Sum(partition => partition.Databases.Sum(database => database.Count));
        StartedMs = partitions[0].NowMs;
        foreach (var partition in partitions)
            partition.Snapshot.Begin(_queue, kind == SnapshotKind.CommandBase);
        var head = kind == SnapshotKind.CommandBase ? MakeCommands(functions) : MakeHead(partitions, kind == SnapshotKind.RdbBase, functions);
        _thread = new Thread(() => Write(head)) { Name = "snapshot", IsBackground = true };
        _thread.Start();
    }

    /// <summary>The instant that it is of, Unix milliseconds.</summary>
    public long StartedMs { get; }

    /// <summary>Whether the file is complete and in its place.</summary>
    public bool IsSaved { get; private set; }

    /// <summary>Whether it was ended before its end, on demand.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Keys written.</summary>
    public long Keys => _queue.Keys;

    /// <summary>Keys at the instant of the snapshot.</summary>
    public long KeysTotal { get; }

    /// <summary>
    /// Takes the instant. All partitions must be held, and none be active in another snapshot (<see cref="PartitionSnapshot.IsActive"/>).
    /// </summary>
    /// <param name="partitions">All of them.</param>
    /// <param name="file">The file, not yet opened; disposed of at the end.</param>
    /// <param name="kind">What the file is to be.</param>
    /// <param name="functions">The code of function libraries.</param>
    /// <param name="completed">Called once at the end, on the writing thread.</param>
    public static Snapshot Begin(
        Partition[] partitions, SnapshotFile file, SnapshotKind kind, IReadOnlyList<byte[]> functions, Action<Snapshot> completed) =>
        new(partitions, file, kind, functions, completed);

    /// <summary>Waits until the writing thread has done with the file; at once if it has, soon if the snapshot was cancelled.</summary>
    public void Wait() => _thread.Join();

    /// <summary>Whether some partition has still to do with a snapshot: the present one, or one that was cancelled.</summary>
    public static bool IsActive(Partition[] partitions)
    {
        foreach (var partition in partitions)
        {
            if (partition.Snapshot.IsActive)
                return true;
        }
        return false;
    }

    /// <summary>Has the partitions write all that is left, while the caller holds them, and waits for the file.</summary>
    public void Finish(Partition[] partitions, IClock clock)
    {
        Drain(partitions, clock);
        _thread.Join();
    }

    /// <summary>
    /// Has the partitions, all of which the caller holds, do what is left of the snapshots that are active, so that another one can begin: that of a rewrite
    /// goes to its file (which is completed later), and of one that was given up the entries are turned over. O(keys that are left).
    /// </summary>
    public static void Drain(Partition[] partitions, IClock clock)
    {
        const long sliceUs = 1_000_000;
        const int pauseMs = 1;
        while (IsActive(partitions))
        {
            foreach (var partition in partitions)
                partition.Snapshot.RunSlice(clock, sliceUs);

            // They stop when the disk is behind.
            if (partitions.Any(partition => partition.Snapshot.WaitsForDisk))
                Thread.Sleep(pauseMs);
        }
    }

    /// <summary>
    /// Writes the file of a server without keys. All partitions must be held and empty; a snapshot that is active goes on beside it, since there is nothing to
    /// take.
    /// </summary>
    /// <returns>Whether it is complete and in its place.</returns>
    public static bool WriteEmpty(Partition[] partitions, RdbFileWriter file, IReadOnlyList<byte[]> functions)
    {
        var head = MakeHead(partitions, isAofBase: false, functions);
        bool isSaved = file.TryOpen() && file.TryWrite(ref head) && file.TryComplete();
        head.Release();
        return isSaved;
    }

    /// <summary>Ends it without its rest; from any thread.</summary>
    public void Cancel()
    {
        IsCancelled = true;
        _queue.Abandon();
    }

    private static NativeBuffer MakeHead(Partition[] partitions, bool isAofBase, IReadOnlyList<byte[]> functions)
    {
        NativeBuffer head = default;
        bool hasFieldExpiry = partitions.Any(partition => partition.Databases.Any(database => database.HasFieldExpiries));
        int version = hasFieldExpiry ? RdbFormat.VersionFieldExpiry : RdbFormat.VersionCommon;
        RdbRecords.WriteHead(ref head, version, partitions[0].NowMs, partitions.Sum(partition => partition.Heap.UsedBytes), isAofBase);
        foreach (byte[] code in functions)
            RdbRecords.WriteFunction(ref head, code);
        for (int i = 0; i < partitions[0].Databases.Length; i++)
        {
            long keys = partitions.Sum(partition => partition.Databases[i].Count);
            if (keys == 0)
                continue;
            RdbRecords.WriteSelect(ref head, i);
            RdbRecords.WriteResize(ref head, keys, partitions.Sum(partition => partition.Databases[i].VolatileCount));
        }
        return head;
    }

    /// <summary>What stands before the keys in a file of commands.</summary>
    private static NativeBuffer MakeCommands(IReadOnlyList<byte[]> functions)
    {
        NativeBuffer commands = default;
        foreach (byte[] code in functions)
        {
            RdbOutput.Raw(ref commands, System.Text.Encoding.ASCII.GetBytes(FormattableString.Invariant($"*3\r\n$8\r\nFUNCTION\r\n$4\r\nLOAD\r\n${code.Length}\r\n")));
            RdbOutput.Raw(ref commands, code);
            RdbOutput.Raw(ref commands, "\r\n"u8);
        }
        return commands;
    }

    private void Write(NativeBuffer head)
    {
        bool isOpen = _file.TryOpen() && _file.TryWrite(ref head);
        head.Release();
        if (!isOpen)
            _queue.Abandon();
        bool isComplete = _queue.WriteAll(bytes =>
        {
            if (!_file.TryWrite(bytes))
                _queue.Abandon();
        });
        IsSaved = isComplete && _file.TryComplete();
        _file.Dispose();
        _queue.Release();
        _completed(this);
    }
}
