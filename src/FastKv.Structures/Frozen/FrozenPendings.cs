using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. The pending entries of a group, or the IDs of a consumer's, as they were at one instant, given in the order of their IDs while they are delivered,
// claimed and acknowledged. There is no copy: the map is walked as it is, and what happens ahead of the walk is kept beside it:
//
//   map     | 1 | 2 |   | 4 (later) | 5 | 6 (new) |
//   kept            | 3 | 4         |   | 6: none |        3: acknowledged, 4: delivered again since, 6: not of the instant
//   given   | 1 | 2 | 3 | 4         | 5 |                  of two with one ID the kept one counts
//
//   freeze   O(1)        next   O(1), O(log n) behind a change        a change   O(log n)

/// <summary>A pending entries list at an instant, in native memory.</summary>
public unsafe struct FrozenPendings
{
    private const ulong NotOfInstant = 0;
    private const ulong OfInstant = 1;

    private StreamIdMap* _map;
    private FrozenPendings** _owner;
    private StreamIdMap _kept;
    private StreamIdMap.Cursor _cursor;
    private StreamId _next;
    private StreamId _last;
    private bool _hasCursor;
    private bool _isAtEnd;

    /// <summary>Whether times and counts are kept as well, or only IDs.</summary>
    public bool HasDeliveries { get; private set; }

    /// <summary>Where it stands among what else is written of the groups: so many bytes come before it.</summary>
    public long Position { get; private set; }

    /// <summary>The present ID.</summary>
    public StreamId Id { get; private set; }

    /// <summary>If they are kept: when it was delivered last, Unix milliseconds.</summary>
    public long DeliveryMs { get; private set; }

    /// <summary>The same: how often.</summary>
    public long DeliveryCount { get; private set; }

    /// <summary>Goes to the next one; false: all have been given.</summary>
    public bool MoveNext(NativeHeap heap)
    {
        while (!_isAtEnd)
        {
            if (!_hasCursor)
                _cursor = _map == null ? default : _map->SeekAtLeast(_next);
            _hasCursor = true;
            StreamIdMap.Cursor kept = _kept.Count == 0 ? default : _kept.SeekAtLeast(_next);
            bool isKept = kept.IsValid && (!_cursor.IsValid || kept.Id <= _cursor.Id);
            if (!isKept && (!_cursor.IsValid || _cursor.Id > _last))
                break;
            Id = isKept ? kept.Id : _cursor.Id;
            ulong value = isKept ? kept.Value : _cursor.Value;
            if (_cursor.IsValid && _cursor.Id == Id)
                _cursor.MoveNext();
            if (isKept)
                _kept.Remove(heap, Id, out _);
            _isAtEnd = Id == _last;
            _next = Id.Next;
            if (isKept && value == NotOfInstant)
                continue;
            if (HasDeliveries)
                Read(heap, (StreamPending*)value, isKept);
            return true;
        }
        _isAtEnd = true;
        return false;
    }

    internal static void Begin(FrozenPendings* frozen, StreamIdMap* map, FrozenPendings** owner, bool hasDeliveries, StreamId from, long position)
    {
        *frozen = default;
        frozen->_map = map;
        frozen->_owner = owner;
        frozen->_next = from;
        frozen->_last = map->Last.Id;
        frozen->HasDeliveries = hasDeliveries;
        frozen->Position = position;
        *owner = frozen;
    }

    /// <summary>A pending entry has been taken out of the group; true: its block is kept here, and not to be freed.</summary>
    internal bool TryTake(NativeHeap heap, StreamId id, StreamPending* pending)
    {
        _hasCursor = false;
        return IsAhead(id) && _kept.TryInsert(heap, id, (ulong)pending);
    }

    /// <summary>A pending entry is about to change in place.</summary>
    internal void BeforeChange(NativeHeap heap, StreamId id, StreamPending* pending)
    {
        if (!HasDeliveries || !IsAhead(id) || _kept.TryGet(id, out _))
            return;
        var copy = (StreamPending*)heap.Allocate(sizeof(StreamPending));
        *copy = *pending;
        _kept.TryInsert(heap, id, (ulong)copy);
    }

    /// <summary>An ID has been taken from the consumer; the entry is still as it was there.</summary>
    internal void NoteRemoved(NativeHeap heap, StreamId id, StreamPending* pending)
    {
        _hasCursor = false;
        if (HasDeliveries)
            BeforeChange(heap, id, pending);
        else if (IsAhead(id))
            _kept.TryInsert(heap, id, OfInstant);
    }

    /// <summary>An ID has come.</summary>
    internal void NoteAdded(NativeHeap heap, StreamId id)
    {
        _hasCursor = false;
        if (IsAhead(id))
            _kept.TryInsert(heap, id, NotOfInstant);
    }

    /// <summary>The consumer is gone, all its IDs having been taken from it.</summary>
    internal void Detach()
    {
        _map = null;
        _owner = null;
        _hasCursor = false;
    }

    /// <summary>Ends it: what it has kept and not given is the caller's.</summary>
    internal StreamIdMap Release()
    {
        if (_owner != null)
            *_owner = null;
        return _kept;
    }

    private readonly bool IsAhead(StreamId id) => !_isAtEnd && id >= _next && id <= _last;

    private void Read(NativeHeap heap, StreamPending* pending, bool isKept)
    {
        DeliveryMs = pending->DeliveryMs;
        DeliveryCount = pending->DeliveryCount;
        if (isKept)
            heap.Free((byte*)pending, sizeof(StreamPending));
    }
}
