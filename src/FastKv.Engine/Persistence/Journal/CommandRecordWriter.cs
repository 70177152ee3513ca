using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FastKv.Engine.Persistence.Snapshots;
using FastKv.Memory;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Persistence.Journal;

// Data plane. A key as the commands that make it where it is not there, as Redis writes it into an AOF without RDB preamble: 64 elements to a command. It is
// written in slices (RecordWriter); one slice ends with a whole command, or within the bytes of a long text:
//
//   string                SET
//   list                  RPUSH …                        64 elements, or some KiB
//   set, sorted set       SADD …, ZADD …                 the same
//   hash                  HMSET …, HPEXPIREAT …          the same; the times of a command's fields stand behind it
//   stream                XADD …, XSETID                 the entries of a block to a step
//                         per group: XGROUP CREATE, per consumer: XGROUP CREATECONSUMER, XCLAIM …
//                         RESTORE as a whole if something is pending that is not in the stream any more
//   at the end            PEXPIREAT
//
// A text from 64 KiB on is the last argument of a command of its own and written in pieces, with the value of a field, the field, and the score before it.

/// <summary>Writes keys as commands, one key at a time. O(n) in the bytes of the value.</summary>
internal sealed unsafe partial class CommandRecordWriter : RecordWriter
{
    /// <summary>A longer text is written in pieces.</summary>
    private const int PiecesFrom = 64 * 1024;

    // A larger buffer is not kept for the next value.
    private const long KeptBytesMax = 256 * 1024;

    private ValueHeap _values = null!;
    private EntryRef _entry;
    private Stage _stage;
    private long _dueMs;
    private int _commands;
    private byte* _rest;
    private long _restBytes;
    private int _node;
    private byte* _item;
    private byte* _itemsEnd;
    private SetCursor _members;
    private HashCursor _fields;
    private SortedSetCursor _scored;

    private enum Stage : byte
    {
        Done,
        Head,
        Elements,
        Facts,
        Group,
        Consumer,
        Owned,
        Expiry,
    }

    private bool IsActive => _stage != Stage.Done || _restBytes > 0;

    public override void WriteSelect(ref NativeBuffer output, int database)
    {
        EffectText.Header(ref output, 2);
        EffectText.Argument(ref output, "SELECT"u8);
        EffectText.Argument(ref output, database);
    }

    public override void Begin(ref NativeBuffer output, ValueHeap values, EntryRef entry)
    {
        _values = values;
        _entry = entry;
        _dueMs = 0;
        _restBytes = 0;
        _stage = Stage.Head;
    }

    public override bool Continue(ref NativeBuffer output, long bytesMax)
    {
        long limit = output.Length + bytesMax;
        while (IsActive)
        {
            if (output.Length + HeldBytes >= limit)
            {
                Flush(ref output, _entry.Type, _entry.Key);
                return false;
            }
            if (_restBytes > 0)
                WriteRest(ref output, Math.Max(1, limit - output.Length));
            else
                Step(ref output);
        }
        return true;
    }

    public override void Finish(ref NativeBuffer output)
    {
        while (IsActive)
        {
            if (_restBytes > 0)
                WriteWholeRest(ref output);
            else
                Step(ref output);
        }
    }

    /// <summary>Appends all commands of a key, without fields that are due by a time, Unix milliseconds.</summary>
    /// <returns>How many commands.</returns>
    public int Write(ref NativeBuffer output, ValueHeap values, EntryRef entry, long dueMs)
    {
        int before = _commands;
        Begin(ref output, values, entry);
        _dueMs = dueMs;
        Finish(ref output);
        if (_elements.AllocatedBytes + _times.AllocatedBytes > KeptBytesMax)
            Dispose();
        return _commands - before;
    }

    public override void Abandon()
    {
        _stage = Stage.Done;
        _restBytes = 0;
        _elements.Length = _times.Length = 0;
        _held = 0;
    }

    public override void Dispose()
    {
        _elements.Release();
        _times.Release();
        _payload?.Dispose();
        _payload = null;
    }

    private void Command(ref NativeBuffer output, int count, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key)
    {
        EffectText.Header(ref output, count);
        EffectText.Argument(ref output, name);
        EffectText.Argument(ref output, key);
        _commands++;
    }

    private void Step(ref NativeBuffer output)
    {
        switch (_stage)
        {
            case Stage.Head:
                _stage = Stage.Elements;
                WriteHead(ref output);
                break;
            case Stage.Expiry:
                _stage = Stage.Done;
                if (_entry.HasExpiry)
                    WriteExpiry(ref output, _entry.Key, _entry.ExpiryMs);
                break;
            case Stage.Elements when _entry.Type != ValueType.Stream:
                if (!TryStepElements(ref output))
                {
                    Flush(ref output, _entry.Type, _entry.Key);
                    _stage = Stage.Expiry;
                }
                break;
            default:
                StepStream(ref output);
                break;
        }
    }

