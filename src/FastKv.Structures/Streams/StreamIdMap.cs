using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. A map from stream IDs to 64-bit words (pointers, mostly), ordered by ID: the blocks of a stream, the pending entries of groups and
// consumers. A B+ tree of which every node, leaf or not, looks the same:
//
//   +-------+-------+----------+------+------+  +----+-----+-------+  +----+-----+-------+
//   | count | level | capacity | prev | next |  | ms | seq | value |  | ms | seq | value |  ...   up to 41 items, 1 KiB
//   +-------+-------+----------+------+------+  +----+-----+-------+  +----+-----+-------+
//
//   level 0: items of the map; the leaves are linked in both directions.
//   above:   children; a child's ID is a lower bound of the IDs in it (of the first child: any).
//
// A root that is a leaf starts with room for one item and doubles, so that a map of one item costs 48 bytes. A full node at the right end is not
// halved but followed by an empty one: IDs mostly come in ascending order, and leave nodes full. A node that falls below a quarter is joined with the
// neighbour on its right where both fit into three quarters of a node; an empty one is removed.
//
//   Find, Seek, Insert, Remove      O(log n)
//   behind the last, at either end  O(1) amortised
//   Cursor.MoveNext/MovePrevious    O(1)

/// <summary>The state of an ordered map keyed by <see cref="StreamId"/>, in native memory; all zero: empty. One thread at a time.</summary>
public unsafe partial struct StreamIdMap
{
    private const int ItemsMax = 41;
    private const int LevelsMax = 14;

    private Node* _root;
    private Node* _first;
    private Node* _last;
    private long _count;
    private long _heapBytes;

    /// <summary>Number of items.</summary>
    public readonly long Count => _count;

    /// <summary>Heap bytes of the nodes.</summary>
    public readonly long HeapBytes => _heapBytes;

    /// <summary>The value of an ID; false: it is not there.</summary>
    public readonly bool TryGet(StreamId id, out ulong value)
    {
        var cursor = SeekAtLeast(id);
        value = 0;
        if (!cursor.IsValid || cursor.Id != id)
            return false;
        value = cursor.Value;
        return true;
    }

    /// <summary>Adds an item.</summary>
    /// <returns>False: the ID is there already, and keeps its value.</returns>
    public bool TryInsert(NativeHeap heap, StreamId id, ulong value)
    {
        if (_root == null)
        {
            _root = _first = _last = AllocateNode(heap, 0, 1);
        }
        else if (_last->Count > 0 && _last->Count < _last->Capacity && _last->Items[_last->Count - 1].Id < id)
        {
            _last->Items[_last->Count++] = new Item(id, value);
            _count++;
            return true;
        }

        Path path = default;
        Node* leaf = Descend(id, ref path);
        int at = LowerBound(leaf, id);
        if (at < leaf->Count && leaf->Items[at].Id == id)
            return false;
        InsertAt(heap, ref path, leaf, at, new Item(id, value));
        _count++;
        return true;
    }

    /// <summary>Replaces the value of an ID that is there.</summary>
    public readonly void Set(StreamId id, ulong value)
    {
        var cursor = SeekAtLeast(id);
        Debug.Assert(cursor.IsValid && cursor.Id == id, "it is there");
        cursor.Value = value;
    }

    /// <summary>Removes an item; false: it is not there.</summary>
    public bool Remove(NativeHeap heap, StreamId id, out ulong value)
    {
        value = 0;
        if (_root == null)
            return false;
        Path path = default;
        Node* leaf = Descend(id, ref path);
        int at = LowerBound(leaf, id);
        if (at >= leaf->Count || leaf->Items[at].Id != id)
            return false;
        value = leaf->Items[at].Value;
        RemoveAt(heap, ref path, leaf, at);
        _count--;
        return true;
    }

    /// <summary>Removes the last item and returns its value. O(1) amortised.</summary>
    public ulong RemoveLast(NativeHeap heap)
    {
        Debug.Assert(_count > 0, "there is one");
        Node* leaf = _last;
        ulong value = leaf->Items[leaf->Count - 1].Value;
        if (leaf->Count > 1)
        {
            leaf->Count--;
            _count--;
            return value;
        }
        Remove(heap, leaf->Items[0].Id, out _);
        return value;
    }

