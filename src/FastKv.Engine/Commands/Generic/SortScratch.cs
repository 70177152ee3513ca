using FastKv.Memory;

namespace FastKv.Engine.Commands.Generic;

/// <summary>
/// Memory of one SORT: chunks of the shard's heap, given back together. What is allocated stays where it is. Data plane.
/// </summary>
internal unsafe struct SortScratch(NativeHeap heap)
{
    private const long ChunkBytes = 16 * 1024;

    private readonly NativeHeap _heap = heap;
    private Chunk* _chunk;
    private byte* _free;
    private byte* _end;

    /// <summary>Room for <paramref name="bytes"/>, aligned to 8. O(1).</summary>
    public byte* Allocate(long bytes)
    {
        bytes = (bytes + 7) & ~7L;
        if (_end - _free < bytes)
            AddChunk(bytes);
        byte* allocated = _free;
        _free += bytes;
        return allocated;
    }

    /// <summary>A copy of a text.</summary>
    public byte* Copy(ReadOnlySpan<byte> text)
    {
        byte* copy = Allocate(text.Length);
        text.CopyTo(new Span<byte>(copy, text.Length));
        return copy;
    }

    /// <summary>Gives all of it back.</summary>
    public void Free()
    {
        while (_chunk != null)
        {
            var next = _chunk->Next;
            _heap.Free((byte*)_chunk, _chunk->Bytes);
            _chunk = next;
        }
        _free = _end = null;
    }

    // The rest of the chunk before is left: little, or the new one is large.
    private void AddChunk(long bytes)
    {
        long size = NativeHeap.UsableSize(Math.Max(ChunkBytes, bytes + sizeof(Chunk)));
        var chunk = (Chunk*)_heap.Allocate(size);
        chunk->Next = _chunk;
        chunk->Bytes = size;
        _chunk = chunk;
        _free = (byte*)(chunk + 1);
        _end = (byte*)chunk + size;
    }

    private struct Chunk
    {
        public Chunk* Next;
        public long Bytes;
    }
}
