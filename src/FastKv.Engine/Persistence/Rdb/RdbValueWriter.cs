using System.Runtime.CompilerServices;
using FastKv.Memory;
using FastKv.Protocol;
using FastKv.Structures;
using FastKv.Structures.Encoding;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Persistence.Rdb;

// Data plane. From a value to RDB bytes, in slices: Begin takes the value, each Continue appends about as many bytes as it is told, until all is written. In
// between the value must not change (whoever is about to change it lets the writer finish first); everything else may. One slice writes whole elements, so
// it exceeds its budget by one at most: an element of a collection, a node of a list, a block of a stream, a compact value. Strings and other long texts are
// cut anywhere.
//
//   stage      what the next step writes
//   Value      a string, or a compact value: one string
//   Elements   the next member, field or node
//   Facts      of a stream: what it knows besides its entries
//   Group      of a stream: name and position of the next group
//   Pending    a pending entry of the group
//   Consumer   the next consumer
//   Owned      an ID that is pending for the consumer

/// <summary>Writes one value at a time. One per thread that writes; it holds the memory of the compressor (32 KiB) and scratch.</summary>
internal sealed unsafe partial class RdbValueWriter : IDisposable
{
    private LzfMemory* _memory;
    private NativeBuffer _scratch;
    private ValueHeap _values = null!;
    private EntryRef _entry;
    private bool _compresses;
    private RdbType _type;
    private Stage _stage;
    private byte* _rest;
    private long _restBytes;
    private long _leastMs;
    private int _node;
    private SetCursor _members;
    private HashCursor _fields;
    private SortedSetCursor _scored;

    private enum Stage : byte
    {
        Done,
        Value,
        Elements,
        Facts,
        Group,
        Pending,
        Consumer,
        Owned,
    }

    /// <summary>Whether a value has been begun and not been finished.</summary>
    public bool IsActive => _stage != Stage.Done || _restBytes > 0;

    /// <summary>The type under which a value is written. O(1).</summary>
    public static RdbType TypeOf(EntryRef entry) => entry.Type switch
    {
        ValueType.String => RdbType.String,
        ValueType.List => RdbType.ListQuicklist2,
        ValueType.Set => entry.Encoding == ValueEncoding.IntSet ? RdbType.SetIntset : RdbType.Set,
        ValueType.SortedSet => entry.IsPointer ? RdbType.SortedSet2 : RdbType.SortedSetListpack,
        ValueType.Hash when entry.IsPointer => HashValue.HasExpiringFields(entry) ? RdbType.HashTimes : RdbType.Hash,
        ValueType.Hash => HashValue.MayExpireFields(entry) ? RdbType.HashListpackTimes : RdbType.HashListpack,
        _ => RdbType.StreamListpacks2,
    };

    /// <summary>Begins with a value, whose type the caller has written (<see cref="TypeOf"/>). O(1), O(n) for a hash whose fields expire.</summary>
    /// <param name="values">The heap of the value.</param>
    /// <param name="entry">The value.</param>
    /// <param name="compress">Whether strings are compressed (<c>rdbcompression</c>).</param>
    public void Begin(ValueHeap values, EntryRef entry, bool compress)
    {
        _values = values;
        _entry = entry;
        _compresses = compress;
        _restBytes = 0;
        _node = -1;
        if (_memory == null)
            _memory = (LzfMemory*)NativeBlock.AllocateZeroed(sizeof(LzfMemory));
        _type = TypeOf(entry);
        _stage = _type is RdbType.String or RdbType.SetIntset or RdbType.SortedSetListpack or RdbType.HashListpack or RdbType.HashListpackTimes
            ? Stage.Value
            : Stage.Elements;
    }

    /// <summary>Appends bytes until about <paramref name="bytesMax"/> more are there, or the value ends.</summary>
    /// <returns>True: the value is complete.</returns>
    public bool Continue(ref NativeBuffer output, long bytesMax)
    {
        long limit = output.Length + bytesMax;
        while (IsActive)
        {
            if (output.Length >= limit)
                return false;
            if (_restBytes > 0)
                WriteRest(ref output, Math.Max(1, limit - output.Length));
            else
                Step(ref output);
        }
        return true;
    }

    /// <summary>Appends all that is left of the value.</summary>
    public void Finish(ref NativeBuffer output)
    {
        while (IsActive)
        {
            // A text of hundreds of megabytes is copied once, not again and again as the output grows.
            output.EnsureFree(_restBytes);
            if (_restBytes > 0)
                WriteRest(ref output, _restBytes);
            else
                Step(ref output);
        }
    }

