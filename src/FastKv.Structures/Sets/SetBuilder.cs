using System.Runtime.CompilerServices;

namespace FastKv.Structures;

/// <summary>
/// Builds a set from members that come one after the other, in the encoding that suits them in the end: for loading. Data plane; O(1) per member, and
/// O(n log n) where they become an intset.
/// </summary>
public unsafe struct SetBuilder
{
    private readonly ValueHeap _values;
    private HeapBuffer _content;
    private TableHeader* _large;
    private long _count;
    private int _longestText;
    private bool _hasText;

    /// <summary>Begins.</summary>
    /// <param name="values">The heap where the set will live.</param>
    /// <param name="membersExpected">About how many members will come.</param>
    public SetBuilder(ValueHeap values, long membersExpected)
    {
        _values = values;
        if (membersExpected > CollectedMax(values.Limits))
            _large = SetTable.Create(values);
    }

    /// <summary>Members so far.</summary>
    public readonly long Count => _count;

    /// <summary>A set of ascending integers of one width, taken over as they are; null: they do not ascend, or are too many.</summary>
    public static byte* TakeOver(
        ValueHeap values, byte* integers, int width, long count, ReadOnlySpan<byte> key, long expiryMs, uint clock, out bool isSound)
    {
        isSound = true;
        for (long i = 1; i < count && isSound; i++)
            isSound = IntSet.Read(integers, width, (int)i - 1) < IntSet.Read(integers, width, (int)i);
        if (!isSound || count > values.Limits.IntSetEntries)
            return null;
        int bytes = (int)count * width;
        byte* entry = CompactValue.Create(values.Heap, ValueType.Set, ValueEncoding.IntSet, key, bytes + IntSet.HeaderBytes, expiryMs, clock);
        byte* content = CompactValue.Bytes(entry, out _);
        *content = (byte)width;
        Buffer.MemoryCopy(integers, content + IntSet.HeaderBytes, bytes, bytes);
        return entry;
    }

    /// <summary>The integer at a place of integers of one width (2, 4 or 8 bytes).</summary>
    public static long IntegerAt(byte* integers, int width, long index) => IntSet.Read(integers, width, (int)index);

    /// <summary>
    /// A set whose members are the elements of a checked listpack, taken over as they are; null: they must be added one by one.
    /// <paramref name="isSound"/> is false when one comes twice.
    /// </summary>
    public static byte* TakeOver(
        ValueHeap values, byte* first, byte* end, in ListpackFacts facts, ReadOnlySpan<byte> key, long expiryMs, uint clock, out bool isSound)
    {
        isSound = true;
        if (!facts.IsCanonical || facts.Count > values.Limits.SetEntries || facts.LongestText > values.Limits.SetValueBytes)
            return null;
        isSound = DistinctItems.AreDistinct(values, first, end, facts.Count, 1);
        return isSound ? ListpackEntry.CreateOf(values, ValueType.Set, ValueEncoding.Listpack, key, first, end, facts.Count, expiryMs, clock) : null;
    }

    /// <summary>Adds a member; false: it is there already (a small set finds that out at its end).</summary>
    public bool TryAdd(ReadOnlySpan<byte> member)
    {
        if (_large == null)
        {
            var element = new ListpackValue(member);
            bool isInteger = element.IsInteger;
            bool staysIntegers = !_hasText && isInteger && _count < _values.Limits.IntSetEntries;
            bool staysListpack = _count < _values.Limits.SetEntries && Math.Max(_longestText, member.Length) <= _values.Limits.SetValueBytes;
            if ((staysIntegers || staysListpack) && _content.Length + element.Size < int.MaxValue / 2)
            {
                element.Write(_content.Reserve(_values.Heap, element.Size));
                _content.Length += element.Size;
                _count++;
                _hasText |= !isInteger;
                _longestText = Math.Max(_longestText, member.Length);
                return true;
            }

            if (!Enlarge())
                return false;
        }

        return TryAddLarge(member);
    }

    /// <summary>Makes it an entry; null: a member came twice. There is at least one. The builder is empty then, whatever the result.</summary>
    public byte* Finish(ReadOnlySpan<byte> key, long expiryMs, uint clock)
    {
        byte* entry = null;
        if (_large == null)
        {
            byte* end = _content.Data + _content.Length;
            if (DistinctItems.AreDistinct(_values, _content.Data, end, _count, 1))
            {
                if (!_hasText && _count <= Math.Min(_values.Limits.IntSetEntries, IntSet.MembersMax))
                    entry = FinishIntegers(key, expiryMs, clock);
                else if (_count <= _values.Limits.SetEntries && _longestText <= _values.Limits.SetValueBytes)
                    entry = ListpackEntry.CreateOf(_values, ValueType.Set, ValueEncoding.Listpack, key, _content.Data, end, _count, expiryMs, clock);
                else
                    Enlarge();
            }
        }

        if (_large != null)
        {
            entry = EntryBlock.CreatePointer(_values.Heap, ValueType.Set, ValueEncoding.HashTable, key, (byte*)_large, expiryMs, clock);
            _large = null;
        }

        Free();
        return entry;
    }

    /// <summary>Frees what has been collected.</summary>
    public void Free()
    {
        _content.Release(_values.Heap);
        int budget = int.MaxValue;
        while (_large != null && !new SetTable(_values, _large).Free(ref budget))
            budget = int.MaxValue;
        _large = null;
    }

    private static long CollectedMax(CompactLimits limits) => Math.Max(limits.IntSetEntries, limits.SetEntries);

    [SkipLocalsInit]
    private bool Enlarge()
    {
        _large = SetTable.Create(_values);
        _count = 0;
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        bool distinct = true;
        byte* end = _content.Data + _content.Length;
        for (byte* at = _content.Data; at < end && distinct; at = Listpack.Next(at))
            distinct = TryAddLarge(Listpack.Text(at, scratch));
        _content.Release(_values.Heap);
        return distinct;
    }

    private bool TryAddLarge(ReadOnlySpan<byte> member)
    {
        _count++;
        return new SetTable(_values, _large).Add(member);
    }

    private readonly byte* FinishIntegers(ReadOnlySpan<byte> key, long expiryMs, uint clock)
    {
        int count = (int)_count;
        long bytes = count * (long)sizeof(long);
        var integers = (long*)_values.Heap.Allocate(bytes);
        byte* element = _content.Data;
        for (int i = 0; i < count; i++, element = Listpack.Next(element))
            Listpack.TryInteger(element, out integers[i]);
        var sorted = new Span<long>(integers, count);
        sorted.Sort();
        int width = Math.Max(IntSet.WidthOf(sorted[0]), IntSet.WidthOf(sorted[^1]));
        byte* entry = CompactValue.Create(
            _values.Heap, ValueType.Set, ValueEncoding.IntSet, key, (count * width) + IntSet.HeaderBytes, expiryMs, clock);
        byte* content = CompactValue.Bytes(entry, out _);
        *content = (byte)width;
        for (int i = 0; i < count; i++)
            IntSet.Write(content + IntSet.HeaderBytes + ((nint)i * width), width, integers[i]);
        _values.Heap.Free((byte*)integers, bytes);
        return entry;
    }
}