    /// <summary>The first item, if any.</summary>
    public readonly Cursor First => new(_count == 0 ? null : _first, 0);

    /// <summary>The last item, if any.</summary>
    public readonly Cursor Last => _count == 0 ? default : new(_last, _last->Count - 1);

    /// <summary>The first item with an ID of at least <paramref name="id"/>, if any.</summary>
    public readonly Cursor SeekAtLeast(StreamId id)
    {
        if (_root == null)
            return default;
        Node* node = _root;
        while (node->Level > 0)
            node = (Node*)node->Items[ChildIndex(node, id)].Value;
        int at = LowerBound(node, id);
        return at < node->Count ? new Cursor(node, at) : new Cursor(node->Next, 0);
    }

    /// <summary>The last item with an ID of at most <paramref name="id"/>, if any.</summary>
    public readonly Cursor SeekAtMost(StreamId id)
    {
        if (_root == null)
            return default;
        if (_last->Items[0].Id <= id)
            return new Cursor(_last, UpperBound(_last, id) - 1);
        Node* node = _root;
        while (node->Level > 0)
            node = (Node*)node->Items[ChildIndex(node, id)].Value;
        int at = UpperBound(node, id) - 1;
        if (at >= 0)
            return new Cursor(node, at);
        return node->Previous == null ? default : new Cursor(node->Previous, node->Previous->Count - 1);
    }

    // The index behind the last item with an ID of at most the one given.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int UpperBound(Node* node, StreamId id)
    {
        int low = 0;
        int high = node->Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (node->Items[middle].Id <= id)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int LowerBound(Node* node, StreamId id)
    {
        int low = 0;
        int high = node->Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (node->Items[middle].Id < id)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    // The child in which the ID is or would be: the last whose lower bound is not above it, or the first.
    private static int ChildIndex(Node* node, StreamId id) => Math.Max(UpperBound(node, id) - 1, 0);

    private readonly Node* Descend(StreamId id, ref Path path)
    {
        Node* node = _root;
        while (node->Level > 0)
        {
            int index = ChildIndex(node, id);
            path.Push(node, index);
            node = (Node*)node->Items[index].Value;
        }
        return node;
    }

    internal struct Item(StreamId id, ulong value)
    {
        public StreamId Id = id;
        public ulong Value = value;
    }

    internal struct Node
    {
        public int Count;
        public short Level;
        public short Capacity;
        public Node* Previous;
        public Node* Next;

        /// <summary>They stand behind the header.</summary>
        public readonly Item* Items => (Item*)((byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in this)) + sizeof(Node));
    }

    // The way from the root to a leaf: the nodes and which child was taken. A level has at least two children but for the root, so 14 are plenty.
    private struct Path
    {
        public int Depth;
        private fixed ulong _nodes[LevelsMax];
        private fixed int _indices[LevelsMax];

        public void Push(Node* node, int index)
        {
            _nodes[Depth] = (ulong)node;
            _indices[Depth++] = index;
        }

        public Node* Pop(out int index)
        {
            index = _indices[--Depth];
            return (Node*)_nodes[Depth];
        }
    }

    /// <summary>A place in a map, which must not change while one is in use, except for <see cref="Value"/>.</summary>
    public struct Cursor
    {
        private Node* _node;
        private int _index;

        internal Cursor(Node* node, int index)
        {
            _node = node;
            _index = index;
        }

        /// <summary>Whether it stands on an item.</summary>
        public readonly bool IsValid => _node != null;

        /// <summary>The item's ID.</summary>
        public readonly StreamId Id => _node->Items[_index].Id;

        /// <summary>The item's value.</summary>
        public readonly ulong Value
        {
            get => _node->Items[_index].Value;
            set => _node->Items[_index].Value = value;
        }

        /// <summary>Goes to the next item; false: there is none.</summary>
        public bool MoveNext()
        {
            if (++_index < _node->Count)
                return true;
            _node = _node->Next;
            _index = 0;
            return _node != null;
        }

        /// <summary>Goes to the item before; false: there is none.</summary>
        public bool MovePrevious()
        {
            if (--_index >= 0)
                return true;
            _node = _node->Previous;
            if (_node != null)
                _index = _node->Count - 1;
            return _node != null;
        }
    }
}
