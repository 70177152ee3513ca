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
    private bool _hasText;
    private long _integer;
    private ulong _hash;

    /// <summary>Takes the member at which an iterator stands.</summary>
    /// <param name="probe">Where to.</param>
    /// <param name="members">The iterator.</param>
    /// <param name="hashSeed">The seed of all sets.</param>
    /// <param name="integersOnly">Whether it will be looked up in sets of integers only: an integer needs no text and no hash then.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(SetProbe* probe, in SetIterator members, ulong hashSeed, bool integersOnly)
    {
        probe->_isInteger = members.TryInteger(out probe->_integer);
        probe->_hasText = !(integersOnly && probe->_isInteger);
        if (!probe->_hasText)
            return;
        ReadOnlySpan<byte> text = members.Text(new Span<byte>(probe->_scratch, Listpack.ScratchBytes));
        fixed (byte* start = text)
            probe->_text = start;
        probe->_length = text.Length;
        if (integersOnly)
            probe->_isInteger = IntegerText.TryParse(text, out probe->_integer);
        else
            LoadOther(probe, text, hashSeed);
    }

    /// <summary>The member's text.</summary>
    public static ReadOnlySpan<byte> TextOf(SetProbe* probe)
    {
        if (!probe->_hasText)
        {
            probe->_text = probe->_scratch;
            probe->_length = IntegerText.Format(probe->_integer, new Span<byte>(probe->_scratch, Listpack.ScratchBytes));
            probe->_hasText = true;
        }

        return new ReadOnlySpan<byte>(probe->_text, probe->_length);
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
            return new SetTable(values, set).Table.Find(_hash, new ReadOnlySpan<byte>(_text, _length)) != null;
        byte* content = CompactValue.Bytes(set.Block, out int length);
        if (set.Encoding == ValueEncoding.IntSet)
            return _isInteger && IntSet.Contains(content, length, _integer);
        return Listpack.Find(content + Listpack.HeaderBytes, content + length, new ReadOnlySpan<byte>(_text, _length), 1) != null;
    }

    private static void LoadOther(SetProbe* probe, ReadOnlySpan<byte> text, ulong hashSeed)
    {
        if (!probe->_isInteger)
            probe->_isInteger = IntegerText.TryParse(text, out probe->_integer);
        probe->_hash = SetTable.HashOf(text, hashSeed);
    }
}
