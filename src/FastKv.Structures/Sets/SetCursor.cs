namespace FastKv.Structures;

/// <summary>
/// A walk over the members of a set that may pause between two of them for as long as the set does not change: for writing it down in slices. O(1) per
/// step. Data plane.
/// </summary>
public unsafe struct SetCursor
{
    private readonly bool _isLarge;
    private TableWalk _walk;
    private byte* _next;
    private byte* _end;
    private byte* _current;

    /// <summary>Stands before the first member; the set is no intset (whose integers lie one behind the other).</summary>
    public SetCursor(EntryRef entry)
    {
        _isLarge = entry.IsPointer;
        if (_isLarge)
            _walk = new TableWalk((TableHeader*)entry.Pointer);
        else
            _next = ListpackEntry.First(entry.Block, out _end);
    }

    /// <summary>Goes to the next member; false: there is none.</summary>
    public bool MoveNext()
    {
        if (_isLarge)
        {
            _current = _walk.Next();
            return _current != null;
        }

        if (_next >= _end)
            return false;
        _current = _next;
        _next = Listpack.Next(_current);
        return true;
    }

    /// <summary>What is left of the walk over a large set, as the set is now, while it changes.</summary>
    public readonly FrozenElements Freeze(ValueHeap values, EntryRef entry) =>
        new FrozenTable<SetMemberLayout>(values, (TableHeader*)entry.Pointer, _walk);

    /// <summary>The member: a view of it, or of <paramref name="scratch"/> (<see cref="Listpack.ScratchBytes"/>).</summary>
    public readonly ReadOnlySpan<byte> Member(Span<byte> scratch) => _isLarge ? SetMemberLayout.KeyOf(_current) : Listpack.Text(_current, scratch);
}
