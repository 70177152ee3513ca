using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace FastKv.Memory;

/// <summary>
/// The memory of one shard: sized allocation and sized free in O(1), without locks; one thread at a time.
/// </summary>
/// <remarks>
/// Data plane. Three kinds of blocks, by size alone:
/// <code>
///   up to  4 KiB   slab of its size class      56 classes, free list per slab   (SlabAllocator)
///   up to  1 MiB   run of 512-byte granules    bitmap per 2 MiB chunk           (RunAllocator; slabs are runs, too)
///   above          run of chunks of its own    committed to the page            (LargeBlocks)
/// </code>
/// Blocks are 8-byte aligned; those whose <see cref="UsableSize"/> is a multiple of 64 start on a cache line. Their content is
/// undefined. An empty chunk goes back to the kernel (one is kept against thrashing, until <see cref="Purge"/>).
/// Blocks never move, so a slab with one live block stays: of 40-byte blocks, 1,638 to a slab, nine tenths may be freed in random order and
/// no slab empties. What was freed serves later blocks of its class; blocks freed in the order of their allocation, or all, do go back.
/// A guarded heap (GuardedBlocks) checks every block and is for tests: an order of magnitude slower.
/// Background: Bonwick, "The Slab Allocator", USENIX 1994; Leijen et al., "Mimalloc: Free List Sharding in Action", 2019.
/// </remarks>
public sealed unsafe class NativeHeap : IDisposable
{
    private readonly RunAllocator _runs = new(isMedium: false);
    private readonly RunAllocator _medium = new(isMedium: true);
    private readonly LargeBlocks _large = new();
    private readonly SlabAllocator _slabs;
    private readonly Slab** _current;
    private readonly GuardedBlocks? _guarded;

    // 4 KiB, or 0 in a guarded heap: one comparison sorts out zero, negative, larger and guarded requests.
    private readonly ulong _fastBytesMax;

    private long _usedBytes;
    private long _liveBlocks;
    private bool _disposed;

    /// <summary>An empty heap; it takes its first chunk with its first block.</summary>
    /// <param name="name">Appears in error messages and leak reports.</param>
    /// <param name="guarded">Red zones, poison, quarantine, size checks and a leak report on <see cref="Dispose"/>.</param>
    public NativeHeap(string name, bool guarded = false)
    {
        Name = name;
        _slabs = new SlabAllocator(_runs);
        _current = _slabs.Current;
        _fastBytesMax = guarded ? 0UL : SizeClass.SmallBytesMax;
        _guarded = guarded ? new GuardedBlocks(this) : null;
    }

    /// <summary>The name given at construction.</summary>
    public string Name { get; }

    /// <summary>Whether blocks are checked.</summary>
    public bool IsGuarded => _guarded is not null;

    /// <summary>Sum of the usable sizes of all live blocks, exact.</summary>
    public long UsedBytes => _guarded?.UsedBytes ?? _usedBytes;

    /// <summary>Bytes that can be resident: chunks of small blocks and tables as a whole, medium and large blocks to the page.</summary>
    public long CommittedBytes => _runs.CommittedBytes + _medium.CommittedBytes + _large.CommittedBytes;

    /// <summary>Who still reads blocks above 4 KiB that are freed; null, as it is but while a snapshot has large strings under way: nobody.</summary>
    public BlockKeeper? Keeper { get; set; }

    /// <summary>Blocks allocated and not freed.</summary>
    public long LiveBlocks => _guarded?.LiveBlocks ?? _liveBlocks;

    /// <summary>
    /// The bytes a request of that size really gets, all of which may be used: multiples of 8 up to 128, then eight steps per
    /// doubling up to 4 KiB, then multiples of 512 up to 1 MiB, then whole pages. 0 counts as 1.
    /// </summary>
    public static long UsableSize(long sizeBytes) => SizeClass.Round(sizeBytes);

    /// <summary>A block of at least <paramref name="sizeBytes"/> bytes of undefined content. O(1).</summary>
    /// <exception cref="OutOfMemoryException">The address space is used up or the kernel refuses.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Allocate(long sizeBytes)
    {
        if ((ulong)(sizeBytes - 1) >= _fastBytesMax)
            return AllocateUncommon(sizeBytes);
        return AllocateSmall(sizeBytes);
    }

