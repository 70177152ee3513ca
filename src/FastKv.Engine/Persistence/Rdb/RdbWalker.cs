using System.Runtime.CompilerServices;
using FastKv.Memory;
using FastKv.Structures.Encoding;

namespace FastKv.Engine.Persistence.Rdb;

// Data plane. A walk over a file in its order, one key at a time: what stands between keys is read here, key and value by the caller. Who loads and the tools
// for files walk alike, so this is the one place that knows the opcodes.

/// <summary>What a walk has come to.</summary>
internal enum RdbStep
{
    /// <summary>The input stands at a key, behind the byte of its type.</summary>
    Key,

    /// <summary>A name and a value about the file.</summary>
    Auxiliary,
    SelectDatabase,

    /// <summary>The file says how many keys the database has.</summary>
    ResizeDatabase,
    Function,

    /// <summary>The input stands at what a module has written.</summary>
    ModuleAuxiliary,

    /// <summary>The end; the checksum is right or was not given.</summary>
    End,

    /// <summary>See the input's fault.</summary>
    Fault,
}

/// <summary>What a walk was doing last; the numbers are those of <c>redis-check-rdb</c>.</summary>
internal enum RdbStage
{
    Start,
    ReadType,
    ReadExpiry,
    ReadKey,
    ReadValue,
    Checksum,
    ReadLength,
    ReadAuxiliary,
    ReadModuleAuxiliary,
    ReadFunctions,
}

