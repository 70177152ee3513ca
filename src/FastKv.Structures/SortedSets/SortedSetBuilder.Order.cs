using System.Diagnostics;

namespace FastKv.Structures;

// Putting members in order and filling the tree, in parts, so that a loop may do other things in between: members that come in order, as they do from files,
// are only turned round if they descend; others are sorted in runs of 16 by insertion, then merged to and fro between two arrays.
//
//   TryAddNext … ──► (turned round | runs ──► merged, width 16, 32, …) ──► tree
public unsafe partial struct SortedSetBuilder
{
    private const int RunItems = 16;

    /// <summary>Whether <see cref="ToEntry"/> takes O(1) (or O(n), of a compact value).</summary>
    public readonly bool IsComplete => _isInOrder && (_filled == Count || (_filled == 0 && FitsCompact));

    /// <summary>
    /// Members came by <see cref="TryAddNext"/>, and nothing may be added any more: does a part of what is left to do until <see cref="ToEntry"/>, on about so
    /// many of them. It is done when <see cref="IsComplete"/>.
    /// </summary>
    public void Complete(long members)
    {
        if (!TryPutInOrder(ref members))
            return;
        if (_filled > 0 || !FitsCompact)
            _ = TryFillTree(ref members);
    }

    private void NoteOrder(in Item before, in Item item)
    {
        bool ascends = IsBefore(before, item);
        _ascends &= ascends;
        _descends &= !ascends;
    }

    private bool TryPutInOrder(ref long budget)
    {
        if (_isInOrder)
            return true;
        Debug.Assert(_arrived == Count, "one way of adding");
        if (!_ascends && !(_descends ? TryTurnRound(ref budget) : TrySortItems(ref budget)))
            return false;
        _isInOrder = true;
        return true;
    }

    private bool TryTurnRound(ref long budget)
    {
        long low = _turned, high = _arrived - 1 - _turned;
        for (; low < high && budget > 0; low++, high--, budget--)
            (_items[low], _items[high]) = (_items[high], _items[low]);
        _turned = low;
        return low >= high;
    }

    private bool TryFillTree(ref long budget)
    {
        ScoreTree tree = _set.Tree;
        long count = Count;
        long end = budget < count - _filled ? _filled + budget : count;
        for (; _filled < end; _filled++, budget--)
            tree.Append(_items[_filled].Score, _items[_filled].Block);
        return _filled == count;
    }

    private bool TrySortItems(ref long budget)
    {
        long count = Count;
        if (_width == 0)
        {
            for (; _start < count && budget > 0; _start += RunItems, budget -= RunItems)
                InsertionSort(_items + _start, (int)Math.Min(RunItems, count - _start));
            if (_start < count)
                return false;
            BeginWidth(RunItems, count);
        }

        while (_width < count)
        {
            if (_other == null)
                _other = (Item*)_values.Heap.Allocate(_itemsCapacity * sizeof(Item));
            while (_start < count)
            {
                if (budget <= 0)
                    return false;
                MergeSome(count, ref budget);
            }

            Item* merged = _other;
            _other = _items;
            _items = merged;
            BeginWidth(2 * _width, count);
        }

        FreeOther();
        return true;
    }

    private void BeginWidth(long width, long count)
    {
        _width = width;
        BeginPair(0, count);
    }

    private void BeginPair(long start, long count)
    {
        _start = _at = _left = start;
        _right = Math.Min(start + _width, count);
    }

    private void MergeSome(long count, ref long budget)
    {
        Item* from = _items;
        Item* to = _other;
        long middle = Math.Min(_start + _width, count), end = Math.Min(_start + (2 * _width), count);
        long pause = budget < end - _at ? _at + budget : end;
        long left = _left, right = _right, at = _at;
        budget -= pause - at;
        for (; at < pause; at++)
        {
            bool takeRight = left == middle || (right < end && IsBefore(from[right], from[left]));
            to[at] = takeRight ? from[right++] : from[left++];
        }

        (_at, _left, _right) = (at, left, right);
        if (at == end)
            BeginPair(end, count);
    }

    private void FreeOther()
    {
        if (_other != null)
            _values.Heap.Free((byte*)_other, _itemsCapacity * sizeof(Item));
        _other = null;
    }

    private static void InsertionSort(Item* items, int count)
    {
        for (int i = 1; i < count; i++)
        {
            Item item = items[i];
            int at = i;
            for (; at > 0 && IsBefore(item, items[at - 1]); at--)
                items[at] = items[at - 1];
            items[at] = item;
        }
    }
}
