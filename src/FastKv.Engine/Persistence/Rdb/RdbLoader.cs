using System.Collections.Concurrent;
using System.Text;
using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Structures;
using FastKv.Structures.Encoding;

namespace FastKv.Engine.Persistence.Rdb;

// Control plane. Loading a file with all shards at once:
//
//   reader (the caller's thread)                                shard's thread
//   opcodes, checksum; passes over keys and values,             keys, values: made on the shard's heap, inserted
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
    private const long BytesPerBatch = 1 << 20;
    private const int BatchesQueued = 8;
    private const long ChecksumSliceBytes = 1 << 20;
    private const int VersionWithChecksum = 5;

    private readonly Partition[] _partitions;
    private readonly RdbLoadOptions _options;
    private readonly RdbLoadResult _result = new();
    private readonly BlockingCollection<RdbBatch>[] _queues;
    private readonly RdbBatch?[] _open;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancelled = new();
    private readonly byte* _data;
    private readonly long _length;
    private long _checksumOffset;
    private ulong _checksum;

    private RdbLoader(Partition[] partitions, byte* data, long length, RdbLoadOptions options)
    {
        _partitions = partitions;
        _data = data;
        _length = length;
        _options = options;
        _queues = new BlockingCollection<RdbBatch>[partitions.Length];
        for (int i = 0; i < _queues.Length; i++)
            _queues[i] = new BlockingCollection<RdbBatch>(BatchesQueued);
        _open = new RdbBatch?[partitions.Length];
    }

    /// <summary>Bytes that the reader has passed so far; for progress, from any thread.</summary>
    public static long Progress => Volatile.Read(ref s_progress);

    private static long s_progress;

    /// <summary>Loads. After a fault the partitions hold a part of the file, which is the caller's to remove. O(bytes).</summary>
    public static RdbLoadResult Load(Partition[] partitions, byte* data, long length, RdbLoadOptions options) =>
        new RdbLoader(partitions, data, length, options).Run();

    private RdbLoadResult Run()
    {
        Volatile.Write(ref s_progress, 0);
        var threads = new Thread[_partitions.Length];
        for (int i = 0; i < threads.Length; i++)
        {
            int shard = i;
            threads[i] = new Thread(() => RunShard(shard), maxStackSize: 1 << 20) { Name = $"load-{shard}", IsBackground = true };
            threads[i].Start();
        }
        var input = new RdbInput(_data, _length);
        try
        {
            if (!TryRead(ref input))
                Fail(input.Fault, input.FaultOffset);
        }
        catch (OperationCanceledException)
        {
            // A shard has found a fault, and noted it.
            _result.KeysLoaded = 0;
        }
        foreach (var queue in _queues)
            queue.CompleteAdding();
        foreach (var thread in threads)
            thread.Join();
        foreach (var queue in _queues)
            queue.Dispose();
        _cancelled.Dispose();
        return _result;
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
        _cancelled.Cancel();
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
                    if (!input.TryLength(out _) || !input.TryLength(out _))
                        return false;
                    continue;
                case RdbOpcode.SlotInfo:
                    if (!input.TryLength(out _) || !input.TryLength(out _) || !input.TryLength(out _))
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
            record.Offset = start;
            record.Type = (RdbType)code;
            record.Database = database;
            if (!TryDispatch(ref input, record))
                return false;
            record = new RdbRecord { ExpiryMs = -1, IdleSeconds = -1, Frequency = -1 };
        }
    }

    private bool TryReadSignature(ref RdbInput input)
    {
        if (!input.TryTake(RdbFormat.MagicBytes, out byte* magic))
            return input.Fail(RdbFault.BadSignature);
        var signature = new ReadOnlySpan<byte>(magic, RdbFormat.MagicBytes);
        if (!signature.StartsWith("REDIS"u8))
            return input.Fail(RdbFault.BadSignature);
        if (!int.TryParse(Encoding.ASCII.GetString(signature[5..]), out _result.Version) || _result.Version is < 1 or > RdbFormat.VersionMax)
            return input.Fail(RdbFault.BadVersion);
        return true;
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
        for (int shard = 0; shard < _queues.Length; shard++)
            Send(shard);
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
        var batch = _open[shard] ??= new RdbBatch(RecordsPerBatch);
        batch.Records[batch.Count++] = record;
        batch.Bytes += input.Offset - record.Offset;
        if (batch.Count == RecordsPerBatch || batch.Bytes >= BytesPerBatch)
            Send(shard);
        if (input.Offset - _checksumOffset >= ChecksumSliceBytes)
        {
            AddToChecksum(input.Offset);
            Volatile.Write(ref s_progress, input.Offset);
        }
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
        _queues[shard].Add(batch, _cancelled.Token);
        _open[shard] = null;
    }

    private void RunShard(int shard)
    {
        var builder = new RdbShardLoader(_partitions[shard], _data, _length, _options);
        foreach (var batch in _queues[shard].GetConsumingEnumerable())
        {
            // After a fault what is left in the queue is passed over.
            if (_cancelled.IsCancellationRequested)
                continue;
            if (!builder.TryLoad(batch))
                Fail(builder.Fault, builder.FaultOffset);
        }
        lock (_gate)
        {
            _result.KeysLoaded += builder.KeysLoaded;
            _result.KeysEmpty += builder.KeysEmpty;
        }
    }
}