/// <summary>A walk over a file that lies in memory.</summary>
/// <param name="data">Its first byte.</param>
/// <param name="length">Its length; a journal may go on behind the end.</param>
/// <param name="heap">For strings that have to be decompressed.</param>
/// <param name="verifiesChecksum">Whether the checksum is computed and compared.</param>
internal unsafe ref struct RdbWalker(byte* data, long length, NativeHeap heap, bool verifiesChecksum = true)
{
    private const int VersionWithChecksum = 5;

    /// <summary>The number between types that none has.</summary>
    private const int NoType = 8;

    /// <summary>The checksum is computed while what was walked over is in the cache.</summary>
    private const long ChecksumSliceBytes = 1 << 16;
    private const ulong WhenIsUnsigned = RdbFormat.ModuleUnsigned;

    private readonly byte* _data = data;
    private readonly NativeHeap _heap = heap;
    private readonly bool _verifiesChecksum = verifiesChecksum;
    private long _checksumOffset;
    private ulong _checksum;
    private bool _isValkey;
    private bool _isBehindKey;

    /// <summary>Where the walk is.</summary>
    public RdbInput Input = new(data, length);

    /// <summary>The name of an auxiliary field.</summary>
    public RdbText Name;

    /// <summary>The value of an auxiliary field, or the code of a function library.</summary>
    public RdbText Value;

    public RdbStage Stage { get; set; }

    public int Version { get; private set; }

    /// <summary>The database of the keys that follow.</summary>
    public ulong Database { get; private set; }

    /// <summary>Of the key that follows, Unix milliseconds; −1: none.</summary>
    public long ExpiryMs { get; private set; } = -1;

    /// <summary>For how long nobody had asked for the key that follows; −1: the file does not say.</summary>
    public long IdleSeconds { get; private set; } = -1;

    /// <summary>How often the key that follows was asked for, as LFU counts; −1: the file does not say.</summary>
    public int Frequency { get; private set; } = -1;

    /// <summary>Keys that the database has, says the file.</summary>
    public ulong AnnouncedKeys { get; private set; }

    /// <summary>How many of them expire, says the file.</summary>
    public ulong AnnouncedExpiries { get; private set; }

    /// <summary>The type of the value that follows, or the byte that is none.</summary>
    public RdbType Type { get; private set; }

    /// <summary>Where the record begins: its expiry and the like, if it has them.</summary>
    public long RecordOffset { get; private set; }

    /// <summary>The number of a module.</summary>
    public ulong Module { get; private set; }

    /// <summary>Whether there was a checksum; after the end.</summary>
    public bool HasChecksum { get; private set; }

    /// <summary>Where the type of the key stands that the walk has come to.</summary>
    public readonly long TypeOffset => Input.Offset - 1;

    /// <summary>What will not be looked at again: the checksum follows the walk at a distance.</summary>
    public readonly long DoneOffset => _checksumOffset;

    /// <summary>Reads the signature and the version.</summary>
    public bool TryOpen()
    {
        if (!Input.TryTake(RdbFormat.MagicBytes, out byte* magic))
            return false;
        var signature = new ReadOnlySpan<byte>(magic, RdbFormat.MagicBytes);
        if (!RdbFormat.IsMagic(signature))
            return Input.Fail(RdbFault.BadSignature);
        Version = RdbFormat.VersionOf(signature, out _isValkey);
        if (Version > 0)
            return true;
        Version = RdbFormat.NumberOf(signature);
        return Input.Fail(RdbFault.BadVersion);
    }

    /// <summary>The next step; the caller has read key and value of the one before.</summary>
    /// <remarks>Compiled for good at its first call, as the loop that calls it (<see cref="RdbLoader"/>).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public RdbStep Next()
    {
        if (_isBehindKey)
            ForgetKey();
        RecordOffset = Input.Offset;
        if (Input.Offset - _checksumOffset >= ChecksumSliceBytes)
            AddToChecksum();
        while (true)
        {
            Stage = RdbStage.ReadType;
            if (!Input.TryByte(out byte code))
                return RdbStep.Fault;
            switch ((RdbOpcode)code)
            {
                case RdbOpcode.ExpireSeconds or RdbOpcode.ExpireMilliseconds:
                    if (!TryReadExpiry(isSeconds: code == (byte)RdbOpcode.ExpireSeconds))
                        return RdbStep.Fault;
                    continue;
                case RdbOpcode.Idle:
                    if (!Input.TryLength(out ulong idle))
                        return RdbStep.Fault;
                    IdleSeconds = (long)Math.Min(idle, int.MaxValue);
                    continue;
                case RdbOpcode.Frequency:
                    if (!Input.TryByte(out byte frequency))
                        return RdbStep.Fault;
                    Frequency = frequency;
                    continue;
                case RdbOpcode.SelectDatabase:
                    Stage = RdbStage.ReadLength;
                    if (!Input.TryLength(out ulong database))
                        return RdbStep.Fault;
                    Database = database;
                    return RdbStep.SelectDatabase;
                case RdbOpcode.ResizeDatabase:
                    Stage = RdbStage.ReadLength;
                    return TryReadSizes() ? RdbStep.ResizeDatabase : RdbStep.Fault;
                case RdbOpcode.SlotInfo:
                    if (!TrySkipLengths(3))
                        return RdbStep.Fault;
                    continue;
                case RdbOpcode.SlotImport when _isValkey:
                    if (!RdbSkipper.TrySkipSlotImport(ref Input))
                        return RdbStep.Fault;
                    continue;
                case RdbOpcode.Auxiliary:
                    Stage = RdbStage.ReadAuxiliary;
                    return Input.TryString(_heap, ref Name) && Input.TryString(_heap, ref Value) ? RdbStep.Auxiliary : RdbStep.Fault;
                case RdbOpcode.Function:
                    Stage = RdbStage.ReadFunctions;
                    return Input.TryString(_heap, ref Value) ? RdbStep.Function : RdbStep.Fault;
                case RdbOpcode.FunctionPreRelease:
                    Input.Fail(RdbFault.UnreadableFunction);
                    return RdbStep.Fault;
                case RdbOpcode.ModuleAuxiliary:
                    return TryReadModuleAuxiliary() ? RdbStep.ModuleAuxiliary : RdbStep.Fault;
                case RdbOpcode.End:
                    return TryEnd() ? RdbStep.End : RdbStep.Fault;
            }
            bool isType = RdbFormat.TryType(code, _isValkey, out var type);
            Type = type;
            if (isType && type != (RdbType)NoType)
            {
                _isBehindKey = true;
                return RdbStep.Key;
            }
            Input.Fail(RdbFault.UnknownType);
            return RdbStep.Fault;
        }
    }

    /// <summary>Frees what strings have taken.</summary>
    public void Dispose()
    {
        Name.Release(_heap);
        Value.Release(_heap);
    }

    private void ForgetKey()
    {
        _isBehindKey = false;
        ExpiryMs = IdleSeconds = Frequency = -1;
    }

    private bool TryReadExpiry(bool isSeconds)
    {
        Stage = RdbStage.ReadExpiry;
        long expiryMs;
        if (isSeconds)
        {
            if (!Input.TryTake(sizeof(int), out byte* seconds))
                return false;
            expiryMs = *(int*)seconds * 1000L;
        }
        else if (!Input.TryInt64(out expiryMs))
        {
            return false;
        }
        ExpiryMs = expiryMs;
        return true;
    }

    private bool TryReadSizes()
    {
        if (!Input.TryLength(out ulong keys) || !Input.TryLength(out ulong expiring))
            return false;
        AnnouncedKeys = keys;
        AnnouncedExpiries = expiring;
        return true;
    }

    private bool TrySkipLengths(int count)
    {
        for (; count > 0; count--)
        {
            if (!Input.TryLength(out _))
                return false;
        }
        return true;
    }

    private bool TryReadModuleAuxiliary()
    {
        Stage = RdbStage.ReadModuleAuxiliary;
        if (!Input.TryLength(out ulong module) || !Input.TryLength(out ulong kind) || !Input.TryLength(out _))
            return false;
        Module = module;
        return kind == WhenIsUnsigned || Input.Fail(RdbFault.BadModule);
    }

    private bool TryEnd()
    {
        if (Version < VersionWithChecksum)
            return true;
        AddToChecksum();
        Stage = RdbStage.Checksum;
        if (!Input.TryInt64(out long stored))
            return false;
        HasChecksum = stored != 0;
        return !HasChecksum || !_verifiesChecksum || (ulong)stored == _checksum || Input.Fail(RdbFault.BadChecksum);
    }

    private void AddToChecksum()
    {
        if (_verifiesChecksum)
            _checksum = Crc64.Append(_checksum, _data + _checksumOffset, Input.Offset - _checksumOffset);
        _checksumOffset = Input.Offset;
    }
}
