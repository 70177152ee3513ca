using System.Diagnostics;
using System.Runtime.InteropServices;
using FastKv.Memory;

namespace FastKv.Engine.Messages;

/// <summary>
/// Receivers on one loop, in ascending order of their ids: those who subscribe to one channel. What is posted refers to the list as it then is; it is copied
/// when it changes while a post is still under way. Data plane; the owner's thread, but for the count of references.
/// </summary>
/// <remarks>
/// <code>
///   | references | count | capacity | (id, slot) (id, slot) … |        ids ascend: new clients come last
/// </code>
/// Add and remove: O(log n) to find the place, and a move of what lies behind it. Post: O(1).
/// </remarks>
internal unsafe struct ReceiverList
{
    private const int CapacityMin = 2;

    private Header* _header;

    public readonly bool IsEmpty => _header == null;

    /// <summary>Whether both refer to one list, in the same state.</summary>
    public readonly bool IsSameAs(in ReceiverList other) => _header == other._header;

    public readonly int Count => _header == null ? 0 : _header->Count;

    public readonly ReadOnlySpan<Receiver> Span => _header == null ? default : new ReadOnlySpan<Receiver>(_header + 1, _header->Count);

    /// <summary>A reference for a post; given back with <see cref="Release"/>, on any thread.</summary>
    public readonly ReceiverList Share()
    {
        Debug.Assert(_header != null, "nobody posts to nobody");
        Interlocked.Increment(ref _header->References);
        return this;
    }

    public void Release()
    {
        if (_header != null && Interlocked.Decrement(ref _header->References) == 0)
            NativeBlock.Free((byte*)_header, BytesOf(_header->Capacity));
        _header = null;
    }

    /// <summary>Adds a receiver; false: it is there already.</summary>
    public bool Add(in Receiver receiver)
    {
        int place = Place(receiver.Id, out bool isThere);
        if (isThere)
            return false;
        int count = Count;
        MakeOwn(count + 1);
        var items = (Receiver*)(_header + 1);
        for (int i = count; i > place; i--)
            items[i] = items[i - 1];
        items[place] = receiver;
        _header->Count = count + 1;
        return true;
    }

    /// <summary>Removes a receiver; false: it was not there.</summary>
    public bool Remove(long id)
    {
        int place = Place(id, out bool isThere);
        if (!isThere)
            return false;
        int count = Count - 1;
        if (count == 0)
        {
            Release();
            return true;
        }
        MakeOwn(count);
        new Span<Receiver>(_header + 1, count + 1)[(place + 1)..].CopyTo(new Span<Receiver>(_header + 1, count)[place..]);
        _header->Count = count;
        return true;
    }

    private static long BytesOf(int capacity) => sizeof(Header) + ((long)capacity * sizeof(Receiver));

    private readonly int Place(long id, out bool isThere)
    {
        var span = Span;
        int low = 0;
        int high = span.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (span[middle].Id < id)
                low = middle + 1;
            else
                high = middle;
        }
        isThere = low < span.Length && span[low].Id == id;
        return low;
    }

    /// <summary>Makes room for so many in a block that no post refers to.</summary>
    private void MakeOwn(int count)
    {
        // Pairs with the decrement of the last post: all that it read, it has read.
        bool isOwn = _header != null && Volatile.Read(ref _header->References) == 1;
        bool isFitting = _header != null && count <= _header->Capacity && (count * 4 >= _header->Capacity || _header->Capacity <= 8);
        if (isOwn && isFitting)
            return;
        int capacity = isFitting ? _header->Capacity : Math.Max(CapacityMin, count + (count >> 1));
        var header = (Header*)NativeBlock.Allocate(BytesOf(capacity));
        header->References = 1;
        header->Capacity = capacity;
        header->Count = Count;
        Debug.Assert(capacity >= header->Count, "a list that shrinks keeps room for the one that leaves");
        Span.CopyTo(new Span<Receiver>(header + 1, capacity));
        Release();
        _header = header;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public int References;
        public int Count;
        public int Capacity;

        /// <summary>The receivers behind it are aligned.</summary>
        private readonly int _padding;
    }
}
