namespace FastKv.Structures;

// Data plane. A sorted set walked from the highest (score, member) down: what is lower than the last one fetched is ahead.

/// <summary>The members of a large sorted set at an instant.</summary>
internal sealed unsafe class FrozenSortedSet : FrozenElements
{
    private readonly SortedSetHeader* _header;
    private byte[] _member = [];
    private int _memberBytes = -1;
    private double _score;

    /// <param name="values">The heap.</param>
    /// <param name="header">The sorted set.</param>
    /// <param name="last">The member that was given last; null: none was.</param>
    internal FrozenSortedSet(ValueHeap values, SortedSetHeader* header, byte* last)
        : base(values)
    {
        _header = header;
        if (last != null)
            MoveTo(last);
    }

    /// <inheritdoc/>
    protected override void Fetch()
    {
        ScoreTree tree = new LargeSortedSet(Values, _header).Tree;
        Leaf* leaf = tree.Last;
        int index = leaf == null ? 0 : leaf->Count;
        if (_memberBytes >= 0 && leaf != null)
            leaf = tree.Find(_score, _member.AsSpan(0, _memberBytes), out index, out _);
        while (leaf != null && index == 0)
        {
            leaf = leaf->Previous;
            index = leaf == null ? 0 : leaf->Count;
        }
        if (leaf == null)
        {
            IsAtEnd = true;
            return;
        }
        if (leaf->Previous != null)
            Leaf.PrefetchReferences(leaf->Previous);
        for (int i = index - 1; i >= 0; i--)
            Prefetch.Line(Leaf.BlockAt(leaf, i));
        for (int i = index - 1; i >= 0; i--)
            Meet(Leaf.BlockAt(leaf, i));
        MoveTo(Leaf.BlockAt(leaf, 0));
    }

    /// <inheritdoc/>
    protected override bool IsAhead(byte* element)
    {
        if (_memberBytes < 0)
            return true;
        double score = ScoredMember.Score(element);
        return score < _score || (score == _score && ScoredMember.Compare(element, _member.AsSpan(0, _memberBytes)) < 0);
    }

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> NameOf(byte* element) => ScoredMember.Member(element);

    private void MoveTo(byte* block)
    {
        ReadOnlySpan<byte> member = ScoredMember.Member(block);
        if (_member.Length < member.Length)
            _member = new byte[Math.Max(64, 2 * member.Length)];
        member.CopyTo(_member);
        _memberBytes = member.Length;
        _score = ScoredMember.Score(block);
    }
}
