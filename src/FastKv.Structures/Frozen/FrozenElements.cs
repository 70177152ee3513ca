using System.Diagnostics;

namespace FastKv.Structures;

// Data plane. The elements of a large hash, set or sorted set as they were at one instant, given one by one while the value changes. There is no copy: the
// value is walked in an order of its own (FrozenTable: of the hash, FrozenSortedSet: of the score), and what the walk has yet to reach is looked after:
//
//   given already            ahead of the walk
//   ───────────────────────┼──────────────────────────────────
//   changes are of no        an element is about to change or go     the caller takes it down as it is now, and its name is noted
//   concern here             an element has come, or has changed     its name is noted
//                            the walk meets an element               given if its name is not noted
//
// So memory is needed for the names of what has changed ahead of the walk only. The walk fetches a few elements at a time; what it has fetched and not given yet
// is to be taken down before anything changes (the caller calls Next until HasFetched is false).
//
//   Next                     O(1) for tables, O(log n) per 62 for sorted sets
//   BeforeChange, NoteAdded  O(1)

/// <summary>A walk over the elements that a value had at one instant. One thread at a time.</summary>
public abstract unsafe class FrozenElements
{
    /// <summary>Elements fetched at once: those of a leaf, and more than what a bucket of a table holds unless very many hashes agree.</summary>
    private const int FetchedMin = 62;

    private nint[] _fetched = new nint[FetchedMin];
    private int _fetchedCount;
    private int _given;
    private EntryRef _noted;

    private protected FrozenElements(ValueHeap values) => Values = values;

    /// <summary>Whether <see cref="Next"/> can give an element without looking at the value.</summary>
    public bool HasFetched => _given < _fetchedCount;

    /// <summary>The heap of the value.</summary>
    protected ValueHeap Values { get; }

    /// <summary>Whether the walk has come to the end.</summary>
    protected bool IsAtEnd { get; set; }

    /// <summary>The next element's block; null: all have been given.</summary>
    public byte* Next()
    {
        while (_given == _fetchedCount)
        {
            if (IsAtEnd)
                return null;
            _given = _fetchedCount = 0;
            Fetch();
        }
        return (byte*)_fetched[_given++];
    }

    /// <summary>An element is about to change or to go; nothing is fetched.</summary>
    /// <returns>Whether it is one of the instant that has not been given: it counts as given now.</returns>
    public bool BeforeChange(byte* element, bool isRemoved)
    {
        Debug.Assert(!HasFetched, "taken down before");
        if (IsAtEnd || !IsAhead(element))
            return false;
        ReadOnlySpan<byte> name = NameOf(element);
        if (IsNoted(name))
        {
            // So that what comes and goes again and again takes no memory.
            if (isRemoved)
                _noted = new EntryRef(SetValue.Remove(Values, _noted.Block, name, out _));
            return false;
        }
        if (!isRemoved)
            Note(name);
        return true;
    }

    /// <summary>An element has come or changed.</summary>
    public void NoteAdded(byte* element)
    {
        if (!IsAtEnd && IsAhead(element))
            Note(NameOf(element));
    }

    /// <summary>Ends it: what it has noted is an entry in no table, which the caller frees; a null entry: nothing.</summary>
    public EntryRef Release()
    {
        var noted = _noted;
        _noted = default;
        _fetchedCount = _given = 0;
        IsAtEnd = true;
        return noted;
    }

    /// <summary>Fetches the next elements, perhaps none, or notes that the end is reached.</summary>
    protected abstract void Fetch();

    /// <summary>Whether the walk has yet to come to where the element is.</summary>
    protected abstract bool IsAhead(byte* element);

    /// <summary>What the element is called.</summary>
    protected abstract ReadOnlySpan<byte> NameOf(byte* element);

    /// <summary>An element that the walk has come to.</summary>
    protected void Meet(byte* element)
    {
        if (!_noted.IsNull && IsNoted(NameOf(element)))
            return;
        if (_fetchedCount == _fetched.Length)
            Array.Resize(ref _fetched, 2 * _fetched.Length);
        _fetched[_fetchedCount++] = (nint)element;
    }

    /// <summary>Notes an element that was given before the walk began.</summary>
    protected void Note(ReadOnlySpan<byte> name)
    {
        if (_noted.IsNull)
            _noted = new EntryRef(SetValue.CreateTable(Values, default));
        _noted = new EntryRef(SetValue.Add(Values, _noted.Block, name, out _));
    }

    private bool IsNoted(ReadOnlySpan<byte> name) => !_noted.IsNull && SetValue.Contains(Values, _noted, name);
}
