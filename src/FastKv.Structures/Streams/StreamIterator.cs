using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>
/// A walk over the entries of a range, in either direction. Backwards, a block is decoded once and the places of its entries are kept aside.
/// Data plane; O(log blocks + entries of a block) to start, O(1) per step.
/// </summary>
public unsafe ref struct StreamIterator
{
    private readonly NativeHeap _heap;
    private readonly StreamId _start;
    private readonly StreamId _end;
    private readonly bool _isReverse;
    private StreamIdMap.Cursor _block;
    private StreamBlockReader _reader;
    private StreamEntryMark* _marks;
    private long _marksCapacity;
    private long _markCount;

    internal StreamIterator(NativeHeap heap, StreamState* stream, StreamId start, StreamId end, bool isReverse)
    {
        _heap = heap;
        _start = start;
        _end = end;
        _isReverse = isReverse;
        if (end < start || stream->Length == 0)
            return;
        _block = stream->Blocks.SeekAtMost(isReverse ? end : start);
        if (!_block.IsValid && !isReverse)
            _block = stream->Blocks.First;
        if (!_block.IsValid)
            return;
        if (isReverse)
            MarkBlock();
        else
            OpenBlock();
    }

    /// <summary>The entry's ID.</summary>
    public readonly StreamId Id => _reader.Id;

    /// <summary>Number of its fields.</summary>
    public readonly int FieldCount => _reader.FieldCount;

    /// <summary>Its fields and values.</summary>
    public readonly StreamItems Items => _reader.Items;

    /// <summary>Goes to the next entry in the direction of the walk; false: there is none.</summary>
    public bool MoveNext() => _isReverse ? MoveBackward() : MoveForward();

    /// <summary>Frees the scratch.</summary>
    public void Dispose()
    {
        if (_marks != null)
            _heap.Free((byte*)_marks, _marksCapacity * sizeof(StreamEntryMark));
        _marks = null;
    }

    private bool MoveForward()
    {
        while (_block.IsValid)
        {
            while (_reader.MoveNext())
            {
                if (_reader.Id < _start || _reader.IsDeleted)
                    continue;
                if (_reader.Id > _end)
                {
                    _block = default;
                    return false;
                }
                return true;
            }
            if (_block.MoveNext())
                OpenBlock();
        }
        return false;
    }

    private bool MoveBackward()
    {
        while (_block.IsValid)
        {
            if (_markCount > 0)
            {
                _reader.Restore(_marks[--_markCount]);
                return true;
            }
            if (_block.Id <= _start || !_block.MovePrevious())
                _block = default;
            else
                MarkBlock();
        }
        return false;
    }

    private void OpenBlock() => _reader = new StreamBlockReader((StreamBlock*)_block.Value, _block.Id);

    private void MarkBlock()
    {
        OpenBlock();
        int entries = _reader.Block->Entries;
        if (_marksCapacity < entries)
        {
            Dispose();
            _marksCapacity = entries;
            _marks = (StreamEntryMark*)_heap.Allocate(_marksCapacity * sizeof(StreamEntryMark));
        }
        _markCount = 0;
        while (_reader.MoveNext() && _reader.Id <= _end)
        {
            if (_reader.Id >= _start && !_reader.IsDeleted)
                _marks[_markCount++] = _reader.Mark;
        }
    }
}
