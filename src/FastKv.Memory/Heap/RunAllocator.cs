using System.Diagnostics;
using System.Numerics;

namespace FastKv.Memory;

// Data plane, off the hot path: a heap's chunks, and runs of granules in them. Chunks are kept in bins by their longest free run, eight
// bins per doubling, and the fullest chunk that serves is taken: small holes are used up first, and sparse chunks get a chance to empty.
//
//   bin             0   1  ..  15 | 16      17       ..  23     | 24 ..            | 80
//   longest run     0   1      15 | 16–17   18–19        30–31  | 32–35 .. 3840–4095 | 4096 (empty)
//
// Slabs and tables have chunks of huge pages. Medium blocks have chunks of their own with small pages, which become resident when they are touched and can
// be given back one by one: of their odd sizes, holes remain that nothing fits into.
internal sealed unsafe class RunAllocator(bool isMedium)
{
    private const int ExactBins = 16;
    private const int EmptyBin = 80;
    private const int BinCount = EmptyBin + 1;

    // A chunk whose longest run suffices can still lack an aligned one. After this many such, the next bin is tried.
    private const int TriesPerBin = 8;

    // One is kept against thrashing.
    private const int EmptyChunksKept = 1;

    // Chunks that a heap has before new ones are on huge pages from the start.
    private const int SmallPagedMax = 10;

    private readonly Chunk*[] _bins = new Chunk*[BinCount];

    // The last two chunks that were added, if they are on small pages and not to stay there.
    private Chunk* _newest, _filling;
    private int _emptyChunks;
    private long _absentPages;

    /// <summary>Empty chunks that may still go to the kernel before <see cref="ReleaseExcess"/> is asked to let the others go.</summary>
    internal int ReleasesLeft { get; set; } = int.MaxValue;

    /// <summary>Whether more chunks are empty than are kept against thrashing.</summary>
    internal bool HasExcess => _emptyChunks > EmptyChunksKept;

    internal int ChunkCount { get; private set; }

    /// <summary>Bytes that can be resident.</summary>
    internal long CommittedBytes => ((long)ChunkCount << AddressSpace.ChunkShift) - (_absentPages * SizeClass.PageBytes);

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
            TakeFrom(chunk, first + granules, newGranules - granules);
        else
            chunk->Release(first + newGranules, granules - newGranules);
        Rebin(chunk);
        chunk->BusyGranules += (short)(newGranules - granules);
        return true;
    }

    /// <summary>Gives pages in free runs back to the kernel, from the emptiest chunks on: a system call per run.</summary>
    /// <param name="bytesWanted">How much is enough.</param>
    /// <param name="runBytesMin">Shorter runs are left: a call costs as much as a page fault or two.</param>
    /// <param name="callsMax">Bound on the time.</param>
    /// <returns>Bytes given back.</returns>
    internal long Decommit(long bytesWanted, int runBytesMin, int callsMax)
    {
        int granulesMin = Math.Max(1, runBytesMin >> SizeClass.GranuleShift);
        long pages = 0;
        for (int bin = EmptyBin; bin >= BinOf(granulesMin); bin--)
        {
            for (Chunk* chunk = _bins[bin]; chunk != null; chunk = chunk->Next)
            {
                for (int from = 0; chunk->NextFreeRun(from, out int first, out int end); from = end)
                {
                    if (end - first < granulesMin)
                        continue;
                    int taken = chunk->TakeAway(first, end, out int firstByte, out int bytes);
                    if (taken == 0)
                        continue;

                    if (chunk == _newest)
                        _newest = null;
                    if (chunk == _filling)
                        _filling = null;

                    // Else the kernel would gather the rest into a huge page again.
                    AddressSpace.AdviseHugePages(chunk, huge: false);
                    AddressSpace.Decommit(AddressSpace.ChunkStart(chunk) + firstByte, bytes);
                    _absentPages += taken;
                    pages += taken;
                    if (--callsMax == 0 || pages * SizeClass.PageBytes >= bytesWanted)
                        return pages * SizeClass.PageBytes;
                }
            }
        }

        return pages * SizeClass.PageBytes;
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

    private void TakeFrom(Chunk* chunk, int first, int granules)
    {
        int absent = chunk->AbsentPages;
        chunk->Take(first, granules);
        _absentPages += chunk->AbsentPages - absent;
    }

    private byte* Take(Chunk* chunk, int first, int granules)
    {
        TakeFrom(chunk, first, granules);
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

    // The first touch of a huge page makes 2 MiB resident, wanted or not: little for a heap of 20 MiB or more, much for a small one. There a chunk begins with
    // small pages, and when two more have been added, and it is in all likelihood full, it is put on a huge one in the background: to ask the kernel for that
    // waits for the other cores. The first one stays as it is: slabs of many classes have just begun there.
    private Chunk* AddChunk()
    {
        Chunk* chunk = AddressSpace.Acquire(1);
        bool isHuge = !isMedium && ChunkCount >= SmallPagedMax;
        AddressSpace.AdviseHugePages(chunk, isHuge);
        if (_filling != null)
            AddressSpace.AskToGather(_filling);
        _filling = _newest;
        _newest = isHuge || isMedium || ChunkCount == 0 ? null : chunk;
        chunk->Clear(isAbsent: isMedium);
        chunk->IsMedium = isMedium;
        _absentPages += chunk->AbsentPages;
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
        if (chunk == _newest)
            _newest = null;
        if (chunk == _filling)
            _filling = null;
        _absentPages -= chunk->AbsentPages;
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
