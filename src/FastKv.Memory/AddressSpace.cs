using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastKv.Memory;

/// <summary>
/// The one address range that every <see cref="NativeHeap"/> of the process carves its blocks from: 8 TiB, reserved once
/// and never given back, so that a block fits in a 40-bit reference.
/// </summary>
/// <remarks>
/// Compress and expand are data plane; handing out chunks is control plane (one lock, rare). The range is cut into chunks of
/// 2 MiB, the size of a huge page. Which are taken is a bitmap, lowest address first: neighbours coalesce by themselves, and
/// 100 GiB are 800 words to scan. Reserved memory costs nothing until it is touched; pages go back to the kernel with
/// MADV_DONTNEED while the addresses stay ours.
/// </remarks>
public static unsafe class AddressSpace
{
    /// <summary>Bits of a compressed reference: 2^40 units of 8 bytes are 8 TiB.</summary>
    public const int ReferenceBits = 40;

    internal const int ChunkShift = 21;
    internal const int ChunkBytes = 1 << ChunkShift;
    internal const int SlabUnitShift = 16;
    internal const int SlabUnitBytes = 1 << SlabUnitShift;

    // Read-write rights are granted in steps, and never taken back: one mapping for the kernel to keep instead of one per chunk
    // (vm.max_map_count is 65,530).
    private const int ProtectStepChunks = 32;

    private const int ToGatherMax = 1024;

    // To give 512 MB back takes the kernel 30 ms. What is smaller than this goes at once; what would wait with more than that, too.
    private const long ReleasedAsideMin = 8 << 20;
    private const long ToReleaseBytesMax = 1L << 30;
    private const int ToReleaseMax = 64;

    // At a stretch: the kernel keeps others from changing mappings meanwhile.
    private const long ReleaseStepBytes = 4 << 20;

    private static readonly Lock s_gate = new();

    private static readonly Reservation s_range = Reservation.Create();
    private static readonly nuint s_base = s_range.Base;
    private static readonly nuint s_slabs = s_range.Slabs;
    private static readonly nuint s_chunks = s_range.Chunks;
    private static readonly nuint s_taken = s_range.Taken;
    private static readonly int s_chunkCount = (int)(s_range.SizeBytes >> ChunkShift);

    private static int s_usable;          // chunks with read-write rights: [0, s_usable)
    private static int s_frontier = 1;    // no chunk at or above it was ever taken; chunk 0 never is, so no reference is 0
    private static int s_lowestFree = 1;  // no free chunk below it

    // Chunks that filled up on small pages, for GatherPages.
    private static readonly int[] s_toGather = new int[ToGatherMax];
    private static int s_toGatherCount;

    // Runs that were freed and are still to be given back to the kernel, by ReleasePending.
    private static readonly (int First, int Count, long Bytes)[] s_toRelease = new (int, int, long)[ToReleaseMax];
    private static int s_toReleaseCount;
    private static long s_toReleaseBytes;
    private static Action? s_releaseWanted;

