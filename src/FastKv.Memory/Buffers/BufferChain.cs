using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.Memory;

/// <summary>
/// What a connection has yet to send: a chain of segments, written at the tail, sent and consumed at the head. One thread at a time.
/// </summary>
/// <remarks>
/// Data plane. Segments never move and written bytes never change, so that a send in flight over a prefix stays valid while replies
/// are appended. A chain without bytes holds no memory.
/// <code>
///   Head                                    tail
///   +--------------+    +--------------+    +------------------------+
///   |sent| unread  | ─► |   unread     | ─► | unread |  free          |
///   +--------------+    +--------------+    +------------------------+
///        ▲ Consumed                          ▲ _unread ▲ _cursor      ▲ _limit
/// </code>
/// A deferred reply (an array whose count is known at its end) is two segments carved out of the tail's free room: a placeholder of 32
/// bytes and the rest. Most bodies are short; those are moved up to the header at the end, and the tail is whole again.
/// <code>
///   tail: | unread | header | placeholder 32 B | header | body →        free |
/// </code>
/// An allocation goes back to the pool when the last of the segments in it is consumed (a count in the first).
/// </remarks>
public sealed unsafe class BufferChain
{
    /// <summary>Bytes that a deferred header may have.</summary>
    public const int DeferredBytesMax = 32;

    // Larger data is split over segments of at most this: an allocation that malloc serves with mmap and that a slow client frees in steps.
    private const int AppendSegmentBytesMax = 1024 * 1024;

    // Segments with fewer bytes are copied rather than relinked: copying 4 KiB costs about as much as the cache misses of another
    // segment, and does not tie up 16 KiB for it.
    private const int RelinkBytesMin = 4096;

    // Longer bodies of deferred replies stay where they are.
    private const int DeferredMoveBytesMax = 4096;

    private const int DeferredRoomBytes = (2 * BufferSegment.HeaderBytes) + DeferredBytesMax + 256;

    private BufferSegment* _head;
    private BufferSegment* _tail;
    private byte* _cursor;
    private byte* _limit;
    private byte* _unread;
    private long _closedBytes; // unread bytes of all segments but the tail
    private BufferPool _pool;
    private int _openDeferred;

    /// <summary>An empty chain.</summary>
    public BufferChain(BufferPool pool) => _pool = pool;

    /// <summary>
    /// Where segments come from and go back to. To be set when the chain is handed to another thread's loop, by the thread that has it: what the
    /// chain holds then goes to the new pool, since a pool belongs to one thread and takes any segment.
    /// </summary>
    public BufferPool Pool
    {
        get => _pool;
        set => _pool = value;
    }

    /// <summary>The first segment, or null when there is nothing to send. Reading it makes the last segment's length valid.</summary>
    public BufferSegment* Head
    {
        get
        {
            SyncTail();
            return _head;
        }
    }

