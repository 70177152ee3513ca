using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Snapshots;

// Data plane, under the ownership word. The keys of one partition as they were at one instant, while commands go on; no fork.
//
//   Begin        turns the partition's generation over: every entry that is there belongs to the old one now
//   RunSlice     walks the tables in hash order and writes what is of the old generation, which makes it of the new one
//   Save         an entry of the old generation is about to change or to go: it is written first (Database calls this)
//
// New entries are born into the new generation, so they are not written. At the end all entries are of the new generation, and the next snapshot turns it
// over again: one bit per entry is all it takes, wherever tables split, grow or exchange places meanwhile.
//
// A large value is written over several slices, and may change before its turn comes, and in its midst. Then it is frozen (FrozenRecord): what has to be saved of it
// is saved piece by piece, in chunks of its own until it is its turn, because records do not interleave. A large value that is removed is frozen as well, and freed
// when it has been written. What else has to be saved while a large value is being written waits in chunks until that ends.
//
//   small                 written at once when it is about to change
//   string                what is about to be overwritten; a buffer that goes is kept      NativeHeap.Keeper tells of it; FrozenString
//   hash, set, sorted set an element that is about to change or go                          ValueHeap.Watch tells of it
//   list, stream          the block that is about to change; one that goes is kept          FrozenList, FrozenStream

/// <summary>A snapshot of one partition.</summary>
internal sealed unsafe partial class PartitionSnapshot : IDisposable
{
    /// <summary>Bytes written between two looks at the clock: some 100 µs.</summary>
    private const int StepBytes = 32 * 1024;

    /// <summary>A value with a pointer is large beyond so many units of effort, or of bytes; what is below is written in some 50 µs.</summary>
    private const int LargeEffortMin = 512;
    private const int LargeBytesMin = 32 * 1024;
    private const int LargeSamples = 16;

    /// <summary>A string is large from so many bytes on: below, it is written in one piece anyway, in some 200 µs if it is compressed, 10 µs if not.</summary>
    private const int LargeStringBytesMin = 64 * 1024;

    private readonly Partition _partition;
    private readonly RecordWriter[] _rdbWriters;
    private readonly RecordWriter[] _commandWriters = [new CommandRecordWriter(), new CommandRecordWriter()];
    private readonly List<Walk> _walks = [];
    private readonly List<SnapshotChunk> _held = [];
    private readonly Queue<FrozenRecord> _frozen = new();
    private readonly Dictionary<nint, FrozenRecord> _kept = [];
    private RecordWriter _writer;
    private RecordWriter _urgentWriter;
    private FrozenRecord? _record;
    private Walk[] _walkOf = [];
    private SnapshotQueue? _queue;
    private SnapshotChunk? _chunk;
    private SnapshotChunk? _heldChunk;
    private EntryRef _current;
    private long _keys;
    private bool _isOver = true;

    public PartitionSnapshot(Partition partition)
    {
        _partition = partition;
        _rdbWriters = [new RdbRecordWriter(partition), new RdbRecordWriter(partition)];
        (_writer, _urgentWriter) = (_rdbWriters[0], _rdbWriters[1]);
        _changes = new ElementChanges(this);
        _buffers = new StringBuffers(this);
    }

    /// <summary>Its free chunks.</summary>
    public SnapshotChunks Chunks { get; } = new();

    /// <summary>Entries of the old generation are left: written, or (after the snapshot was abandoned) only turned over.</summary>
    public bool IsActive => !_isOver;

    /// <summary>Whether there is no room for more until some of it is in the file.</summary>
    public bool WaitsForDisk => _queue is not null && !_queue.HasRoom(_partition.Index);

    /// <summary>Whether the entry is one that has been written in part: its block must stay where it is.</summary>
    public bool IsWriting(EntryRef entry) => entry == _current;

    /// <summary>Large values, since the start, that changed or went before a snapshot had written them.</summary>
    public long FrozenTotal { get; private set; }

    /// <summary>
    /// Bytes, since the start, that commands had to wait for: written, or copied from strings, because values were about to change. (Blocks of lists and streams,
    /// of some KiB, and pending entries one by one, are kept without being counted.)
    /// </summary>
    public long PreservedBytes { get; private set; }

    /// <summary>An entry in no table is about to be freed.</summary>
    /// <returns>True: it is kept until it has been written, and freed then.</returns>
    public bool TryKeep(EntryRef entry)
    {
        if (_kept.Count == 0 || !entry.IsPointer || !_kept.TryGetValue((nint)entry.Pointer, out var record))
            return false;
        record.Orphan = entry;
        return true;
    }

