using System.Diagnostics;
using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>How scores of one member in several sets become one.</summary>
public enum SortedSetAggregate
{
    /// <summary>Their sum; of opposite infinities 0.</summary>
    Sum,

    /// <summary>The least.</summary>
    Min,

    /// <summary>The greatest.</summary>
    Max,
}

/// <summary>
/// Members collected in any order, then sorted once: for results of set operations, which may become a value (<see cref="ToEntry"/>) or only a reply. Data
/// plane.
/// </summary>
/// <remarks>
/// Collecting touches the member table alone, O(1) per member; sorting is a merge sort of 16 bytes per member in the shard's heap, O(n log n); the tree is then
/// filled from the left, O(n). One tree update per member would cost three times as much.
/// </remarks>
public unsafe partial struct SortedSetBuilder
{
    private readonly ValueHeap _values;
    private readonly LargeSortedSet _set;
    private Item* _items;
    private long _itemsCapacity;
    private long _arrived;
    private long _memberBytesMax;

    // How the members came.
    private bool _ascends, _descends;
    private bool _isInOrder;

    // Members in the tree.
    private long _filled;

    // Turning round: pairs done. Sorting: what is merged into, the width of what has been merged (0: runs are being made), the first item of the two that
    // are being merged, the next item to write, and the next ones to read.
    private long _turned;
    private Item* _other;
    private long _width, _start, _at, _left, _right;

    /// <summary>Begins in the heap of the shard where the value will live.</summary>
    public SortedSetBuilder(ValueHeap values)
    {
        _values = values;
        _set = LargeSortedSet.Create(values);
        _ascends = _descends = true;
    }

    /// <summary>Begins, with room for so many members that come in order (<see cref="TryAddNext"/>).</summary>
    public SortedSetBuilder(ValueHeap values, long membersExpected)
        : this(values)
    {
        if (membersExpected > 0)
            ResizeItems(membersExpected);
    }

    /// <summary>Members so far.</summary>
    public readonly long Count => _set.Count;

    /// <summary>Adds a member, or combines its score with the one it has. O(1).</summary>
    public void Add(ReadOnlySpan<byte> member, double score, SortedSetAggregate aggregate)
    {
        ulong hash = _set.HashOf(member);
        byte* block = _set.Table.Find(hash, member);
        if (block != null)
        {
            ScoredMember.SetScore(block, Combine(ScoredMember.Score(block), score, aggregate));
            return;
        }

        _set.AddToTable(hash, member, score);
        _memberBytesMax = Math.Max(_memberBytesMax, member.Length);
    }

    /// <summary>
    /// Adds a member whose order of arrival is to be used: if all come in order, either way, nothing needs sorting (loading). Not to be mixed with
    /// <see cref="Add"/>. False: it was added before. O(1).
    /// </summary>
    public bool TryAddNext(ReadOnlySpan<byte> member, double score)
    {
        ulong hash = _set.HashOf(member);
        if (_set.Table.Find(hash, member) != null)
            return false;
        if (_arrived == _itemsCapacity)
            ResizeItems(Math.Max(RunItems, 2 * _itemsCapacity));
        _items[_arrived] = new Item { Score = score, Block = _set.AddToTable(hash, member, score) };
        if (_arrived > 0 && (_ascends || _descends))
            NoteOrder(_items[_arrived - 1], _items[_arrived]);
        _arrived++;
        _memberBytesMax = Math.Max(_memberBytesMax, member.Length);
        return true;
    }

    /// <summary>Whether a member was added. O(1).</summary>
    public readonly bool Contains(ReadOnlySpan<byte> member) => _set.Find(member) != null;

    /// <summary>Puts the members in order; nothing may be added any more. O(n log n).</summary>
    public void Sort()
    {
        long count = Count;
        if (count == 0)
            return;
        long all = long.MaxValue;
        if (_arrived > 0)
        {
            _ = TryPutInOrder(ref all);
            return;
        }

        Debug.Assert(_items == null, "sorted once");
        ResizeItems(count);
        var collector = new Collector { Next = _items };
        ulong cursor = 0;
        ExtendibleTable<ScoredMemberLayout> table = _set.Table;
        do
        {
            cursor = table.Scan(cursor, ref collector);
        }
        while (cursor != 0);
        Debug.Assert(collector.Next == _items + count, "a scan of a table that stands still visits each entry once");
        _ = TrySortItems(ref all);
    }

