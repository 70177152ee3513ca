using FastKv.Memory;

namespace FastKv.Structures;

// Data plane: walking the table in hash order, and picking an entry at random.
public readonly unsafe partial struct ExtendibleTable<TLayout>
{
    /// <summary>Bits of a cursor: cursors are positions in the space of the upper 48 bits of the hash, and thus below 2^48.</summary>
    public const int CursorBits = Segment.CursorBits;

    private const int RandomSegmentsMax = 8;
    private const int RandomTriesMax = 64;

    /// <summary>
    /// Visits the entries of the bucket at a cursor, 9 on average, and returns the next cursor. What stays in the table from the first call
    /// (cursor 0) to the last (which returns 0) is visited at least once, however the table changes between calls.
    /// </summary>
    /// <param name="cursor">0, or what the call before returned; anything below 2^48 is valid.</param>
    /// <param name="visitor">Gets the entries; must not change the table.</param>
    /// <returns>The next cursor, below 2^48; 0 at the end.</returns>
    public ulong Scan<TVisitor>(ulong cursor, ref TVisitor visitor)
        where TVisitor : struct, IEntryVisitor, allows ref struct
    {
        cursor &= (1UL << CursorBits) - 1;
        if (_header->Directory == null)
            return 0;
        ulong hash = cursor << (64 - CursorBits);
        Segment segment = SegmentOf(hash);
        int index = segment.HomeOf(hash);
        byte* home = segment.At(index);

        // Entries of the bucket before may be in this one.
        bool hasGuests = index > 0 && Bucket.NextCount(segment.At(index - 1)) != 0;
        PrefetchEntries(home);

        // Whoever walks on comes to the next bucket's entries while these are visited: that hides their cache misses.
        if (index + 1 < segment.BucketCount)
            PrefetchEntries(home + Bucket.SizeBytes);
        VisitHomedAt(segment, index, home, hasGuests, int.MaxValue, ref visitor);
        if (Bucket.NextCount(home) != 0)
            VisitHomedAt(segment, index, home + Bucket.SizeBytes, true, Bucket.NextCount(home), ref visitor);
        if (Bucket.StashCount(home) != 0)
            VisitStashed(segment, index, hash, ref visitor);
        return segment.CursorAfter(index, hash) & ((1UL << CursorBits) - 1);
    }

    /// <summary>
    /// An entry drawn at random, or null when there is none. A segment is drawn in proportion to its share of the hash space, which is
    /// its share of the entries but for a few percent of noise, then an entry of it uniformly. O(1) expected.
    /// </summary>
    public byte* Random(ref RandomSource random)
    {
        if (_header->Count == 0)
            return null;
        for (int i = 0; i < RandomSegmentsMax; i++)
        {
            Segment segment = SegmentOf(random.Next());
            int slots = segment.BucketCount * Bucket.Slots;
            for (int j = 0; j < RandomTriesMax; j++)
            {
                (int index, int slot) = Math.DivRem((int)random.Below(slots), Bucket.Slots);
                byte* bucket = segment.At(index);
                if ((Bucket.Taken(bucket) >> slot & 1) != 0)
                    return EntryAt(bucket, slot);
            }
        }

        return FirstFrom(random.Next());
    }

    // Nearly all segments are empty: the first entry after a random position.
    private byte* FirstFrom(ulong hash)
    {
        long places = 1L << GlobalDepth;
        long start = (long)(hash >> 1 >> _header->DirectoryShift);
        for (long i = 0; i < places; i++)
        {
            Segment segment = new(_header->Directory[(start + i) & (places - 1)]);
            for (int index = 0; index < segment.BucketCount; index++)
            {
                uint taken = Bucket.Taken(segment.At(index));
                if (taken != 0)
                    return EntryAt(segment.At(index), LowestSlot(taken));
            }
        }

        return null;
    }

    // Visits up to limit entries of a bucket whose home is the bucket with that index; returns how many.
    private int VisitHomedAt<TVisitor>(Segment segment, int homeIndex, byte* bucket, bool check, int limit, ref TVisitor visitor)
        where TVisitor : struct, IEntryVisitor, allows ref struct
    {
        int visited = 0;
        for (uint taken = Bucket.Taken(bucket); taken != 0 && visited < limit; taken &= taken - 1)
        {
            byte* entry = EntryAt(bucket, LowestSlot(taken));
            if (check && segment.HomeOf(HashOf(entry)) != homeIndex)
                continue;
            visitor.Visit(entry);
            visited++;
        }

        return visited;
    }

    private void VisitStashed<TVisitor>(Segment segment, int homeIndex, ulong hash, ref TVisitor visitor)
        where TVisitor : struct, IEntryVisitor, allows ref struct
    {
        int count = Bucket.StashCount(segment.At(homeIndex));
        int left = count == Bucket.StashCountMax ? int.MaxValue : count;

        // The last home bucket's neighbour is in the stash, and has been visited as such.
        int skipped = homeIndex + 1 - segment.HomeCount;
        int at = segment.StashStartOf(hash);
        int stashCount = segment.StashCount;
        for (int i = 0; i < stashCount && left > 0; i++)
        {
            if (at != skipped)
            {
                byte* bucket = segment.At(segment.HomeCount + at);
                PrefetchEntries(bucket);
                left -= VisitHomedAt(segment, homeIndex, bucket, true, left, ref visitor);
            }

            at = at + 1 == stashCount ? 0 : at + 1;
        }
    }
}
