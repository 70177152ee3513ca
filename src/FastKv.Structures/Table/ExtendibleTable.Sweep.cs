using System.Diagnostics;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane: the two walks that take entries out: expiry, and emptying a detached table slice by slice.
public readonly unsafe partial struct ExtendibleTable<TLayout>
{
    /// <summary>
    /// Looks at the headers of some buckets, and at the entries only where one may be due. A whole table has to be swept every 9 hours,
    /// lest the coarse times in the headers wrap around. An entry that an insert or a removal between calls moves to a bucket which this
    /// round has passed is found by the next.
    /// </summary>
    /// <param name="position">0, or what the call before returned: a position in hash space, like a scan cursor.</param>
    /// <param name="bucketsMax">Buckets to look at, give or take the stash of a segment (20).</param>
    /// <param name="nowMs">Unix milliseconds; becomes <see cref="NowMs"/>.</param>
    /// <param name="visitor">Gets each entry whose expiry is not later than <paramref name="nowMs"/>, and says whether it goes.</param>
    /// <returns>The next position; 0 when the table's end was reached.</returns>
    public ulong SweepExpired<TVisitor>(ulong position, int bucketsMax, long nowMs, ref TVisitor visitor)
        where TVisitor : struct, IExpiryVisitor, allows ref struct
    {
        _header->NowMs = nowMs;
        position &= (1UL << CursorBits) - 1;
        while (bucketsMax > 0 && _header->Directory != null)
        {
            ulong hash = position << (64 - CursorBits);
            Segment segment = SegmentOf(hash);
            int first = segment.HomeOf(hash);
            int end = Math.Min(segment.HomeCount, first + bucketsMax);
            position = segment.CursorAfter(end - 1, hash) & ((1UL << CursorBits) - 1);
            bucketsMax -= end - first;

            // The stash is swept along with the last home bucket.
            bool isSegmentEnd = end == segment.HomeCount;
            int sweptEnd = isSegmentEnd ? segment.BucketCount : end;
            for (int index = first; index < sweptEnd; index++)
            {
                if (ExpiryHint.IsDue(Bucket.Hint(segment.At(index)), nowMs))
                    SweepBucket(segment, index, nowMs, ref visitor);
            }

            if (_header->Count == 0)
            {
                ReleaseAll();
                return 0;
            }

            // Not before its end: a rebuild could move entries to buckets that this round has passed.
            if (isSegmentEnd)
                ShrinkIfSparse(hash, segment.Buckets);
            if (position == 0)
                return 0;
        }

        return _header->Directory == null ? 0 : position;
    }

    /// <summary>
    /// Takes entries out of a table that no one else uses any more (FLUSHALL has put another in its place), and frees its buckets as they
    /// empty. Between calls nothing but Drain, Count, MemoryBytes and Dispose may be used, until it returns 0.
    /// </summary>
    /// <param name="visitor">Gets each entry once it is out; may free it.</param>
    /// <param name="entriesMax">Entries to take out, give or take a bucket (9).</param>
    /// <returns>How many were taken out; 0 when the table is empty, and usable again.</returns>
    public int Drain<TVisitor>(ref TVisitor visitor, int entriesMax)
        where TVisitor : struct, IEntryVisitor, allows ref struct
    {
        if (_header->Directory == null)
            return 0;
        int drained = 0;
        long places = 1L << GlobalDepth;
        while (_header->DrainPlace < places)
        {
            Segment segment = new(_header->Directory[_header->DrainPlace]);
            while (_header->DrainBucket < segment.BucketCount)
            {
                if (drained >= entriesMax)
                    return drained;
                drained += DrainBucket(segment, ref visitor);
                _header->DrainBucket++;
            }

            _header->DrainPlace += 1L << (GlobalDepth - segment.Depth);
            _header->DrainBucket = 0;
            FreeSegment(segment);
        }

        Debug.Assert(_header->Count == 0, "every entry was in a bucket");
        FreeDirectory();
        _header->Directory = null;
        _header->DirectoryShift = 63;
        _header->DrainPlace = 0;
        return drained;
    }

    private int DrainBucket<TVisitor>(Segment segment, ref TVisitor visitor)
        where TVisitor : struct, IEntryVisitor, allows ref struct
    {
        if (_header->DrainBucket + 1 < segment.BucketCount)
            PrefetchEntries(segment.At(_header->DrainBucket + 1));
        byte* bucket = segment.At(_header->DrainBucket);
        int drained = 0;
        for (uint taken = Bucket.Taken(bucket); taken != 0; taken &= taken - 1)
        {
            int slot = LowestSlot(taken);
            Bucket.SetTag(bucket, slot, 0);
            _header->Count--;
            drained++;
            visitor.Visit(EntryAt(bucket, slot));
        }

        return drained;
    }

    private void SweepBucket<TVisitor>(Segment segment, int index, long nowMs, ref TVisitor visitor)
        where TVisitor : struct, IExpiryVisitor, allows ref struct
    {
        byte* bucket = segment.At(index);
        PrefetchEntries(bucket);

        // All of them are at home here, unless it is stash, or the bucket before has sent entries over.
        bool maybeGuests = index >= segment.HomeCount || (index > 0 && Bucket.NextCount(segment.At(index - 1)) != 0);
        ushort hint = ExpiryHint.None;
        for (uint taken = Bucket.Taken(bucket); taken != 0; taken &= taken - 1)
        {
            int slot = LowestSlot(taken);
            byte* entry = EntryAt(bucket, slot);
            long expiryMs = TLayout.ExpiryOf(entry);
            if (expiryMs <= 0)
                continue;
            if (expiryMs <= nowMs)
            {
                // The home comes first: the visitor may free the entry.
                int home = maybeGuests ? segment.HomeOf(HashOf(entry)) : index;
                if (visitor.Visit(entry))
                {
                    RemoveSlot(segment, bucket, slot, home);
                    continue;
                }
            }

            hint = ExpiryHint.Earlier(hint, ExpiryHint.Encode(expiryMs, nowMs), nowMs);
        }

        Bucket.SetHint(bucket, hint);
    }
}
