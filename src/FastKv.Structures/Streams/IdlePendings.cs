using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. The pending entries of a group that were delivered longest ago. Pending entries stand in the order of their IDs only: an index by time would
// cost every delivery and every acknowledgement memory and time, whether anybody asks or not. Instead the group remembers a bound (StreamGroup.OldestMs), so
// that they are all looked at only when there is something to find, or the one that the bound came from has gone.
//
//   nothing is old enough      O(1) by the bound
//   else                       n pending entries, k of them selected: O(n + k) if they were delivered in the order of their IDs, O(n log k) at worst;
//                              besides, each that is selected is searched in the stream
//
//   +-------+----------+  +----+---------+------+
//   | count | capacity |  | id | pending | time |  ...   oldest first; while more come than may be selected, a heap with the youngest on top
//   +-------+----------+  +----+---------+------+

/// <summary>Pending entries selected by idle time: a native block, to be freed.</summary>
public unsafe struct IdlePendings
{
    private const long CapacityMin = 16;

    private long _capacity;

    /// <summary>How many there are, at least 1.</summary>
    public long Count { get; private set; }

    private readonly Entry* Items => (Entry*)((byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in this)) + sizeof(IdlePendings));

    /// <summary>An entry by its place: the oldest comes first, of those delivered at once the one with the smallest ID.</summary>
    public readonly ref Entry this[long index] => ref Items[index];

    /// <summary>
    /// The entries of a group that were delivered longest ago. Those whose entry has been deleted from the stream are passed over, and stay pending. The
    /// caller delivers all of them again (<see cref="StreamGroup.Redeliver"/>): the group's bound is that of the others now.
    /// </summary>
    /// <param name="heap">The shard's heap.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="group">Its group.</param>
    /// <param name="untilMs">Only those delivered no later than that, Unix milliseconds.</param>
    /// <param name="count">At most so many; 0: all.</param>
    /// <returns>Null: there are none.</returns>
    public static IdlePendings* Select(NativeHeap heap, StreamState* stream, StreamGroup* group, long untilMs, long count)
    {
        long pendings = group->Pending.Count;
        if (pendings == 0 || group->OldestMs > untilMs)
            return null;
        long most = count == 0 ? pendings : Math.Min(count, pendings);
        IdlePendings* idle = null;
        long oldestLeftMs = long.MaxValue;
        bool isSorted = true;
        bool isHeap = false;
        var cursor = group->Pending.First;
        for (bool more = cursor.IsValid; more; more = cursor.MoveNext())
        {
            var item = new Entry { Id = cursor.Id, Pending = (StreamPending*)cursor.Value };
            item.DeliveryMs = item.Pending->DeliveryMs;

            // IDs ascend: what was delivered at the same time as the youngest one comes behind it.
            bool isFull = idle != null && idle->Count == most;
            if (item.DeliveryMs > untilMs || (isFull && item.DeliveryMs >= idle->Items[isHeap ? 0 : idle->Count - 1].DeliveryMs))
            {
                oldestLeftMs = Math.Min(oldestLeftMs, item.DeliveryMs);
                continue;
            }
            if (!stream->Contains(item.Id))
                continue;
            if (!isFull)
            {
                isSorted &= idle == null || idle->Items[idle->Count - 1].DeliveryMs <= item.DeliveryMs;
                Add(heap, ref idle, most, item);
                isHeap = idle->Count == most && !isSorted;
                if (isHeap)
                    idle->MakeHeap();
                continue;
            }
            if (!isHeap)
                idle->MakeHeap();
            isHeap = true;
            oldestLeftMs = Math.Min(oldestLeftMs, idle->Items[0].DeliveryMs);
            idle->Items[0] = item;
            idle->Sink(0, idle->Count);
        }
        group->OldestMs = oldestLeftMs;
        if (!isSorted && !isHeap)
            idle->MakeHeap();
        if (!isSorted || isHeap)
            idle->SortHeap();
        return idle;
    }

    /// <summary>Frees the block.</summary>
    public static void Free(NativeHeap heap, IdlePendings* idle) => heap.Free((byte*)idle, BytesOf(idle->_capacity));

    private static long BytesOf(long capacity) => sizeof(IdlePendings) + (capacity * sizeof(Entry));

    private static void Add(NativeHeap heap, ref IdlePendings* idle, long most, in Entry item)
    {
        if (idle == null)
        {
            long capacity = Math.Min(CapacityMin, most);
            idle = (IdlePendings*)heap.Allocate(BytesOf(capacity));
            idle->_capacity = capacity;
            idle->Count = 0;
        }
        else if (idle->Count == idle->_capacity)
        {
            long capacity = Math.Min(2 * idle->_capacity, most);
            idle = (IdlePendings*)heap.Reallocate((byte*)idle, BytesOf(idle->_capacity), BytesOf(capacity));
            idle->_capacity = capacity;
        }
        Debug.Assert(idle->Count < idle->_capacity, "no more than may be selected");
        idle->Items[idle->Count++] = item;
    }

    private readonly void MakeHeap()
    {
        for (long i = (Count / 2) - 1; i >= 0; i--)
            Sink(i, Count);
    }

    private readonly void SortHeap()
    {
        for (long end = Count - 1; end > 0; end--)
        {
            (Items[0], Items[end]) = (Items[end], Items[0]);
            Sink(0, end);
        }
    }

    // The one at the place goes down below all that are younger, among the first so many.
    private readonly void Sink(long place, long count)
    {
        Entry item = Items[place];
        while (true)
        {
            long child = (2 * place) + 1;
            if (child >= count)
                break;
            if (child + 1 < count && Items[child].IsBefore(Items[child + 1]))
                child++;
            if (!item.IsBefore(Items[child]))
                break;
            Items[place] = Items[child];
            place = child;
        }
        Items[place] = item;
    }

    /// <summary>A pending entry and when it was delivered.</summary>
    public struct Entry
    {
        /// <summary>Its ID.</summary>
        public StreamId Id;

        /// <summary>The pending entry.</summary>
        public StreamPending* Pending;

        /// <summary>When it was delivered when it was selected, Unix milliseconds.</summary>
        public long DeliveryMs;

        internal readonly bool IsBefore(in Entry other) => DeliveryMs < other.DeliveryMs || (DeliveryMs == other.DeliveryMs && Id < other.Id);
    }
}
