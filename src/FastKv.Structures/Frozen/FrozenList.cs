using System.Diagnostics;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. The nodes of a large list as they were at one instant, given one by one while the list changes. The descriptions of the nodes are copied, 24 bytes for
// each 8 KiB; their blocks are shared, which a bit in both descriptions says:
//
//   list     | node S | node | node S |            S: the block is shared, and has yet to be given
//                 │        └──► new block
//   frozen   | node S | node   | node S |
//                          └──► the block of the instant, the frozen list's alone
//
// Before the list writes into a shared block it takes a copy and leaves the block; one that it would free it leaves as well. A node that has been given is shared no
// more. Nodes keep their order, so each is found near the one that was looked for before.
//
//   freeze   O(nodes), some nanoseconds each        next   O(1)        leave a block   O(bytes of the block), O(1) if it is freed

/// <summary>A list at an instant, in native memory; made by <see cref="ListValue.Freeze"/>.</summary>
public unsafe struct FrozenList
{
    private QuickList* _list;
    private QuickNode* _nodes;
    private int _count;
    private int _next;

    // Where a node was found last, here and in the list.
    private int _hint;
    private int _listHint;

    /// <summary>Nodes that have not been given.</summary>
    public readonly int Left => _count - _next;

    internal static FrozenList* Create(NativeHeap heap, QuickList* list, int given)
    {
        Debug.Assert(list->Frozen == null && list->NodeCount > 0, "frozen once");
        var frozen = (FrozenList*)heap.Allocate(sizeof(FrozenList));
        *frozen = default;
        frozen->_list = list;
        frozen->_count = list->NodeCount;
        frozen->_next = frozen->_hint = frozen->_listHint = given;
        long bytes = (long)list->NodeCount * sizeof(QuickNode);
        frozen->_nodes = (QuickNode*)heap.Allocate(bytes);
        for (int i = 0; i < list->NodeCount; i++)
            list->Head[i].IsShared = i >= given;
        Buffer.MemoryCopy(list->Head, frozen->_nodes, bytes, bytes);
        list->Frozen = frozen;
        return frozen;
    }

    /// <summary>The node that is to be given next: where its elements start, bytes and number of them.</summary>
    public readonly void Peek(out byte* first, out int bytes, out long count)
    {
        QuickNode* node = _nodes + _next;
        first = node->First;
        bytes = node->Bytes;
        count = node->Count;
    }

    /// <summary>The node has been given; what <see cref="Peek"/> said of it is void.</summary>
    public void Advance(NativeHeap heap)
    {
        QuickNode* node = _nodes + _next++;
        if (!node->IsShared)
        {
            node->Free(heap);
            return;
        }
        _listHint = IndexOf(_list->Head, _list->NodeCount, node->Data, _listHint);
        _list->Head[_listHint].IsShared = false;
    }

    /// <summary>Ends it, with what has not been given.</summary>
    public static void Free(NativeHeap heap, FrozenList* frozen)
    {
        for (int i = frozen->_next; i < frozen->_count; i++)
        {
            if (!frozen->_nodes[i].IsShared)
                frozen->_nodes[i].Free(heap);
        }

        // Bits that are left in the list mean nothing without this.
        if (frozen->_list != null)
            frozen->_list->Frozen = null;
        heap.Free((byte*)frozen->_nodes, (long)frozen->_count * sizeof(QuickNode));
        heap.Free((byte*)frozen, sizeof(FrozenList));
    }

    /// <summary>The list leaves a shared block.</summary>
    internal void Take(byte* block)
    {
        _hint = IndexOf(_nodes, _count, block, _hint);
        _nodes[_hint].IsShared = false;
    }

    /// <summary>The list is freed, all its blocks having been left.</summary>
    internal void Detach() => _list = null;

    // Outwards from the hint; it is there.
    private static int IndexOf(QuickNode* nodes, int count, byte* block, int hint)
    {
        for (int distance = 0; distance <= count; distance++)
        {
            int above = hint + distance;
            int below = hint - distance;
            if (above >= 0 && above < count && nodes[above].IsShared && nodes[above].Data == block)
                return above;
            if (below >= 0 && below < count && nodes[below].IsShared && nodes[below].Data == block)
                return below;
        }
        throw new InvalidOperationException("A shared block of a list is not where it is shared.");
    }
}