    /// <summary>
    /// A block for whoever is content with any size in a range: one that fills a hole between other blocks exactly where there is one, else
    /// one of the preferred size. For blocks that grow by being replaced (the segments of tables): their holes are then used up, instead of
    /// staying too small for all that follow. They lie among the slabs, on huge pages. O(1).
    /// </summary>
    /// <param name="minBytes">Smallest size; a <see cref="UsableSize"/> of 4 KiB to 1 MiB, like the two others, and not above them.</param>
    /// <param name="preferredBytes">Size when no hole fits.</param>
    /// <param name="maxBytes">Largest size.</param>
    /// <param name="block">The block, of undefined content.</param>
    /// <returns>The size of the block in bytes, a <see cref="UsableSize"/>.</returns>
    /// <exception cref="OutOfMemoryException">The address space is used up or the kernel refuses.</exception>
    public long AllocateFitting(long minBytes, long preferredBytes, long maxBytes, out byte* block)
    {
        Debug.Assert(minBytes <= preferredBytes && preferredBytes <= maxBytes && maxBytes <= SizeClass.MediumBytesMax, "in order");
        if (_guarded is not null || minBytes <= SizeClass.SmallBytesMax)
        {
            block = Allocate(preferredBytes);
            return preferredBytes;
        }

        Debug.Assert(((minBytes | preferredBytes | maxBytes) & (SizeClass.GranuleBytes - 1)) == 0, "usable sizes");
        block = _runs.AllocateFitting(GranulesOf(minBytes), GranulesOf(preferredBytes), GranulesOf(maxBytes), out int granules);
        long usableBytes = (long)granules << SizeClass.GranuleShift;
        _usedBytes += usableBytes;
        _liveBlocks++;
        return usableBytes;
    }

    /// <summary>Frees a block. O(1).</summary>
    /// <param name="block">A live block of this heap.</param>
    /// <param name="sizeBytes">Any size with the <see cref="UsableSize"/> of the one it was allocated with.</param>
    /// <exception cref="HeapCorruptionException">Guarded heaps: not a live block, another size, or its red zones are damaged.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Free(byte* block, long sizeBytes)
    {
        if ((ulong)(sizeBytes - 1) >= _fastBytesMax)
            FreeUncommon(block, sizeBytes);
        else
            FreeSmall(block, sizeBytes);
    }

    /// <summary>
    /// Changes a block's size; the first min(old, new) bytes stay. The block stays where it is when its usable size does, and large
    /// or medium ones when there is room behind them. O(min(old, new)).
    /// </summary>
    /// <returns>The block, which may have moved; the old address is then invalid.</returns>
    public byte* Reallocate(byte* block, long oldSizeBytes, long newSizeBytes)
    {
        if (_guarded is not null)
            return _guarded.Reallocate(block, oldSizeBytes, newSizeBytes);
        long oldUsable = UsableSize(oldSizeBytes);
        long newUsable = UsableSize(newSizeBytes);
        if (oldUsable == newUsable)
            return block;
        bool isRead = newUsable < oldUsable && Keeper is not null && Keeper.IsReading(block);
        if (!isRead && TryResize(block, oldUsable, newUsable))
        {
            _usedBytes += newUsable - oldUsable;
            return block;
        }

        bool growsLarge = oldUsable > SizeClass.MediumBytesMax && newUsable > oldUsable;
        byte* moved = growsLarge ? AllocateLarge(newUsable, 2 * newUsable) : Allocate(newUsable);
        long kept = Math.Min(oldUsable, newUsable);
        Buffer.MemoryCopy(block, moved, kept, kept);
        Free(block, oldUsable);
        return moved;
    }

    /// <summary>
    /// Lets at most so many empty chunks go back to the kernel (10 to 200 µs each) until this is called again; more that become empty wait for
    /// <see cref="ReleaseExcess"/>. When values of millions of blocks in random order are freed, nearly all chunks become empty at the same time.
    /// </summary>
    public void LimitReleases(int chunks) => _runs.ReleasesLeft = _medium.ReleasesLeft = chunks;

