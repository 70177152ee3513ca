using System.Diagnostics;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. One node of a list: a block with elements, and free room on either side of them, so that pushing at the head moves nothing:
//
//   Data      Data + Start              Data + End        Data + Capacity
//   +---------+-------------------------+-----------------+
//   | free    | element | element | …   | free            |
//   +---------+-------------------------+-----------------+
//
// Offsets that callers pass are relative to Start; they stay right whichever side is moved.
//
//   push, pop at either end   O(1) amortised        insert, delete inside   O(bytes of the node / 2)
internal unsafe struct QuickNode
{
    /// <summary>A heap block of <see cref="Capacity"/> bytes.</summary>
    internal byte* Data;

    internal int Start;
    internal int End;

    // The block's bytes are a multiple of 8; the lowest bit says that it is shared.
    private int _capacity;

    /// <summary>Elements.</summary>
    internal int Count;

    private const int SharedBit = 1;

    // The room on one side must be worth the move to it: an eighth of what is moved.
    private const int WorthwhileShift = 3;

    /// <summary>Bytes of the block, a <see cref="NativeHeap.UsableSize"/>.</summary>
    internal int Capacity
    {
        readonly get => _capacity & ~SharedBit;
        private set => _capacity = value;
    }

    /// <summary>Whether a <see cref="FrozenList"/> may refer to the block, too (<see cref="QuickList.Own"/>).</summary>
    internal bool IsShared
    {
        readonly get => (_capacity & SharedBit) != 0;
        set => _capacity = value ? _capacity | SharedBit : _capacity & ~SharedBit;
    }

    internal readonly byte* First => Data + Start;

    internal readonly byte* Behind => Data + End;

    internal readonly int Bytes => End - Start;

    /// <summary>Gives it an empty block; the room is for pushes at the head, or at the tail.</summary>
    internal void Create(NativeHeap heap, int bytes, bool forHead)
    {
        Capacity = checked((int)NativeHeap.UsableSize(bytes));
        Data = heap.Allocate(Capacity);
        Start = End = forHead ? Capacity : 0;
        Count = 0;
    }

    internal readonly void Free(NativeHeap heap) => heap.Free(Data, Capacity);

    /// <summary>Whether an element may be added within the limits.</summary>
    internal readonly bool CanTake(int size, in ListNodeLimit limit) => Bytes + size <= limit.BytesMax && Count < limit.CountMax;

    /// <summary>The same for an end: a node that is nearly full on the other side of its room would be moved again and again.</summary>
    internal readonly bool CanPush(int size, bool atHead, in ListNodeLimit limit)
    {
        if (!CanTake(size, limit))
            return false;
        int need = Bytes + size;
        return (atHead ? Start : Capacity - End) >= size || Capacity < limit.BytesMax || Capacity - need >= need >> WorthwhileShift;
    }

    /// <summary>Opens a gap of <paramref name="size"/> bytes at one end, and returns where it is.</summary>
    internal byte* OpenEnd(NativeHeap heap, int size, bool atHead, int bytesMax)
    {
        if ((atHead ? Start : Capacity - End) < size)
            MakeRoom(heap, size, atHead, bytesMax);
        if (atHead)
        {
            Start -= size;
            return First;
        }

        End += size;
        return Behind - size;
    }

    /// <summary>Opens a gap at an offset, and returns where it is. Moves the shorter part if there is room on its side.</summary>
    internal byte* OpenAt(NativeHeap heap, int offset, int size, int bytesMax)
    {
        Debug.Assert(offset >= 0 && offset <= Bytes, "inside the node");
        int behind = Bytes - offset;
        bool roomAtHead = Start >= size;
        bool roomAtTail = Capacity - End >= size;
        if (!roomAtHead && !roomAtTail)
        {
            roomAtHead = offset < behind;
            MakeRoom(heap, size, roomAtHead, bytesMax);
            roomAtTail = !roomAtHead;
        }

        if (roomAtHead && (offset <= behind || !roomAtTail))
        {
            Buffer.MemoryCopy(First, First - size, offset, offset);
            Start -= size;
        }
        else
        {
            Buffer.MemoryCopy(First + offset, First + offset + size, behind, behind);
            End += size;
        }

        return First + offset;
    }

    /// <summary>Takes the bytes between two offsets out; moves the shorter part.</summary>
    internal void Close(int from, int to)
    {
        Debug.Assert(from >= 0 && from <= to && to <= Bytes, "inside the node");
        int behind = Bytes - to;
        if (from <= behind)
        {
            if (from > 0)
                Buffer.MemoryCopy(First, First + (to - from), from, from);
            Start += to - from;
        }
        else
        {
            if (behind > 0)
                Buffer.MemoryCopy(First + to, First + from, behind, behind);
            End -= to - from;
        }
    }

    /// <summary>Moves the elements to a block that is not much larger than they are.</summary>
    internal void Shrink(NativeHeap heap) => MoveTo(heap, (int)NativeHeap.UsableSize(Bytes + (Bytes >> 1)), 0);

    /// <summary>Where the element with an index inside the node is.</summary>
    internal readonly byte* At(long index)
    {
        if (index <= Count / 2)
        {
            byte* element = First;
            for (; index > 0; index--)
                element = Listpack.Next(element);
            return element;
        }

        byte* from = Behind;
        for (; index < Count; index++)
            from = Listpack.Previous(from);
        return from;
    }

    /// <summary>Goes on with a copy of the block, which is somebody else's from now on.</summary>
    internal void LeaveBlock(NativeHeap heap)
    {
        byte* copy = heap.Allocate(Capacity);
        Buffer.MemoryCopy(First, copy + Start, Bytes, Bytes);
        Data = copy;
        IsShared = false;
    }

    // Half of what is free goes to the side in need, so that alternating pushes do not move all each time; a larger block if little is free.
    private void MakeRoom(NativeHeap heap, int size, bool atHead, int bytesMax)
    {
        int need = checked(Bytes + size);
        int free = Capacity - need;
        if (free >= 0 && (free >= need >> WorthwhileShift || Capacity >= bytesMax))
        {
            int start = atHead ? size + free - free / 2 : free / 2;
            Buffer.MemoryCopy(First, Data + start, Bytes, Bytes);
            End = start + Bytes;
            Start = start;
            return;
        }

        int capacity = checked((int)NativeHeap.UsableSize(Math.Max(need, (int)Math.Min(2L * need, bytesMax))));
        MoveTo(heap, capacity, atHead ? capacity - Bytes : 0);
    }

    private void MoveTo(NativeHeap heap, int capacity, int start)
    {
        byte* moved = heap.Allocate(capacity);
        int bytes = Bytes;
        Buffer.MemoryCopy(First, moved + start, bytes, bytes);
        Free(heap);
        Data = moved;
        Capacity = capacity;
        Start = start;
        End = start + bytes;
    }
}