    /// <summary>Takes the instant: what is there now is what will be written. The partition must be at rest, and no other snapshot active.</summary>
    /// <param name="queue">Where to.</param>
    /// <param name="asCommands">As commands, rather than as records of an RDB file.</param>
    public void Begin(SnapshotQueue queue, bool asCommands)
    {
        if (IsActive)
            throw new InvalidOperationException("A snapshot is active.");
        _queue = queue;
        RecordWriter[] writers = asCommands ? _commandWriters : _rdbWriters;
        (_writer, _urgentWriter) = (writers[0], writers[1]);
        _partition.Generation ^= EntryFlags.Generation;
        _walkOf = [.. _partition.Databases.Select(database => new Walk(database.Index, database.Table) { IsDone = database.Count == 0 })];
        _walks.AddRange(_walkOf.Where(walk => !walk.IsDone));
        _isOver = false;
    }

    /// <summary>Writes for about <paramref name="budgetUs"/>.</summary>
    /// <returns>Whether it has to be called again.</returns>
    public bool RunSlice(IClock clock, long budgetUs)
    {
        if (_isOver)
            return false;
        long endUs = clock.MonotonicMicroseconds + budgetUs;
        do
        {
            if (_queue is { IsAbandoned: true })
                Abandon();
            if (_queue is not null && !_queue.HasRoom(_partition.Index))
                return true;
            if (!Step())
            {
                End();
                return false;
            }
        }
        while (clock.MonotonicMicroseconds < endUs);
        return true;
    }

    /// <summary>Writes an entry of the old generation, which is about to change or to go.</summary>
    public void Save(Database database, EntryRef entry)
    {
        entry.SetGeneration(_partition.Generation);
        if (_queue is null)
            return;
        if (entry == _current)
        {
            SaveCurrent();
            return;
        }
        if (IsLarge(_partition.Values, entry))
        {
            Freeze(database, entry);
            return;
        }
        ref var chunk = ref IsWithinRecord ? ref _heldChunk : ref _chunk;
        chunk ??= Chunks.Take();
        long before = chunk.Bytes.Length;
        Begin(_urgentWriter, chunk, _walkOf[database.Index].Source, entry);
        _urgentWriter.Finish(ref chunk.Bytes);
        PreservedBytes += chunk.Bytes.Length - before;
        if (chunk.Bytes.Length < SnapshotChunks.FullBytes)
            return;
        if (IsWithinRecord)
            Hold();
        else
            Post();
    }

    /// <summary>A database is about to be emptied.</summary>
    /// <returns>True: the snapshot keeps the table, and passes it to <see cref="LazyFree"/> when it is done with it.</returns>
    public bool TryKeep(Database database)
    {
        if (_isOver)
            return false;

        // Nobody wants the table of a snapshot that was given up (FLUSHALL ends the background save first).
        if (_queue is { IsAbandoned: true })
            Abandon();
        var walk = _walkOf[database.Index];
        _walkOf[database.Index] = new Walk(database.Index, default) { IsDone = true };
        if (walk.IsDone || _queue is null)
        {
            walk.IsDone = true;
            return false;
        }
        walk.IsOrphan = true;
        return true;
    }

    /// <summary>Two databases exchange their contents.</summary>
    public void Swap(Database one, Database other)
    {
        if (!_isOver)
            (_walkOf[one.Index], _walkOf[other.Index]) = (_walkOf[other.Index], _walkOf[one.Index]);
    }

    public void Dispose()
    {
        Abandon();
        foreach (var walk in _walks.Where(walk => walk.IsOrphan))
            _partition.LazyFree.Add(walk.Table);
        _walks.Clear();
        _writer.Dispose();
        _urgentWriter.Dispose();
        Chunks.Dispose();
    }

    /// <summary>Whether a large value is being written: its chunks follow one another.</summary>
    private bool IsWithinRecord => !_current.IsNull || _record is not null;

    private SnapshotChunk Chunk() => _chunk ??= Chunks.Take();

