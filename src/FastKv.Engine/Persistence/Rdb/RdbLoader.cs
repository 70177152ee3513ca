using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Loading;
using FastKv.Memory;
using FastKv.Structures;

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
    /// <summary>The time, Unix milliseconds.</summary>
    public required long NowMs { get; init; }

    /// <summary>What is due by then is left out, keys and fields; 0: nothing is. In the base of an AOF it may be that a later command has given more time.</summary>
    public long DueMs => DropsExpired ? NowMs : 0;

    /// <summary>Whether due keys and fields are left out (not in the base of a journal, whose increments know of them).</summary>
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

    /// <summary>How far keys are counted, and delayed, at a stretch.</summary>
    private const int KeysPerNote = 64;
    private const long BytesPerNote = 1 << 16;

    private readonly Partition[] _partitions;
    private readonly RdbLoadOptions _options;
    private readonly RdbLoadResult _result = new();
    private readonly LoadCrew _crew;
    private readonly RdbShardLoader[] _builders;
    private readonly RdbBatch?[] _open;
    private readonly ConcurrentBag<RdbBatch> _pool = [];
    private readonly Lock _gate = new();

    /// <summary>For strings that the reader has to decompress: the partitions' heaps are in use.</summary>
    private readonly NativeHeap _heap = new("reader");
    private readonly byte* _data;
    private readonly long _length;
    private long _progressOffset;
    private int _progressKeys;
    private int _unannounced;
    private bool _isHeadRead;

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

    /// <summary>Builds the records of a batch, or some of a large one; by whoever runs its partition.</summary>
    /// <returns>False: there is more to build.</returns>
    public bool Build(RdbBatch batch)
    {
        var builder = _builders[batch.Shard];
        if (batch.ReservedKeys > 0)
            builder.Reserve(batch.ReservedDatabase, batch.ReservedKeys);
        batch.IsBegun = batch.IsLarge;
        if (!(batch.IsLarge ? builder.TryLoadSome(batch.Records[0]) : builder.TryLoad(batch)))
            Fail(builder.Fault, builder.FaultOffset);
        return !builder.IsUnfinished;
    }

    /// <summary>Takes a batch back that was built, or passed over.</summary>
    public void Return(RdbBatch batch)
    {
        if (batch.IsBegun)
            _builders[batch.Shard].Abandon();
        batch.IsBegun = batch.IsLarge = false;
        batch.Count = 0;
        batch.Bytes = 0;
        batch.ReservedKeys = 0;
        _pool.Add(batch);
    }

    private RdbLoadResult Run()
    {
        using var heap = _heap;
        var walk = new RdbWalker(_data, _length, _heap, _options.VerifiesChecksum);
        var key = default(RdbText);
        try
        {
            if (TryRead(ref walk, ref key))
                _crew.Drain();
            else
                Fail(walk.Input.Fault, FaultOffsetOf(walk));
        }
        catch (OperationCanceledException) when (HasFault)
        {
            // A shard has found a fault, and noted it.
            _result.KeysLoaded = 0;
        }
        finally
        {
            _crew.Settle();
            walk.Dispose();
            key.Release(_heap);
        }
        foreach (var builder in _builders)
        {
            _result.KeysLoaded += builder.KeysLoaded;
            _result.KeysEmpty += builder.KeysEmpty;
        }
        return _result;
    }

    // Redis's tools name the place behind a type that is none; who loads, the type.
    private static long FaultOffsetOf(in RdbWalker walk) =>
        walk.Input.Fault == RdbFault.UnknownType ? walk.Input.FaultOffset - 1 : walk.Input.FaultOffset;

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

    // Its loop is as long as the load: what is compiled ahead would never be compiled anew.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryRead(ref RdbWalker walk, ref RdbText key)
    {
        if (!TryOpen(ref walk))
            return false;
        while (true)
        {
            switch (walk.Next())
            {
                case RdbStep.Key:
                    if (!_isHeadRead)
                        NoteHead();
                    if (!TryDispatch(ref walk, ref key))
                        return false;
                    break;
                case RdbStep.Auxiliary:
                    _result.Auxiliary[Encoding.Latin1.GetString(walk.Name.Span)] = Encoding.Latin1.GetString(walk.Value.Span);
                    break;
                case RdbStep.SelectDatabase:
                    if (walk.Database >= (ulong)_partitions[0].Databases.Length)
                        return walk.Input.Fail(RdbFault.BadDatabase);
                    break;
                case RdbStep.ResizeDatabase:
                    Reserve((int)walk.Database, walk.AnnouncedKeys, walk.AnnouncedExpiries, walk.Input.Left);
                    break;
                case RdbStep.Function:
                    _result.Functions.Add(walk.Value.Span.ToArray());
                    break;
                case RdbStep.ModuleAuxiliary:
                    _result.ModuleData++;
                    if (!RdbSkipper.TrySkipModuleData(ref walk.Input))
                        return false;
                    break;
                case RdbStep.End:
                    NoteEnd(walk);
                    return true;
                case RdbStep.Fault:
                    return false;
            }
        }
    }

    private bool TryOpen(ref RdbWalker walk)
    {
        bool isOpen = walk.TryOpen();

        // What is too short for a signature has none.
        if (walk.Input.Fault == RdbFault.Truncated)
            walk.Input.Fault = RdbFault.BadSignature;
        if (isOpen)
            _result.Version = walk.Version;
        return isOpen;
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

    private void NoteEnd(in RdbWalker walk)
    {
        _result.HasChecksum = walk.HasChecksum;
        _result.Bytes = walk.Input.Offset;
        for (int shard = 0; shard < _open.Length; shard++)
            Send(shard);
        if (!_isHeadRead)
            NoteHead();
        NoteProgress(walk.Input.Offset);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryDispatch(ref RdbWalker walk, ref RdbText key)
    {
        int shard = 0;
        long start = walk.TypeOffset;
        if (_partitions.Length == 1 ? !walk.Input.TrySkipString() : !TryShard(ref walk.Input, ref key, out shard))
            return false;
        if (!RdbSkipper.TrySkipValue(ref walk.Input, walk.Type))
            return false;
        if (walk.Type == RdbType.Module2)
        {
            _result.ModuleKeys++;
            return true;
        }
        if (walk.ExpiryMs != -1 && walk.ExpiryMs < _options.DueMs)
        {
            _result.KeysExpired++;
            return true;
        }
        _progressKeys++;
        bool isLarge = walk.Input.Offset - start >= RdbBatch.LargeBytes;
        if (isLarge)
            Send(shard);
        var batch = _open[shard] ??= Rent(shard);
        ref var record = ref batch.Records[batch.Count++];
        record.Offset = start;
        record.ExpiryMs = walk.ExpiryMs;
        record.IdleSeconds = walk.IdleSeconds;
        record.Frequency = walk.Frequency;
        record.Database = (int)walk.Database;
        record.Type = walk.Type;
        batch.Bytes += walk.Input.Offset - start;
        batch.IsLarge = isLarge;
        if (isLarge || batch.Count == RecordsPerBatch || batch.Bytes >= BytesPerBatch)
            Send(shard);
        _unannounced++;
        if (walk.Input.Offset - _progressOffset >= BytesPerNote || _unannounced == KeysPerNote)
            Pass(walk.Input.Offset);
        return true;
    }

    private bool TryShard(ref RdbInput input, ref RdbText key, out int shard)
    {
        shard = 0;
        if (!input.TryString(_heap, ref key))
            return false;
        fixed (byte* bytes = key.Span)
            shard = _partitions[0].Routing.ShardOf(bytes, key.Length);
        return true;
    }

    /// <summary>What is due after some keys: progress; a delay that was asked for.</summary>
    private void Pass(long offset)
    {
        NoteProgress(offset);
        _options.Progress?.Delay(_unannounced);
        _unannounced = 0;
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
