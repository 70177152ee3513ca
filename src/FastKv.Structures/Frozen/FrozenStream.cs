using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. The blocks of a stream as they were at one instant, given one by one in the order of their IDs while the stream changes. A block ahead of the walk is
// copied before it changes, and kept when it is removed:
//
//   blocks of the stream   | 1-5 | 6-9 (changed) | 14-18 | 19-21 (new) |
//   kept                          | 6-9 |  | 10-13 |
//   given                  | 1-5 | 6-9 | 10-13 | 14-18 |                    whichever comes next; a block that begins within what was given, or behind the
//                                                                          last ID of the instant, is not of the instant
//
//   freeze   O(1)        next   O(log blocks)        a change   O(log blocks + bytes of the block), once per block

/// <summary>A stream's entries at an instant, in native memory.</summary>
public unsafe struct FrozenStream
{
    private StreamState* _stream;
    private StreamIdMap _kept;
    private StreamId _given;
    private StreamId _last;
    private StreamBlock* _current;
    private StreamId _currentFirst;
    private bool _isKept;

    /// <summary>The ID of the present block's first entry.</summary>
    public readonly StreamId FirstId => _currentFirst;

    /// <summary>The entries of the present block.</summary>
    public readonly StreamBlockEntries Entries => new(_current, _currentFirst);

    /// <summary>Bytes of the present block as Redis's listpack.</summary>
    public readonly long Bytes => _current->NodeBytes;

    /// <summary>Freezes the entries of a stream that is not frozen.</summary>
    /// <param name="heap">The stream's heap.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="given">Blocks that begin at or before this ID count as given.</param>
    public static FrozenStream* Create(NativeHeap heap, StreamState* stream, StreamId given)
    {
        var frozen = (FrozenStream*)heap.Allocate(sizeof(FrozenStream));
        *frozen = default;
        frozen->_stream = stream;
        frozen->_given = given;
        var last = stream->Blocks.Last;
        frozen->_last = last.IsValid ? ((StreamBlock*)last.Value)->Last : StreamId.Zero;
        stream->Frozen = frozen;
        return frozen;
    }

    /// <summary>Goes to the next block; false: all have been given. A block is valid until the stream changes.</summary>
    public bool MoveNext(NativeHeap heap)
    {
        Leave(heap);
        while (_given < _last)
        {
            StreamId from = _given.Next;
            var live = _stream->Blocks.SeekAtLeast(from);
            var kept = _kept.SeekAtLeast(from);
            _isKept = kept.IsValid && (!live.IsValid || kept.Id <= live.Id);
            if (!_isKept && (!live.IsValid || live.Id > _last))
                break;
            _currentFirst = _isKept ? kept.Id : live.Id;
            _current = (StreamBlock*)(_isKept ? kept.Value : live.Value);
            if (_isKept)
                _kept.Remove(heap, _currentFirst, out _);
            if (_current != null)
            {
                _given = _current->Last;
                return true;
            }

            // A block that is not of the instant.
            _given = _currentFirst;
        }
        _given = _last;
        return false;
    }

    /// <summary>Writes the present block, <see cref="Bytes"/> bytes.</summary>
    public readonly void Write(byte* to) => StreamPackCursor.Write(_current, _currentFirst, to);

    /// <summary>Ends it, with what has not been given.</summary>
    public static void Free(NativeHeap heap, FrozenStream* frozen)
    {
        frozen->Leave(heap);
        while (frozen->_kept.Count > 0)
        {
            var block = (StreamBlock*)frozen->_kept.RemoveLast(heap);
            if (block != null)
                StreamBlock.Free(heap, block);
        }
        frozen->_stream->Frozen = null;
        heap.Free((byte*)frozen, sizeof(FrozenStream));
    }

    /// <summary>A block will change in place.</summary>
    internal void BeforeChange(NativeHeap heap, StreamId first, StreamBlock* block)
    {
        if (!IsAhead(first) || _kept.TryGet(first, out _))
            return;
        long bytes = NativeHeap.UsableSize(block->Used);
        var copy = (StreamBlock*)heap.Allocate(bytes);
        Buffer.MemoryCopy(block, copy, bytes, block->Used);
        copy->Capacity = (int)bytes;
        _kept.TryInsert(heap, first, (ulong)copy);
    }

    /// <summary>A block has been taken out of the stream; true: it is kept here, and not to be freed.</summary>
    internal bool TryTake(NativeHeap heap, StreamId first, StreamBlock* block) =>
        IsAhead(first) && _kept.TryInsert(heap, first, (ulong)block);

    /// <summary>A block has begun: where another one was that is kept, or (after the last ID was set back) between such.</summary>
    internal void NoteNew(NativeHeap heap, StreamId first)
    {
        if (IsAhead(first))
            _kept.TryInsert(heap, first, 0);
    }

    private readonly bool IsAhead(StreamId first) => first > _given && first <= _last;

    private void Leave(NativeHeap heap)
    {
        if (_isKept && _current != null)
            StreamBlock.Free(heap, _current);
        _current = null;
        _isKept = false;
    }
}
