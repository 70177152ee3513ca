using System.Diagnostics;

namespace FastKv.Memory;

// Control plane: blocks above 1 MiB. Each is a run of chunks of its own, committed to the page: whole chunks may be huge pages, the
// last, partial one may not, lest a block of 1.1 MiB occupies 2.
//
// Address space is plentiful, so a block that grows once gets a run of twice its size: a value that is appended to moves O(log n)
// times, and holds only the pages that it uses.
internal sealed unsafe class LargeBlocks
{
    private Chunk* _first;

    internal long CommittedBytes { get; private set; }

    internal byte* Allocate(long sizeBytes, long reserveBytes)
    {
        Debug.Assert(sizeBytes % SizeClass.PageBytes == 0 && reserveBytes >= sizeBytes, "whole pages");
        if (reserveBytes > AddressSpace.ReservedBytes)
            throw new OutOfMemoryException($"A block of {sizeBytes} bytes exceeds the native address space.");
        int chunks = ChunksOf(reserveBytes);
        Chunk* run = AddressSpace.Acquire(chunks);
        run->RunChunks = chunks;
        run->LargeBytes = sizeBytes;
        Advise(run, 0, sizeBytes);
        Link(run);
        CommittedBytes += sizeBytes;
        return AddressSpace.ChunkStart(run);
    }

    internal void Free(byte* block)
    {
        Chunk* run = AddressSpace.ChunkOf(block);
        Debug.Assert(AddressSpace.ChunkStart(run) == block, "a large block starts a chunk");
        Unlink(run);
        CommittedBytes -= run->LargeBytes;
        AddressSpace.Release(run, run->RunChunks, run->LargeBytes);
    }

    internal bool TryResize(byte* block, long newSizeBytes)
    {
        Chunk* run = AddressSpace.ChunkOf(block);
        long oldSizeBytes = run->LargeBytes;
        int chunks = ChunksOf(newSizeBytes);
        if (chunks > run->RunChunks)
        {
            if (!AddressSpace.TryExtend(run, run->RunChunks, chunks))
                return false;
            run->RunChunks = chunks;
        }

        if (newSizeBytes < oldSizeBytes)
            AddressSpace.Decommit(block + newSizeBytes, oldSizeBytes - newSizeBytes);
        Advise(run, Math.Min(oldSizeBytes, newSizeBytes), newSizeBytes);
        run->LargeBytes = newSizeBytes;
        CommittedBytes += newSizeBytes - oldSizeBytes;
        return true;
    }

    internal void ReleaseAll()
    {
        while (_first != null)
            Free(AddressSpace.ChunkStart(_first));
    }

    private static int ChunksOf(long sizeBytes) => (int)((sizeBytes + AddressSpace.ChunkBytes - 1) >> AddressSpace.ChunkShift);

    private static void Advise(Chunk* run, long unchangedBytes, long sizeBytes)
    {
        long whole = sizeBytes >> AddressSpace.ChunkShift;
        for (long i = unchangedBytes >> AddressSpace.ChunkShift; i < whole; i++)
            AddressSpace.AdviseHugePages(run + i, huge: true);
        if (whole << AddressSpace.ChunkShift != sizeBytes)
            AddressSpace.AdviseHugePages(run + whole, huge: false);
    }

    private void Link(Chunk* run)
    {
        run->Previous = null;
        run->Next = _first;
        if (_first != null)
            _first->Previous = run;
        _first = run;
    }

    private void Unlink(Chunk* run)
    {
        if (run->Previous != null)
            run->Previous->Next = run->Next;
        else
            _first = run->Next;
        if (run->Next != null)
            run->Next->Previous = run->Previous;
    }
}
