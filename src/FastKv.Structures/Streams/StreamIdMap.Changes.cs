using System.Diagnostics;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. How nodes grow, split, join and go.
public unsafe partial struct StreamIdMap
{
    private const int JoinBelow = ItemsMax / 4;
    private const int JoinedMax = ItemsMax * 3 / 4;

    /// <summary>Frees all nodes, level by level. O(nodes). What the values point to is the caller's.</summary>
    public void Clear(NativeHeap heap)
    {
        while (_count > 0)
            RemoveLast(heap);
    }

    private static long NodeBytes(int capacity) => sizeof(Node) + ((long)capacity * sizeof(Item));

    private Node* AllocateNode(NativeHeap heap, int level, int capacity)
    {
        var node = (Node*)heap.Allocate(NodeBytes(capacity));
        node->Count = 0;
        node->Level = (short)level;
        node->Capacity = (short)capacity;
        node->Previous = null;
        node->Next = null;
        _heapBytes += NodeBytes(capacity);
        return node;
    }

    private void FreeNode(NativeHeap heap, Node* node)
    {
        _heapBytes -= NodeBytes(node->Capacity);
        heap.Free((byte*)node, NodeBytes(node->Capacity));
    }

    private void InsertAt(NativeHeap heap, ref Path path, Node* node, int at, Item item)
    {
        while (node->Count == node->Capacity)
        {
            if (node->Capacity < ItemsMax)
            {
                node = GrowRoot(heap, node);
                break;
            }

            // Ascending IDs leave full nodes behind them; others halve.
            bool atEnd = at == node->Count && node->Next == null;
            Node* right = AllocateNode(heap, node->Level, ItemsMax);
            int kept = atEnd ? node->Count : node->Count / 2;
            Move(node, kept, right, 0, node->Count - kept);
            right->Count = node->Count - kept;
            node->Count = kept;
            LinkBehind(node, right);
            if (at > kept || atEnd)
                Put(right, at - kept, item);
            else
                Put(node, at, item);

            var child = new Item(right->Items[0].Id, (ulong)right);
            if (path.Depth == 0)
            {
                Node* root = AllocateNode(heap, node->Level + 1, ItemsMax);
                root->Items[0] = new Item(node->Items[0].Id, (ulong)node);
                root->Items[1] = child;
                root->Count = 2;
                _root = root;
                return;
            }
            node = path.Pop(out at);
            at++;
            item = child;
        }
        Put(node, at, item);
    }

    // The only nodes that are not of full size are roots that are leaves.
    private Node* GrowRoot(NativeHeap heap, Node* node)
    {
        Debug.Assert(node == _root && node->Level == 0, "a small node is the root");
        int capacity = Math.Min(node->Capacity * 2, ItemsMax);
        Node* grown = AllocateNode(heap, 0, capacity);
        Move(node, 0, grown, 0, node->Count);
        grown->Count = node->Count;
        FreeNode(heap, node);
        _root = _first = _last = grown;
        return grown;
    }

    private void RemoveAt(NativeHeap heap, ref Path path, Node* node, int at)
    {
        while (true)
        {
            Move(node, at + 1, node, at, node->Count - at - 1);
            node->Count--;
            if (path.Depth == 0)
            {
                ShrinkRoot(heap, node);
                return;
            }
            if (node->Count >= JoinBelow)
                return;

            Node* parent = path.Pop(out int index);
            if (node->Count == 0)
            {
                Unlink(node);
                FreeNode(heap, node);
                node = parent;
                at = index;
                continue;
            }
            Node* right = index + 1 < parent->Count ? (Node*)parent->Items[index + 1].Value : null;
            if (right == null || node->Count + right->Count > JoinedMax)
                return;
            Move(right, 0, node, node->Count, right->Count);
            if (node->Level > 0)
                node->Items[node->Count].Id = parent->Items[index + 1].Id;
            node->Count += right->Count;
            Unlink(right);
            FreeNode(heap, right);
            node = parent;
            at = index + 1;
        }
    }

    private void ShrinkRoot(NativeHeap heap, Node* root)
    {
        if (root->Count == 0)
        {
            FreeNode(heap, root);
            _root = _first = _last = null;
            return;
        }
        while (root->Level > 0 && root->Count == 1)
        {
            _root = (Node*)root->Items[0].Value;
            FreeNode(heap, root);
            root = _root;
        }
    }

    private void LinkBehind(Node* node, Node* right)
    {
        right->Previous = node;
        right->Next = node->Next;
        if (node->Next != null)
            node->Next->Previous = right;
        else if (node->Level == 0)
            _last = right;
        node->Next = right;
    }

    private void Unlink(Node* node)
    {
        if (node->Previous != null)
            node->Previous->Next = node->Next;
        else if (node->Level == 0)
            _first = node->Next;
        if (node->Next != null)
            node->Next->Previous = node->Previous;
        else if (node->Level == 0)
            _last = node->Previous;
    }

    private static void Put(Node* node, int at, Item item)
    {
        Move(node, at, node, at + 1, node->Count - at);
        node->Items[at] = item;
        node->Count++;
    }

    private static void Move(Node* from, int fromIndex, Node* to, int toIndex, int count)
    {
        if (count > 0)
            Buffer.MemoryCopy(from->Items + fromIndex, to->Items + toIndex, (long)count * sizeof(Item), (long)count * sizeof(Item));
    }
}