    /// <summary>Bytes to send. O(1).</summary>
    public long Length
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _closedBytes + (_cursor - _unread);
    }

    /// <summary>Contiguous room for <paramref name="sizeBytes"/> bytes, of which <see cref="Commit"/> then takes what was written.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Reserve(int sizeBytes)
    {
        byte* cursor = _cursor;
        return _limit - cursor >= sizeBytes && cursor != null ? cursor : ReserveInNewTail(sizeBytes);
    }

    /// <summary>Takes <paramref name="sizeBytes"/> bytes that were written where the last <see cref="Reserve"/> said.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Commit(int sizeBytes)
    {
        Debug.Assert(sizeBytes >= 0 && _limit - _cursor >= sizeBytes, "committed bytes were reserved");
        _cursor += sizeBytes;
    }

    /// <summary>Copies bytes to the end.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(ReadOnlySpan<byte> bytes)
    {
        byte* cursor = _cursor;
        if (_limit - cursor < bytes.Length)
        {
            AppendSplit(bytes);
            return;
        }

        bytes.CopyTo(new Span<byte>(cursor, bytes.Length));
        _cursor = cursor + bytes.Length;
    }

    /// <summary>Moves all bytes of <paramref name="other"/> to the end of this chain.</summary>
    public void AppendChain(BufferChain other) => other.MoveTo(this, other.Length);

    /// <summary>
    /// Moves the first <paramref name="count"/> bytes to the end of <paramref name="target"/>: large whole segments by relinking, others by
    /// copying. O(segments + copied bytes).
    /// </summary>
    public void MoveTo(BufferChain target, long count)
    {
        Debug.Assert(target != this && count >= 0 && count <= Length, "moves bytes that it has to another chain");
        Debug.Assert(_openDeferred == 0, "a deferred reply is moved when it is complete");
        SyncTail();
        while (count > 0)
        {
            BufferSegment* segment = _head;
            int unread = segment->Unread;
            bool isWhole = unread <= count && segment->Owner == null && segment->Reserved == 1;
            if (isWhole && unread >= RelinkBytesMin)
            {
                Detach(segment);
                target.Adopt(segment);
            }
            else
            {
                unread = (int)Math.Min(unread, count);
                target.Append(new ReadOnlySpan<byte>(segment->Data + segment->Consumed, unread));
                Consume(unread);
            }

            count -= unread;
        }

        if (Length == 0)
            Clear();
    }

    /// <summary>
    /// Leaves room for a header that is known later; what is written meanwhile comes after it. May be nested. Until
    /// <see cref="EndDeferred"/> the chain must not be consumed from or moved.
    /// </summary>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    public BufferSegment* BeginDeferred()
    {
        if (_limit - Align(_cursor) < DeferredRoomBytes)
            AddTail(_pool.Rent(BufferPool.SegmentCapacity));
        BufferSegment* before = _tail;
        BufferSegment* owner = before->Owner == null ? before : before->Owner;
        byte* limit = _limit;
        BufferSegment* placeholder = Carve(Align(_cursor), owner, DeferredBytesMax);
        byte* bodyStart = placeholder->Data + DeferredBytesMax;
        BufferSegment* body = Carve(bodyStart, owner, (int)(limit - bodyStart) - BufferSegment.HeaderBytes);

        placeholder->Reserved = 1;
        *(BufferSegment**)placeholder->Data = before;
        CloseTail();
        before->Capacity = before->Length;
        before->Next = placeholder;
        placeholder->Next = body;
        SetTail(body);
        _openDeferred++;
        return placeholder;
    }

    /// <summary>Puts the header where <see cref="BeginDeferred"/> left room.</summary>
    /// <param name="placeholder">What that returned; the innermost one first.</param>
    /// <param name="header">At most <see cref="DeferredBytesMax"/> bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The header is too long.</exception>
    public void EndDeferred(BufferSegment* placeholder, ReadOnlySpan<byte> header)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(header.Length, DeferredBytesMax);
        Debug.Assert(placeholder->Owner != null && placeholder->Reserved == 1 && _openDeferred > 0, "an open deferred header");
        _openDeferred--;
        BufferSegment* body = placeholder->Next;
        if (body == _tail && _cursor - body->Data <= DeferredMoveBytesMax)
        {
            Rejoin(placeholder, header);
            return;
        }

        header.CopyTo(new Span<byte>(placeholder->Data, DeferredBytesMax));
        placeholder->Length = header.Length;
        placeholder->Reserved = 0;
        _closedBytes += header.Length;
    }

    /// <summary>Drops the first <paramref name="count"/> bytes, which were sent. Segments without bytes go back to the pool. O(segments).</summary>
    public void Consume(long count)
    {
        Debug.Assert(count >= 0 && count <= Length, "no more than there is");
        Debug.Assert(_openDeferred == 0, "nothing is sent while a header is missing");
        if (count == Length)
        {
            Clear();
            return;
        }

        SyncTail();
        while (_head->Unread <= count)
        {
            BufferSegment* segment = _head;
            int unread = segment->Unread;
            Detach(segment);
            Release(segment);
            count -= unread;
        }

        _head->Consumed += (int)count;
        if (_head == _tail)
            _unread += count;
        else
            _closedBytes -= count;
    }

    /// <summary>Drops everything; all segments go back to the pool. Not while a send is in flight.</summary>
    public void Clear()
    {
        BufferSegment* segment = _head;
        _head = null;
        _openDeferred = 0;
        Forget();
        while (segment != null)
        {
            BufferSegment* next = segment->Next;
            Release(segment);
            segment = next;
        }
    }

    private static byte* Align(byte* address) => (byte*)(((nuint)address + 7) & ~(nuint)7);

    private static BufferSegment* Carve(byte* at, BufferSegment* owner, int capacity)
    {
        var segment = (BufferSegment*)at;
        segment->Next = null;
        segment->Owner = owner;
        segment->Capacity = capacity;
        segment->Length = 0;
        segment->Consumed = 0;
        segment->Reserved = 0;
        segment->AllocatedBytes = 0;
        owner->Reserved++;
        return segment;
    }

    private void Rejoin(BufferSegment* placeholder, ReadOnlySpan<byte> header)
    {
        BufferSegment* before = *(BufferSegment**)placeholder->Data;
        BufferSegment* body = placeholder->Next;
        byte* destination = before->Data + before->Length;
        long bodyBytes = _cursor - body->Data;
        byte* source = body->Data;
        before->Capacity = (int)(_limit - before->Data);
        before->Next = null;
        placeholder->Owner->Reserved -= 2;
        _closedBytes -= before->Unread;

        // From here on the two carved headers may be overwritten.
        header.CopyTo(new Span<byte>(destination, header.Length));
        Buffer.MemoryCopy(source, destination + header.Length, bodyBytes, bodyBytes);
        SetTail(before);
        _cursor = destination + header.Length + bodyBytes;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReserveInNewTail(int sizeBytes)
    {
        AddTail(_pool.Rent(sizeBytes));
        return _cursor;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AppendSplit(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_cursor == _limit)
                AddTail(_pool.Rent(Math.Min(bytes.Length, AppendSegmentBytesMax)));
            int part = (int)Math.Min(_limit - _cursor, bytes.Length);
            bytes[..part].CopyTo(new Span<byte>(_cursor, part));
            _cursor += part;
            bytes = bytes[part..];
        }
    }

    private void AddTail(BufferSegment* segment)
    {
        CloseTail();
        if (_tail != null && _tail == _head && _tail->Length == 0)
        {
            // Room that was reserved and never used.
            Release(_tail);
            _head = null;
            Forget();
        }

        Link(segment);
    }

    private void Adopt(BufferSegment* segment)
    {
        CloseTail();
        Link(segment);
    }

    private void Link(BufferSegment* segment)
    {
        segment->Next = null;
        if (_head == null)
            _head = segment;
        else
            _tail->Next = segment;
        SetTail(segment);
    }

    private void SetTail(BufferSegment* segment)
    {
        _tail = segment;
        _unread = segment->Data + segment->Consumed;
        _cursor = segment->Data + segment->Length;
        _limit = segment->Data + segment->Capacity;
    }

    private void CloseTail()
    {
        SyncTail();
        _closedBytes += _cursor - _unread;
        _unread = _cursor;
    }

    private void SyncTail()
    {
        if (_tail != null)
            _tail->Length = (int)(_cursor - _tail->Data);
    }

    /// <summary>Takes the head out of the chain.</summary>
    private void Detach(BufferSegment* segment)
    {
        Debug.Assert(segment == _head, "segments leave at the head");
        _head = segment->Next;
        if (_head == null)
            Forget();
        else
            _closedBytes -= segment->Unread;
    }

    private void Forget()
    {
        _tail = null;
        _cursor = null;
        _limit = null;
        _unread = null;
        _closedBytes = 0;
    }

    private void Release(BufferSegment* segment)
    {
        BufferSegment* owner = segment->Owner == null ? segment : segment->Owner;
        Debug.Assert(owner->Reserved > 0, "a segment is released once");
        if (--owner->Reserved == 0)
            _pool.Return(owner);
    }
}