    /// <summary>The score of a rank, after <see cref="Sort"/>.</summary>
    public readonly double ScoreAt(long rank) => _items[rank].Score;

    /// <summary>The member of a rank, after <see cref="Sort"/>.</summary>
    public readonly ReadOnlySpan<byte> MemberAt(long rank)
    {
        if (rank + 8 < Count)
            Prefetch.Line(_items[rank + 8].Block);
        return ScoredMember.Member(_items[rank].Block);
    }

    /// <summary>
    /// Makes it a value, compact if the limits allow, after <see cref="Sort"/>; there is at least one member. The builder is gone then. O(n).
    /// </summary>
    /// <returns>The entry, which is in no table.</returns>
    public byte* ToEntry(ReadOnlySpan<byte> key, uint clock, long expiryMs = -1)
    {
        long count = Count;
        Debug.Assert(count > 0, "empty sorted sets do not exist");
        if (_filled > 0 || !FitsCompact)
        {
            long all = long.MaxValue;
            _ = TryFillTree(ref all);
            FreeItems();
            return EntryBlock.CreatePointer(
                _values.Heap, ValueType.SortedSet, ValueEncoding.SkipList, key, (byte*)_set.Header, expiryMs, clock);
        }

        long length = CompactSortedSet.HeaderBytes;
        for (long i = 0; i < count; i++)
            length += CompactSortedSet.ElementBytes(ScoredMember.Member(_items[i].Block).Length, _items[i].Score);
        byte* entry = CompactValue.Create(_values.Heap, ValueType.SortedSet, ValueEncoding.Listpack, key, checked((int)length), expiryMs, clock);
        byte* content = CompactValue.Bytes(entry, out _);
        CompactSortedSet.SetCount(content, (int)count);
        byte* end = content + CompactSortedSet.HeaderBytes;
        for (long i = 0; i < count; i++)
            end = CompactSortedSet.Append(end, ScoredMember.Member(_items[i].Block), _items[i].Score);
        Free();
        return entry;
    }

    /// <summary>Frees all of it.</summary>
    public void Free()
    {
        FreeItems();
        int budget = int.MaxValue;
        while (!_set.Free(ref budget))
            budget = int.MaxValue;
    }

    /// <summary>One score of two.</summary>
    public static double Combine(double left, double right, SortedSetAggregate aggregate)
    {
        switch (aggregate)
        {
            case SortedSetAggregate.Min:
                return right < left ? right : left;
            case SortedSetAggregate.Max:
                return right > left ? right : left;
            default:
                double sum = left + right;
                return double.IsNaN(sum) ? 0 : sum;
        }
    }

    private readonly bool FitsCompact => SortedSetValue.FitsCompact(_values.Limits, Count, _memberBytesMax);

    private void FreeItems()
    {
        FreeOther();
        ResizeItems(0);
    }

    private void ResizeItems(long capacity)
    {
        if (capacity == _itemsCapacity)
            return;
        long bytes = capacity * sizeof(Item);
        long before = _itemsCapacity * sizeof(Item);
        if (capacity == 0)
            _values.Heap.Free((byte*)_items, before);
        _items = capacity == 0 ? null : (Item*)(_items == null ? _values.Heap.Allocate(bytes) : _values.Heap.Reallocate((byte*)_items, before, bytes));
        _itemsCapacity = capacity;
    }

    private static bool IsBefore(in Item left, in Item right)
    {
        if (left.Score != right.Score)
            return left.Score < right.Score;
        return ScoredMember.Compare(left.Block, ScoredMember.Member(right.Block)) < 0;
    }

    private struct Item
    {
        internal double Score;
        internal byte* Block;
    }

    private struct Collector : IEntryVisitor
    {
        internal Item* Next;

        public void Visit(byte* entry) => *Next++ = new Item { Score = ScoredMember.Score(entry), Block = entry };
    }
}
