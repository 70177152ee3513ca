namespace FastKv.Structures;

// Data plane: when the next entry expires, as far as the buckets' headers tell.
public readonly unsafe partial struct ExtendibleTable<TLayout>
{
    /// <summary>
    /// A time before which no entry between two positions expires, from bucket headers alone (some 5 ns each): at most 1.024 s early, unless an entry with an
    /// earlier expiry has gone since the bucket was swept, and at most 9 h ahead.
    /// </summary>
    /// <param name="from">0, or a position that <see cref="SweepExpired"/> returned.</param>
    /// <param name="to">A later position; 0: the end.</param>
    /// <returns>Unix milliseconds; <see cref="long.MaxValue"/>: nothing expires there.</returns>
    public long EarliestExpiryMs(ulong from, ulong to)
    {
        if (_header->Directory == null)
            return long.MaxValue;
        ulong end = to == 0 ? 1UL << CursorBits : to;
        ushort earliest = ExpiryHint.None;
        while (from < end)
        {
            ulong hash = from << (64 - CursorBits);
            Segment segment = SegmentOf(hash);
            int index = segment.HomeOf(hash);
            for (; index < segment.HomeCount && from < end; index++)
            {
                earliest = ExpiryHint.Earlier(earliest, Bucket.Hint(segment.At(index)), _header->NowMs);
                from = segment.CursorAfter(index, hash);
            }

            // An entry of the last bucket looked at may sit in the next one, or in the stash.
            for (int i = index; i < segment.BucketCount; i += i == index ? Math.Max(1, segment.HomeCount - index) : 1)
                earliest = ExpiryHint.Earlier(earliest, Bucket.Hint(segment.At(i)), _header->NowMs);
        }

        return earliest == ExpiryHint.None ? long.MaxValue : ExpiryHint.Decode(earliest, _header->NowMs);
    }
}