    /// <summary>First byte of the range. Constant for the life of the process.</summary>
    public static byte* Base
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (byte*)s_base;
    }

    /// <summary>Bytes of address space that were reserved: 8 TiB, less where the system allows less.</summary>
    public static long ReservedBytes => (long)s_range.SizeBytes;

    /// <summary>The reference of an 8-byte aligned block: 1 to 2^40 - 1, never 0. O(1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Compress(byte* block)
    {
        Debug.Assert(((nuint)block & 7) == 0, "a block is 8-byte aligned");
        Debug.Assert((nuint)block - s_base < s_range.SizeBytes && (nuint)block > s_base, "a block lies in the address space");
        return (ulong)((nuint)block - s_base) >> 3;
    }

    /// <summary>The block of a reference made by <see cref="Compress"/>. O(1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Expand(ulong reference)
    {
        Debug.Assert(reference != 0 && reference < 1UL << ReferenceBits, "references are 1 to 2^40 - 1");
        return (byte*)(s_base + (nuint)(reference << 3));
    }

    /// <summary>Whether the address lies where chunks were handed out, and can be read (for assertions and guarded heaps).</summary>
    internal static bool Contains(byte* block) =>
        (nuint)block > s_base && (nuint)block - s_base < (nuint)Volatile.Read(ref s_usable) << ChunkShift;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Slab* SlabAt(nuint unit) => (Slab*)s_slabs + unit;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static nuint SlabUnitOf(byte* block) => ((nuint)block - s_base) >> SlabUnitShift;

    internal static byte* SlabStart(Slab* slab) => (byte*)(s_base + ((nuint)(slab - (Slab*)s_slabs) << SlabUnitShift));

    internal static Chunk* ChunkOf(byte* block) => (Chunk*)s_chunks + (((nuint)block - s_base) >> ChunkShift);

    internal static byte* ChunkStart(Chunk* chunk) => (byte*)(s_base + ((nuint)(chunk - (Chunk*)s_chunks) << ChunkShift));

    /// <summary>Takes <paramref name="count"/> neighbouring chunks, zeroed or not, readable and writable.</summary>
    /// <exception cref="OutOfMemoryException">The range is used up, or the kernel refuses (strict overcommit).</exception>
    internal static Chunk* Acquire(int count)
    {
        lock (s_gate)
        {
            int first = FindFree(count);
            if (first < 0)
                throw new OutOfMemoryException($"The native address space of {s_range.SizeBytes >> 30} GiB is used up.");
            EnsureUsable(first + count);
            Mark(first, count, taken: true);
            if (count == 1 || first == s_lowestFree)
                s_lowestFree = first + count;
            s_frontier = Math.Max(s_frontier, first + count);
            return (Chunk*)s_chunks + first;
        }
    }

    /// <summary>Grows a run in place when the chunks after it are free.</summary>
    internal static bool TryExtend(Chunk* run, int count, int newCount)
    {
        lock (s_gate)
        {
            int first = (int)(run - (Chunk*)s_chunks);
            if (first + newCount > s_chunkCount)
                return false;
            for (int i = first + count; i < first + newCount; i++)
            {
                if (IsTaken(i))
                    return false;
            }

            EnsureUsable(first + newCount);
            Mark(first + count, newCount - count, taken: true);
            s_frontier = Math.Max(s_frontier, first + newCount);
            return true;
        }
    }

    /// <summary>Gives a run's pages back to the kernel and its addresses back to the range: at once, or, if it is large and someone does that, aside.</summary>
    internal static void Release(Chunk* run, int count, long touchedBytes)
    {
        int first = (int)(run - (Chunk*)s_chunks);
        if (touchedBytes >= ReleasedAsideMin && Volatile.Read(ref s_releaseWanted) is { } releaseWanted && TryNoteRelease(first, count, touchedBytes))
        {
            releaseWanted();
            return;
        }
        Decommit(ChunkStart(run), touchedBytes);
        Free(first, count);
    }

    /// <summary>From now on large runs that are freed go back to the kernel when somebody calls <see cref="ReleasePending"/>.</summary>
    /// <param name="releaseWanted">Called when there is one, on any thread; the last one that was given is. The same object stops it again.</param>
    public static void ReleaseAside(Action releaseWanted) => Volatile.Write(ref s_releaseWanted, releaseWanted);

    /// <summary>Large runs go back to the kernel at once again, unless somebody else has taken that over.</summary>
    public static void StopReleasingAside(Action releaseWanted)
    {
        _ = Interlocked.CompareExchange(ref s_releaseWanted, null, releaseWanted);
        ReleasePending();
    }

    /// <summary>Gives freed runs back to the kernel that have not been yet: milliseconds for each 100 MB, for a thread that may wait.</summary>
    public static void ReleasePending()
    {
        while (true)
        {
            (int First, int Count, long Bytes) run;
            lock (s_gate)
            {
                if (s_toReleaseCount == 0)
                    return;
                run = s_toRelease[--s_toReleaseCount];
            }
            byte* start = (byte*)(s_base + ((nuint)run.First << ChunkShift));
            for (long at = 0; at < run.Bytes; at += ReleaseStepBytes)
                Decommit(start + at, Math.Min(ReleaseStepBytes, run.Bytes - at));
            Free(run.First, run.Count);
            lock (s_gate)
                s_toReleaseBytes -= run.Bytes;
        }
    }

    private static bool TryNoteRelease(int first, int count, long bytes)
    {
        lock (s_gate)
        {
            bool isMuch = s_toReleaseBytes != 0 && s_toReleaseBytes + bytes > ToReleaseBytesMax;
            if (isMuch || s_toReleaseCount == ToReleaseMax)
                return false;
            s_toRelease[s_toReleaseCount++] = (first, count, bytes);
            s_toReleaseBytes += bytes;
            return true;
        }
    }

    private static void Free(int first, int count)
    {
        lock (s_gate)
        {
            Mark(first, count, taken: false);
            s_lowestFree = Math.Min(s_lowestFree, first);
        }
    }

    /// <summary>Gives pages back to the kernel; they read as zero when touched again.</summary>
    internal static void Decommit(byte* start, long sizeBytes)
    {
        int failed = Libc.MemoryAdvise((nint)start, (nuint)sizeBytes, Libc.MadviseDontNeed);
        Debug.Assert(failed == 0, "MADV_DONTNEED on our own anonymous pages");
    }

    /// <summary>
    /// Says whether the chunk may be backed by a huge page. Only an advice: where the kernel refuses (no transparent huge pages,
    /// too many mappings), small pages serve.
    /// </summary>
    internal static void AdviseHugePages(Chunk* chunk, bool huge)
    {
        ChunkAdvice wanted = huge ? ChunkAdvice.Huge : ChunkAdvice.Small;
        if (chunk->Advice == wanted)
            return;
        int advice = huge ? Libc.MadviseHugePage : Libc.MadviseNoHugePage;
        _ = Libc.MemoryAdvise((nint)ChunkStart(chunk), ChunkBytes, advice);
        chunk->Advice = wanted;
    }

    /// <summary>Notes that a chunk on small pages is full, and should be on a huge one. Beyond a thousand that wait, the kernel's own scan has to find them.</summary>
    internal static void AskToGather(Chunk* chunk)
    {
        AdviseHugePages(chunk, huge: true);
        lock (s_gate)
        {
            if (s_toGatherCount < ToGatherMax)
                s_toGather[s_toGatherCount++] = (int)(chunk - (Chunk*)s_chunks);
        }
    }

    /// <summary>
    /// Puts chunks that filled up on small pages on huge ones, as many as have been noted since the last call. The kernel's own scan gets there too, at
    /// 16 MiB in ten seconds for the whole machine. About a millisecond each, most of it waiting for other cores: for a thread that may wait. What has
    /// become of a chunk meanwhile does not matter, its content stays.
    /// </summary>
    public static void GatherPages()
    {
        while (true)
        {
            int chunk;
            lock (s_gate)
            {
                if (s_toGatherCount == 0)
                    return;
                chunk = s_toGather[--s_toGatherCount];
            }
            _ = Libc.MemoryAdvise((nint)(s_base + ((nuint)chunk << ChunkShift)), ChunkBytes, Libc.MadviseCollapse);
        }
    }

    /// <summary>Whether <see cref="GatherPages"/> has something to do.</summary>
    public static bool HasPagesToGather => Volatile.Read(ref s_toGatherCount) != 0;

    private static int FindFree(int count)
    {
        if (count == 1)
            return FindFreeChunk();
        int run = 0;
        for (int i = s_lowestFree; i < s_chunkCount; i++)
        {
            if (i >= s_frontier && run == 0)
                return i + count <= s_chunkCount ? i : -1;
            run = IsTaken(i) ? 0 : run + 1;
            if (run == count)
                return i - count + 1;
        }

        return -1;
    }

    private static int FindFreeChunk()
    {
        ulong* words = (ulong*)s_taken;
        for (int word = s_lowestFree >> 6; word < s_chunkCount >> 6; word++)
        {
            if (words[word] != ulong.MaxValue)
                return (word << 6) + System.Numerics.BitOperations.TrailingZeroCount(~words[word]);
        }

        return -1;
    }

    private static bool IsTaken(int index) => (((ulong*)s_taken)[index >> 6] >> (index & 63) & 1) != 0;

    private static void Mark(int first, int count, bool taken)
    {
        ulong* words = (ulong*)s_taken;
        for (int i = first; i < first + count; i++)
        {
            Debug.Assert(IsTaken(i) != taken, "a chunk changes hands once");
            ulong bit = 1UL << (i & 63);
            words[i >> 6] = taken ? words[i >> 6] | bit : words[i >> 6] & ~bit;
        }
    }

    private static void EnsureUsable(int chunks)
    {
        if (chunks <= s_usable)
            return;
        int target = Math.Min(s_chunkCount, (chunks + ProtectStepChunks - 1) / ProtectStepChunks * ProtectStepChunks);
        nint start = (nint)(s_base + ((nuint)s_usable << ChunkShift));
        if (Libc.MemoryProtect(start, (nuint)(target - s_usable) << ChunkShift, Libc.ProtReadWrite) != 0)
            throw new OutOfMemoryException($"The kernel refused native memory (mprotect errno {Marshal.GetLastPInvokeError()}).");
        s_usable = target;
    }

    /// <summary>The reserved range with its side tables: a header per slab and per chunk, and the bitmap of taken chunks.</summary>
    private readonly record struct Reservation(nuint Base, nuint SizeBytes, nuint Slabs, nuint Chunks, nuint Taken)
    {
        private const nuint SizeBytesMin = (nuint)1 << 30;

        /// <summary>Reserves 8 TiB, or the largest half of it that the system grants (ulimit -v, strict overcommit).</summary>
        internal static Reservation Create()
        {
            for (nuint size = (nuint)8 << ReferenceBits; size >= SizeBytesMin; size >>= 1)
            {
                nuint slabBytes = (size >> SlabUnitShift) * (nuint)sizeof(Slab);
                nuint chunkBytes = (size >> ChunkShift) * (nuint)sizeof(Chunk);
                nuint tableBytes = slabBytes + chunkBytes + (size >> ChunkShift) / 8;
                nint range = Reserve(size + ChunkBytes, Libc.ProtNone);
                if (range == Libc.MapFailed)
                    continue;
                nint table = Reserve(tableBytes, Libc.ProtReadWrite);
                if (table == Libc.MapFailed)
                {
                    _ = Libc.MemoryUnmap(range, size + ChunkBytes);
                    continue;
                }

                nuint start = ((nuint)range + ChunkBytes - 1) & ~(nuint)(ChunkBytes - 1);
                nuint chunks = (nuint)table + slabBytes;
                nuint taken = chunks + chunkBytes;
                *(ulong*)taken = 1; // chunk 0 is never handed out: no block has the reference 0
                return new Reservation(start, size, (nuint)table, chunks, taken);
            }

            throw new OutOfMemoryException("Not even 1 GiB of address space could be reserved; raise the limit (ulimit -v).");
        }

        private static nint Reserve(nuint sizeBytes, int protection) =>
            Libc.MemoryMap(0, sizeBytes, protection, Libc.MapPrivate | Libc.MapAnonymous | Libc.MapNoReserve, -1, 0);
    }
}
