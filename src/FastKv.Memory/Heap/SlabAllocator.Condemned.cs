using System.Diagnostics;

namespace FastKv.Memory;

// Data plane: emptying sparse slabs. When sizes shift, or keys go in another order than they came, slabs are left with a few live blocks each. Whoever knows
// what the blocks are can move them; here is decided from which slabs. The sparsest are taken out of the lists that are allocated from, as many of a class
// as its holes in other slabs can replace, so that each round gains whole slabs.
internal sealed unsafe partial class SlabAllocator
{
    /// <summary>A slab with blocks that could not be moved is tried again after so many rounds.</summary>
    private const int PinnedRounds = 64;

    /// <summary>How full slabs may be, in the order in which they are taken: percent.</summary>
    private static readonly byte[] s_fillSteps = [25, 50, 65, 75, 85, 92];

    private Slab* _condemned;
    private byte* _cursor;
    private int _condemnedCount;
    private int _round = PinnedRounds;

    /// <summary>Condemns slabs; see <see cref="NativeHeap.Condemn"/>. O(partial slabs), some 5 ns each.</summary>
    internal int Condemn(int slabsMax, int fillPercentMax)
    {
        Debug.Assert(_condemned == null, "one round after the other");
        _round = _round == ushort.MaxValue ? PinnedRounds : _round + 1;
        _condemnedCount = 0;
        _cursor = null;
        Span<int> quota = stackalloc int[SizeClass.Count];
        for (int sizeClass = 0; sizeClass < SizeClass.Count; sizeClass++)
            quota[sizeClass] = Replaceable(sizeClass);
        foreach (byte fill in s_fillSteps)
        {
            if (fill > fillPercentMax)
                break;
            for (int sizeClass = 0; sizeClass < SizeClass.Count && _condemnedCount < slabsMax; sizeClass++)
            {
                if (quota[sizeClass] > 0)
                    quota[sizeClass] -= CondemnOf(sizeClass, fill, Math.Min(quota[sizeClass], slabsMax - _condemnedCount));
            }
        }

        return _condemnedCount;
    }

    /// <summary>See <see cref="NativeHeap.NextCondemned"/>.</summary>
    internal int NextCondemned(Span<nint> blocks, out int blockBytes)
    {
        blockBytes = 0;
        while (_condemned != null)
        {
            Slab* slab = _condemned;
            blockBytes = slab->BlockBytes;
            byte* start = AddressSpace.SlabStart(slab);

            // The slab at the head may be another than last time: that one is empty then, and gone.
            if (_cursor < start || _cursor > slab->End)
                _cursor = start;
            int count = 0;
            while (count < blocks.Length && _cursor + blockBytes <= slab->Bump)
            {
                blocks[count++] = (nint)_cursor;
                _cursor += blockBytes;
            }

            if (count > 0)
                return count;
            Pardon(slab);
        }

        return 0;
    }

    /// <summary>How many slabs of a class the holes of its partial ones would replace.</summary>
    private int Replaceable(int sizeClass)
    {
        long free = 0;
        for (Slab* slab = _partial[sizeClass]; slab != null; slab = slab->Next)
            free += CapacityOf(slab) - slab->Live;
        return (int)(free / (AddressSpace.SlabUnitBytes / SizeClass.BytesOf(sizeClass)));
    }

    private int CondemnOf(int sizeClass, int fillPercent, int most)
    {
        int count = 0;
        Slab* next;
        for (Slab* slab = _partial[sizeClass]; slab != null && count < most; slab = next)
        {
            next = slab->Next;
            bool isPinned = slab->PinnedRound != 0 && (uint)(_round - slab->PinnedRound) < PinnedRounds;
            if (isPinned || slab->Live * 100 > CapacityOf(slab) * fillPercent)
                continue;
            Unlink(slab);
            slab->State = SlabState.Condemned;
            slab->Previous = null;
            slab->Next = _condemned;
            if (_condemned != null)
                _condemned->Previous = slab;
            _condemned = slab;
            count++;
        }

        _condemnedCount += count;
        return count;
    }

    /// <summary>Some of its blocks stay: the slab serves on.</summary>
    private void Pardon(Slab* slab)
    {
        Unlink(slab);
        slab->PinnedRound = (ushort)_round;
        Link(slab);
        _cursor = null;
    }

    private static int CapacityOf(Slab* slab) => AddressSpace.SlabUnitBytes / slab->BlockBytes;
}