    /// <summary>Whether empty chunks wait to go back to the kernel.</summary>
    public bool HasExcess => _runs.HasExcess || _medium.HasExcess;

    /// <summary>Gives an empty chunk back to the kernel, but for the one that is kept against thrashing.</summary>
    /// <returns>False: there was none.</returns>
    public bool ReleaseExcess() => _runs.ReleaseExcess() || _medium.ReleaseExcess();

    /// <summary>Gives what is kept against thrashing back to the kernel: the empty chunk, empty slabs, a guarded heap's quarantine.</summary>
    public void Purge()
    {
        _guarded?.Flush();
        _slabs.ReleaseRetained();
        _runs.ReleaseEmptyChunks();
        _medium.ReleaseEmptyChunks();
    }

    /// <summary>
    /// Gives pages between live blocks back to the kernel: of medium blocks every whole page, of slabs only whole places of slabs. Chunks whose slabs go this
    /// way lose their huge page: what <see cref="Condemn"/> can empty should be emptied first.
    /// </summary>
    /// <param name="bytesWanted">How much is enough.</param>
    /// <param name="callsMax">Bound on the time: system calls of some microseconds.</param>
    /// <param name="withSlabs">Whether places of slabs go, too.</param>
    /// <returns>Bytes given back.</returns>
    public long Decommit(long bytesWanted, int callsMax, bool withSlabs) => withSlabs
        ? _runs.Decommit(bytesWanted, AddressSpace.SlabUnitBytes, callsMax)
        : _medium.Decommit(bytesWanted, SizeClass.PageBytes, callsMax);

    /// <summary>
    /// Chooses slabs whose few live blocks would fit into the holes of others of their class, the sparsest first, and allocates from them no more. The
    /// caller moves their blocks (<see cref="NextCondemned"/>). A guarded heap has none.
    /// </summary>
    /// <param name="slabsMax">How many at most.</param>
    /// <param name="fillPercentMax">No slab that is fuller.</param>
    /// <returns>How many are to be emptied now.</returns>
    public int Condemn(int slabsMax, int fillPercentMax) => _guarded is not null ? 0 : _slabs.Condemn(slabsMax, fillPercentMax);

    /// <summary>
    /// Blocks of a condemned slab, one after the other; some of them may be free already, and their content then is undefined. A slab that still has live
    /// blocks when all have been named goes back into use.
    /// </summary>
    /// <param name="blocks">Gets addresses.</param>
    /// <param name="blockBytes">Size of each of them.</param>
    /// <returns>How many; 0: no slab is condemned.</returns>
    public int NextCondemned(Span<nint> blocks, out int blockBytes) => _slabs.NextCondemned(blocks, out blockBytes);

