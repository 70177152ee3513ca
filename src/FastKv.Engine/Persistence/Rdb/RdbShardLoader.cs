using System.Runtime.CompilerServices;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Loading;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Rdb;

/// <summary>A record of a file: where it is, and what stood before it.</summary>
internal struct RdbRecord
{
    /// <summary>Of the type byte.</summary>
    public long Offset;
    public long ExpiryMs;
    public long IdleSeconds;
    public int Frequency;
    public int Database;
    public RdbType Type;
}

/// <summary>Records of one shard: some that are small, or a large one.</summary>
internal sealed class RdbBatch(RdbLoader owner, int recordsMax) : LoadWork
{
    /// <summary>
    /// From so many bytes on a record is built in steps. Compressed bytes may become 88 times as many, of which there is a quarter of a megabyte in a batch at
    /// most: it takes some milliseconds, however much of it is compressed.
    /// </summary>
    public const long LargeBytes = 1 << 16;

    private readonly RdbLoader _owner = owner;
    public readonly RdbRecord[] Records = new RdbRecord[recordsMax];
    public int Count;
    public long Bytes;
    public int Shard;

    /// <summary>Whether there is one record, which is built in steps.</summary>
    public bool IsLarge;

    /// <summary>Whether its first step has been taken.</summary>
    public bool IsBegun;

    /// <summary>Keys of a database that are to be prepared for before the records are built; 0: none.</summary>
    public long ReservedKeys;
    public int ReservedDatabase;

    public override bool Run() => _owner.Build(this);

    public override void Recycle() => _owner.Return(this);
}

/// <summary>
/// Makes the values of records on one partition and inserts them. As with commands, records go through passes of 16, so that the cache misses of the table
/// overlap. Data plane.
/// </summary>
internal sealed unsafe class RdbShardLoader
{
    private const int Group = 16;

    private readonly Partition _partition;
    private readonly byte* _data;
    private readonly long _length;
    private readonly RdbLoadOptions _options;
    private readonly RdbLargeValue _large = new();
    private RdbText _largeKey;

    /// <summary>For values that are strings; holds a block within a batch only.</summary>
    private RdbText _text;
    private bool _knowsTime;

    public RdbShardLoader(Partition partition, byte* data, long length, RdbLoadOptions options)
    {
        _partition = partition;
        _data = data;
        _length = length;
        _options = options;
    }

    public RdbFault Fault { get; private set; }

    public long FaultOffset { get; private set; }

    public long KeysLoaded { get; private set; }

    public long KeysEmpty { get; private set; }

    /// <summary>Whether a large value is being built.</summary>
    public bool IsUnfinished => _large.IsUnfinished;

    /// <summary>Prepares the table of a database that is empty.</summary>
    public void Reserve(int database, long keys) => _partition.Databases[database].Reserve(keys);

    /// <summary>Loads the records of a batch; false: see the fault.</summary>
    /// <remarks>
    /// This, with the smaller methods that it takes in, is compiled for good when the first batch comes: much of a load would be over before that had happened in
    /// steps.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryLoad(RdbBatch batch)
    {
        if (!_knowsTime)
            NoteTime();
        RdbText* keys = stackalloc RdbText[Group];
        long* values = stackalloc long[Group];
        ulong* hashes = stackalloc ulong[Group];
        new Span<RdbText>(keys, Group).Clear();
        bool loaded = true;
        for (int first = 0; first < batch.Count && loaded; first += Group)
        {
            var records = batch.Records.AsSpan(first, Math.Min(Group, batch.Count - first));
            loaded = TryReadKeys(records, keys, values, hashes);
            for (int i = 0; i < records.Length && loaded; i++)
                loaded = TryInsert(records[i], ref keys[i], values[i], hashes[i]);
        }
        for (int i = 0; i < Group; i++)
            keys[i].Release(_partition.Heap);
        _text.Release(_partition.Heap);
        return loaded;
    }

    /// <summary>Begins a large record, or goes on with it; false: see the fault.</summary>
    public bool TryLoadSome(in RdbRecord record)
    {
        var database = _partition.Databases[record.Database];
        if (!_large.IsUnfinished && !TryBegin(record))
            return false;
        fixed (byte* bytes = _largeKey.Span)
        {
            var key = new Key(bytes, _largeKey.Length, _partition.Routing.Hash(bytes, _largeKey.Length));
            byte* entry = RdbValueReader.ReadSome(database.Values, _large, record.Type, key.Span, record.ExpiryMs, AccessBits(record), _options.DueMs);
            if (_large.IsUnfinished)
                return true;
            bool isSound = TryTake(database, key, entry, _large.Input);
            _largeKey.Release(_partition.Heap);
            return isSound;
        }
    }

