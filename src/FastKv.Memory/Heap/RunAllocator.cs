using System.Diagnostics;
using System.Numerics;

namespace FastKv.Memory;

// Data plane, off the hot path: a heap's chunks, and runs of granules in them. Chunks are kept in bins by their longest free run, eight
// bins per doubling, and the fullest chunk that serves is taken: small holes are used up first, and sparse chunks get a chance to empty.
//
//   bin             0   1  ..  15 | 16      17       ..  23     | 24 ..            | 80
//   longest run     0   1      15 | 16–17   18–19        30–31  | 32–35 .. 3840–4095 | 4096 (empty)
internal sealed unsafe class RunAllocator
{
    private const int ExactBins = 16;
    private const int EmptyBin = 80;
    private const int BinCount = EmptyBin + 1;

    // A chunk whose longest run suffices can still lack an aligned one. After this many such, the next bin is tried.
    private const int TriesPerBin = 8;

    // One is kept against thrashing.
    private const int EmptyChunksKept = 1;

    // Chunks that a heap has before it uses huge pages: beside 16 MiB, those that are not full do not matter.
    private const int SmallPagedMax = 8;
    private const int CollapsedAtOnce = 2;

    private readonly Chunk*[] _bins = new Chunk*[BinCount];

    // Chunks on small pages, in the order in which they were added.
    private readonly Chunk*[] _smallPaged = new Chunk*[SmallPagedMax];
    private int _smallPagedCount;
    private int _emptyChunks;

    /// <summary>Empty chunks that may still go to the kernel before <see cref="ReleaseExcess"/> is asked to let the others go.</summary>
    internal int ReleasesLeft { get; set; } = int.MaxValue;

    /// <summary>Whether more chunks are empty than are kept against thrashing.</summary>
    internal bool HasExcess => _emptyChunks > EmptyChunksKept;

    internal int ChunkCount { get; private set; }

    /// <summary>A run of granules of undefined content. O(1) but for the scan of a few 512-byte bitmaps.</summary>
    internal byte* Allocate(int granules, int alignment)
    {
        Debug.Assert(granules is > 0 and <= Chunk.Granules, "a run fits in a chunk");
        Chunk* chunk = FindChunk(granules, alignment, out int first);
        if (chunk == null)
        {
            chunk = AddChunk();
            first = chunk->Find(granules, alignment);
        }

        return Take(chunk, first, granules);
    }

    /// <summary>
    /// A run of <paramref name="min"/> to <paramref name="max"/> granules that fills a hole exactly, else one of
    /// <paramref name="preferred"/>.
    /// </summary>
    internal byte* AllocateFitting(int min, int preferred, int max, out int granules)
    {
        Debug.Assert(min <= preferred && preferred <= max, "in order");
        Chunk* chunk = FindChunk(min, 1, out int first);
        if (chunk != null)
        {
            // The hole ends where the run does.
            int end = first + min;
            int start = chunk->RunStart(first);
            if (end - start <= max)
            {
                granules = end - start;
                return Take(chunk, start, granules);
            }
        }

        granules = preferred;
        return Allocate(preferred, 1);
    }

    /// <summary>Frees busy granules. The caller then asks <see cref="ReleaseIfEmpty"/>.</summary>
    internal Chunk* Free(byte* start, int granules)
    {
        Chunk* chunk = FreeIdle(start, granules);
        chunk->BusyGranules -= (short)granules;
        return chunk;
    }

    /// <summary>Frees granules of a retained slab.</summary>
    internal Chunk* FreeIdle(byte* start, int granules)
    {
        Chunk* chunk = AddressSpace.ChunkOf(start);
        chunk->Release(GranuleOf(chunk, start), granules);
        Rebin(chunk);
        return chunk;
    }

    /// <summary>Grows or shrinks a run where it is.</summary>
    internal bool TryResize(byte* start, int granules, int newGranules)
    {
        Chunk* chunk = AddressSpace.ChunkOf(start);
        int first = GranuleOf(chunk, start);
        if (newGranules > granules && !chunk->IsFree(first + granules, newGranules - granules))
            return false;
        if (newGranules > granules)
            chunk->Take(first + granules, newGranules - granules);
        else
            chunk->Release(first + newGranules, granules - newGranules);
        Rebin(chunk);
        chunk->BusyGranules += (short)(newGranules - granules);
        return true;
    }

