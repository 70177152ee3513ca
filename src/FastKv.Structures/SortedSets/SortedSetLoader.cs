namespace FastKv.Structures;

/// <summary>
/// Builds a sorted set from members that come one after the other, most likely in order, in the encoding that suits them in the end: for loading. Data
/// plane; O(1) per member, O(n log n) for all if they come in no order.
/// </summary>
/// <remarks>
/// Members are collected as the content of a compact set; if they do not fit one, or are not in order, a <see cref="SortedSetBuilder"/> takes over.
/// </remarks>
public unsafe struct SortedSetLoader
{
    private readonly ValueHeap _values;
    private HeapBuffer _content;
    private SortedSetBuilder _builder;
    private bool _isBuilding;
    private long _count;
    private long _last;

    /// <summary>Begins.</summary>
    /// <param name="values">The heap where the value will live.</param>
    /// <param name="membersExpected">About how many members will come.</param>
    public SortedSetLoader(ValueHeap values, long membersExpected)
    {
        _values = values;
        if (!SortedSetValue.FitsCompact(values.Limits, membersExpected, 0))
            Begin(membersExpected);
    }

    /// <summary>Members so far.</summary>
    public readonly long Count => _count;

    /// <summary>Whether <see cref="Finish"/> takes O(1) (or O(n) of a small set): it does also what <see cref="Complete"/> has not done.</summary>
    public readonly bool IsComplete => !_isBuilding || _builder.IsComplete;

    /// <summary>Adds a member; false: it is there already (a small set may find that out at its end). The score is not NaN.</summary>
    public bool TryAdd(ReadOnlySpan<byte> member, double score)
    {
        if (!_isBuilding)
        {
            if (SortedSetValue.FitsCompact(_values.Limits, _count + 1, member.Length) && IsBehindLast(member, score))
            {
                byte* to = _content.Reserve(_values.Heap, CompactSortedSet.ElementBytes(member.Length, score));
                _last = _content.Length;
                _content.Length += CompactSortedSet.Append(to, member, score) - to;
                _count++;
                return true;
            }

            if (!ToBuilder())
                return false;
        }

        _count++;
        return _builder.TryAddNext(member, score);
    }

    /// <summary>After the last member: does a part of the work that is left, on about so many members.</summary>
    public void Complete(long members) => _builder.Complete(members);

    /// <summary>Makes it an entry; null: a member came twice. There is at least one. The loader is empty then, whatever the result.</summary>
    public byte* Finish(ReadOnlySpan<byte> key, long expiryMs, uint clock)
    {
        byte* entry = null;
        if (_isBuilding)
        {
            _builder.Complete(long.MaxValue);
            entry = _builder.ToEntry(key, clock, expiryMs);
            _isBuilding = false;
        }
        else if (AreDistinct())
        {
            int bytes = checked((int)_content.Length);
            entry = CompactValue.Create(
                _values.Heap, ValueType.SortedSet, ValueEncoding.Listpack, key, bytes + CompactSortedSet.HeaderBytes, expiryMs, clock);
            byte* content = CompactValue.Bytes(entry, out _);
            CompactSortedSet.SetCount(content, (int)_count);
            Buffer.MemoryCopy(_content.Data, content + CompactSortedSet.HeaderBytes, bytes, bytes);
        }

        Free();
        return entry;
    }

    /// <summary>Frees what has been collected.</summary>
    public void Free()
    {
        _content.Release(_values.Heap);
        if (_isBuilding)
            _builder.Free();
        _isBuilding = false;
    }

    private void Begin(long membersExpected)
    {
        _builder = new SortedSetBuilder(_values, membersExpected);
        _isBuilding = true;
    }

    private readonly bool IsBehindLast(ReadOnlySpan<byte> member, double score)
    {
        if (_count == 0)
            return true;
        byte* last = _content.Data + _last;
        double before = CompactSortedSet.Score(last);
        return before < score || (before == score && CompactSortedSet.Member(last).SequenceCompareTo(member) < 0);
    }

    private bool ToBuilder()
    {
        Begin(_count);
        bool distinct = true;
        byte* end = _content.Data + _content.Length;
        for (byte* at = _content.Data; at < end && distinct; at = CompactSortedSet.Next(at))
            distinct = _builder.TryAddNext(CompactSortedSet.Member(at), CompactSortedSet.Score(at));
        _content.Release(_values.Heap);
        return distinct;
    }

    // In order of (score, member) without repetition; one member with two scores is what remains to be found.
    private readonly bool AreDistinct()
    {
        long slots = DistinctItems.SlotsFor(_count);
        if (slots <= DistinctItems.StackSlots)
        {
            Span<ulong> table = stackalloc ulong[DistinctItems.StackSlots];
            table = table[..(int)slots];
            table.Clear();
            return AreDistinct(table);
        }

        byte* block = _values.Heap.Allocate(slots * sizeof(ulong));
        var large = new Span<ulong>(block, (int)slots);
        large.Clear();
        bool distinct = AreDistinct(large);
        _values.Heap.Free(block, slots * sizeof(ulong));
        return distinct;
    }

    private readonly bool AreDistinct(Span<ulong> slots)
    {
        var seen = new DistinctItems(slots, _content.Data, _values.HashSeed);
        byte* end = _content.Data + _content.Length;
        for (byte* at = _content.Data; at < end; at = CompactSortedSet.Next(at))
        {
            ReadOnlySpan<byte> member = CompactSortedSet.Member(at);
            fixed (byte* start = member)
            {
                // An empty span may not say where it is.
                if (!seen.TryAdd(member.IsEmpty ? at : start, member.Length))
                    return false;
            }
        }

        return true;
    }
}
