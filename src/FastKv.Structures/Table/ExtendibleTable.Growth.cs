using System.Diagnostics;
using System.Runtime.InteropServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane: how segments are built, grow, split, shrink and merge, and the directory with them.
//
// Every change of a segment is a rebuild: a new bucket array is filled from the old one (or two) and takes its place. The hashes are
// recomputed from the keys; the entries of the next buckets are being loaded meanwhile, so that their cache misses overlap.
public readonly unsafe partial struct ExtendibleTable<TLayout>
{
    // Buckets whose entries are prefetched ahead of the one being moved: 30 lines, about what a core keeps in flight.
    private const int PrefetchBuckets = 3;

    // What a rebuild aims at when it chooses the size by the number of entries: room to grow, and no early shrinking.
    private const double ShrunkLoad = 0.75;

    // A segment below this load shrinks.
    private const int SparsePercent = 25;

    // Two buddies with no more entries than this merge: half of what makes a segment split, lest it swing to and fro.
    private const int MergedEntriesMax = Segment.BucketsMax * Bucket.Slots / 2;

    // The directory may double while it has at most one place per so many entries (usual are about 1,000 entries per place). Skewed hashes would double
    // it for ever. But up to PlacesAlways (512 KiB) it always may: entries that come in the order of their hashes, out of a walk over another table
    // (COPY of a hash, SADD of what SMEMBERS gave), fill one narrow range after the other, and need from the start the depth that all of them need.
    private const int EntriesPerPlaceMin = 16;
    private const long PlacesAlways = 1 << 16;

    // Mean growth of a large segment. A segment of 8 to 16 KiB splits with a probability of one in (growths left + 1), hence equally likely at
    // each size. If all of them split at the same one, they would all be at their emptiest just after it, at the same number of keys.
    private const uint GrownBucketsMean = 24;

    // By how many 64ths a segment grows: 8 on average, so an entry moves about eight times. Less would fill the table better, and move more.
    private const uint GrowthMin64 = 4;
    private const uint GrowthMax64 = 12;

    // What a reserved table is sized for: as full as one that has grown, each segment at another point between two sizes of growth, so that the ones do not all
    // grow at the same number of keys.
    private const uint ReservedLoadMin = 78;
    private const uint ReservedLoadMax = 90;

    // Segments of 6 to 13 KiB: room to grow before they split.
    private const int ReservedBucketsMax = 208;

    // Fewer entries are not worth it, and their number is known too badly.
    private const long ReservedEntriesMin = 1024;

    /// <summary>
    /// Makes the buckets that so many entries need, if the table is empty: they are then inserted without rebuilding segments, in half the time. The number may
    /// be wrong: the table grows as ever, and what is too large shrinks when entries are removed. O(entries / 8) bytes cleared.
    /// </summary>
    /// <param name="entries">How many entries are expected.</param>
    /// <exception cref="OutOfMemoryException">The heap cannot grow; the table is empty.</exception>
    public void Reserve(long entries)
    {
        if (_header->Directory != null || entries < ReservedEntriesMin)
            return;
        const uint load = (ReservedLoadMin + ReservedLoadMax) / 2;
        long buckets = entries * 100 / (Bucket.Slots * load);
        int depth = 0;
        while (depth < Segment.DepthMax && buckets >> depth > ReservedBucketsMax)
            depth++;
        long places = 1L << depth;
        var directory = (ulong*)_heap.Allocate(places * sizeof(ulong));
        _header->MemoryBytes += NativeHeap.UsableSize(places * sizeof(ulong));
        for (long i = 0; i < places; i++)
        {
            long wanted = (buckets >> depth) * load / (ReservedLoadMin + (Draw() % (ReservedLoadMax - ReservedLoadMin + 1)));
            directory[i] = AllocateSegment((int)Math.Clamp(wanted, 1, Segment.BucketsMax), depth).Packed;
        }
        _header->Directory = directory;
        _header->DirectoryShift = 63 - depth;
    }

    private void CreateFirstSegment()
    {
        Segment first = AllocateSegment(1, 0);
        var directory = (ulong*)_heap.Allocate(sizeof(ulong));
        _header->MemoryBytes += NativeHeap.UsableSize(sizeof(ulong));
        directory[0] = first.Packed;
        _header->Directory = directory;
        _header->DirectoryShift = 63;
    }

    /// <summary>Makes room around a hash: the segment grows, or splits, or (when that is no use) gets more stash.</summary>
    private void Grow(ulong hash)
    {
        Segment segment = SegmentOf(hash);
        int buckets = segment.BucketCount;
        if (MaySplit(segment) && IsDueToSplit(buckets))
            Split(segment, hash);
        else
            Resize(segment, hash, buckets < Segment.BucketsMax
                ? AllocateGrown(buckets, segment.Depth)
                : AllocateSegment(Segment.NextDegenerate(buckets), segment.Depth));
    }

    // A segment with a large stash, too: it has that because its entries agreed in more bits than the directory looked at when it grew.
    private bool IsDueToSplit(int buckets) =>
        buckets > Segment.BucketsMax
        || (buckets >= Segment.SplitBucketsMin && Draw() % (1 + (Segment.BucketsMax - (uint)buckets) / GrownBucketsMean) == 0);

    private bool MaySplit(Segment segment) =>
        segment.Depth < Segment.DepthMax && (segment.Depth < GlobalDepth || 2L << GlobalDepth <= Math.Max(_header->Count / EntriesPerPlaceMin, PlacesAlways));

    private void Split(Segment segment, ulong hash)
    {
        if (segment.Depth == GlobalDepth)
            DoubleDirectory();
        int depth = segment.Depth + 1;
        int half = Math.Min(segment.BucketCount, Segment.BucketsMax) / 2;
        Segment low = AllocateGrown(half, depth);
        Segment high = AllocateGrown(half, depth);
        ulong highBit = 1UL << (64 - depth);
        while (!TryMove(segment, low, high, highBit))
        {
            // One half got more than its share.
            int lowBuckets = NextSize(low.BucketCount);
            int highBuckets = NextSize(high.BucketCount);
            FreeSegment(low);
            FreeSegment(high);
            low = AllocateSegment(lowBuckets, depth);
            high = AllocateSegment(highBuckets, depth);
        }

        SetDirectory(hash & ~highBit, low);
        SetDirectory(hash | highBit, high);
        FreeSegment(segment);
    }

    private void Resize(Segment segment, ulong hash, Segment resized)
    {
        while (!TryMove(segment, resized, resized, 0))
        {
            int buckets = NextSize(resized.BucketCount);
            FreeSegment(resized);
            resized = AllocateSegment(buckets, segment.Depth);
        }

        SetDirectory(hash, resized);
        FreeSegment(segment);
    }

    /// <summary>Copies all entries of a segment to one of two others, by a bit of their hash.</summary>
    /// <returns>False when one did not fit; the source is unchanged.</returns>
    private bool TryMove(Segment source, Segment low, Segment high, ulong highBit)
    {
        int count = source.BucketCount;
        for (int i = 0; i < Math.Min(PrefetchBuckets, count); i++)
            PrefetchEntries(source.At(i));
        for (int i = 0; i < count; i++)
        {
            if (i + PrefetchBuckets < count)
                PrefetchEntries(source.At(i + PrefetchBuckets));
            byte* bucket = source.At(i);
            for (uint taken = Bucket.Taken(bucket); taken != 0; taken &= taken - 1)
            {
                ulong reference = Bucket.Reference(bucket, LowestSlot(taken));
                byte* entry = AddressSpace.Expand(reference);
                ulong hash = HashOf(entry);
                if (!TryPlace((hash & highBit) != 0 ? high : low, hash, reference, TLayout.ExpiryOf(entry)))
                    return false;
            }
        }

        return true;
    }

    // Header and key of each entry; the value is of no interest here.
    private static void PrefetchEntries(byte* bucket)
    {
        for (uint taken = Bucket.Taken(bucket); taken != 0; taken &= taken - 1)
        {
            byte* entry = EntryAt(bucket, LowestSlot(taken));
            Prefetch.Line(entry);
            Prefetch.Line(entry + 24);
        }
    }

    /// <summary>Looks at the buckets around one that has become empty; if they are sparse too, counts the segment, and shrinks it.</summary>
    private void ShrinkIfSparse(ulong hash, byte* bucket)
    {
        const int SampleBuckets = 8;
        Segment segment = SegmentOf(hash);
        int buckets = segment.BucketCount;
        if (buckets > SampleBuckets)
        {
            int index = (int)((bucket - segment.Buckets) >> Bucket.SizeShift);
            int first = Math.Clamp(index - SampleBuckets / 2, 0, buckets - SampleBuckets);
            if (CountEntries(segment.At(first), SampleBuckets) * 100 > SampleBuckets * Bucket.Slots * SparsePercent)
                return;
        }

        Shrink(segment, hash);
    }

    private void Shrink(Segment segment, ulong hash)
    {
        int buckets = segment.BucketCount;
        int entries = CountEntries(segment.Buckets, buckets);
        if (entries * 100L > (long)buckets * Bucket.Slots * SparsePercent || TryMergeWithBuddy(segment, hash, entries))
            return;
        int wanted = SizeFor(entries);
        if (wanted < buckets)
            Resize(segment, hash, AllocateSegment(wanted, segment.Depth));
    }

    private bool TryMergeWithBuddy(Segment segment, ulong hash, int entries)
    {
        if (segment.Depth == 0)
            return false;
        ulong buddyBit = 1UL << (64 - segment.Depth);
        Segment buddy = SegmentOf(hash ^ buddyBit);
        if (buddy.Depth != segment.Depth)
            return false;
        int together = entries + CountEntries(buddy.Buckets, buddy.BucketCount);
        if (together > MergedEntriesMax)
            return false;
        int buckets = SizeFor(together);
        Segment merged = AllocateSegment(buckets, segment.Depth - 1);
        while (!TryMove(segment, merged, merged, 0) || !TryMove(buddy, merged, merged, 0))
        {
            FreeSegment(merged);
            buckets = NextSize(buckets);
            merged = AllocateSegment(buckets, segment.Depth - 1);
        }

        SetDirectory(hash, merged);
        FreeSegment(segment);
        FreeSegment(buddy);
        HalveDirectoryIfPossible();
        return true;
    }

    private static int CountEntries(byte* buckets, int count)
    {
        int entries = 0;
        for (int i = 0; i < count; i++)
            entries += System.Numerics.BitOperations.PopCount(Bucket.Taken(buckets + ((nint)i << Bucket.SizeShift)));
        return entries;
    }

    // Sizes when no hole decides: eight per doubling, which the heap serves exactly.
    private static int NextSize(int buckets) =>
        buckets >= Segment.BucketsMax ? Segment.NextDegenerate(buckets) : Math.Min(Segment.BucketsMax, buckets + StepAt(buckets));

    private static int StepAt(int buckets) => Math.Max(1, (1 << System.Numerics.BitOperations.Log2((uint)buckets)) / 8);

    private static int SizeFor(int entries)
    {
        int buckets = 1;
        while (buckets * Bucket.Slots * ShrunkLoad < entries)
            buckets = NextSize(buckets);
        return buckets;
    }

    /// <summary>A new segment, 6 to 19 percent larger than that many buckets.</summary>
    private Segment AllocateGrown(int buckets, int depth)
    {
        // Drawn, so that segments with equally many entries are not all in the same phase.
        int grown = GrownBy(buckets, GrowthMin64 + Draw() % (GrowthMax64 - GrowthMin64 + 1));
        if (buckets < Segment.GranuleSizedMin)
            return AllocateSegment((grown + StepAt(grown) - 1) / StepAt(grown) * StepAt(grown), depth);

        // But a hole that other segments have left, and that such a segment fills exactly, comes first.
        long sizeBytes = _heap.AllocateFitting(SizeOf(GrownBy(buckets, GrowthMin64)), SizeOf(grown), SizeOf(GrownBy(buckets, GrowthMax64)), out byte* block);
        return Adopt(block, (int)(sizeBytes >> Bucket.SizeShift), depth);
    }

    private static int GrownBy(int buckets, uint parts) => buckets + Math.Max(1, (int)(buckets * parts / 64));

    private static long SizeOf(int buckets) => NativeHeap.UsableSize((long)Math.Min(Segment.BucketsMax, buckets) << Bucket.SizeShift);

    // Xorshift (Marsaglia): any sequence serves, and a table's is the same for the same seed.
    private uint Draw()
    {
        _header->SizeSequence ^= _header->SizeSequence << 13;
        _header->SizeSequence ^= _header->SizeSequence >> 7;
        _header->SizeSequence ^= _header->SizeSequence << 17;
        return (uint)(_header->SizeSequence >> 32);
    }

    private Segment AllocateSegment(int buckets, int depth)
    {
        long sizeBytes = (long)buckets << Bucket.SizeShift;
        if (buckets > Segment.BucketsMax)
            return Adopt(_heap.Allocate(sizeBytes), buckets, depth);

        // As those that fill holes: together, on huge pages.
        sizeBytes = NativeHeap.UsableSize(sizeBytes);
        _heap.AllocateFitting(sizeBytes, sizeBytes, sizeBytes, out byte* block);
        return Adopt(block, buckets, depth);
    }

    private Segment Adopt(byte* block, int buckets, int depth)
    {
        long sizeBytes = (long)buckets << Bucket.SizeShift;
        NativeMemory.Clear(block, (nuint)sizeBytes);
        _header->MemoryBytes += NativeHeap.UsableSize(sizeBytes);
        (int homeCount, int stashCode) = Segment.Shape(buckets);
        var segment = new Segment(block, depth, homeCount, stashCode);
        Debug.Assert(segment.BucketCount == buckets, "the shape adds up");
        return segment;
    }

    private void FreeSegment(Segment segment)
    {
        _header->MemoryBytes -= NativeHeap.UsableSize(segment.SizeBytes);
        _heap.Free(segment.Buckets, segment.SizeBytes);
    }

    /// <summary>Enters a segment at every place whose hashes begin with its prefix.</summary>
    private void SetDirectory(ulong hash, Segment segment)
    {
        long places = 1L << (GlobalDepth - segment.Depth);
        long first = (long)(hash >> 1 >> _header->DirectoryShift) & -places;
        new Span<ulong>(_header->Directory + first, (int)places).Fill(segment.Packed);
    }

    private void DoubleDirectory()
    {
        long places = 1L << GlobalDepth;
        var doubled = (ulong*)_heap.Allocate(2 * places * sizeof(ulong));
        for (long i = 0; i < places; i++)
        {
            doubled[2 * i] = _header->Directory[i];
            doubled[2 * i + 1] = _header->Directory[i];
        }

        _header->MemoryBytes += NativeHeap.UsableSize(2 * places * sizeof(ulong));
        FreeDirectory();
        _header->Directory = doubled;
        _header->DirectoryShift--;
    }

    // Possible when no segment is as deep as the directory. Merges are rare, and the search ends at the first such segment, which
    // is found at once unless the directory is about to halve.
    private void HalveDirectoryIfPossible()
    {
        while (GlobalDepth > 0)
        {
            long places = 1L << GlobalDepth;
            for (long i = 0; i < places; i++)
            {
                if (new Segment(_header->Directory[i]).Depth == GlobalDepth)
                    return;
            }

            var halved = (ulong*)_heap.Allocate(places / 2 * sizeof(ulong));
            for (long i = 0; i < places / 2; i++)
                halved[i] = _header->Directory[2 * i];
            _header->MemoryBytes += NativeHeap.UsableSize(places / 2 * sizeof(ulong));
            FreeDirectory();
            _header->Directory = halved;
            _header->DirectoryShift++;
        }
    }

    private void FreeDirectory()
    {
        long sizeBytes = (1L << GlobalDepth) * sizeof(ulong);
        _header->MemoryBytes -= NativeHeap.UsableSize(sizeBytes);
        _heap.Free((byte*)_header->Directory, sizeBytes);
    }

    private void ReleaseAll()
    {
        if (_header->Directory == null)
            return;
        long places = 1L << GlobalDepth;

        // A drain that was given up has freed the segments before its place.
        for (long i = _header->DrainPlace; i < places;)
        {
            Segment segment = new(_header->Directory[i]);
            i += 1L << (GlobalDepth - segment.Depth);
            FreeSegment(segment);
        }

        FreeDirectory();
        _header->Directory = null;
        _header->DirectoryShift = 63;
        _header->Count = 0;
        _header->DrainPlace = 0;
        _header->DrainBucket = 0;
        Debug.Assert(MemoryBytes == 0, "everything allocated was freed");
    }
}
