using System.Runtime.CompilerServices;
using FastKv.Memory;
using FastKv.Structures;
using FastKv.Structures.Encoding;

namespace FastKv.Engine.Persistence.Rdb;

// Data plane. From RDB bytes to a value on a partition's heap, in the encoding that the configuration asks for: without commands, and where the bytes are
// what we keep ourselves (listpacks of hashes and sets, intsets, nodes of lists) by copying them. Everything is validated whatever the checksum says: a
// damaged value is an error and leaves nothing behind.

/// <summary>Reads one value: everything it needs while it does so.</summary>
internal unsafe ref partial struct RdbValueReader
{
    /// <summary>Listpack elements and the like as texts.</summary>
    private const int ScratchBytes = Listpack.ScratchBytes;

    private readonly ValueHeap _values;
    private readonly NativeHeap _heap;
    private readonly ref RdbInput _input;
    private readonly ReadOnlySpan<byte> _key;
    private readonly long _expiryMs;
    private readonly uint _clock;
    private readonly long _nowMs;
    private readonly RdbLargeValue? _large;
    private RdbText _first;
    private RdbText _second;

    private RdbValueReader(
        ValueHeap values, ref RdbInput input, ReadOnlySpan<byte> key, long expiryMs, uint clock, long nowMs, RdbLargeValue? large = null)
    {
        _values = values;
        _heap = values.Heap;
        _input = ref input;
        _key = key;
        _expiryMs = expiryMs;
        _clock = clock;
        _nowMs = nowMs;
        _large = large;
    }

    /// <summary>Reads a value. O(bytes) (O(n log n) for a sorted set in no order).</summary>
    /// <param name="values">Where it will live.</param>
    /// <param name="input">Stands at the value; behind it afterwards, or its fault says what is wrong.</param>
    /// <param name="type">Its type.</param>
    /// <param name="key">The key, which must not lie in memory that changes meanwhile.</param>
    /// <param name="expiryMs">Unix milliseconds; 0 or negative for none.</param>
    /// <param name="clock">The 24 bits of the access clock.</param>
    /// <param name="nowMs">The time: fields of hashes that are due are left out.</param>
    /// <returns>An entry that is in no table; null: see the fault (<see cref="RdbFault.EmptyKey"/> is none of the bytes').</returns>
    public static byte* Read(ValueHeap values, ref RdbInput input, RdbType type, ReadOnlySpan<byte> key, long expiryMs, uint clock, long nowMs)
    {
        var reader = new RdbValueReader(values, ref input, key, expiryMs, clock, nowMs);
        byte* entry = reader.Read(type);
        reader._first.Release(values.Heap);
        reader._second.Release(values.Heap);
        return entry;
    }

    /// <summary>As <see cref="Read(ValueHeap, ref RdbInput, RdbType, ReadOnlySpan{byte}, long, uint, long)"/>, of a string. O(bytes).</summary>
    /// <param name="heap">Where it will live.</param>
    /// <param name="input">Stands at the value.</param>
    /// <param name="text">What is read; its block is the caller's.</param>
    /// <param name="key">The key.</param>
    /// <param name="expiryMs">Unix milliseconds; 0 or negative for none.</param>
    /// <param name="clock">The 24 bits of the access clock.</param>
    /// <returns>An entry that is in no table; null: see the fault.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* ReadString(NativeHeap heap, ref RdbInput input, ref RdbText text, ReadOnlySpan<byte> key, long expiryMs, uint clock) =>
        input.TryString(heap, ref text) ? StringEntry.Create(heap, key, text.Span, expiryMs, clock) : null;

    /// <summary>As <see cref="Read(ValueHeap, ref RdbInput, RdbType, ReadOnlySpan{byte}, long, uint, long)"/>, but some parts at a time: O(1) a call.</summary>
    /// <param name="values">Where it will live.</param>
    /// <param name="large">What has been read so far, and where; a new value's input stands at the value.</param>
    /// <param name="type">Its type.</param>
    /// <param name="key">The key; it may lie elsewhere at the next call.</param>
    /// <param name="expiryMs">Unix milliseconds; 0 or negative for none.</param>
    /// <param name="clock">The 24 bits of the access clock.</param>
    /// <param name="nowMs">The time: fields of hashes that are due are left out.</param>
    /// <returns>An entry that is in no table; null: it is unfinished, or see the fault.</returns>
    public static byte* ReadSome(
        ValueHeap values, RdbLargeValue large, RdbType type, ReadOnlySpan<byte> key, long expiryMs, uint clock, long nowMs)
    {
        var reader = new RdbValueReader(values, ref large.Input, key, expiryMs, clock, nowMs, large);
        byte* entry = reader.Read(type);
        reader._first.Release(values.Heap);
        reader._second.Release(values.Heap);
        return entry;
    }

    private byte* Read(RdbType type)
    {
        switch (type)
        {
            case RdbType.String:
                return _large is null ? ReadString(_heap, ref _input, ref _first, _key, _expiryMs, _clock) : ReadParts<StringPieces>(type);
            case RdbType.List:
                return ReadParts<ListElements>(type);
            case RdbType.ListQuicklist or RdbType.ListQuicklist2:
                return ReadParts<ListNodes>(type);
            case RdbType.Set:
                return ReadParts<SetMembers>(type);
            case RdbType.SortedSet or RdbType.SortedSet2:
                return ReadParts<ScoredMembers>(type);
            case RdbType.Hash:
                return ReadParts<HashFields>(type);
            case RdbType.HashTimes or RdbType.HashTimesPreRelease:
                return ReadParts<TimedFields>(type);
            case RdbType.HashTimesValkey:
                return ReadParts<ValkeyFields>(type);
            case RdbType.StreamListpacks or RdbType.StreamListpacks2 or RdbType.StreamListpacks3:
                return ReadParts<StreamParts>(type);
            case RdbType.HashListpackTimes:
                // The least of the times stands in front; it follows from the listpack.
                return _input.TryInt64(out _) ? ReadBlob(type) : null;
            case RdbType.HashZipmap or RdbType.ListZiplist or RdbType.SetIntset or RdbType.SortedSetZiplist or RdbType.HashZiplist or RdbType.HashListpack
                or RdbType.SortedSetListpack or RdbType.SetListpack or RdbType.HashListpackTimesPreRelease:
                return ReadBlob(type);
            default:
                _input.Fail(type is RdbType.Module2 or RdbType.ModulePreRelease ? RdbFault.ModuleValue : RdbFault.UnknownType);
                return null;
        }
    }

    /// <summary>Values that come in parts: all of them, or some of a large value's.</summary>
    private byte* ReadParts<T>(RdbType type)
        where T : struct, IRdbValueParts
    {
        if (_large is not null)
            return _large.Step<T>(ref this, type);
        var parts = default(T);
        if (!parts.TryBegin(ref this, type))
            return null;
        bool isSound = true;
        while (isSound && parts.HasMore)
            isSound = parts.TryNext(ref this);
        byte* entry = isSound ? parts.Finish(ref this) : null;
        if (entry == null)
            parts.Free();
        return entry;
    }

    /// <summary>Values that are one string.</summary>
    private byte* ReadBlob(RdbType type)
    {
        if (!_input.TryString(_heap, ref _first))
            return null;
        if (_first.Bytes == null)
        {
            _input.Fail(RdbFault.BadString);
            return null;
        }
        _input.Checked++;
        return type switch
        {
            RdbType.HashListpack => ReadHashListpack(),
            RdbType.SortedSetListpack => ReadSortedSetListpack(),
            RdbType.SetListpack => ReadSetListpack(),
            RdbType.SetIntset => ReadIntset(),
            RdbType.HashListpackTimes or RdbType.HashListpackTimesPreRelease => ReadHashListpackWithTimes(),
            RdbType.HashZipmap => ReadZipmap(),
            RdbType.ListZiplist => ReadListZiplist(),
            RdbType.SortedSetZiplist => ReadSortedSetZiplist(),
            _ => ReadHashZiplist(),
        };
    }

    private byte* ReadSetListpack()
    {
        if (!TryOpenListpack(out byte* first, out byte* end, out ListpackFacts facts) || !TryNotEmpty(facts.Count))
            return null;
        byte* entry = SetBuilder.TakeOver(_values, first, end, facts, _key, _expiryMs, _clock, out bool isSound);
        if (entry != null || !isSound)
            return NotNull(entry, RdbFault.Duplicate);
        var set = new SetBuilder(_values, facts.Count);
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        for (byte* at = first; at < end; at = Listpack.Next(at))
        {
            if (!set.TryAdd(Listpack.Text(at, scratch)))
                return Discard(ref set, RdbFault.Duplicate);
        }
        return Finish(ref set);
    }

    // Width u32, number u32, integers in ascending order.
    private byte* ReadIntset()
    {
        const int headerBytes = 8;
        byte* intset = _first.Bytes;
        uint width = _first.Length < headerBytes ? 0 : *(uint*)intset;
        if (width is not (sizeof(short) or sizeof(int) or sizeof(long)) || (_first.Length - headerBytes) / width != *(uint*)(intset + sizeof(uint))
            || (_first.Length - headerBytes) % width != 0)
        {
            _input.Fail(RdbFault.BadIntset);
            return null;
        }
        long count = *(uint*)(intset + sizeof(uint));
        byte* integers = intset + headerBytes;
        if (!TryNotEmpty(count))
            return null;
        byte* entry = SetBuilder.TakeOver(_values, integers, (int)width, count, _key, _expiryMs, _clock, out bool isSound);
        if (entry != null || !isSound)
            return NotNull(entry, RdbFault.BadIntset);
        var set = new SetBuilder(_values, count);
        for (long i = 0; i < count; i++)
        {
            _second.SetInteger(SetBuilder.IntegerAt(integers, (int)width, i));
            if (!set.TryAdd(_second.Span))
                return Discard(ref set, RdbFault.Duplicate);
        }
        return Finish(ref set);
    }

    private byte* ReadSortedSetListpack()
    {
        if (!TryOpenListpack(out byte* at, out byte* end, out ListpackFacts facts) || !TryPairs(facts.Count))
            return null;
        var set = new SortedSetLoader(_values, facts.Count / 2);
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        while (at < end)
        {
            byte* score = Listpack.Next(at);
            if (!TryScore(score, out double value))
                return Discard(ref set, RdbFault.BadScore);
            if (!set.TryAdd(Listpack.Text(at, scratch), value))
                return Discard(ref set, RdbFault.Duplicate);
            at = Listpack.Next(score);
        }
        return Finish(ref set);
    }

    private static bool TryScore(byte* element, out double score)
    {
        if (Listpack.TryInteger(element, out long integer))
        {
            score = integer;
            return true;
        }
        Listpack.TryText(element, out byte* text, out int length);
        return Protocol.NumberText.TryParseDouble(new ReadOnlySpan<byte>(text, length), out score);
    }

    private byte* ReadHashListpack()
    {
        if (!TryOpenListpack(out byte* at, out byte* end, out ListpackFacts facts) || !TryPairs(facts.Count))
            return null;
        byte* entry = HashBuilder.TakeOver(_values, at, end, facts, _key, _expiryMs, _clock, out bool isSound);
        if (entry != null || !isSound)
            return NotNull(entry, RdbFault.Duplicate);
        var hash = new HashBuilder(_values, facts.Count / 2, hasTimes: false, _nowMs);
        Span<byte> fieldScratch = stackalloc byte[ScratchBytes];
        Span<byte> valueScratch = stackalloc byte[ScratchBytes];
        while (at < end)
        {
            byte* value = Listpack.Next(at);
            if (!hash.TryAdd(Listpack.Text(at, fieldScratch), Listpack.Text(value, valueScratch)))
                return Discard(ref hash, RdbFault.Duplicate);
            at = Listpack.Next(value);
        }
        return Finish(ref hash);
    }

    private byte* ReadHashListpackWithTimes()
    {
        if (!TryOpenListpack(out byte* at, out byte* end, out ListpackFacts facts) || !TryNotEmpty(facts.Count))
            return null;
        if (facts.Count % 3 != 0)
        {
            _input.Fail(RdbFault.BadListpack);
            return null;
        }
        var hash = new HashBuilder(_values, facts.Count / 3, hasTimes: true, _nowMs);
        Span<byte> fieldScratch = stackalloc byte[ScratchBytes];
        Span<byte> valueScratch = stackalloc byte[ScratchBytes];
        while (at < end)
        {
            byte* value = Listpack.Next(at);
            byte* time = Listpack.Next(value);
            if (!Listpack.TryInteger(time, out long expiryMs) || !IsTime(expiryMs))
                return Discard(ref hash, RdbFault.BadTime);
            if (!TryAddTimed(ref hash, Listpack.Text(at, fieldScratch), Listpack.Text(value, valueScratch), expiryMs))
                return Discard(ref hash, RdbFault.Duplicate);
            at = Listpack.Next(time);
        }
        return Finish(ref hash);
    }

    private readonly bool TryOpenListpack(out byte* first, out byte* end, out ListpackFacts facts)
    {
        first = end = null;
        facts = default;
        return (_first.Bytes != null && ListpackCheck.TryOpen(_first.Bytes, _first.Length, out first, out end, out facts))
            || _input.Fail(RdbFault.BadListpack);
    }

    private readonly bool TryElements(int bytesEach, out long count) => _input.TryCount(bytesEach, out count) && TryNotEmpty(count);

    private readonly bool TryNotEmpty(long count) => count > 0 || _input.Fail(RdbFault.EmptyKey);

    private readonly bool TryPairs(long elements) => TryNotEmpty(elements) && ((elements & 1) == 0 || _input.Fail(RdbFault.BadListpack));

    private readonly byte* NotNull(byte* entry, RdbFault fault)
    {
        if (entry == null)
            _input.Fail(fault);
        return entry;
    }

    private readonly byte* Finish(ref SetBuilder set) => NotNull(set.Finish(_key, _expiryMs, _clock), RdbFault.Duplicate);

    private readonly byte* Finish(ref SortedSetLoader set) => NotNull(set.Finish(_key, _expiryMs, _clock), RdbFault.Duplicate);

    private readonly byte* Finish(ref HashBuilder hash)
    {
        // All fields of a hash may have been due.
        if (hash.Count == 0)
            return Discard(ref hash, RdbFault.EmptyKey);
        return NotNull(hash.Finish(_key, _expiryMs, _clock), RdbFault.Duplicate);
    }

    private readonly byte* Discard(ref SetBuilder set, RdbFault fault)
    {
        set.Free();
        return Null(fault);
    }

    private readonly byte* Discard(ref SortedSetLoader set, RdbFault fault)
    {
        set.Free();
        return Null(fault);
    }

    private readonly byte* Discard(ref HashBuilder hash, RdbFault fault)
    {
        hash.Free();
        return Null(fault);
    }

    private readonly byte* Null(RdbFault fault)
    {
        if (fault != RdbFault.None)
            _input.Fail(fault);
        return null;
    }
}
