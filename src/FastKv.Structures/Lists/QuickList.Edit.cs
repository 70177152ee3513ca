using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// What changes the elements of a QuickList.
internal unsafe partial struct QuickList
{
    /// <summary>Adds an element at an end. O(1) amortised.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Push(NativeHeap heap, scoped in ListpackValue value, bool atHead, in ListNodeLimit limit)
    {
        QuickNode* node = atHead ? Head : Tail;
        if (NodeCount == 0 || !(NodeCount == 1 ? node->CanTake(value.Size, limit) : node->CanPush(value.Size, atHead, limit)))
            node = AddNode(heap, value.Size, atHead, limit);
        Own(heap, node);
        value.Write(node->OpenEnd(heap, value.Size, atHead, limit.BytesMax));
        node->Count++;
        Count++;
    }

    /// <summary>Inserts an element in a node, at an offset from its first byte. O(bytes of the node).</summary>
    internal void InsertAt(NativeHeap heap, int index, int offset, scoped in ListpackValue value, in ListNodeLimit limit)
    {
        QuickNode* node = Head + index;
        Count++;
        if (node->CanTake(value.Size, limit))
        {
            Own(heap, node);
            value.Write(node->OpenAt(heap, offset, value.Size, limit.BytesMax));
            node->Count++;
            return;
        }

        if (offset > 0 && offset < node->Bytes)
            Split(heap, index, offset);
        InsertBetween(heap, offset == 0 ? index : index + 1, value, limit);
    }

    /// <summary>Puts a value in the place of the element at an offset of a node. O(bytes of the node).</summary>
    internal void ReplaceAt(NativeHeap heap, int index, int offset, scoped in ListpackValue value, in ListNodeLimit limit)
    {
        QuickNode* node = Head + index;
        Own(heap, node);
        int before = Listpack.SizeOf(node->First + offset);
        if (node->Count > 1 && value.Size > before && node->Bytes - before + value.Size > limit.BytesMax)
        {
            node->Close(offset, offset + before);
            node->Count--;
            Count--;
            InsertAt(heap, index, offset, value, limit);
            return;
        }

        if (value.Size < before)
            node->Close(offset + value.Size, offset + before);
        else if (value.Size > before)
            node->OpenAt(heap, offset + before, value.Size - before, limit.BytesMax);
        value.Write(node->First + offset);
    }

    /// <summary>Deletes elements at an end, not all of the list. O(nodes freed + elements of one node).</summary>
    internal void Drop(NativeHeap heap, long count, bool atHead)
    {
        Debug.Assert(count >= 0 && count < Count, "something stays");
        QuickNode* node = atHead ? Head : Tail;
        while (count >= node->Count)
        {
            count -= node->Count;
            RemoveNode(heap, atHead ? 0 : NodeCount - 1);
            node = atHead ? Head : Tail;
        }

        if (count == 0)
            return;
        Count -= count;
        byte* element = node->At(atHead ? count : node->Count - count);
        node->Count -= (int)count;
        if (atHead)
            node->Start = (int)(element - node->Data);
        else
            node->End = (int)(element - node->Data);
    }

    /// <summary>
    /// Deletes elements equal to a value: the first <paramref name="max"/> from the head, or from the tail. Returns how many. The list may be without nodes
    /// afterwards. O(bytes).
    /// </summary>
    internal long RemoveEqual(NativeHeap heap, ReadOnlySpan<byte> value, long max, bool fromHead, in ListNodeLimit limit)
    {
        long removed = 0;
        int lowest = NodeCount;
        for (int i = 0; i < NodeCount && removed < max; i++)
        {
            int index = fromHead ? i : NodeCount - 1 - i;
            QuickNode* node = Head + index;
            if (node->IsShared)
            {
                if (Listpack.Find(node->First, node->Behind, value, 1) == null)
                    continue;
                Own(heap, node);
            }
            byte* end = node->Behind;
            long skip = fromHead ? 0 : Math.Max(0, ListpackRun.CountEqual(node->First, end, value) - (max - removed));
            int deleted = ListpackRun.RemoveEqual(node->First, ref end, value, skip, max - removed);
            if (deleted == 0)
                continue;
            node->End = (int)(end - node->Data);
            node->Count -= deleted;
            removed += deleted;
            lowest = Math.Min(lowest, index);
        }

        if (removed == 0)
            return 0;
        Count -= removed;
        Tidy(heap, lowest, limit);
        return removed;
    }

    // The first node starts as large as its element asks for, the second with a quarter, later ones at once with the whole.
    private QuickNode* AddNode(NativeHeap heap, int size, bool atHead, in ListNodeLimit limit)
    {
        QuickNode* node = InsertNode(heap, atHead ? 0 : NodeCount);
        bool isWhole = NodeCount > FewNodes && limit.CountMax == int.MaxValue;
        node->Create(heap, Math.Max(size, isWhole ? limit.BytesMax : NodeCount > 1 ? limit.BytesMax / 4 : size), atHead);
        return node;
    }

    // What stands from the offset on goes to a node of its own.
    private void Split(NativeHeap heap, int index, int offset)
    {
        QuickNode* right = InsertNode(heap, index + 1);
        QuickNode* left = Head + index;
        int bytes = left->Bytes - offset;
        right->Create(heap, bytes + (bytes >> 2), forHead: false);
        Buffer.MemoryCopy(left->First + offset, right->Data, bytes, bytes);
        right->End = bytes;
        right->Count = (int)Listpack.CountElements(right->First, right->Behind);
        left->Count -= right->Count;
        left->End -= bytes;
    }

    // At the end of the node before, at the start of the node behind, or in a node of its own.
    private void InsertBetween(NativeHeap heap, int index, scoped in ListpackValue value, in ListNodeLimit limit)
    {
        bool intoPrevious = index > 0 && Head[index - 1].CanTake(value.Size, limit);
        QuickNode* node = Head + (intoPrevious ? index - 1 : index);
        if (!intoPrevious && (index == NodeCount || !node->CanTake(value.Size, limit)))
        {
            node = InsertNode(heap, index);
            node->Create(heap, value.Size, forHead: false);
        }

        Own(heap, node);
        value.Write(node->OpenEnd(heap, value.Size, !intoPrevious, limit.BytesMax));
        node->Count++;
    }
}
