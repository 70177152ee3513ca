using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>A walk over a value in rank order, either way, which must not change meanwhile. Data plane.</summary>
/// <remarks>
/// It starts between two members: <see cref="MoveNext"/> goes to the one behind, <see cref="MovePrevious"/> to the one before. O(1) per step; backwards in a
/// compact set O(n) once per 32 steps, since its elements can be walked forward only. In a large set the member blocks of the next steps are prefetched.
/// </remarks>
public unsafe ref struct SortedSetIterator
{
    private const int ChunkItems = 32;

    // At 15 ns per member that is written to a reply, 10 members ahead hide a cache miss.
    private const int PrefetchItems = 10;

    // Compact: the current element. Large: the current block.
    private byte* _current;

    // Large.
    private Leaf* _leaf;
    private int _index;

    // Compact: the element behind (the end at last), and the rank of the current one.
    private byte* _next;
    private byte* _content;
    private int _length;
    private long _rank;
    private readonly bool _isCompact;
    private bool _isBetween;
    private long _chunkStart;
    private int _chunkCount;
    private Chunk _chunk;

    internal SortedSetIterator(EntryRef entry, SortedSetPosition position)
    {
        _isBetween = true;
        if (entry.IsPointer)
        {
            _leaf = (Leaf*)position.At;
            _index = position.Index;
            return;
        }

        _isCompact = true;
        _content = CompactValue.Bytes(entry.Block, out _length);
        _next = position.At;
        _rank = position.Rank;
    }

    /// <summary>Its score.</summary>
    public readonly double Score => _isCompact ? CompactSortedSet.Score(_current) : ScoredMember.Score(_current);

    /// <summary>The member: a view of it.</summary>
    public readonly ReadOnlySpan<byte> MemberView => _isCompact ? CompactSortedSet.Member(_current) : ScoredMember.Member(_current);

    /// <summary>Goes to the next member; false: there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        if (_isCompact)
            return MoveNextCompact();
        if (_isBetween)
            StartForward();
        else
            _index++;
        if (_leaf == null)
            return false;
        if (_index >= _leaf->Count)
        {
            if (_leaf->Next == null)
            {
                _index = _leaf->Count;
                return false;
            }

            _leaf = _leaf->Next;
            _index = 0;
            if (_leaf->Next != null)
                Leaf.PrefetchReferences(_leaf->Next);
        }

        PrefetchAhead();
        _current = Leaf.BlockAt(_leaf, _index);
        return true;
    }

    /// <summary>Goes to the one before; false: there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MovePrevious()
    {
        if (_isCompact)
            return MovePreviousCompact();
        if (_isBetween)
            StartBackward();
        if (_leaf == null)
            return false;
        if (--_index < 0)
        {
            if (_leaf->Previous == null)
            {
                _index = -1;
                return false;
            }

            _leaf = _leaf->Previous;
            _index = _leaf->Count - 1;
            if (_leaf->Previous != null)
                Leaf.PrefetchReferences(_leaf->Previous);
        }

        PrefetchBehind();
        _current = Leaf.BlockAt(_leaf, _index);
        return true;
    }

    /// <summary>The member: a view of it, or of <paramref name="scratch"/> (<see cref="Listpack.ScratchBytes"/>) if it is kept as an integer.</summary>
    public readonly ReadOnlySpan<byte> Member(Span<byte> scratch) => MemberView;

    private bool MoveNextCompact()
    {
        if (!_isBetween)
            _rank++;
        _isBetween = false;
        if (_next >= _content + _length)
            return false;
        _current = _next;
        _next = CompactSortedSet.Next(_current);
        return true;
    }

    private bool MovePreviousCompact()
    {
        if (_rank <= 0)
        {
            _isBetween = true;
            _next = _content + CompactSortedSet.HeaderBytes;
            return false;
        }

        _isBetween = false;
        _rank--;
        if (_rank < _chunkStart || _rank >= _chunkStart + _chunkCount)
            FillChunk();
        _next = _content + _chunk[(int)(_rank - _chunkStart)];
        _current = _next;
        _next = CompactSortedSet.Next(_current);
        return true;
    }

    // The offsets of the current element and of those before it.
    private void FillChunk()
    {
        _chunkStart = Math.Max(0, _rank - ChunkItems + 1);
        _chunkCount = (int)(_rank - _chunkStart) + 1;
        byte* at = CompactSortedSet.At(_content, _length, _chunkStart);
        for (int i = 0; i < _chunkCount; i++)
        {
            _chunk[i] = (int)(at - _content);
            at = CompactSortedSet.Next(at);
        }
    }

    private void StartForward()
    {
        _isBetween = false;
        if (_leaf == null)
            return;
        int end = Math.Min(_leaf->Count, _index + PrefetchItems);
        for (int i = _index; i < end; i++)
            Prefetch.Line(Leaf.BlockAt(_leaf, i));
        if (_leaf->Next != null)
            Leaf.PrefetchReferences(_leaf->Next);
    }

    private void StartBackward()
    {
        _isBetween = false;
        if (_leaf == null)
            return;
        int end = Math.Max(0, _index - PrefetchItems);
        for (int i = _index - 1; i >= end; i--)
            Prefetch.Line(Leaf.BlockAt(_leaf, i));
        if (_leaf->Previous != null)
            Leaf.PrefetchReferences(_leaf->Previous);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void PrefetchAhead()
    {
        int ahead = _index + PrefetchItems;
        if (ahead < _leaf->Count)
            Prefetch.Line(Leaf.BlockAt(_leaf, ahead));
        else if (_leaf->Next != null && (ahead -= _leaf->Count) < _leaf->Next->Count)
            Prefetch.Line(Leaf.BlockAt(_leaf->Next, ahead));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void PrefetchBehind()
    {
        int behind = _index - PrefetchItems;
        if (behind >= 0)
            Prefetch.Line(Leaf.BlockAt(_leaf, behind));
        else if (_leaf->Previous != null && (behind += _leaf->Previous->Count) >= 0)
            Prefetch.Line(Leaf.BlockAt(_leaf->Previous, behind));
    }

    [InlineArray(ChunkItems)]
    private struct Chunk
    {
        private int _first;
    }
}
