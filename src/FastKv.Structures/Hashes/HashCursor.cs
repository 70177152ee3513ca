namespace FastKv.Structures;

/// <summary>
/// A walk over the fields of a hash that may pause between two of them for as long as the hash does not change: for writing it down in slices. O(1) per
/// step. Data plane.
/// </summary>
public unsafe struct HashCursor
{
    private readonly bool _isLarge;
    private readonly bool _hasTimes;
    private TableWalk _walk;
    private byte* _next;
    private byte* _end;
    private byte* _current;

    /// <summary>Stands before the first field, whatever the encoding.</summary>
    public HashCursor(EntryRef entry)
    {
        _isLarge = entry.IsPointer;
        if (_isLarge)
        {
            _walk = new TableWalk(&((LargeHash*)entry.Pointer)->Table);
            return;
        }

        _hasTimes = CompactHash.HasTimes(entry.Block);
        _next = CompactHash.First(entry.Block, out _end);
    }

    /// <summary>In a small hash: the field's element of the listpack, its value's behind it.</summary>
    public readonly byte* Element => _current;

    /// <summary>When the field expires, in Unix milliseconds; 0: it does not.</summary>
    public readonly long ExpiryMs => _isLarge ? new FieldEntry(_current).ExpiryMs : _hasTimes ? CompactHash.ExpiryOf(_current) : 0;

    /// <summary>Goes to the next field, expired ones included; false: there is none.</summary>
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
        _next = CompactHash.Next(_current, _hasTimes);
        return true;
    }

    /// <summary>What is left of the walk over a large hash, as the hash is now, while it changes.</summary>
    public readonly FrozenElements Freeze(ValueHeap values, EntryRef entry) =>
        new FrozenTable<FieldLayout>(values, &((LargeHash*)entry.Pointer)->Table, _walk);

    /// <summary>The field: a view of it, or of <paramref name="scratch"/> (<see cref="HashValue.ScratchBytes"/>).</summary>
    public readonly ReadOnlySpan<byte> Field(Span<byte> scratch) => _isLarge ? new FieldEntry(_current).Field : Listpack.Text(_current, scratch);

    /// <summary>Its value: a view of it, or of <paramref name="scratch"/>.</summary>
    public readonly ReadOnlySpan<byte> Value(Span<byte> scratch) =>
        _isLarge ? new FieldEntry(_current).Value : Listpack.Text(Listpack.Next(_current), scratch);
}
