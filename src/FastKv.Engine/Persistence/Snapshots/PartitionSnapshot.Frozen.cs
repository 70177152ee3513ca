using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Persistence.Snapshots;

// Large values that change before they have been written.
internal sealed unsafe partial class PartitionSnapshot
{
    private readonly ElementChanges _changes;
    private readonly StringBuffers _buffers;

    private static bool IsLarge(ValueHeap values, EntryRef entry)
    {
        if (entry.IsPointer)
            return Values.FreeEffort(entry) > LargeEffortMin || Values.MemoryBytes(values, entry, LargeSamples) > LargeBytesMin;
        return entry.Type == ValueType.String && StringEntry.BufferOf(entry, out long length) != null && length >= LargeStringBytesMin;
    }

    /// <summary>The value that is being written is about to change.</summary>
    private void SaveCurrent()
    {
        var entry = _current;
        var chunk = Chunk();
        long before = chunk.Bytes.Length;
        if (_writer.Freeze(ref chunk.Bytes) is { } record)
        {
            PreservedBytes += chunk.Bytes.Length - before;
            _current = default;
            _record = record;
            Watch(record, entry);
            return;
        }
        _writer.Finish(ref chunk.Bytes);
        PreservedBytes += chunk.Bytes.Length - before;
        EndCurrent();
    }

    /// <summary>A large value that is not being written yet is about to change.</summary>
    private void Freeze(Database database, EntryRef entry)
    {
        var chunk = new SnapshotChunk();
        Begin(_urgentWriter, chunk, _walkOf[database.Index].Source, entry);
        if (_urgentWriter.Freeze(ref chunk.Bytes) is not { } record)
        {
            // It is told in one piece, however large it is.
            _urgentWriter.Finish(ref chunk.Bytes);
            PreservedBytes += chunk.Bytes.Length;
            if (IsWithinRecord)
                _held.Add(chunk);
            else
                _queue!.Post(_partition.Index, chunk, 0);
            return;
        }
        record.Chunk = chunk;
        PreservedBytes += chunk.Bytes.Length;
        _frozen.Enqueue(record);
        Watch(record, entry);
    }

    private void Watch(FrozenRecord record, EntryRef entry)
    {
        FrozenTotal++;
        PreservedBytes += record.HeadBytes;
        if (record is StringRecord text)
        {
            record.Value = (nint)StringEntry.BufferOf(entry, out _);
            _buffers.Add(text);
            return;
        }
        record.Value = (nint)entry.Pointer;
        if (!record.KeepsValue)
            return;
        _kept.Add(record.Value, record);
        _partition.Values.Watch = _changes;
    }

    /// <summary>It is a frozen value's turn: what has been saved of it is handed over.</summary>
    private void BeginRecord(FrozenRecord record)
    {
        if (_chunk is { Bytes.Length: > 0 })
            Post();
        else if (_chunk is not null)
            Chunks.Return(_chunk);
        foreach (var chunk in record.Chunks)
        {
            chunk.Continues = true;
            _queue!.Post(_partition.Index, chunk, 0);
        }
        record.Chunks.Clear();
        _chunk = record.Chunk;
        record.Chunk = null;
        _record = record;
    }

    private void EndRecord()
    {
        var record = _record!;
        _record = null;
        Release(record);
        PostHeld();
    }

    private void Release(FrozenRecord record)
    {
        if (record is StringRecord text)
            _buffers.Remove(text);
        if (record.KeepsValue)
            _kept.Remove(record.Value);
        if (_kept.Count == 0)
            _partition.Values.Watch = null;
        var rest = record.Release();
        if (!rest.IsNull)
            _partition.LazyFree.Free(rest);
        if (!record.Orphan.IsNull)
            _partition.LazyFree.Free(record.Orphan);
        record.Orphan = default;
    }

    private void AbandonRecords()
    {
        if (_record is not null)
            _frozen.Enqueue(_record);
        _record = null;
        while (_frozen.TryDequeue(out var record))
        {
            foreach (var chunk in record.Chunks)
                Chunks.Return(chunk);
            if (record.Chunk is not null)
                Chunks.Return(record.Chunk);
            Release(record);
        }
    }

    private void BeforeChange(byte* value, byte* element, bool isRemoved)
    {
        if (!_kept.TryGetValue((nint)value, out var record))
            return;
        bool isItsTurn = record == _record;
        var chunk = isItsTurn ? Chunk() : record.Chunk ??= new SnapshotChunk();
        long before = chunk.Bytes.Length;
        record.BeforeChange(ref chunk.Bytes, element, isRemoved);
        PreservedBytes += chunk.Bytes.Length - before;
        if (chunk.Bytes.Length < SnapshotChunks.FullBytes)
            return;
        if (isItsTurn)
        {
            Post(continues: true);
            return;
        }
        record.Chunks.Add(chunk);
        record.Chunk = null;
    }

    private void NoteAdded(byte* value, byte* element)
    {
        if (_kept.TryGetValue((nint)value, out var record))
            record.NoteAdded(element);
    }

    private sealed class ElementChanges(PartitionSnapshot snapshot) : ElementWatch
    {
        public override void BeforeChange(byte* value, byte* element, bool isRemoved) => snapshot.BeforeChange(value, element, isRemoved);

        public override void Added(byte* value, byte* element) => snapshot.NoteAdded(value, element);
    }

    // The buffers of large strings: the heap tells of them while there are any.
    private sealed class StringBuffers(PartitionSnapshot snapshot) : BlockKeeper
    {
        private readonly Dictionary<nint, FrozenString> _texts = [];

        public void Add(StringRecord record)
        {
            _texts.Add(record.Value, record.Text);
            snapshot._partition.Heap.Keeper = this;
        }

        public void Remove(StringRecord record)
        {
            _texts.Remove(record.Value);
            if (_texts.Count == 0)
                snapshot._partition.Heap.Keeper = null;
        }

        public override bool IsReading(byte* block) => _texts.ContainsKey((nint)block);

        public override bool TryTake(byte* block, long sizeBytes)
        {
            if (!_texts.TryGetValue((nint)block, out var text))
                return false;
            text.Take(sizeBytes);
            return true;
        }

        public override void BeforeWrite(byte* block, long offset, long count)
        {
            if (!_texts.TryGetValue((nint)block, out var text))
                return;
            long before = text.KeptBytes;
            text.BeforeWrite(offset, count);
            snapshot.PreservedBytes += text.KeptBytes - before;
        }
    }
}
