using FastKv.Memory;

namespace FastKv.Structures;

// Data plane: samples of entries for the choice of what is evicted. A bucket is one cache line and holds nine entries on average, in no order but that of
// their hashes: it is a random sample, all of whose entries can be loaded at once.
public readonly unsafe partial struct ExtendibleTable<TLayout>
{
    /// <summary>More than any bucket has.</summary>
    public const int SampleMax = Bucket.Slots;

    /// <summary>
    /// The entries of a bucket drawn at random; their first cache lines are being loaded. Entries of large and small buckets are equally likely. O(1) expected:
    /// one cache line for the bucket.
    /// </summary>
    /// <param name="random">Where to draw from.</param>
    /// <param name="entries">Room for <see cref="SampleMax"/>.</param>
    /// <returns>How many; 0 only when the table is empty.</returns>
    public int SampleBucket(ref RandomSource random, Span<nint> entries)
    {
        if (_header->Count == 0)
            return 0;
        for (int tries = 0; tries < RandomSegmentsMax; tries++)
        {
            ulong draw = random.Next();
            Segment segment = SegmentOf(draw);

            // The upper bits have drawn the segment.
            byte* bucket = segment.At((int)((draw & uint.MaxValue) * (uint)segment.BucketCount >> 32));
            int count = Collect(bucket, entries);
            if (count > 0)
                return count;
        }

        entries[0] = (nint)FirstFrom(random.Next());
        return 1;
    }

    /// <summary>
    /// Entries that expire (as a whole), found by the hints in the headers of buckets (sequential, some 2 ns each): those of the first bucket from a position
    /// on that has any. Hints that have outlived their entries are put right.
    /// </summary>
    /// <param name="position">0, or what the call before returned.</param>
    /// <param name="bucketsMax">Buckets to look at, give or take the stash of a segment (20).</param>
    /// <param name="entries">Room for <see cref="SampleMax"/>.</param>
    /// <param name="count">How many expiring entries were found.</param>
    /// <returns>The next position; after the end of the table, 0.</returns>
    public ulong SampleExpiring(ulong position, int bucketsMax, Span<nint> entries, out int count)
    {
        count = 0;
        position &= (1UL << CursorBits) - 1;
        while (bucketsMax > 0 && _header->Directory != null)
        {
            ulong hash = position << (64 - CursorBits);
            Segment segment = SegmentOf(hash);
            int first = segment.HomeOf(hash);
            int end = Math.Min(segment.HomeCount, first + bucketsMax);

            // The stash is looked at along with the last home bucket.
            int lookEnd = end == segment.HomeCount ? segment.BucketCount : end;
            bucketsMax -= end - first;
            for (int index = first; index < lookEnd; index++)
            {
                byte* bucket = segment.At(index);
                if (Bucket.Hint(bucket) == ExpiryHint.None)
                    continue;
                count = CollectExpiring(bucket, entries);
                if (count > 0)
                    return segment.CursorAfter(Math.Min(index, segment.HomeCount - 1), hash) & ((1UL << CursorBits) - 1);
            }

            position = segment.CursorAfter(end - 1, hash) & ((1UL << CursorBits) - 1);
        }

        return position;
    }

    /// <summary>Whether the table refers to that block under that hash; the block is not looked at. O(1).</summary>
    public bool Refers(ulong hash, byte* entry) => _header->Directory != null && LocateOrNull(SegmentOf(hash), hash, entry, out _) != null;

    private static int Collect(byte* bucket, Span<nint> entries)
    {
        int count = 0;
        for (uint taken = Bucket.Taken(bucket); taken != 0; taken &= taken - 1)
        {
            byte* entry = EntryAt(bucket, LowestSlot(taken));
            Prefetch.Line(entry);
            entries[count++] = (nint)entry;
        }

        return count;
    }

    private int CollectExpiring(byte* bucket, Span<nint> entries)
    {
        int all = Collect(bucket, entries);
        int count = 0;
        ushort hint = ExpiryHint.None;
        for (int i = 0; i < all; i++)
        {
            long expiryMs = TLayout.ExpiryOf((byte*)entries[i]);
            if (expiryMs <= 0)
                continue;
            hint = ExpiryHint.Earlier(hint, ExpiryHint.Encode(expiryMs, _header->NowMs), _header->NowMs);
            if (TLayout.IsVolatile((byte*)entries[i]))
                entries[count++] = entries[i];
        }

        Bucket.SetHint(bucket, hint);
        return count;
    }
}
