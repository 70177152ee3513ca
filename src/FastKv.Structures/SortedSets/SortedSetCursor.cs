namespace FastKv.Structures;

/// <summary>
/// A walk over a sorted set that may pause between two members for as long as the set does not change: for writing it down in slices. A compact set is
/// walked from the lowest score up, a large one from the highest down (the orders of Redis's files). O(1) per step. Data plane.
/// </summary>
public unsafe struct SortedSetCursor
{
    private readonly bool _isLarge;
    private Leaf* _leaf;
    private int _index;
    private byte* _next;
    private byte* _end;
    private byte* _current;

    /// <summary>Stands before the first member of the walk.</summary>
    public SortedSetCursor(ValueHeap values, EntryRef entry)
    {
        _isLarge = entry.IsPointer;
        if (_isLarge)
        {
            _leaf = LargeSortedSet.Of(values, entry).Tree.Last;
            _index = _leaf == null ? 0 : _leaf->Count;
            return;
        }

        byte* content = CompactValue.Bytes(entry.Block, out int length);
        _next = content + CompactSortedSet.HeaderBytes;
        _end = content + length;
    }

    /// <summary>The score.</summary>
    public readonly double Score => _isLarge ? ScoredMember.Score(_current) : CompactSortedSet.Score(_current);

    /// <summary>The member.</summary>
    public readonly ReadOnlySpan<byte> Member => _isLarge ? ScoredMember.Member(_current) : CompactSortedSet.Member(_current);

    /// <summary>What is left of the walk over a large sorted set, as the set is now, while it changes.</summary>
    public readonly FrozenElements Freeze(ValueHeap values, EntryRef entry) =>
        new FrozenSortedSet(values, (SortedSetHeader*)entry.Pointer, _current);

    /// <summary>Goes to the next member of the walk; false: there is none.</summary>
    public bool MoveNext()
    {
        if (!_isLarge)
        {
            if (_next >= _end)
                return false;
            _current = _next;
            _next = CompactSortedSet.Next(_current);
            return true;
        }

        if (_leaf == null)
            return false;
        if (--_index < 0)
        {
            _leaf = _leaf->Previous;
            if (_leaf == null)
                return false;
            _index = _leaf->Count - 1;
            if (_leaf->Previous != null)
                Leaf.PrefetchReferences(_leaf->Previous);
        }

        const int ahead = 10;
        if (_index >= ahead)
            Prefetch.Line(Leaf.BlockAt(_leaf, _index - ahead));
        _current = Leaf.BlockAt(_leaf, _index);
        return true;
    }
}
