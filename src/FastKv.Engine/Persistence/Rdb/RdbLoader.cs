using System.Collections.Concurrent;
using System.Text;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Loading;
using FastKv.Memory;
using FastKv.Structures;
using FastKv.Structures.Encoding;

namespace FastKv.Engine.Persistence.Rdb;

// Control plane. Loading a file with all shards at once:
//
//   reader (the caller's thread)                                whoever runs the partition (LoadCrew)
//   opcodes, checksum; passes over keys and values,             keys, values: made on the partition's heap, inserted
//   hands records to the shard of their key ──bounded queue──►
//
// A record is a place in the file, which lies in memory as a whole, so nothing is copied. The first fault anywhere ends all of it.

/// <summary>How a file is to be loaded.</summary>
internal sealed class RdbLoadOptions
{
    /// <summary>The time: keys and fields that are due are left out.</summary>
    public required long NowMs { get; init; }

    /// <summary>Whether due keys are left out (not in the base of a journal, whose increments know of them).</summary>
    public bool DropsExpired { get; init; } = true;

    /// <summary>Whether the checksum is verified (<c>rdbchecksum</c>).</summary>
    public bool VerifiesChecksum { get; init; } = true;

    /// <summary>Whether a key that is there already is replaced; else it is a fault.</summary>
    public bool Replaces { get; init; }

    /// <summary>Who is told how far it has come; null: nobody.</summary>
    public LoadingProgress? Progress { get; init; }

    /// <summary>Called when what the file says about itself has been read, before its first key.</summary>
    public Action<RdbLoadResult>? HeadRead { get; init; }
}

/// <summary>What was loaded, or why it was not.</summary>
internal sealed class RdbLoadResult
{
    public RdbFault Fault;

    /// <summary>Where the fault is, in bytes from the start of the file.</summary>
    public long FaultOffset;
    public int Version;
    public long KeysLoaded, KeysExpired, KeysEmpty, ModuleKeys, ModuleData;

    /// <summary>Bytes of the file that were read: a journal may go on behind the end.</summary>
    public long Bytes;

    /// <summary>Auxiliary fields by name.</summary>
    public readonly Dictionary<string, string> Auxiliary = [];

    /// <summary>The code of function libraries.</summary>
    public readonly List<byte[]> Functions = [];
    public bool HasChecksum;
}

/// <summary>Loads one file into partitions that nobody else touches meanwhile.</summary>
internal sealed unsafe class RdbLoader
{
    private const int RecordsPerBatch = 512;
    private const long BytesPerBatch = 1 << 18;
    private const long ChecksumSliceBytes = 1 << 16;

    /// <summary>How far keys are counted, and delayed, at a stretch.</summary>
    private const int KeysPerNote = 64;
    private const int VersionWithChecksum = 5;

    private readonly Partition[] _partitions;
    private readonly RdbLoadOptions _options;
    private readonly RdbLoadResult _result = new();
    private readonly LoadCrew _crew;
    private readonly RdbShardLoader[] _builders;
    private readonly RdbBatch?[] _open;
    private readonly ConcurrentBag<RdbBatch> _pool = [];
    private readonly Lock _gate = new();
    private readonly byte* _data;
    private readonly long _length;
    private long _checksumOffset;
    private long _progressOffset;
    private int _progressKeys;
    private int _unannounced;
    private ulong _checksum;
    private bool _isHeadRead;
    private bool _isValkey;

    private RdbLoader(Partition[] partitions, byte* data, long length, RdbLoadOptions options, LoadCrew crew)
    {
        _partitions = partitions;
        _data = data;
        _length = length;
        _options = options;
        _crew = crew;
        _builders = new RdbShardLoader[partitions.Length];
        for (int i = 0; i < _builders.Length; i++)
            _builders[i] = new RdbShardLoader(partitions[i], data, length, options);
        _open = new RdbBatch?[partitions.Length];
    }