    /// <summary>Writes a bucket, or a piece of a large value; false: nothing is left.</summary>
    private bool Step()
    {
        if (_record is not null)
        {
            var chunk = Chunk();
            if (_record.Continue(ref chunk.Bytes, StepBytes))
                EndRecord();
            else if (chunk.Bytes.Length >= SnapshotChunks.FullBytes)
                Post(continues: true);
            return true;
        }
        if (!_current.IsNull)
        {
            var chunk = Chunk();
            if (_writer.Continue(ref chunk.Bytes, StepBytes))
                EndCurrent();
            else if (chunk.Bytes.Length >= SnapshotChunks.FullBytes)
                Post(continues: true);
            return true;
        }
        if (_frozen.TryDequeue(out var record))
        {
            BeginRecord(record);
            return true;
        }
        if (_walks.Count == 0)
            return false;
        var walk = _walks[^1];
        if (!walk.IsDone)
        {
            var visitor = new Visitor { Snapshot = this, Source = walk.Source };
            ulong next = walk.Table.Scan(walk.Position, ref visitor);
            if (!visitor.IsCutShort)
                walk.Position = next;
            walk.IsDone = !visitor.IsCutShort && next == 0;
        }
        if (walk.IsDone && _current.IsNull)
        {
            _walks.RemoveAt(_walks.Count - 1);
            if (walk.IsOrphan)
                _partition.LazyFree.Add(walk.Table);
        }
        return true;
    }

    /// <summary>Writes an entry if it is of the old generation; false: it has to wait for a large value.</summary>
    private bool Visit(EntryRef entry, int source)
    {
        if (entry.Generation == _partition.Generation)
            return true;
        if (_queue is null)
        {
            entry.SetGeneration(_partition.Generation);
            return true;
        }
        if (!_current.IsNull)
            return entry == _current;
        var chunk = Chunk();
        Begin(_writer, chunk, source, entry);
        if (!_writer.Continue(ref chunk.Bytes, StepBytes))
        {
            _current = entry;
            return true;
        }
        entry.SetGeneration(_partition.Generation);
        if (chunk.Bytes.Length >= SnapshotChunks.FullBytes)
            Post();
        return true;
    }

    private void Begin(RecordWriter writer, SnapshotChunk chunk, int source, EntryRef entry)
    {
        if (chunk.Database != source)
        {
            chunk.Database = source;
            writer.WriteSelect(ref chunk.Bytes, source);
        }
        writer.Begin(ref chunk.Bytes, _partition.Values, entry);
        _keys++;
    }

    private void EndCurrent()
    {
        _current.SetGeneration(_partition.Generation);
        _current = default;
        PostHeld();
    }

    private void PostHeld()
    {
        if (_chunk!.Bytes.Length >= SnapshotChunks.FullBytes || _held.Count > 0 || _heldChunk is not null)
            Post();
        if (_heldChunk is not null)
            Hold();
        foreach (var chunk in _held)
            _queue!.Post(_partition.Index, chunk, 0);
        _held.Clear();
    }

    private void Hold()
    {
        _held.Add(_heldChunk!);
        _heldChunk = null;
    }

    private void Post(bool continues = false, bool isLast = false)
    {
        var chunk = Chunk();
        chunk.Continues = continues;
        chunk.IsLast = isLast;
        _queue!.Post(_partition.Index, chunk, _keys);
        _keys = 0;
        _chunk = null;
    }

    private void End()
    {
        _isOver = true;
        if (_queue is not null)
            Leave();
        _walkOf = [];

        // The writers' memory is for the time of a snapshot.
        _writer.Dispose();
        _urgentWriter.Dispose();
    }

    private void Leave()
    {
        Post(isLast: true);
        _queue!.Release();
        _queue = null;
    }

    /// <summary>Writes nothing more; what is left of the old generation is still to be turned over.</summary>
    private void Abandon()
    {
        if (_queue is null)
            return;
        _writer.Abandon();
        if (!_current.IsNull)
        {
            // The walk has passed it, and does not come back.
            _current.SetGeneration(_partition.Generation);
            _current = default;
        }
        AbandonRecords();
        if (_chunk is not null)
            _held.Add(_chunk);
        if (_heldChunk is not null)
            _held.Add(_heldChunk);
        foreach (var chunk in _held)
            Chunks.Return(chunk);
        _held.Clear();
        _chunk = _heldChunk = null;
        _queue.Release();
        _queue = null;
    }

    /// <summary>How far a table has been walked.</summary>
    private sealed class Walk(int source, ExtendibleTable<KeyEntryLayout> table)
    {
        /// <summary>The number of the database at the instant of the snapshot.</summary>
        public readonly int Source = source;
        public readonly ExtendibleTable<KeyEntryLayout> Table = table;
        public ulong Position;
        public bool IsDone;

        /// <summary>The database has been emptied since: the table is the snapshot's.</summary>
        public bool IsOrphan;
    }

    private struct Visitor : IEntryVisitor
    {
        public PartitionSnapshot Snapshot;
        public int Source;

        /// <summary>Some entry has to wait: the bucket is to be visited again.</summary>
        public bool IsCutShort;

        public void Visit(byte* entry)
        {
            if (!Snapshot.Visit(new EntryRef(entry), Source))
                IsCutShort = true;
        }
    }
}