    private void WriteHead(ref NativeBuffer output)
    {
        switch (_entry.Type)
        {
            case ValueType.String:
                _stage = Stage.Expiry;
                WriteString(ref output);
                break;
            case ValueType.List:
                _node = 0;
                _item = _itemsEnd = null;
                break;
            case ValueType.Set when _entry.Encoding == ValueEncoding.IntSet:
                WriteIntegers(ref output);
                break;
            case ValueType.Set:
                _members = new SetCursor(_entry);
                break;
            case ValueType.SortedSet:
                _scored = new SortedSetCursor(_values, _entry);
                break;
            case ValueType.Hash:
                _fields = new HashCursor(_entry);
                break;
            default:
                BeginStream(ref output);
                break;
        }
    }

    private void WriteString(ref NativeBuffer output)
    {
        Command(ref output, 3, "SET"u8, _entry.Key);
        if (StringEntry.TryGetInteger(_entry.Block, out long integer))
        {
            EffectText.Argument(ref output, integer);
            return;
        }
        byte* bytes = StringEntry.Bytes(_entry.Block, out long length);
        WriteLast(ref output, new ReadOnlySpan<byte>(bytes, checked((int)length)));
    }

    private void WriteIntegers(ref NativeBuffer output)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        var members = SetValue.Iterate(_values, _entry);
        while (members.MoveNext())
            AddItem(ref output, ValueType.Set, _entry.Key, members.Text(scratch));
        Flush(ref output, ValueType.Set, _entry.Key);
        _stage = Stage.Expiry;
    }

    private bool TryStepElements(ref NativeBuffer output)
    {
        ReadOnlySpan<byte> key = _entry.Key;
        switch (_entry.Type)
        {
            case ValueType.List:
                if (_item == _itemsEnd && !TryOpenNode())
                    return false;
                WriteItem(ref output);
                return true;
            case ValueType.Set:
                if (!_members.MoveNext())
                    return false;
                Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
                AddItem(ref output, ValueType.Set, key, _members.Member(scratch));
                return true;
            case ValueType.SortedSet:
                if (!_scored.MoveNext())
                    return false;
                AddScored(ref output, key, _scored.Score, _scored.Member);
                return true;
            default:
                if (!_fields.MoveNext())
                    return false;
                Span<byte> field = stackalloc byte[HashValue.ScratchBytes];
                Span<byte> value = stackalloc byte[HashValue.ScratchBytes];
                long expiryMs = _fields.ExpiryMs;
                if (expiryMs == 0 || expiryMs > _dueMs)
                    AddField(ref output, key, _fields.Field(field), _fields.Value(value), expiryMs);
                return true;
        }
    }

    private bool TryOpenNode()
    {
        if (_node == ListValue.NodeCountOf(_entry))
            return false;
        ListValue.Node(_entry, _node++, out _item, out int bytes, out _);
        _itemsEnd = _item + bytes;
        return true;
    }

    private void WriteItem(ref NativeBuffer output)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        byte* item = _item;
        _item = Listpack.Next(item);
        AddItem(ref output, ValueType.List, _entry.Key, Listpack.Text(item, scratch));
    }

    private void WriteExpiry(ref NativeBuffer output, ReadOnlySpan<byte> key, long expiryMs)
    {
        Command(ref output, 3, "PEXPIREAT"u8, key);
        EffectText.Argument(ref output, expiryMs);
    }

    // The last argument of a command. A long text, which stands in the value, becomes the rest.
    private void WriteLast(ref NativeBuffer output, ReadOnlySpan<byte> text)
    {
        if (text.Length < PiecesFrom)
        {
            EffectText.Argument(ref output, text);
            return;
        }
        EffectText.ArgumentHead(ref output, text.Length);
        _rest = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(text));
        _restBytes = text.Length;
    }

    private void WriteRest(ref NativeBuffer output, long bytesMax)
    {
        long bytes = Math.Min(_restBytes, bytesMax);
        output.Append(_rest, bytes);
        _rest += bytes;
        _restBytes -= bytes;
        if (_restBytes > 0)
            return;
        EffectText.ArgumentEnd(ref output);
        FlushTimes(ref output);
    }

    private void WriteWholeRest(ref NativeBuffer output)
    {
        // A text of hundreds of megabytes is copied once, not again and again as the output grows.
        output.EnsureFree(_restBytes);
        WriteRest(ref output, _restBytes);
    }
}