    /// <summary>Forgets the value.</summary>
    public void Abandon()
    {
        _stage = Stage.Done;
        _restBytes = 0;
    }

    public void Dispose()
    {
        NativeBlock.Free((byte*)_memory, sizeof(LzfMemory));
        _memory = null;
        _scratch.Release();
    }

    private LzfMemory* Compressor => _compresses ? _memory : null;

    private void Step(ref NativeBuffer output)
    {
        switch (_type)
        {
            case RdbType.String:
                _stage = Stage.Done;
                WriteString(ref output);
                break;
            case RdbType.SetIntset:
                _stage = Stage.Done;
                WriteIntset(ref output);
                break;
            case RdbType.HashListpack:
                _stage = Stage.Done;
                byte* first = ListpackEntry.First(_entry.Block, out byte* end);
                WriteListpack(ref output, first, end - first, ListpackEntry.Count(_entry.Block));
                break;
            case RdbType.SortedSetListpack:
                _stage = Stage.Done;
                WriteSortedSetListpack(ref output);
                break;
            case RdbType.HashListpackTimes:
                _stage = Stage.Done;
                WriteHashListpackWithTimes(ref output);
                break;
            case RdbType.ListQuicklist2:
                StepList(ref output);
                break;
            case RdbType.Set:
                StepSet(ref output);
                break;
            case RdbType.SortedSet2:
                StepSortedSet(ref output);
                break;
            case RdbType.Hash or RdbType.HashTimes:
                StepHash(ref output);
                break;
            default:
                StepStream(ref output);
                break;
        }
    }

    private void WriteRest(ref NativeBuffer output, long bytesMax)
    {
        int bytes = (int)Math.Min(Math.Min(_restBytes, bytesMax), 1 << 20);
        RdbOutput.Raw(ref output, new ReadOnlySpan<byte>(_rest, bytes));
        _rest += bytes;
        _restBytes -= bytes;
    }

