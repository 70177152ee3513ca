using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastKv.Memory;

// Data plane: the lists of slabs of each size class. NativeHeap inlines the hot half (pop from and push to the current slab's free
// list) and comes here when a slab fills up or becomes empty.
//
// Per class: one current slab, a list of partial ones (most recently freed to first, its lines are warm), and at most one retained
// empty slab. Full slabs are in no list; the first free of one of their blocks brings them back.
internal sealed unsafe partial class SlabAllocator : IDisposable
{
    // At most 4% of a slab is left over behind its last block (3,328 bytes).
    private const int SlabGranules = AddressSpace.SlabUnitBytes / SizeClass.GranuleBytes;

    private readonly RunAllocator _runs;
    private readonly Slab** _current;
    private readonly Slab** _partial;
    private readonly Slab** _retained;
    private readonly Slab* _none;

    internal SlabAllocator(RunAllocator runs)
    {
        _runs = runs;
        nuint listBytes = SizeClass.Count * (nuint)sizeof(Slab*);
        byte* memory = (byte*)NativeMemory.AlignedAlloc((3 * listBytes) + (nuint)sizeof(Slab), 64);
        NativeMemory.Clear(memory, (3 * listBytes) + (nuint)sizeof(Slab));
        _none = (Slab*)memory;
        _current = (Slab**)(memory + sizeof(Slab));
        _partial = _current + SizeClass.Count;
        _retained = _partial + SizeClass.Count;

        // A slab that is always exhausted saves the hot path a null check.
        _none->BlockBytes = 1;
        for (int i = 0; i < SizeClass.Count; i++)
            _current[i] = _none;
    }

    internal Slab** Current => _current;

    /// <summary>The slab of a block, by address alone: slabs are aligned to their size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Slab* SlabOf(byte* block) => AddressSpace.SlabAt(AddressSpace.SlabUnitOf(block));

    /// <summary>Allocates when the current slab has nothing left: the next partial slab, the retained one or a fresh one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal byte* AllocateSlow(int sizeClass)
    {
        Slab* old = _current[sizeClass];
        if (old != _none)
            old->State = SlabState.Full;
        Slab* slab = _partial[sizeClass];
        if (slab != null)
            Unlink(slab);
        else
            slab = _retained[sizeClass] != null ? TakeRetained(sizeClass) : Create(sizeClass);
        slab->State = SlabState.Current;
        _current[sizeClass] = slab;

        byte* block = slab->FreeList;
        if (block != null)
        {
            slab->FreeList = *(byte**)block;
        }
        else
        {
            block = slab->Bump;
            slab->Bump += slab->BlockBytes;
        }

        slab->Live++;
        return block;
    }

    /// <summary>After a free that left the slab empty, or that may be the first one since it was full.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void FreeSlow(Slab* slab)
    {
        if (slab->Live == 0)
        {
            Emptied(slab);
            return;
        }

        if (slab->State == SlabState.Full)
            Link(slab);
    }

    /// <summary>Gives up the retained slabs; the caller lets the chunks go that this leaves empty.</summary>
    internal void ReleaseRetained()
    {
        for (int sizeClass = 0; sizeClass < SizeClass.Count; sizeClass++)
        {
            if (_retained[sizeClass] != null)
                DropRetained(_retained[sizeClass]);
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(_none);

    private Slab* Create(int sizeClass)
    {
        int blockBytes = SizeClass.BytesOf(sizeClass);
        byte* start = _runs.Allocate(SlabGranules, SlabGranules);
        Slab* slab = AddressSpace.SlabAt(AddressSpace.SlabUnitOf(start));
        slab->BlockBytes = blockBytes;
        slab->Class = (byte)sizeClass;
        slab->Live = 0;
        slab->PinnedRound = 0;
        slab->FreeList = null;
        slab->Bump = start;
        slab->End = start + AddressSpace.SlabUnitBytes;
        return slab;
    }

    private Slab* TakeRetained(int sizeClass)
    {
        Slab* slab = _retained[sizeClass];
        _retained[sizeClass] = null;
        AddressSpace.ChunkOf(AddressSpace.SlabStart(slab))->BusyGranules += SlabGranules;
        return slab;
    }

    private void Emptied(Slab* slab)
    {
        int sizeClass = slab->Class;
        if (slab->State == SlabState.Current)
            _current[sizeClass] = _none;
        else if (slab->State is SlabState.Partial or SlabState.Condemned)
            Unlink(slab);

        byte* start = AddressSpace.SlabStart(slab);
        if (_retained[sizeClass] != null || slab->State == SlabState.Condemned)
        {
            slab->State = SlabState.None;
            ChunkEased(_runs.Free(start, SlabGranules));
            return;
        }

        slab->FreeList = null;
        slab->Bump = start;
        slab->State = SlabState.Retained;
        _retained[sizeClass] = slab;
        Chunk* chunk = AddressSpace.ChunkOf(start);
        chunk->BusyGranules -= SlabGranules;
        ChunkEased(chunk);
    }

    /// <summary>
    /// A chunk that holds nothing but retained slabs is as good as empty: the slabs go, so that it can. Not so the only chunk, which
    /// would be kept anyway: a heap with one block that comes and goes need not cut a slab for it each time.
    /// </summary>
    internal void ChunkEased(Chunk* chunk)
    {
        if (chunk->BusyGranules != 0 || _runs.ChunkCount == 1)
            return;
        nuint unit = AddressSpace.SlabUnitOf(AddressSpace.ChunkStart(chunk));
        for (nuint last = unit + (AddressSpace.ChunkBytes / AddressSpace.SlabUnitBytes); unit < last; unit++)
        {
            Slab* slab = AddressSpace.SlabAt(unit);
            if (slab->State == SlabState.Retained)
                DropRetained(slab);
        }

        _runs.ReleaseIfEmpty(chunk);
    }

    private void DropRetained(Slab* slab)
    {
        Debug.Assert(_retained[slab->Class] == slab, "a heap retains one slab of a class");
        _retained[slab->Class] = null;
        slab->State = SlabState.None;
        _runs.FreeIdle(AddressSpace.SlabStart(slab), SlabGranules);
    }

    private void Link(Slab* slab)
    {
        Slab* first = _partial[slab->Class];
        slab->State = SlabState.Partial;
        slab->Previous = null;
        slab->Next = first;
        if (first != null)
            first->Previous = slab;
        _partial[slab->Class] = slab;
    }

    private void Unlink(Slab* slab)
    {
        if (slab->Previous != null)
            slab->Previous->Next = slab->Next;
        else if (slab->State == SlabState.Condemned)
            _condemned = slab->Next;
        else
            _partial[slab->Class] = slab->Next;
        if (slab->Next != null)
            slab->Next->Previous = slab->Previous;
    }
}