    /// <summary>Loads. After a fault the partitions hold a part of the file, which is the caller's to remove. O(bytes).</summary>
    /// <exception cref="OperationCanceledException">The server is to end.</exception>
    public static RdbLoadResult Load(Partition[] partitions, byte* data, long length, RdbLoadOptions options, LoadCrew? crew = null)
    {
        if (crew is not null)
            return new RdbLoader(partitions, data, length, options, crew).Run();
        using var own = LoadCrew.OfThreads(partitions);
        return new RdbLoader(partitions, data, length, options, own).Run();
    }

    /// <summary>Builds the records of a batch; by whoever runs its partition.</summary>
    public void Build(RdbBatch batch)
    {
        var builder = _builders[batch.Shard];
        if (batch.ReservedKeys > 0)
            builder.Reserve(batch.ReservedDatabase, batch.ReservedKeys);
        if (!builder.TryLoad(batch))
            Fail(builder.Fault, builder.FaultOffset);
    }

    /// <summary>Takes a batch back that was built, or passed over; from any thread.</summary>
    public void Return(RdbBatch batch)
    {
        batch.Count = 0;
        batch.Bytes = 0;
        batch.ReservedKeys = 0;
        _pool.Add(batch);
    }

    private RdbLoadResult Run()
    {
        var input = new RdbInput(_data, _length);
        try
        {
            if (TryRead(ref input))
                _crew.Drain();
            else
                Fail(input.Fault, input.FaultOffset);
        }
        catch (OperationCanceledException) when (HasFault)
        {
            // A shard has found a fault, and noted it.
            _result.KeysLoaded = 0;
        }
        finally
        {
            _crew.Settle();
        }
        foreach (var builder in _builders)
        {
            _result.KeysLoaded += builder.KeysLoaded;
            _result.KeysEmpty += builder.KeysEmpty;
        }
        return _result;
    }

    private bool HasFault
    {
        get
        {
            lock (_gate)
                return _result.Fault != RdbFault.None;
        }
    }

    private void Fail(RdbFault fault, long offset)
    {
        lock (_gate)
        {
            if (_result.Fault != RdbFault.None)
                return;
            _result.Fault = fault;
            _result.FaultOffset = offset;
        }
        _crew.GiveUp();
    }

    private bool TryRead(ref RdbInput input)
    {
        if (!TryReadSignature(ref input))
            return false;
        int database = 0;
        var record = new RdbRecord { ExpiryMs = -1, IdleSeconds = -1, Frequency = -1 };
        while (true)
        {
            long start = input.Offset;
            if (!input.TryByte(out byte code))
                return false;
            switch ((RdbOpcode)code)
            {
                case RdbOpcode.ExpireSeconds:
                    if (!input.TryTake(sizeof(int), out byte* seconds))
                        return false;
                    record.ExpiryMs = *(int*)seconds * 1000L;
                    continue;
                case RdbOpcode.ExpireMilliseconds:
                    if (!input.TryInt64(out record.ExpiryMs))
                        return false;
                    continue;
                case RdbOpcode.Idle:
                    if (!input.TryLength(out ulong idle))
                        return false;
                    record.IdleSeconds = (long)Math.Min(idle, int.MaxValue);
                    continue;
                case RdbOpcode.Frequency:
                    if (!input.TryByte(out byte frequency))
                        return false;
                    record.Frequency = frequency;
                    continue;
                case RdbOpcode.SelectDatabase:
                    if (!input.TryLength(out ulong selected))
                        return false;
                    if (selected >= (ulong)_partitions[0].Databases.Length)
                        return input.Fail(RdbFault.BadDatabase);
                    database = (int)selected;
                    continue;
                case RdbOpcode.ResizeDatabase:
                    if (!input.TryLength(out ulong keys) || !input.TryLength(out ulong expiring))
                        return false;
                    Reserve(database, keys, expiring, input.Left);
                    continue;
                case RdbOpcode.SlotInfo:
                    if (!input.TryLength(out _) || !input.TryLength(out _) || !input.TryLength(out _))
                        return false;
                    continue;
                case RdbOpcode.SlotImport when _isValkey:
                    if (!RdbSkipper.TrySkipSlotImport(ref input))
                        return false;
                    continue;
                case RdbOpcode.Auxiliary:
                    if (!TryReadAuxiliary(ref input))
                        return false;
                    continue;
                case RdbOpcode.Function:
                    if (!TryReadFunction(ref input))
                        return false;
                    continue;
                case RdbOpcode.FunctionPreRelease:
                    return input.Fail(RdbFault.UnreadableFunction);
                case RdbOpcode.ModuleAuxiliary:
                    if (!TrySkipModuleAuxiliary(ref input))
                        return false;
                    continue;
                case RdbOpcode.End:
                    return TryEnd(ref input);
            }
            if (!_isHeadRead)
                NoteHead();
            record.Offset = start;
            if (!RdbFormat.TryType(code, _isValkey, out record.Type))
            {
                input.At--;
                return input.Fail(RdbFault.UnknownType);
            }
            record.Database = database;
            if (!TryDispatch(ref input, record))
                return false;
            record = new RdbRecord { ExpiryMs = -1, IdleSeconds = -1, Frequency = -1 };
        }
    }

