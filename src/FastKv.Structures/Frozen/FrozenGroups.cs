using System.Diagnostics;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. The groups of a stream as they were at one instant. Names, positions and numbers are few, and are taken down by whoever freezes; here is what they have
// by the million:
//
//   stream ──► FrozenGroups ──► | FrozenPendings | FrozenPendings | FrozenPendings | …    in the order in which they are written
//                                    ▲    │           ▲    │
//                                  group ─┴─► map   consumer ─┴─► map
//
// A group that is destroyed meanwhile lives on here until the end.
//
//   freeze   O(groups + consumers)        a group goes   O(1)

/// <summary>The pending entries of a stream's groups at an instant, in native memory.</summary>
public unsafe struct FrozenGroups
{
    private StreamState* _stream;
    private FrozenPendings* _lists;
    private int _capacity;
    private NameIndex _gone;

    /// <summary>Lists of pending entries that are not empty.</summary>
    public int Count { get; private set; }

    /// <summary>One of them, in the order in which they were added.</summary>
    public readonly FrozenPendings* this[int index] => _lists + index;

    /// <summary>Freezes the groups of a stream that is not frozen: the caller adds their lists. O(groups).</summary>
    public static FrozenGroups* Create(NativeHeap heap, StreamState* stream)
    {
        Debug.Assert(stream->FrozenGroups == null, "frozen once");
        var frozen = (FrozenGroups*)heap.Allocate(sizeof(FrozenGroups));
        *frozen = default;
        frozen->_stream = stream;
        for (int i = 0; i < stream->Groups.Count; i++)
            frozen->_capacity += 1 + ((StreamGroup*)stream->Groups[i])->Consumers.Count;
        if (frozen->_capacity > 0)
            frozen->_lists = (FrozenPendings*)heap.Allocate(frozen->_capacity * (long)sizeof(FrozenPendings));
        stream->FrozenGroups = frozen;
        return frozen;
    }

    /// <summary>Adds a group's pending entries, which are not empty.</summary>
    /// <param name="group">The group.</param>
    /// <param name="from">Those before this ID count as given.</param>
    /// <param name="position">See <see cref="FrozenPendings.Position"/>.</param>
    public void Add(StreamGroup* group, StreamId from, long position)
    {
        Debug.Assert(Count < _capacity, "one per group and consumer");
        FrozenPendings.Begin(_lists + Count++, &group->Pending, &group->Frozen, hasDeliveries: true, from, position);
    }

    /// <summary>The same for a consumer; times and counts are kept if the group's entries are not added.</summary>
    public void Add(StreamConsumer* consumer, bool hasDeliveries, StreamId from, long position)
    {
        Debug.Assert(Count < _capacity, "one per group and consumer");
        FrozenPendings.Begin(_lists + Count++, &consumer->Pending, &consumer->Frozen, hasDeliveries, from, position);
    }

    /// <summary>Ends it. What it returns is an entry in no table with all that is left to be freed; a null entry: nothing. O(lists).</summary>
    public static EntryRef Release(ValueHeap values, FrozenGroups* frozen)
    {
        NativeHeap heap = values.Heap;
        frozen->_stream->FrozenGroups = null;
        for (int i = 0; i < frozen->Count; i++)
        {
            StreamIdMap kept = frozen->_lists[i].Release();
            if (kept.Count > 0)
                frozen->Bury(heap, kept, frozen->_lists[i].HasDeliveries, i);
        }
        NameIndex gone = frozen->_gone;
        if (frozen->_capacity > 0)
            heap.Free((byte*)frozen->_lists, frozen->_capacity * (long)sizeof(FrozenPendings));
        heap.Free((byte*)frozen, sizeof(FrozenGroups));
        if (gone.Count == 0)
            return default;
        var rest = new EntryRef(StreamValue.Create(values, default));
        StreamValue.Of(rest)->Groups = gone;
        return rest;
    }

    /// <summary>A group has left the stream; it is freed at the end.</summary>
    internal void Bury(NativeHeap heap, StreamGroup* group) => _gone.Add(heap, group);

    // As a group that is good for nothing but to be freed.
    private void Bury(NativeHeap heap, StreamIdMap kept, bool hasDeliveries, int number)
    {
        var name = new ReadOnlySpan<byte>(&number, sizeof(int));
        var group = (StreamGroup*)NamedBlock.Create(heap, sizeof(StreamGroup), name);
        if (hasDeliveries)
        {
            group->Pending = kept;
        }
        else
        {
            StreamConsumer* consumer = StreamGroup.CreateConsumer(heap, group, name, 0);
            consumer->Pending = kept;
        }
        Bury(heap, group);
    }
}
