using System.Diagnostics;
using System.Numerics;

namespace FastKv.Memory;

// Control plane: a heap's chunks, and runs of pages in them. Chunks are kept in bins by their longest free run, fullest first, so
// that a run is found in O(1) tries and sparse chunks get a chance to empty.
//
//   bin             0     1      2      3      4       5        6        7
//   longest run     0   1–15  16–31  32–63  64–127  128–255  256–511  512 (empty)
internal sealed unsafe class PageAllocator
{
    private const int BinCount = 8;
    private const int EmptyBin = 7;

    // A chunk whose longest run suffices can still lack an aligned one. After this many such, the next bin is tried.
    private const int TriesPerBin = 8;

    private readonly Chunk*[] _bins = new Chunk*[BinCount];
    private int _emptyChunks;

    internal int ChunkCount { get; private set; }

    /// <summary>A run of pages of undefined content. O(1) but for the scan of a few 64-byte bitmaps.</summary>
    internal byte* Allocate(int pages, int alignment)
    {
        Debug.Assert(pages is > 0 and <= Chunk.Pages, "a run fits in a chunk");
        Chunk* chunk = FindChunk(pages, alignment, out int first);
        if (chunk == null)
        {
            chunk = AddChunk();
            first = chunk->Find(pages, alignment);
        }

        Mark(chunk, first, pages, taken: true);
        chunk->BusyPages += (short)pages;
        return AddressSpace.ChunkStart(chunk) + ((long)first << SizeClass.PageShift);
    }

    /// <summary>Frees busy pages. The caller then asks <see cref="ReleaseIfEmpty"/>.</summary>
    internal Chunk* Free(byte* start, int pages)
    {
        Chunk* chunk = AddressSpace.ChunkOf(start);
        Mark(chunk, PageOf(chunk, start), pages, taken: false);
        chunk->BusyPages -= (short)pages;
        return chunk;
    }

    /// <summary>Frees pages of a retained slab.</summary>
    internal Chunk* FreeIdle(byte* start, int pages)
    {
        Chunk* chunk = AddressSpace.ChunkOf(start);
        Mark(chunk, PageOf(chunk, start), pages, taken: false);
        return chunk;
    }

    /// <summary>Grows or shrinks a run where it is.</summary>
    internal bool TryResize(byte* start, int pages, int newPages)
    {
        Chunk* chunk = AddressSpace.ChunkOf(start);
        int first = PageOf(chunk, start);
        if (newPages > pages && !chunk->IsFree(first + pages, newPages - pages))
            return false;
        if (newPages > pages)
            Mark(chunk, first + pages, newPages - pages, taken: true);
        else
            Mark(chunk, first + newPages, pages - newPages, taken: false);
        chunk->BusyPages += (short)(newPages - pages);
        return true;
    }

    /// <summary>Lets an empty chunk go to the kernel, but keeps <paramref name="keep"/> of them against thrashing.</summary>
    internal void ReleaseIfEmpty(Chunk* chunk, int keep)
    {
        if (chunk->LongestRun == Chunk.Pages && _emptyChunks > keep)
            Remove(chunk);
    }

    internal void ReleaseEmptyChunks()
    {
        while (_bins[EmptyBin] != null)
            Remove(_bins[EmptyBin]);
    }

    internal void ReleaseAll()
    {
        for (int bin = 0; bin < BinCount; bin++)
        {
            while (_bins[bin] != null)
                Remove(_bins[bin]);
        }
    }

    private static int PageOf(Chunk* chunk, byte* start) => (int)((start - AddressSpace.ChunkStart(chunk)) >> SizeClass.PageShift);

    private static int BinOf(int longestRun) =>
        longestRun >= 16 ? BitOperations.Log2((uint)longestRun) - 2 : Math.Min(longestRun, 1);

    private Chunk* FindChunk(int pages, int alignment, out int first)
    {
        for (int bin = BinOf(pages); bin < BinCount; bin++)
        {
            Chunk* chunk = _bins[bin];
            for (int tries = 0; chunk != null && tries < TriesPerBin; tries++, chunk = chunk->Next)
            {
                if (chunk->LongestRun < pages)
                    continue;
                first = chunk->Find(pages, alignment);
                if (first >= 0)
                    return chunk;
            }
        }

        first = -1;
        return null;
    }

    // The first touch of a huge chunk makes 2 MiB resident. A heap's first chunk therefore uses small pages: a shard without data
    // costs kilobytes.
    private Chunk* AddChunk()
    {
        Chunk* chunk = AddressSpace.Acquire(1);
        AddressSpace.AdviseHugePages(chunk, huge: ChunkCount > 0);
        chunk->Clear();
        ForgetSlabs(chunk);
        chunk->Bin = EmptyBin;
        Link(chunk);
        ChunkCount++;
        return chunk;
    }

    // A heap that was disposed of leaves its headers behind.
    private static void ForgetSlabs(Chunk* chunk)
    {
        nuint unit = AddressSpace.SlabUnitOf(AddressSpace.ChunkStart(chunk));
        for (int i = 0; i < AddressSpace.ChunkBytes / AddressSpace.SlabUnitBytes; i++)
            AddressSpace.SlabAt(unit + (nuint)i)->State = SlabState.None;
    }

    private void Remove(Chunk* chunk)
    {
        Unlink(chunk);
        ChunkCount--;
        AddressSpace.Release(chunk, 1, AddressSpace.ChunkBytes);
    }

    private void Mark(Chunk* chunk, int first, int pages, bool taken)
    {
        chunk->Mark(first, pages, taken);
        int bin = BinOf(chunk->LongestRun);
        if (bin == chunk->Bin)
            return;
        Unlink(chunk);
        chunk->Bin = (byte)bin;
        Link(chunk);
    }

    private void Link(Chunk* chunk)
    {
        chunk->Previous = null;
        chunk->Next = _bins[chunk->Bin];
        if (chunk->Next != null)
            chunk->Next->Previous = chunk;
        _bins[chunk->Bin] = chunk;
        if (chunk->Bin == EmptyBin)
            _emptyChunks++;
    }

    private void Unlink(Chunk* chunk)
    {
        if (chunk->Previous != null)
            chunk->Previous->Next = chunk->Next;
        else
            _bins[chunk->Bin] = chunk->Next;
        if (chunk->Next != null)
            chunk->Next->Previous = chunk->Previous;
        if (chunk->Bin == EmptyBin)
            _emptyChunks--;
    }
}