    /// <summary>Lets an empty chunk go to the kernel, unless it is to be kept, or too many went already (see <see cref="ReleasesLeft"/>).</summary>
    internal void ReleaseIfEmpty(Chunk* chunk)
    {
        if (chunk->LongestRun != Chunk.Granules || !HasExcess || ReleasesLeft == 0)
            return;
        ReleasesLeft--;
        Remove(chunk);
    }

    /// <summary>Lets one empty chunk go to the kernel; false: there is none but those that are kept.</summary>
    internal bool ReleaseExcess()
    {
        if (!HasExcess)
            return false;
        Remove(_bins[EmptyBin]);
        return true;
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

    private static int GranuleOf(Chunk* chunk, byte* start) => (int)((start - AddressSpace.ChunkStart(chunk)) >> SizeClass.GranuleShift);

    private static int BinOf(int longestRun)
    {
        if (longestRun < ExactBins)
            return longestRun;
        int log = BitOperations.Log2((uint)longestRun);
        return ExactBins + ((log - 4) << 3) + ((longestRun >> (log - 3)) & 7);
    }

    private byte* Take(Chunk* chunk, int first, int granules)
    {
        chunk->Take(first, granules);
        Rebin(chunk);
        chunk->BusyGranules += (short)granules;
        return AddressSpace.ChunkStart(chunk) + ((long)first << SizeClass.GranuleShift);
    }

    private Chunk* FindChunk(int granules, int alignment, out int first)
    {
        for (int bin = BinOf(granules); bin < BinCount; bin++)
        {
            Chunk* chunk = _bins[bin];
            for (int tries = 0; chunk != null && tries < TriesPerBin; tries++, chunk = chunk->Next)
            {
                if (chunk->LongestRun < granules)
                    continue;
                first = chunk->Find(granules, alignment);
                if (first >= 0)
                    return chunk;
            }
        }

        first = -1;
        return null;
    }

    // The first touch of a huge page makes 2 MiB resident, wanted or not. So a chunk begins with small pages, and is put on a huge one when two more have been
    // added and it is in all likelihood full; but not before the heap has 16 MiB, and never the first one, in which slabs of many classes have just begun.
    private Chunk* AddChunk()
    {
        Chunk* chunk = AddressSpace.Acquire(1);
        AddressSpace.AdviseHugePages(chunk, huge: false);
        if (ChunkCount >= SmallPagedMax)
            CollapseOldest();
        if (ChunkCount > 0)
            _smallPaged[_smallPagedCount++] = chunk;
        chunk->Clear();
        ForgetSlabs(chunk);
        chunk->Bin = EmptyBin;
        Link(chunk);
        ChunkCount++;
        return chunk;
    }

    // Two at a time: more than are added, and yet no long turn.
    private void CollapseOldest()
    {
        int count = Math.Min(CollapsedAtOnce, _smallPagedCount - 1);
        for (int i = 0; i < count; i++)
            AddressSpace.CollapseToHugePage(_smallPaged[i]);
        if (count > 0)
            ForgetSmallPaged(0, count);
    }

    private void ForgetSmallPaged(Chunk* chunk)
    {
        for (int i = 0; i < _smallPagedCount; i++)
        {
            if (_smallPaged[i] == chunk)
                ForgetSmallPaged(i, 1);
        }
    }

    private void ForgetSmallPaged(int first, int count)
    {
        _smallPagedCount -= count;
        for (int i = first; i < _smallPagedCount; i++)
            _smallPaged[i] = _smallPaged[i + count];
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
        if (chunk->Advice == ChunkAdvice.Small)
            ForgetSmallPaged(chunk);
        AddressSpace.Release(chunk, 1, AddressSpace.ChunkBytes);
    }

    private void Rebin(Chunk* chunk)
    {
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