    /// <summary>Frees everything; live blocks die with the heap.</summary>
    /// <exception cref="HeapLeakException">Guarded heaps: there were live blocks.</exception>
    /// <exception cref="HeapCorruptionException">Guarded heaps: a freed block was written to.</exception>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        try
        {
            _guarded?.Close();
        }
        finally
        {
            _large.ReleaseAll();
            _runs.ReleaseAll();
            _medium.ReleaseAll();
            _slabs.Dispose();
        }
    }

    /// <summary>Allocates without guards, whatever the heap's mode.</summary>
    internal byte* AllocateRaw(long sizeBytes) => sizeBytes switch
    {
        <= SizeClass.SmallBytesMax => AllocateSmall(sizeBytes),
        <= SizeClass.MediumBytesMax => AllocateMedium(UsableSize(sizeBytes)),
        _ => AllocateLarge(UsableSize(sizeBytes), UsableSize(sizeBytes)),
    };

    /// <summary>Frees what <see cref="AllocateRaw"/> gave.</summary>
    internal void FreeRaw(byte* block, long sizeBytes)
    {
        Debug.Assert(AddressSpace.Contains(block), "a block of a heap");
        if (sizeBytes <= SizeClass.SmallBytesMax)
        {
            FreeSmall(block, sizeBytes);
            return;
        }

        long usable = UsableSize(sizeBytes);
        _usedBytes -= usable;
        _liveBlocks--;
        if (usable > SizeClass.MediumBytesMax)
            _large.Free(block);
        else if (AddressSpace.ChunkOf(block)->IsMedium)
            _medium.ReleaseIfEmpty(_medium.Free(block, GranulesOf(usable)));
        else
            _slabs.ChunkEased(_runs.Free(block, GranulesOf(usable)));
    }

    private static int GranulesOf(long usableBytes) => (int)(usableBytes >> SizeClass.GranuleShift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* AllocateSmall(long sizeBytes)
    {
        int sizeClass = SizeClass.Of(sizeBytes);
        Slab* slab = _current[sizeClass];
        byte* block = slab->FreeList;
        if (block != null)
        {
            // The block after this one is likely cold, and its first word is what the next allocation needs.
            byte* following = *(byte**)block;
            slab->FreeList = following;
            if (Sse.IsSupported)
                Sse.Prefetch0(following);
        }
        else
        {
            block = slab->Bump;
            byte* next = block + slab->BlockBytes;
            if (next > slab->End)
                return AllocateFromNextSlab(sizeClass);
            slab->Bump = next;
        }

        slab->Live++;
        _usedBytes += slab->BlockBytes;
        _liveBlocks++;
        return block;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* AllocateFromNextSlab(int sizeClass)
    {
        byte* block = _slabs.AllocateSlow(sizeClass);
        _usedBytes += SizeClass.BytesOf(sizeClass);
        _liveBlocks++;
        return block;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void FreeSmall(byte* block, long sizeBytes)
    {
        Debug.Assert(AddressSpace.Contains(block), "a block of a heap");
        Slab* slab = SlabAllocator.SlabOf(block);
        Debug.Assert(slab->State is not (SlabState.None or SlabState.Retained), "the slab is in use");
        Debug.Assert(slab->Class == SizeClass.Of(sizeBytes), "freed with the size it was allocated with");
        byte* head = slab->FreeList;
        *(byte**)block = head;
        slab->FreeList = block;
        _usedBytes -= slab->BlockBytes;
        _liveBlocks--;
        int live = slab->Live - 1;
        slab->Live = live;

        // An empty free list may mean that the slab was full, and in no list.
        if (live == 0 || head == null)
            _slabs.FreeSlow(slab);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* AllocateUncommon(long sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeBytes);
        sizeBytes = Math.Max(sizeBytes, 1);
        return _guarded is not null ? _guarded.Allocate(sizeBytes) : AllocateRaw(sizeBytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FreeUncommon(byte* block, long sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeBytes);
        if (sizeBytes > SizeClass.SmallBytesMax && Keeper is not null && Keeper.TryTake(block, sizeBytes))
            return;
        sizeBytes = Math.Max(sizeBytes, 1);
        if (_guarded is not null)
            _guarded.Free(block, sizeBytes);
        else
            FreeRaw(block, sizeBytes);
    }

    private byte* AllocateMedium(long usableBytes)
    {
        byte* block = _medium.Allocate(GranulesOf(usableBytes), 1);
        _usedBytes += usableBytes;
        _liveBlocks++;
        return block;
    }

    private byte* AllocateLarge(long usableBytes, long reserveBytes)
    {
        byte* block = _large.Allocate(usableBytes, reserveBytes);
        _usedBytes += usableBytes;
        _liveBlocks++;
        return block;
    }

    private bool TryResize(byte* block, long oldUsable, long newUsable)
    {
        if (Math.Min(oldUsable, newUsable) <= SizeClass.SmallBytesMax)
            return false;
        if (Math.Max(oldUsable, newUsable) <= SizeClass.MediumBytesMax)
            return (AddressSpace.ChunkOf(block)->IsMedium ? _medium : _runs).TryResize(block, GranulesOf(oldUsable), GranulesOf(newUsable));
        return Math.Min(oldUsable, newUsable) > SizeClass.MediumBytesMax && _large.TryResize(block, newUsable);
    }
}
