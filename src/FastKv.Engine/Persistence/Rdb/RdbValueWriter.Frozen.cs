using FastKv.Engine.Persistence.Snapshots;
using FastKv.Memory;
using FastKv.Structures;
using FastKv.Structures.Encoding;

namespace FastKv.Engine.Persistence.Rdb;

// Values that go on changing while they are written: the writer gives up its walk for one that bears that (FrozenRecord), and writes what that gives.
internal sealed unsafe partial class RdbValueWriter
{
    /// <summary>Makes ready for writing elements of frozen values.</summary>
    public void Prepare(bool compress)
    {
        _compresses = compress;
        if (_memory == null)
            _memory = (LzfMemory*)NativeBlock.AllocateZeroed(sizeof(LzfMemory));
    }

    /// <summary>
    /// Passes what is left of the value to a record that bears changes of it. O(1) for hashes, sets and sorted sets, O(nodes) for lists; of streams all but the
    /// entries is taken down, O(groups + consumers + pending entries).
    /// </summary>
    /// <param name="output">Gets what the value has begun with.</param>
    /// <returns>Null: it is a value that is not large, or too far advanced, and to be finished.</returns>
    public FrozenRecord? Freeze(ref NativeBuffer output)
    {
        if (_stage != Stage.Elements || !_entry.IsPointer)
            return null;
        if (_node < 0)
            Step(ref output);
        while (_restBytes > 0)
            WriteRest(ref output, _restBytes);
        FrozenRecord record = _type switch
        {
            RdbType.Set => new ElementsRecord(_members.Freeze(_values, _entry), _type, 0),
            RdbType.SortedSet2 => new ElementsRecord(_scored.Freeze(_values, _entry), _type, 0),
            RdbType.Hash or RdbType.HashTimes => new ElementsRecord(_fields.Freeze(_values, _entry), _type, _leastMs),
            RdbType.ListQuicklist2 => new ListRecord(_values.Heap, ListValue.Freeze(_values, _entry, _node)),
            _ => FreezeStream(),
        };
        Abandon();
        return record;
    }

    /// <summary>Writes an element of a hash, set or sorted set.</summary>
    public void WriteElement(ref NativeBuffer output, RdbType type, long leastMs, byte* element)
    {
        switch (type)
        {
            case RdbType.Set:
                RdbOutput.String(ref output, FrozenElement.Member(element), Compressor);
                break;
            case RdbType.SortedSet2:
                RdbOutput.String(ref output, FrozenElement.ScoredMember(element), Compressor);
                RdbOutput.Double(ref output, FrozenElement.Score(element));
                break;
            default:
                if (type == RdbType.HashTimes)
                {
                    long expiryMs = FrozenElement.ExpiryMs(element);
                    RdbOutput.Length(ref output, expiryMs == 0 ? 0 : (ulong)(expiryMs - leastMs + 1));
                }
                RdbOutput.String(ref output, FrozenElement.Field(element), Compressor);
                RdbOutput.String(ref output, FrozenElement.Value(element), Compressor);
                break;
        }
    }

    /// <summary>Writes a node of a list.</summary>
    public void WriteNode(ref NativeBuffer output, byte* first, int bytes, long count)
    {
        RdbOutput.Length(ref output, RdbFormat.ContainerPacked);
        WriteListpack(ref output, first, bytes, count);
    }

    /// <summary>Writes the present block of a stream.</summary>
    public void WriteBlock(ref NativeBuffer output, FrozenStream* stream)
    {
        RdbOutput.Length(ref output, IdBytes);
        RdbOutput.RawId(ref output, stream->FirstId);
        long bytes = stream->Bytes;
        byte* listpack = Scratch(bytes);
        stream->Write(listpack);
        RdbOutput.String(ref output, new ReadOnlySpan<byte>(listpack, checked((int)bytes)), Compressor);
    }

    private StreamRecord FreezeStream()
    {
        FrozenStream* blocks = _blocks.Freeze(_values.Heap, _stream);
        NativeBuffer rest = default;
        _stage = Stage.Facts;
        Finish(ref rest);
        return new StreamRecord(_values.Heap, blocks, rest);
    }
}
