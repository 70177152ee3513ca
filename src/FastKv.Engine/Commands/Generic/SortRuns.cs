using FastKv.Memory;

namespace FastKv.Engine.Commands.Generic;

// Data plane. Merge sort from the bottom up, because its comparisons are few and those of texts are dear; runs of 16 by insertion. When only the first few
// are wanted, a heap keeps the best so far.
//
//   sort all     O(n log n), n items of scratch
//   first k      O(n log k + k log k)

/// <summary>Sorts <see cref="SortItem"/>s.</summary>
internal static unsafe class SortRuns
{
    private const int RunItems = 16;

    // Merging touches every item log n times in order; the heap touches most items once, but the few it takes at random.
    private const int SelectionShare = 8;

    /// <summary>Brings the first <paramref name="wanted"/> items in the order of all into their places; what stands behind them is undefined.</summary>
    public static void Sort<TOrder>(NativeHeap heap, SortItem* items, int count, int wanted, TOrder order)
        where TOrder : struct, ISortOrder
    {
        if (wanted <= count / SelectionShare)
        {
            SelectFirst(items, count, wanted, order);
            count = wanted;
        }
        if (count < 2)
            return;
        for (int start = 0; start < count; start += RunItems)
            SortRun(items + start, Math.Min(RunItems, count - start), order);
        if (count <= RunItems)
            return;

        long bytes = (long)count * sizeof(SortItem);
        var scratch = (SortItem*)heap.Allocate(bytes);
        SortItem* from = items;
        SortItem* to = scratch;
        for (long run = RunItems; run < count; run *= 2)
        {
            for (long start = 0; start < count; start += 2 * run)
            {
                long middle = Math.Min(start + run, count);
                Merge(from + start, from + middle, from + Math.Min(middle + run, count), to + start, order);
            }
            SortItem* merged = to;
            to = from;
            from = merged;
        }
        if (from != items)
            Buffer.MemoryCopy(from, items, bytes, bytes);
        heap.Free((byte*)scratch, bytes);
    }

    private static void SortRun<TOrder>(SortItem* items, int count, TOrder order)
        where TOrder : struct, ISortOrder
    {
        for (int i = 1; i < count; i++)
        {
            var item = items[i];
            int at = i;
            for (; at > 0 && order.IsBefore(item, items[at - 1]); at--)
                items[at] = items[at - 1];
            items[at] = item;
        }
    }

    private static void Merge<TOrder>(SortItem* left, SortItem* right, SortItem* end, SortItem* to, TOrder order)
        where TOrder : struct, ISortOrder
    {
        SortItem* leftEnd = right;
        if (right == end || order.IsBefore(right[-1], *right))
        {
            // In order already, as sorted input is throughout.
            Buffer.MemoryCopy(left, to, (end - left) * sizeof(SortItem), (end - left) * sizeof(SortItem));
            return;
        }
        while (left < leftEnd && right < end)
            *to++ = order.IsBefore(*right, *left) ? *right++ : *left++;
        Buffer.MemoryCopy(left, to, (leftEnd - left) * sizeof(SortItem), (leftEnd - left) * sizeof(SortItem));
        to += leftEnd - left;
        Buffer.MemoryCopy(right, to, (end - right) * sizeof(SortItem), (end - right) * sizeof(SortItem));
    }

    // A heap of the first items seen, the last of them on top, where each better one replaces it.
    private static void SelectFirst<TOrder>(SortItem* items, int count, int wanted, TOrder order)
        where TOrder : struct, ISortOrder
    {
        if (wanted == 0)
            return;
        for (int i = wanted / 2 - 1; i >= 0; i--)
            SiftDown(items, wanted, i, order);
        for (int i = wanted; i < count; i++)
        {
            if (!order.IsBefore(items[i], items[0]))
                continue;
            items[0] = items[i];
            SiftDown(items, wanted, 0, order);
        }
    }

    private static void SiftDown<TOrder>(SortItem* items, int count, int at, TOrder order)
        where TOrder : struct, ISortOrder
    {
        var item = items[at];
        for (int child = 2 * at + 1; child < count; child = 2 * at + 1)
        {
            if (child + 1 < count && order.IsBefore(items[child], items[child + 1]))
                child++;
            if (!order.IsBefore(item, items[child]))
                break;
            items[at] = items[child];
            at = child;
        }
        items[at] = item;
    }
}
