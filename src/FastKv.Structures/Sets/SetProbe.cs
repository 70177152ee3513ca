using System.Runtime.CompilerServices;

namespace FastKv.Structures;

/// <summary>
/// A member on its way to other sets: hashed and parsed once, whatever their number and encodings. It must stay where it is (it may point into itself), and
/// is a view of the set it comes from. Data plane.
/// </summary>
public unsafe struct SetProbe
{
    private fixed byte _scratch[Listpack.ScratchBytes];
    private byte* _text;
    private int _length;
    private bool _isInteger;
    private long _integer;
    private ulong _hash;

    /// <summary>The member's text.</summary>
    public readonly ReadOnlySpan<byte> Text => new(_text, _length);

    /// <summary>Takes the member at which an iterator stands.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(SetProbe* probe, in SetIterator members, ulong hashSeed)
    {
        ReadOnlySpan<byte> text = members.Text(new Span<byte>(probe->_scratch, Listpack.ScratchBytes));
        fixed (byte* start = text)
            probe->_text = start;
        probe->_length = text.Length;
        probe->_isInteger = members.TryInteger(out probe->_integer) || IntegerText.TryParse(text, out probe->_integer);
        probe->_hash = SetTable.HashOf(text, hashSeed);
    }

    /// <summary>First pass over a batch: begins to load where a large set would have the member.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void PrefetchBucket(ValueHeap values, EntryRef set) => new SetTable(values, set).Table.PrefetchBucket(_hash);

    /// <summary>Second pass: begins to load the member of a large set that it would be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void PrefetchMember(ValueHeap values, EntryRef set) => new SetTable(values, set).Table.PrefetchEntry(_hash);

    /// <summary>Whether a set has it. All shards hash alike, so <paramref name="values"/> may be another shard's.</summary>
    public readonly bool IsIn(ValueHeap values, EntryRef set)
    {
        if (set.Encoding == ValueEncoding.HashTable)
            return new SetTable(values, set).Table.Find(_hash, Text) != null;
        byte* content = CompactValue.Bytes(set.Block, out int length);
        if (set.Encoding == ValueEncoding.IntSet)
            return _isInteger && IntSet.Contains(content, length, _integer);
        return Listpack.Find(content + Listpack.HeaderBytes, content + length, Text, 1) != null;
    }
}
