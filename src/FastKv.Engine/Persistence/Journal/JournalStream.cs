using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FastKv.Memory;

namespace FastKv.Engine.Persistence.Journal;

// Data plane. Bytes from a partition to the thread that writes them to a file: a chain of chunks without a bound of its own (who fills it is asked to wait
// before it begins a command, not in the midst of one). The producer is whoever holds the partition's ownership word; the consumer is one thread.
//
//   offset 0          C          2C         3C
//          │ chunk ──►│ chunk ──►│ chunk    │        every chunk is filled to its end, so offsets say where a byte lies
//            ▲ consumed      ▲ published  ▲ written
//
// A write is a copy; publishing is one store with release. Chunks go back to the producer through a small ring, so the steady state allocates nothing. The one
// that came back last is used first: after a burst there are 4 MiB of them, of which the two or three in use stay in the core's cache.

/// <summary>A stream of bytes from one producer to one consumer, wait-free. O(1) per byte.</summary>
internal sealed unsafe class JournalStream : IDisposable
{
    /// <summary>Bytes per chunk: one write(2) each, and what an idle journal holds.</summary>
    public const int ChunkBytes = 256 << 10;

    /// <summary>On their way back, and as many again that are back.</summary>
    private const int FreeChunksMax = 8;

    /// <summary>A part of what <see cref="NativeBlock"/> counts, and like that of the whole process. Changes with chunks, not in the steady state.</summary>
    private static long s_allocatedBytes;

    private readonly SpscRing<nint> _free = new(FreeChunksMax);
    private Shared _shared;

    // Producer.
    private Chunk* _tail;
    private byte* _at;
    private byte* _end;
    private long _writtenBefore;
    private readonly nint[] _spare = new nint[FreeChunksMax];
    private int _spareCount;

    // Consumer.
    private Chunk* _head;
    private int _headOffset;

    /// <summary>Bytes of native memory that all streams of the process have, spare chunks included; any thread.</summary>
    public static long AllocatedBytes => Volatile.Read(ref s_allocatedBytes);

    /// <summary>Bytes that the producer has written, from the beginning.</summary>
    public long Written => _tail == null ? _writtenBefore : _writtenBefore + (_at - _tail->Data);

    /// <summary>Bytes that may be read; any thread. Acquire: pairs with <see cref="Publish"/>.</summary>
    public long Published => Volatile.Read(ref _shared.Published);

    /// <summary>Bytes that have been read; any thread.</summary>
    public long Consumed => Volatile.Read(ref _shared.Consumed);

    /// <summary>Producer: room for that many bytes at one place, or null: <see cref="Write"/> must be used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Reserve(long sizeBytes) => _end - _at > sizeBytes ? _at : null;

    /// <summary>Producer: what was reserved has been filled up to <paramref name="end"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Commit(byte* end)
    {
        Debug.Assert(end >= _at && end <= _end, "within what was reserved");
        _at = end;
    }

    /// <summary>Producer: appends bytes, over as many chunks as they take.</summary>
    public void Write(byte* bytes, long count)
    {
        while (count > 0)
        {
            if (_at == _end)
                AddChunk();
            long part = Math.Min(count, _end - _at);
            Buffer.MemoryCopy(bytes, _at, part, part);
            _at += part;
            bytes += part;
            count -= part;
        }
    }

    /// <summary>Producer: what was written may be read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Publish() => Volatile.Write(ref _shared.Published, Written);

    /// <summary>
    /// Consumer: the next bytes up to stream offset <paramref name="limit"/>, which must not be beyond <see cref="Published"/>, that lie together.
    /// </summary>
    public ReadOnlySpan<byte> Peek(long limit)
    {
        long available = limit - _shared.Consumed;
        if (available <= 0)
            return default;
        if (_head == null)
            _head = (Chunk*)Volatile.Read(ref _shared.First);
        if (_headOffset == ChunkBytes)
            DropHead();
        return new ReadOnlySpan<byte>(_head->Data + _headOffset, (int)Math.Min(available, ChunkBytes - _headOffset));
    }

    /// <summary>Consumer: the first bytes of what <see cref="Peek"/> gave are done with.</summary>
    public void Consume(int count)
    {
        _headOffset += count;
        Volatile.Write(ref _shared.Consumed, _shared.Consumed + count);
    }

    /// <summary>Consumer: all that has been published is done with, unread.</summary>
    public void Skip()
    {
        while (Peek(Published) is { Length: > 0 } bytes)
            Consume(bytes.Length);
    }

    /// <summary>Frees all; neither side may be at work.</summary>
    public void Dispose()
    {
        var chunk = _head != null ? _head : (Chunk*)_shared.First;
        while (chunk != null)
        {
            var next = chunk->Next;
            Free(chunk);
            chunk = next;
        }
        while (_free.TryDequeue(out nint free))
            Free((Chunk*)free);
        while (_spareCount > 0)
            Free((Chunk*)_spare[--_spareCount]);
        _head = _tail = null;
        _at = _end = null;
        _shared.First = 0;
    }

    private static Chunk* Allocate()
    {
        // Who subtracts this from what NativeBlock counts may for a moment be wrong by one chunk.
        var chunk = (Chunk*)NativeBlock.Allocate(sizeof(Chunk) + ChunkBytes);
        Interlocked.Add(ref s_allocatedBytes, sizeof(Chunk) + ChunkBytes);
        return chunk;
    }

    private static void Free(Chunk* chunk)
    {
        NativeBlock.Free((byte*)chunk, sizeof(Chunk) + ChunkBytes);
        Interlocked.Add(ref s_allocatedBytes, -(sizeof(Chunk) + ChunkBytes));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddChunk()
    {
        while (_spareCount < FreeChunksMax && _free.TryDequeue(out nint free))
            _spare[_spareCount++] = free;
        Chunk* chunk = _spareCount > 0 ? (Chunk*)_spare[--_spareCount] : Allocate();
        chunk->Next = null;
        if (_tail != null)
        {
            _writtenBefore += ChunkBytes;
            _tail->Next = chunk;
        }
        else
        {
            Volatile.Write(ref _shared.First, (nint)chunk);
        }
        _tail = chunk;
        _at = chunk->Data;
        _end = _at + ChunkBytes;
    }

    private void DropHead()
    {
        // The link was written before the bytes behind it were published.
        var next = _head->Next;
        if (_free.TryEnqueue((nint)_head))
            _free.Publish();
        else
            Free(_head);
        _head = next;
        _headOffset = 0;
    }

    private struct Chunk
    {
        public Chunk* Next;

        public byte* Data => (byte*)Unsafe.AsPointer(ref Unsafe.Add(ref this, 1));
    }

    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Shared
    {
        [FieldOffset(64)]
        public nint First;
        [FieldOffset(128)]
        public long Published;
        [FieldOffset(256)]
        public long Consumed;
    }
}
