using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. A list whose elements do not fit into its entry: nodes of up to 8 KiB (list-max-listpack-size) with elements one behind the other, and one array
// of the nodes' descriptions in the order of the list, with free room on either side:
//
//   entry ──► QuickList ──► | free | node | node | node | … | free |       a node: 24 bytes, QuickNode
//             count                   │      │
//             first, nodes            ▼      ▼
//             one node inside         block  block of elements
//
// Redis links its nodes; here a walk by position reads descriptions that lie one behind the other (eight nodes, thousands of elements, per three cache lines).
// A list of one node has its description in the QuickList itself.
//
//   push, pop at either end         O(1) amortised
//   n-th element                    O(nodes / 2 + elements of a node / 2)
//   insert, delete at an element    O(bytes of a node), plus O(nodes / 2) × 24 bytes when a node comes or goes
internal unsafe partial struct QuickList
{
    /// <summary>Elements.</summary>
    internal long Count;

    /// <summary>Nodes.</summary>
    internal int NodeCount;

    /// <summary>What shares blocks with it, or null.</summary>
    internal FrozenList* Frozen;

    private const int FewNodes = 4;

    private QuickNode* _nodes;
    private int _first;
    private int _capacity;
    private QuickNode _inside;

    /// <summary>The first node; <see cref="NodeCount"/> of them stand one behind the other.</summary>
    internal readonly QuickNode* Head
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _nodes + _first;
    }

    /// <summary>The last node.</summary>
    internal readonly QuickNode* Tail
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _nodes + _first + NodeCount - 1;
    }

    /// <summary>A list without nodes.</summary>
    internal static QuickList* Create(NativeHeap heap)
    {
        var list = (QuickList*)heap.Allocate(sizeof(QuickList));
        *list = default;
        list->UseInside();
        return list;
    }

    /// <summary>A copy in any heap; its nodes have no room to spare.</summary>
    internal static QuickList* Copy(NativeHeap to, QuickList* source)
    {
        QuickList* copy = Create(to);
        copy->Reserve(to, source->NodeCount);
        copy->_first = 0;
        for (int i = 0; i < source->NodeCount; i++)
        {
            QuickNode* from = source->Head + i;
            QuickNode* node = copy->Head + i;
            node->Create(to, from->Bytes, forHead: false);
            Buffer.MemoryCopy(from->First, node->Data, node->Capacity, from->Bytes);
            node->End = from->Bytes;
            node->Count = from->Count;
        }

        copy->NodeCount = source->NodeCount;
        copy->Count = source->Count;
        return copy;
    }

    /// <summary>Frees nodes from the tail, one for each unit of budget, and then the rest; false: the budget is used up.</summary>
    internal static bool Free(NativeHeap heap, QuickList* list, ref int budget)
    {
        for (; list->NodeCount > 0; list->NodeCount--, budget--)
        {
            if (budget <= 0)
                return false;
            list->FreeBlock(heap, list->Tail);
        }

        if (list->Frozen != null)
            list->Frozen->Detach();
        list->FreeArray(heap);
        heap.Free((byte*)list, sizeof(QuickList));
        return true;
    }

    /// <summary>Bytes of all blocks; nodes are sampled if there are more than <paramref name="samples"/> (0: all are counted).</summary>
    internal readonly long MemoryBytes(long samples)
    {
        long own = NativeHeap.UsableSize(sizeof(QuickList)) + (_capacity > 1 ? NativeHeap.UsableSize(_capacity * sizeof(QuickNode)) : 0);
        long counted = samples == 0 ? NodeCount : Math.Min(samples, NodeCount);
        long bytes = 0;
        for (long i = 0; i < counted; i++)
            bytes += Head[i].Capacity;
        return own + (counted == 0 ? 0 : (long)((double)bytes / counted * NodeCount));
    }

    /// <summary>The node with an element, from the nearer end, and the element's index inside.</summary>
    internal readonly QuickNode* Seek(long index, out long inside)
    {
        Debug.Assert(index >= 0 && index < Count, "the caller has checked");
        if (index <= Count / 2)
        {
            QuickNode* node = Head;
            for (; index >= node->Count; node++)
                index -= node->Count;
            inside = index;
            return node;
        }

        long fromEnd = Count - index;
        QuickNode* last = Tail;
        for (; fromEnd > last->Count; last--)
            fromEnd -= last->Count;
        inside = last->Count - fromEnd;
        return last;
    }

    /// <summary>Opens a place for a node, which the caller fills; nodes may have moved.</summary>
    internal QuickNode* InsertNode(NativeHeap heap, int index)
    {
        Debug.Assert(index >= 0 && index <= NodeCount, "between two nodes or at an end");
        bool towardsHead = index < NodeCount - index;
        if (towardsHead ? _first == 0 : _first + NodeCount == _capacity)
            MakeRoom(heap, towardsHead);
        if (towardsHead)
        {
            _first--;
            Move(Head + 1, Head, index);
        }
        else
        {
            Move(Head + index, Head + index + 1, NodeCount - index);
        }

        NodeCount++;
        return Head + index;
    }

    /// <summary>Frees a node and closes its place; its elements are not counted any more.</summary>
    internal void RemoveNode(NativeHeap heap, int index)
    {
        QuickNode* node = Head + index;
        Count -= node->Count;
        FreeBlock(heap, node);
        if (index < NodeCount - 1 - index)
        {
            Move(Head, Head + 1, index);
            _first++;
        }
        else
        {
            Move(node + 1, node, NodeCount - 1 - index);
        }

        NodeCount--;
        ShrinkArray(heap);
    }

    /// <summary>
    /// After elements were deleted anywhere: drops the empty nodes from <paramref name="from"/> on, and joins small neighbours so that two together are
    /// more than half full.
    /// </summary>
    internal void Tidy(NativeHeap heap, int from, in ListNodeLimit limit)
    {
        int kept = from;
        for (int i = from; i < NodeCount; i++)
        {
            QuickNode* node = Head + i;
            if (node->Count == 0)
            {
                FreeBlock(heap, node);
                continue;
            }

            if (kept > 0 && TryJoin(heap, Head + kept - 1, node, limit))
                continue;
            Head[kept++] = *node;
        }

        NodeCount = kept;
        ShrinkArray(heap);
    }

    /// <summary>Before anything is written into a node's block, or the block is moved: it must be the list's alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly void Own(NativeHeap heap, QuickNode* node)
    {
        if (node->IsShared)
            Unshare(heap, node);
    }

    private readonly void Unshare(NativeHeap heap, QuickNode* node)
    {
        node->IsShared = false;
        if (Frozen == null)
            return;
        Frozen->Take(node->Data);
        node->LeaveBlock(heap);
    }

    private readonly void FreeBlock(NativeHeap heap, QuickNode* node)
    {
        if (node->IsShared && Frozen != null)
            Frozen->Take(node->Data);
        else
            node->Free(heap);
    }

    // The second node's elements go behind the first one's.
    private readonly bool TryJoin(NativeHeap heap, QuickNode* node, QuickNode* next, in ListNodeLimit limit)
    {
        if (node->Bytes + next->Bytes > limit.BytesMax / 2 || node->Count + next->Count > limit.CountMax)
            return false;
        Own(heap, node);
        byte* to = node->OpenEnd(heap, next->Bytes, atHead: false, limit.BytesMax);
        Buffer.MemoryCopy(next->First, to, next->Bytes, next->Bytes);
        node->Count += next->Count;
        FreeBlock(heap, next);
        return true;
    }

    private static void Move(QuickNode* from, QuickNode* to, long nodes)
    {
        if (nodes > 0)
            Buffer.MemoryCopy(from, to, nodes * sizeof(QuickNode), nodes * sizeof(QuickNode));
    }

    // As in a node: half of the free room, or a larger array when less than a quarter is free.
    private void MakeRoom(NativeHeap heap, bool atHead)
    {
        if (NodeCount + 1 > _capacity / 4 * 3)
            Reserve(heap, Math.Max(FewNodes, _capacity * 2));
        int free = _capacity - NodeCount;
        int first = atHead ? free - (free - 1) / 2 : free / 2;
        Debug.Assert(free > 0 && (atHead ? first > 0 : first + NodeCount < _capacity), "there is room now");
        Move(Head, _nodes + first, NodeCount);
        _first = first;
    }

    private void ShrinkArray(NativeHeap heap)
    {
        if (_capacity > FewNodes * 2 && NodeCount < _capacity / 4)
            Reserve(heap, _capacity / 2);
    }

    // Another array, with the nodes at its start.
    private void Reserve(NativeHeap heap, int capacity)
    {
        if (capacity <= 1)
            return;
        var nodes = (QuickNode*)heap.Allocate((long)capacity * sizeof(QuickNode));
        Move(Head, nodes, NodeCount);
        FreeArray(heap);
        _nodes = nodes;
        _capacity = capacity;
        _first = 0;
    }

    private readonly void FreeArray(NativeHeap heap)
    {
        if (_capacity > 1)
            heap.Free((byte*)_nodes, (long)_capacity * sizeof(QuickNode));
    }

    // A QuickList never moves.
    private void UseInside()
    {
        _inside = default;
        _nodes = (QuickNode*)Unsafe.AsPointer(ref _inside);
        _capacity = 1;
    }
}