    /// <summary>
    /// Lets the partitions prepare for the keys of a database: a hint, of which no more is believed than the bytes that are left can hold. Of keys that expire
    /// all may have by now.
    /// </summary>
    private void Reserve(int database, ulong keys, ulong expiring, long left)
    {
        const int recordBytesMin = 4;
        if (_options.DropsExpired)
            keys -= Math.Min(keys, expiring);
        long each = (long)Math.Min(keys, (ulong)left / recordBytesMin) / _partitions.Length;
        for (int shard = 0; shard < _partitions.Length; shard++)
        {
            var batch = Rent(shard);
            batch.ReservedDatabase = database;
            batch.ReservedKeys = each;
            Send(shard, batch);
        }
    }

    private bool TryReadSignature(ref RdbInput input)
    {
        if (!input.TryTake(RdbFormat.MagicBytes, out byte* magic))
            return input.Fail(RdbFault.BadSignature);
        var signature = new ReadOnlySpan<byte>(magic, RdbFormat.MagicBytes);
        if (!RdbFormat.IsMagic(signature))
            return input.Fail(RdbFault.BadSignature);
        _result.Version = RdbFormat.VersionOf(signature, out _isValkey);
        return _result.Version > 0 || input.Fail(RdbFault.BadVersion);
    }

    private bool TryReadAuxiliary(ref RdbInput input)
    {
        var name = default(RdbText);
        var value = default(RdbText);
        long before = input.Offset;
        if (!TryPlainString(ref input, ref name) || !TryPlainString(ref input, ref value))
        {
            if (input.Fault != RdbFault.None)
                return false;
            input.At = _data + before;
            return input.TrySkipString() && input.TrySkipString();
        }
        _result.Auxiliary[Encoding.Latin1.GetString(name.Span)] = Encoding.Latin1.GetString(value.Span);
        return true;
    }

    private bool TryReadFunction(ref RdbInput input)
    {
        // Its own heap: shards are using theirs.
        using var heap = new NativeHeap("functions");
        var text = default(RdbText);
        bool read = input.TryString(heap, ref text);
        if (read)
            _result.Functions.Add(text.Span.ToArray());
        text.Release(heap);
        return read;
    }

    private bool TrySkipModuleAuxiliary(ref RdbInput input)
    {
        _result.ModuleData++;
        return input.TryLength(out _) && input.TryLength(out _) && input.TryLength(out _) && RdbSkipper.TrySkipModuleData(ref input);
    }

    private bool TryEnd(ref RdbInput input)
    {
        AddToChecksum(input.Offset);
        ulong computed = _checksum;
        if (_result.Version >= VersionWithChecksum)
        {
            if (!input.TryInt64(out long stored))
                return false;
            _result.HasChecksum = stored != 0;
            if (_options.VerifiesChecksum && stored != 0 && (ulong)stored != computed)
                return input.Fail(RdbFault.BadChecksum);
        }
        _result.Bytes = input.Offset;
        for (int shard = 0; shard < _open.Length; shard++)
            Send(shard);
        if (!_isHeadRead)
            NoteHead();
        NoteProgress(input.Offset);
        return true;
    }