    /// <summary>Frees what there is of a large value.</summary>
    public void Abandon()
    {
        _large.Abandon();
        _largeKey.Release(_partition.Heap);
    }

    private bool TryBegin(in RdbRecord record)
    {
        if (!_knowsTime)
            NoteTime();
        _large.Input = new RdbInput(_data, _length) { At = _data + record.Offset + 1 };
        if (!_large.Input.TryString(_partition.Heap, ref _largeKey))
            return Fail(_large.Input.Fault, _large.Input.FaultOffset);
        fixed (byte* bytes = _largeKey.Span)
        {
            var key = new Key(bytes, _largeKey.Length, _partition.Routing.Hash(bytes, _largeKey.Length));
            return TryMakeRoom(_partition.Databases[record.Database], key, record.Offset);
        }
    }

    /// <summary>On the thread that runs the partition, hence not when this is made.</summary>
    private void NoteTime()
    {
        _knowsTime = true;
        _partition.SetClock(_options.NowMs);
        foreach (var database in _partition.Databases)
            database.NoteTime();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryReadKeys(ReadOnlySpan<RdbRecord> records, RdbText* keys, long* values, ulong* hashes)
    {
        var input = new RdbInput(_data, _length);
        for (int i = 0; i < records.Length; i++)
        {
            input.At = _data + records[i].Offset + 1;
            if (!input.TryString(_partition.Heap, ref keys[i]))
                return Fail(input.Fault, input.FaultOffset);
            values[i] = input.Offset;
            fixed (byte* key = keys[i].Span)
                hashes[i] = _partition.Routing.Hash(key, keys[i].Length);
            _partition.Databases[records[i].Database].PrefetchBucket(hashes[i]);
        }
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryInsert(in RdbRecord record, ref RdbText text, long valueOffset, ulong hash)
    {
        var database = _partition.Databases[record.Database];
        fixed (byte* bytes = text.Span)
        {
            var key = new Key(bytes, text.Length, hash);
            if (!TryMakeRoom(database, key, record.Offset))
                return false;

            // Not with an initializer: that copies what has just been written, in other widths, which a core has to wait for.
            var input = new RdbInput(_data, _length);
            input.At = _data + valueOffset;
            uint access = AccessBits(record);
            byte* entry = record.Type == RdbType.String
                ? RdbValueReader.ReadString(_partition.Heap, ref input, ref _text, key.Span, record.ExpiryMs, access)
                : RdbValueReader.Read(database.Values, ref input, record.Type, key.Span, record.ExpiryMs, access, _options.DueMs);
            return TryTake(database, key, entry, input);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryMakeRoom(Database database, in Key key, long recordOffset) =>
        !database.Exists(key) || TryRemove(database, key, recordOffset);

    private bool TryRemove(Database database, in Key key, long recordOffset)
    {
        if (!_options.Replaces)
            return Fail(RdbFault.DuplicateKey, recordOffset);
        database.Remove(key, database.PeekRaw(key));
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTake(Database database, in Key key, byte* entry, in RdbInput input)
    {
        _partition.Statistics.CheckedPayloads += input.Checked;
        if (entry == null)
            return TryPassOver(input);
        database.Insert(key, new EntryRef(entry), isNew: false);
        KeysLoaded++;
        return true;
    }

    private bool TryPassOver(in RdbInput input)
    {
        if (input.Fault != RdbFault.EmptyKey)
            return Fail(input.Fault, input.FaultOffset);

        // As Redis: some versions have left empty collections in files.
        KeysEmpty++;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint AccessBits(in RdbRecord record) =>
        record.IdleSeconds < 0 && record.Frequency < 0 ? _partition.NewAccessBits : AccessBitsOf(record);

    private uint AccessBitsOf(in RdbRecord record)
    {
        if (_partition.IsLfu)
            return record.Frequency < 0 ? _partition.NewAccessBits : AccessFrequency.Of(_options.NowMs, record.Frequency);
        return record.IdleSeconds < 0
            ? _partition.NewAccessBits
            : AccessClock.At(_options.NowMs - (Math.Min(record.IdleSeconds, _options.NowMs / 1000) * 1000));
    }

    private bool Fail(RdbFault fault, long offset)
    {
        Fault = fault;
        FaultOffset = offset;
        return false;
    }
}