    // A long text that stays as it is becomes the rest, which is written in pieces.
    private void WriteText(ref NativeBuffer output, ReadOnlySpan<byte> text, bool isView)
    {
        const int piecesFrom = 64 * 1024;
        if (!isView || text.Length < piecesFrom)
        {
            RdbOutput.String(ref output, text, Compressor);
            return;
        }
        if (RdbOutput.TryShort(ref output, text, Compressor))
            return;
        RdbOutput.Length(ref output, (ulong)text.Length);
        _rest = (byte*)Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetReference(text));
        _restBytes = text.Length;
    }

    private void WriteString(ref NativeBuffer output)
    {
        if (StringEntry.TryGetInteger(_entry.Block, out long integer))
        {
            RdbOutput.IntegerText(ref output, integer);
            return;
        }
        byte* bytes = StringEntry.Bytes(_entry.Block, out long length);
        WriteText(ref output, new ReadOnlySpan<byte>(bytes, checked((int)length)), isView: true);
    }

    // Width u32, number u32, the integers.
    private void WriteIntset(ref NativeBuffer output)
    {
        byte* content = CompactValue.Bytes(_entry.Block, out int length);
        int bytes = length - IntSet.HeaderBytes;
        byte* to = Scratch(bytes + (2 * sizeof(uint)));
        Unsafe.WriteUnaligned(to, (uint)*content);
        Unsafe.WriteUnaligned(to + sizeof(uint), (uint)(bytes / *content));
        Buffer.MemoryCopy(content + IntSet.HeaderBytes, to + (2 * sizeof(uint)), bytes, bytes);
        RdbOutput.String(ref output, new ReadOnlySpan<byte>(to, bytes + (2 * sizeof(uint))), Compressor);
    }

    // Elements as a listpack with Redis's header and end.
    private void WriteListpack(ref NativeBuffer output, byte* elements, long bytes, long count)
    {
        long total = bytes + ListpackCheck.RedisHeaderBytes + 1;
        byte* to = Scratch(total);
        Buffer.MemoryCopy(elements, to + ListpackCheck.RedisHeaderBytes, bytes, bytes);
        WriteListpackFrame(to, total, count);
        RdbOutput.String(ref output, new ReadOnlySpan<byte>(to, checked((int)total)), Compressor);
    }

    private static void WriteListpackFrame(byte* listpack, long bytes, long count)
    {
        Unsafe.WriteUnaligned(listpack, (uint)bytes);
        Unsafe.WriteUnaligned(listpack + sizeof(uint), (ushort)(count < 0 ? ushort.MaxValue : Math.Min(count, ushort.MaxValue)));
        listpack[bytes - 1] = ListpackCheck.RedisEndMark;
    }

    // Our compact sorted sets have elements of their own; Redis's are pairs of a listpack, scores as text or integer.
    private void WriteSortedSetListpack(ref NativeBuffer output)
    {
        const int scoreBytesMax = NumberText.DoubleCharsMax + 8;
        const int memberOverheadBytes = 10;
        CompactValue.Bytes(_entry.Block, out int length);
        long count = SortedSetValue.Count(_entry);
        byte* listpack = Scratch(length + (count * (scoreBytesMax + memberOverheadBytes)) + ListpackCheck.RedisHeaderBytes + 1);
        byte* at = listpack + ListpackCheck.RedisHeaderBytes;
        Span<byte> text = stackalloc byte[NumberText.DoubleCharsMax];
        var members = new SortedSetCursor(_values, _entry);
        while (members.MoveNext())
        {
            at += Listpack.Encode(at, members.Member);
            double score = members.Score;
            at += (long)score == score && Math.Abs(score) < long.MaxValue / 2
                ? Listpack.Encode(at, (long)score)
                : Listpack.Encode(at, text[..NumberText.FormatDouble17(text, score)]);
        }
        long bytes = at + 1 - listpack;
        WriteListpackFrame(listpack, bytes, 2 * count);
        RdbOutput.String(ref output, new ReadOnlySpan<byte>(listpack, (int)bytes), Compressor);
    }

    private void StepList(ref NativeBuffer output)
    {
        if (_node < 0)
        {
            RdbOutput.Length(ref output, (ulong)ListValue.NodeCountOf(_entry));
            _node = 0;
            return;
        }
        ListValue.Node(_entry, _node, out byte* first, out int bytes, out long count);
        RdbOutput.Length(ref output, RdbFormat.ContainerPacked);
        WriteListpack(ref output, first, bytes, count);
        if (++_node == ListValue.NodeCountOf(_entry))
            _stage = Stage.Done;
    }

    private void StepSet(ref NativeBuffer output)
    {
        if (_node < 0)
        {
            RdbOutput.Length(ref output, (ulong)SetValue.Count(_entry));
            _members = new SetCursor(_entry);
            _node = 0;
            return;
        }
        if (!_members.MoveNext())
        {
            _stage = Stage.Done;
            return;
        }
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        WriteText(ref output, _members.Member(scratch), isView: _entry.IsPointer);
    }

    private void StepSortedSet(ref NativeBuffer output)
    {
        if (_node < 0)
        {
            RdbOutput.Length(ref output, (ulong)SortedSetValue.Count(_entry));
            _scored = new SortedSetCursor(_values, _entry);
            _node = 0;
            return;
        }
        if (!_scored.MoveNext())
        {
            _stage = Stage.Done;
            return;
        }

        // The score stands behind the member, so the member is written at once, however long.
        RdbOutput.String(ref output, _scored.Member, Compressor);
        RdbOutput.Double(ref output, _scored.Score);
    }

    private void StepHash(ref NativeBuffer output)
    {
        if (_node < 0)
        {
            if (_type == RdbType.HashTimes)
                RdbOutput.Int64(ref output, _leastMs = LeastTime());
            RdbOutput.Length(ref output, (ulong)HashValue.Count(_entry));
            _fields = new HashCursor(_entry);
            _node = 0;
            return;
        }
        if (!_fields.MoveNext())
        {
            _stage = Stage.Done;
            return;
        }
        Span<byte> scratch = stackalloc byte[HashValue.ScratchBytes];
        if (_type == RdbType.HashTimes)
            RdbOutput.Length(ref output, _fields.ExpiryMs == 0 ? 0 : (ulong)(_fields.ExpiryMs - _leastMs + 1));
        RdbOutput.String(ref output, _fields.Field(scratch), Compressor);
        WriteText(ref output, _fields.Value(scratch), isView: true);
    }

    // Times are written relative to a least one; for a hash of very many fields looking for it would be a long stall, and 1 is as right.
    private long LeastTime()
    {
        const long looksMax = 4096;
        if (HashValue.Count(_entry) > looksMax)
            return 1;
        long least = long.MaxValue;
        var fields = new HashCursor(_entry);
        while (fields.MoveNext())
        {
            if (fields.ExpiryMs > 0)
                least = Math.Min(least, fields.ExpiryMs);
        }
        return least == long.MaxValue ? 1 : least;
    }

    private byte* Scratch(long bytes)
    {
        _scratch.Length = 0;
        _scratch.EnsureFree(bytes);
        return _scratch.Data;
    }
}