    private bool TryDispatch(ref RdbInput input, in RdbRecord record)
    {
        int shard = 0;
        if (_partitions.Length > 1)
        {
            if (!TryShard(ref input, out shard))
                return false;
        }
        else if (!input.TrySkipString())
        {
            return false;
        }
        if (!RdbSkipper.TrySkipValue(ref input, record.Type))
            return false;
        if (record.Type == RdbType.Module2)
        {
            _result.ModuleKeys++;
            return true;
        }
        if (_options.DropsExpired && record.ExpiryMs != -1 && record.ExpiryMs < _options.NowMs)
        {
            _result.KeysExpired++;
            return true;
        }
        _progressKeys++;
        var batch = _open[shard] ??= Rent(shard);
        batch.Records[batch.Count++] = record;
        batch.Bytes += input.Offset - record.Offset;
        if (batch.Count == RecordsPerBatch || batch.Bytes >= BytesPerBatch)
            Send(shard);
        _unannounced++;
        if (input.Offset - _checksumOffset >= ChecksumSliceBytes || _unannounced == KeysPerNote)
            Pass(input.Offset);
        return true;
    }

    private bool TryShard(ref RdbInput input, out int shard)
    {
        var key = default(RdbText);
        shard = 0;
        long start = input.Offset;
        if (!TryPlainString(ref input, ref key))
        {
            if (input.Fault != RdbFault.None)
                return false;
            input.At = _data + start;
            return TryShardOfCompressed(ref input, out shard);
        }
        fixed (byte* bytes = key.Span)
            shard = _partitions[0].Routing.ShardOf(bytes, key.Length);
        return true;
    }

    // Redis compresses long keys.
    private bool TryShardOfCompressed(ref RdbInput input, out int shard)
    {
        using var heap = new NativeHeap("key");
        var key = default(RdbText);
        bool read = input.TryString(heap, ref key);
        shard = read ? _partitions[0].Routing.ShardOf(key.Bytes, key.Length) : 0;
        key.Release(heap);
        return read;
    }

    // A string that needs no memory of its own; false without a fault: it is compressed.
    private static bool TryPlainString(ref RdbInput input, ref RdbText text)
    {
        const int compressed = RdbFormat.Encoded | RdbFormat.EncodedLzf;
        return (input.Left == 0 || *input.At != compressed) && input.TryString(null!, ref text);
    }

    /// <summary>What is due after some keys: the checksum, while their bytes are in the cache; progress; a delay that was asked for.</summary>
    private void Pass(long offset)
    {
        AddToChecksum(offset);
        NoteProgress(offset);
        _options.Progress?.Delay(_unannounced);
        _unannounced = 0;
    }

    private void AddToChecksum(long offset)
    {
        if (_options.VerifiesChecksum)
            _checksum = Crc64.Append(_checksum, _data + _checksumOffset, offset - _checksumOffset);
        _checksumOffset = offset;
    }

    private void Send(int shard)
    {
        if (_open[shard] is not { } batch)
            return;
        _open[shard] = null;
        Send(shard, batch);
    }

    private void Send(int shard, RdbBatch batch)
    {
        if (!_crew.TrySend(shard, batch))
            _crew.Cancelled.ThrowIfCancellationRequested();
    }

    private RdbBatch Rent(int shard)
    {
        if (!_pool.TryTake(out var batch))
            batch = new RdbBatch(this, RecordsPerBatch);
        batch.Shard = shard;
        return batch;
    }

    private void NoteProgress(long offset)
    {
        _options.Progress?.Add(offset - _progressOffset);
        _progressOffset = offset;
        _options.Progress?.AddKeys(_progressKeys);
        _progressKeys = 0;
    }

    private void NoteHead()
    {
        _isHeadRead = true;
        _options.HeadRead?.Invoke(_result);
    }
}
