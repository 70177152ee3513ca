using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. Groups and consumers by name: an array of pointers in the order of the names, since both are listed in that order and are few (tens, not
// millions): a look-up is a binary search, and a new name moves the pointers behind it.

/// <summary>How a native block begins that <see cref="NameIndex"/> lists; its name stands at its end.</summary>
public unsafe struct NamedBlock
{
    /// <summary>Bytes of the name.</summary>
    public int NameLength;

    /// <summary>Bytes before the name.</summary>
    public int StructBytes;

    /// <summary>The name of a block.</summary>
    public static ReadOnlySpan<byte> NameOf(void* block) => new((byte*)block + ((NamedBlock*)block)->StructBytes, ((NamedBlock*)block)->NameLength);

    /// <summary>A new block of <paramref name="structBytes"/> bytes, all zero but for this header, and the name.</summary>
    internal static byte* Create(NativeHeap heap, int structBytes, ReadOnlySpan<byte> name)
    {
        byte* block = heap.Allocate(structBytes + name.Length);
        new Span<byte>(block, structBytes).Clear();
        *(NamedBlock*)block = new NamedBlock { NameLength = name.Length, StructBytes = structBytes };
        name.CopyTo(new Span<byte>(block + structBytes, name.Length));
        return block;
    }

    internal static long BytesOf(void* block) => (long)((NamedBlock*)block)->StructBytes + ((NamedBlock*)block)->NameLength;
}

/// <summary>Native blocks ordered by their names; all zero: empty. O(log n) to find, O(n) pointers moved to add or remove.</summary>
public unsafe struct NameIndex
{
    private void** _items;
    private int _capacity;

    /// <summary>Number of blocks.</summary>
    public int Count { get; private set; }

    /// <summary>The block at a place of the order.</summary>
    public readonly void* this[int index] => _items[index];

    /// <summary>Heap bytes of the index itself.</summary>
    public readonly long HeapBytes => (long)_capacity * sizeof(void*);

    /// <summary>The block of that name, or null.</summary>
    public readonly void* Find(ReadOnlySpan<byte> name)
    {
        int at = Search(name, out bool found);
        return found ? _items[at] : null;
    }

    /// <summary>Adds a block whose name is not there yet.</summary>
    internal void Add(NativeHeap heap, void* block)
    {
        int at = Search(NamedBlock.NameOf(block), out _);
        if (Count == _capacity)
        {
            int capacity = Math.Max(1, 2 * _capacity);
            long bytes = (long)capacity * sizeof(void*);
            _items = (void**)(_capacity == 0 ? heap.Allocate(bytes) : heap.Reallocate((byte*)_items, HeapBytes, bytes));
            _capacity = capacity;
        }
        long behind = (long)(Count - at) * sizeof(void*);
        Buffer.MemoryCopy(_items + at, _items + at + 1, behind, behind);
        _items[at] = block;
        Count++;
    }

    /// <summary>Takes a block out.</summary>
    internal void Remove(NativeHeap heap, void* block)
    {
        int at = Search(NamedBlock.NameOf(block), out _);

        // Among groups that have gone (FrozenGroups) several may have one name.
        if (_items[at] != block)
            at = new ReadOnlySpan<nint>(_items, Count).IndexOf((nint)block);
        long behind = (long)(Count - at - 1) * sizeof(void*);
        Buffer.MemoryCopy(_items + at + 1, _items + at, behind, behind);
        if (--Count > 0)
            return;
        heap.Free((byte*)_items, HeapBytes);
        _items = null;
        _capacity = 0;
    }

    private readonly int Search(ReadOnlySpan<byte> name, out bool found)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            int order = NamedBlock.NameOf(_items[middle]).SequenceCompareTo(name);
            if (order == 0)
            {
                found = true;
                return middle;
            }
            if (order < 0)
                low = middle + 1;
            else
                high = middle;
        }
        found = false;
        return low;
    }
}
