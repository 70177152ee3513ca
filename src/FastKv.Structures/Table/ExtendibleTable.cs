using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>
/// A hash table of references to heap blocks, which grows and shrinks one segment at a time: no operation ever touches more than one
/// segment of at most 16 KiB (and the directory, when that doubles).
/// </summary>
/// <remarks>
/// Data plane; one thread at a time. Extendible hashing (Fagin et al., ACM TODS 1979) that keeps the order of the hashes, with
/// buckets of one cache line and a stash as in Dash (Lu et al., VLDB 2020):
/// <code>
///   hash    63 ..................... 44 ..................... 24 ........ 8 7 ..... 0
///           | directory (globalDepth)  |
///           | prefix (localDepth) | bucket: next 20 bits |               |   tag    |
///
///   directory  2^globalDepth packed segments (Segment); a segment with localDepth &lt; globalDepth stands there several times
///   segment    home buckets in hash order, then 5/64 stash; 1 to 256 buckets (Bucket), one block of the heap
///   entry      its home bucket; if that is full, the next one; if that is full too, the stash
/// </code>
/// A segment grows by 6 to 19 percent at a time, and between 8 and 16 KiB splits in two. By how much and when is drawn, lest all segments be
/// at their emptiest at the same number of keys. So the load stays between 0.78 and 0.93, and a key costs 7.4 to 7.5 bytes whatever their number,
/// plus 1 byte (at 10 M keys) for the holes between segments of many sizes; new ones fill these exactly where they can.
/// Since bucket order is hash order, a scan cursor is a position in hash space, and outlives every change of the table.
/// <para>
/// Find, Insert, Replace, Remove: O(1); one cache line for a bucket that never overflowed, plus the entry. An insert that has to rebuild
/// its segment takes about 50 microseconds, amortised to 8 moves per insert. The table owns its buckets, never the entries.
/// </para>
/// </remarks>
public readonly unsafe partial struct ExtendibleTable<TLayout> : IDisposable
    where TLayout : struct, IEntryLayout
{
    private readonly NativeHeap _heap;
    private readonly TableHeader* _header;
    private readonly ulong _seed;
    private readonly bool _ownsHeader;

    /// <summary>An empty table with a header of its own, which <see cref="Dispose"/> frees.</summary>
    /// <param name="heap">Where header, buckets and directory are allocated, and the entries live.</param>
    /// <param name="hashSeed">Seed of <see cref="KeyHash"/> for the hashes that callers pass; also varies how segments grow.</param>
    public ExtendibleTable(NativeHeap heap, ulong hashSeed)
        : this(heap, hashSeed, (TableHeader*)heap.Allocate(sizeof(TableHeader)))
    {
        _ownsHeader = true;
        _header->Initialize(hashSeed);
    }

    /// <summary>The table whose state is <paramref name="header"/>: a view for as long as the header stays where it is.</summary>
    /// <param name="heap">The heap of the table's entries.</param>
    /// <param name="hashSeed">The seed that the table has been used with so far.</param>
    /// <param name="header">Initialised once with <see cref="TableHeader.Initialize"/>.</param>
    public ExtendibleTable(NativeHeap heap, ulong hashSeed, TableHeader* header)
    {
        _heap = heap;
        _seed = hashSeed;
        _header = header;
    }

    /// <summary>Number of entries.</summary>
    public long Count => _header->Count;

    /// <summary>Heap bytes of the buckets and the directory, entries not included.</summary>
    public long MemoryBytes => _header->MemoryBytes;

    /// <summary>The seed given at construction.</summary>
    public ulong HashSeed => _seed;

    /// <summary>
    /// Unix time in milliseconds, to be set once per turn (a sweep does, too). Expiry hints are coarse times relative to it; until it is
    /// known, buckets with an expiring entry are marked for inspection.
    /// </summary>
    public long NowMs
    {
        get => _header->NowMs;
        set => _header->NowMs = value;
    }

    private int GlobalDepth => 63 - _header->DirectoryShift;

    /// <summary>First pass over a batch: begins to load the bucket of a hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchBucket(ulong hash)
    {
        if (_header->Directory == null)
            return;
        Segment segment = SegmentOf(hash);
        Prefetch.Line(segment.At(segment.HomeOf(hash)));
    }

    /// <summary>
    /// Second pass: begins to load the first entry in the bucket whose tag matches; or, when the entry can only be elsewhere, the buckets where it may be.
    /// </summary>
    /// <returns>The latter: a third pass, <see cref="PrefetchDisplaced"/>, is worth its while.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool PrefetchEntry(ulong hash)
    {
        if (_header->Directory == null)
            return false;
        Segment segment = SegmentOf(hash);
        byte* bucket = segment.At(segment.HomeOf(hash));
        if (TryPrefetchMatch(bucket, hash) || Bucket.Overflow(bucket) == 0)
            return false;
        if (Bucket.NextCount(bucket) != 0)
            Prefetch.Line(bucket + Bucket.SizeBytes);
        if (Bucket.StashCount(bucket) != 0)
            Prefetch.Line(FirstOfStash(segment, hash));
        return true;
    }

    /// <summary>Third pass, for one in eight keys: begins to load an entry that is not in its home bucket.</summary>
    public void PrefetchDisplaced(ulong hash)
    {
        Segment segment = SegmentOf(hash);
        byte* home = segment.At(segment.HomeOf(hash));
        if (Bucket.NextCount(home) != 0 && TryPrefetchMatch(home + Bucket.SizeBytes, hash))
            return;
        if (Bucket.StashCount(home) != 0)
            TryPrefetchMatch(FirstOfStash(segment, hash), hash);
    }

    /// <summary>The entry with that key, or null.</summary>
    /// <param name="hash">Hash of the key under <see cref="HashSeed"/>.</param>
    /// <param name="key">The key.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Find(ulong hash, ReadOnlySpan<byte> key)
    {
        if (_header->Directory == null)
            return null;
        Segment segment = SegmentOf(hash);
        int home = segment.HomeOf(hash);
        byte* bucket = segment.At(home);
        byte tag = Bucket.TagOf(hash);
        for (uint matches = Bucket.Match(bucket, tag); matches != 0; matches &= matches - 1)
        {
            byte* entry = EntryAt(bucket, LowestSlot(matches));
            if (TLayout.KeyOf(entry).SequenceEqual(key))
                return entry;
        }

        return Bucket.Overflow(bucket) == 0 ? null : FindDisplaced(segment, hash, key);
    }

    /// <summary>Adds an entry whose key is not in the table.</summary>
    /// <exception cref="OutOfMemoryException">The heap cannot grow; the entry is not in the table.</exception>
    public void Insert(ulong hash, byte* entry)
    {
        Debug.Assert(HashOf(entry) == hash, "the hash is the key's");
        if (_header->Directory == null)
            CreateFirstSegment();
        ulong reference = AddressSpace.Compress(entry);
        long expiryMs = TLayout.ExpiryOf(entry);
        while (!TryPlace(SegmentOf(hash), hash, reference, expiryMs))
            Grow(hash);
        _header->Count++;
    }

    /// <summary>Refers to another block for the same key: after a reallocation, or an overwrite.</summary>
    /// <param name="hash">Hash of the key.</param>
    /// <param name="oldEntry">The entry in the table; only its address is used.</param>
    /// <param name="newEntry">What takes its place.</param>
    public void Replace(ulong hash, byte* oldEntry, byte* newEntry)
    {
        Debug.Assert(HashOf(newEntry) == hash, "the hash is the key's");
        byte* bucket = Locate(SegmentOf(hash), hash, oldEntry, out int slot);
        Bucket.SetReference(bucket, slot, AddressSpace.Compress(newEntry));
        LowerHint(bucket, TLayout.ExpiryOf(newEntry));
    }

    /// <summary>Drops the reference to an entry; its block is the caller's. A segment left nearly empty shrinks.</summary>
    /// <param name="hash">Hash of the key.</param>
    /// <param name="entry">The entry in the table; only its address is used.</param>
    public void Remove(ulong hash, byte* entry)
    {
        Segment segment = SegmentOf(hash);
        byte* bucket = Locate(segment, hash, entry, out int slot);
        RemoveSlot(segment, bucket, slot, segment.HomeOf(hash));
        if (_header->Count == 0)
            ReleaseAll();
        else if (Bucket.Free(bucket) == Bucket.AllSlots)
            ShrinkIfSparse(hash, bucket);
    }

    /// <summary>Tells the table that an entry in it got a time to live, or an earlier one. Insert and Replace see to that themselves.</summary>
    /// <param name="hash">Hash of the key.</param>
    /// <param name="entry">The entry in the table.</param>
    /// <param name="expiryMs">Unix milliseconds; 0 or negative for none.</param>
    public void NoteExpiry(ulong hash, byte* entry, long expiryMs)
    {
        if (expiryMs > 0)
            LowerHint(Locate(SegmentOf(hash), hash, entry, out _), expiryMs);
    }

    /// <summary>Frees buckets and directory; the entries are the caller's. The table is empty, and usable, afterwards.</summary>
    public void Release() => ReleaseAll();

    /// <summary>As <see cref="Release"/>, and frees the header if the table has made it: the table is gone then.</summary>
    public void Dispose()
    {
        ReleaseAll();
        if (_ownsHeader)
            _heap.Free((byte*)_header, sizeof(TableHeader));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int LowestSlot(uint slots) => System.Numerics.BitOperations.TrailingZeroCount(slots);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* EntryAt(byte* bucket, int slot) => AddressSpace.Expand(Bucket.Reference(bucket, slot));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Segment SegmentOf(ulong hash) => new(_header->Directory[hash >> 1 >> _header->DirectoryShift]);

    /// <summary>The bucket of the stash in which an entry is looked for first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* FirstOfStash(Segment segment, ulong hash) => segment.At(segment.HomeCount + segment.StashStartOf(hash));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryPrefetchMatch(byte* bucket, ulong hash)
    {
        uint matches = Bucket.Match(bucket, Bucket.TagOf(hash));
        if (matches == 0)
            return false;

        // An entry of 40 or 48 bytes spans two lines every other time.
        byte* entry = EntryAt(bucket, LowestSlot(matches));
        Prefetch.Line(entry);
        Prefetch.Line(entry + 40);
        return true;
    }

    private ulong HashOf(byte* entry) => TLayout.HashOf<TLayout>(entry, _seed);

    private static byte* FindIn(byte* bucket, byte tag, ReadOnlySpan<byte> key)
    {
        for (uint matches = Bucket.Match(bucket, tag); matches != 0; matches &= matches - 1)
        {
            byte* entry = EntryAt(bucket, LowestSlot(matches));
            if (TLayout.KeyOf(entry).SequenceEqual(key))
                return entry;
        }

        return null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte* FindDisplaced(Segment segment, ulong hash, ReadOnlySpan<byte> key)
    {
        byte* home = segment.At(segment.HomeOf(hash));
        byte tag = Bucket.TagOf(hash);
        if (Bucket.NextCount(home) != 0)
        {
            byte* entry = FindIn(home + Bucket.SizeBytes, tag, key);
            if (entry != null)
                return entry;
        }

        if (Bucket.StashCount(home) == 0)
            return null;
        int stashCount = segment.StashCount;
        int at = segment.StashStartOf(hash);
        for (int i = 0; i < stashCount; i++)
        {
            byte* entry = FindIn(segment.At(segment.HomeCount + at), tag, key);
            if (entry != null)
                return entry;
            at = at + 1 == stashCount ? 0 : at + 1;
        }

        return null;
    }

    /// <summary>Bucket and slot of an entry that is in the table.</summary>
    private static byte* Locate(Segment segment, ulong hash, byte* entry, out int slot)
    {
        byte* bucket = LocateOrNull(segment, hash, entry, out slot);
        return bucket != null ? bucket : throw new InvalidOperationException("The entry is not in the table.");
    }

    private static byte* LocateOrNull(Segment segment, ulong hash, byte* entry, out int slot)
    {
        ulong reference = AddressSpace.Compress(entry);
        byte tag = Bucket.TagOf(hash);
        byte* home = segment.At(segment.HomeOf(hash));
        if (TryLocateIn(home, tag, reference, out slot))
            return home;
        if (Bucket.NextCount(home) != 0 && TryLocateIn(home + Bucket.SizeBytes, tag, reference, out slot))
            return home + Bucket.SizeBytes;
        int stashCount = segment.StashCount;
        int at = stashCount == 0 ? 0 : segment.StashStartOf(hash);
        for (int i = 0; i < stashCount; i++)
        {
            byte* bucket = segment.At(segment.HomeCount + at);
            if (TryLocateIn(bucket, tag, reference, out slot))
                return bucket;
            at = at + 1 == stashCount ? 0 : at + 1;
        }

        return null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryLocateIn(byte* bucket, byte tag, ulong reference, out int slot)
    {
        for (uint matches = Bucket.Match(bucket, tag); matches != 0; matches &= matches - 1)
        {
            slot = LowestSlot(matches);
            if (Bucket.Reference(bucket, slot) == reference)
                return true;
        }

        slot = -1;
        return false;
    }

    /// <summary>Puts an entry into its home bucket, the next, or the stash; false when all of them are full.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryPlace(Segment segment, ulong hash, ulong reference, long expiryMs)
    {
        byte* bucket = segment.At(segment.HomeOf(hash));
        uint free = Bucket.Free(bucket);
        if (free == 0)
        {
            bucket = ReserveElsewhere(segment, hash, bucket);
            if (bucket == null)
                return false;
            free = Bucket.Free(bucket);
        }

        int slot = LowestSlot(free);
        Bucket.SetReference(bucket, slot, reference);
        Bucket.SetTag(bucket, slot, Bucket.TagOf(hash));
        if (expiryMs > 0)
            LowerHint(bucket, expiryMs);
        return true;
    }

    // Chooses a bucket with room for an entry whose home is full, and counts it there as displaced.
    private static byte* ReserveElsewhere(Segment segment, ulong hash, byte* home)
    {
        int stashCount = segment.StashCount;
        if (stashCount == 0)
            return null;
        byte* next = home + Bucket.SizeBytes;
        if (Bucket.Free(next) != 0)
        {
            Bucket.AddNext(home, 1);
            return next;
        }

        int at = segment.StashStartOf(hash);
        for (int i = 0; i < stashCount; i++)
        {
            byte* bucket = segment.At(segment.HomeCount + at);
            if (Bucket.Free(bucket) != 0)
            {
                Bucket.AddStash(home, 1);
                return bucket;
            }

            at = at + 1 == stashCount ? 0 : at + 1;
        }

        return null;
    }

    private void RemoveSlot(Segment segment, byte* bucket, int slot, int homeIndex)
    {
        byte* home = segment.At(homeIndex);
        Bucket.SetTag(bucket, slot, 0);
        if (bucket == home + Bucket.SizeBytes)
            Bucket.AddNext(home, -1);
        else if (bucket != home)
            Bucket.AddStash(home, -1);
        _header->Count--;
        Debug.Assert(_header->Count >= 0, "no more removals than inserts");
    }

    private void LowerHint(byte* bucket, long expiryMs)
    {
        if (expiryMs > 0)
            Bucket.SetHint(bucket, ExpiryHint.Earlier(Bucket.Hint(bucket), ExpiryHint.Encode(expiryMs, _header->NowMs), _header->NowMs));
    }
}
