using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>
/// Entries whose value is a hash: a listpack while it is small (CompactHash), a table beyond <see cref="CompactLimits.HashEntries"/> or
/// <see cref="CompactLimits.HashValueBytes"/> (LargeHash). Data plane.
/// </summary>
/// <remarks>
/// A field may have a time to live. One that has expired is invisible at once; its memory goes when it is overwritten or removed, or with the next
/// sweep (<see cref="Sweep"/>). Methods that return an entry may have moved it; positions and values found before are then void.
/// </remarks>
public static unsafe partial class HashValue
{
    /// <summary>To <see cref="Put"/>: the field keeps the expiry that it has.</summary>
    public const long KeepExpiry = -1;

    /// <summary>Bytes that a value's text may need, for the scratch of <see cref="Value"/>.</summary>
    public const int ScratchBytes = Listpack.ScratchBytes;

    // As in Redis: a listpack of more is never made, whatever the thresholds.
    private const long CompactBytesMax = 1 << 30;

    /// <summary>A new entry with an empty hash, to be filled before it is shown to anyone.</summary>
    public static byte* Create(ValueHeap values, ReadOnlySpan<byte> key, uint clock) =>
        ListpackEntry.Create(values, ValueType.Hash, ValueEncoding.Listpack, key, -1, clock);

    /// <summary>Number of fields, those included that have expired but not been removed. O(1).</summary>
    public static long Count(EntryRef entry) => entry.IsPointer ? Large(entry.Block)->Table.Count : CompactHash.Count(entry.Block);

    /// <summary>Looks for a field. O(1), O(n) in a small hash.</summary>
    public static FieldPosition Find(ValueHeap values, byte* entry, ReadOnlySpan<byte> field, long nowMs)
    {
        if (!new EntryRef(entry).IsPointer)
            return CompactHash.Find(entry, field, nowMs);
        ulong hash = LargeHash.HashOf(values, field);
        byte* block = LargeHash.TableOf(values, Large(entry)).Find(hash, field);
        return new FieldPosition(block, hash, block == null ? 0 : new FieldEntry(block).ExpiryMs, nowMs);
    }

    /// <summary>The value of a field that exists: a view of the hash, or of <paramref name="scratch"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Value(byte* entry, FieldPosition position, Span<byte> scratch) =>
        new EntryRef(entry).IsPointer ? new FieldEntry(position.At).Value : Listpack.Text(Listpack.Next(position.At), scratch);

    /// <summary>Length in bytes of the value of a field that exists.</summary>
    public static int ValueLength(byte* entry, FieldPosition position) =>
        new EntryRef(entry).IsPointer ? new FieldEntry(position.At).Value.Length : Listpack.TextLength(Listpack.Next(position.At));

    /// <summary>When a field that exists expires, in Unix milliseconds; 0: it does not.</summary>
    public static long ExpiryMs(byte* entry, FieldPosition position) =>
        new EntryRef(entry).IsPointer ? new FieldEntry(position.At).ExpiryMs : CompactHash.HasTimes(entry) ? CompactHash.ExpiryOf(position.At) : 0;

    /// <summary>A field's value; false: there is no such field (or it has expired by <paramref name="nowMs"/>). For SORT's BY and GET patterns.</summary>
    public static bool TryGet(ValueHeap values, EntryRef entry, ReadOnlySpan<byte> field, long nowMs, Span<byte> scratch, out ReadOnlySpan<byte> value)
    {
        FieldPosition position = Find(values, entry.Block, field, nowMs);
        value = position.Exists ? Value(entry.Block, position, scratch) : default;
        return position.Exists;
    }

    /// <summary>Sets a field, whether it is there or not. O(1) amortised, O(n) in a small hash.</summary>
    /// <param name="values">The heap.</param>
    /// <param name="entry">The hash.</param>
    /// <param name="position">What <see cref="Find"/> has just said of the field.</param>
    /// <param name="field">The field.</param>
    /// <param name="value">Its value; must not lie in the hash.</param>
    /// <param name="expiryMs">Unix milliseconds, later than now; 0: it does not expire; <see cref="KeepExpiry"/>.</param>
    /// <param name="nowMs">The time.</param>
    /// <returns>The entry.</returns>
    public static byte* Put(
        ValueHeap values, byte* entry, FieldPosition position, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs, long nowMs)
    {
        if (expiryMs == KeepExpiry)
            expiryMs = position.Exists ? ExpiryMs(entry, position) : 0;
        if (!new EntryRef(entry).IsPointer)
        {
            if (FitsCompact(values, entry, field, value))
            {
                if (expiryMs > 0 && !CompactHash.HasTimes(entry))
                {
                    entry = CompactHash.AddTimes(values, entry);
                    position = CompactHash.Find(entry, field, nowMs);
                }

                entry = CompactHash.Put(values, entry, position.At, field, value, expiryMs);
                return CompactHash.Count(entry) > values.Limits.HashEntries ? Enlarge(values, entry, nowMs) : entry;
            }

            entry = Enlarge(values, entry, nowMs);
            position = Find(values, entry, field, nowMs);
        }

        if (position.At == null)
            LargeHash.Add(values, Large(entry), position.Hash, field, value, expiryMs, nowMs);
        else
            LargeHash.Change(values, Large(entry), position.Hash, position.At, value, expiryMs, nowMs);
        return entry;
    }

    /// <summary>Removes a field that is there, expired or not. The hash may be empty afterwards.</summary>
    /// <returns>The entry.</returns>
    public static byte* Remove(ValueHeap values, byte* entry, FieldPosition position)
    {
        Debug.Assert(position.At != null, "there is something to remove");
        if (!new EntryRef(entry).IsPointer)
            return CompactHash.Remove(values, entry, position.At);
        LargeHash.Remove(values, Large(entry), position.Hash, position.At);
        return entry;
    }

    /// <summary>Frees some of the value. One element (or block of a few) costs one unit of <paramref name="budget"/>.</summary>
    /// <returns>
    /// True: all is freed, the entry's block included. False: the budget is used up; to be called again with the same entry, which is in no table.
    /// </returns>
    public static bool Free(ValueHeap values, byte* entry, ref int budget)
    {
        if (!new EntryRef(entry).IsPointer)
        {
            CompactValue.Free(values.Heap, entry);
            budget--;
            return true;
        }

        if (!LargeHash.Free(values, Large(entry), ref budget))
            return false;
        EntryBlock.Free(values.Heap, entry);
        return true;
    }

    /// <summary>About how many units of budget <see cref="Free"/> will take. O(1).</summary>
    public static long FreeEffort(EntryRef entry) => entry.IsPointer ? Large(entry.Block)->Table.Count + 1 : 1;

    /// <summary>
    /// A copy under another key, perhaps in another shard's heap (COPY, RENAME between shards): same encoding, expiry and access clock. O(n).
    /// </summary>
    public static byte* Copy(ValueHeap from, ValueHeap to, byte* entry, ReadOnlySpan<byte> key)
    {
        var source = new EntryRef(entry);
        if (!source.IsPointer)
            return CompactValue.Copy(to.Heap, entry, key);
        LargeHash* copy = LargeHash.Create(to);
        LargeHash.Copy(from, Large(entry), to, copy);
        return EntryBlock.CreatePointer(to.Heap, ValueType.Hash, ValueEncoding.HashTable, key, (byte*)copy, source.ExpiryMs, source.AccessClock);
    }

    /// <summary>Heap bytes of entry and value, estimated from <paramref name="samples"/> fields (0: all are looked at).</summary>
    public static long MemoryBytes(ValueHeap values, EntryRef entry, long samples)
    {
        if (!entry.IsPointer)
            return CompactValue.MemoryBytes(entry.Block);
        ExtendibleTable<FieldLayout> table = LargeHash.TableOf(values, Large(entry.Block));
        var visitor = default(SizeVisitor);
        ulong cursor = 0;
        do
            cursor = table.Scan(cursor, ref visitor);
        while (cursor != 0 && (samples == 0 || visitor.Fields < samples));
        long fields = visitor.Fields == 0 ? 0 : (long)((double)visitor.Bytes * table.Count / visitor.Fields);
        return NativeHeap.UsableSize(entry.BlockBytes) + NativeHeap.UsableSize(sizeof(LargeHash)) + table.MemoryBytes + fields;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static LargeHash* Large(byte* entry) => (LargeHash*)new EntryRef(entry).Pointer;

    private static bool FitsCompact(ValueHeap values, byte* entry, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        long limit = values.Limits.HashValueBytes;
        CompactValue.Bytes(entry, out int length);
        return field.Length <= limit && value.Length <= limit && (long)length + field.Length + value.Length < CompactBytesMax;
    }

    private static byte* Enlarge(ValueHeap values, byte* entry, long nowMs)
    {
        LargeHash* large = LargeHash.Create(values);
        var old = new EntryRef(entry);
        bool hasTimes = CompactHash.HasTimes(entry);
        large->MayExpire = hasTimes;
        Span<byte> fieldScratch = stackalloc byte[ScratchBytes];
        Span<byte> valueScratch = stackalloc byte[ScratchBytes];
        for (byte* at = CompactHash.First(entry, out byte* end); at < end; at = CompactHash.Next(at, hasTimes))
        {
            ReadOnlySpan<byte> field = Listpack.Text(at, fieldScratch);
            ReadOnlySpan<byte> value = Listpack.Text(Listpack.Next(at), valueScratch);
            LargeHash.Add(values, large, LargeHash.HashOf(values, field), field, value, hasTimes ? CompactHash.ExpiryOf(at) : 0, nowMs);
        }

        byte* enlarged = EntryBlock.CreatePointer(
            values.Heap, ValueType.Hash, ValueEncoding.HashTable, old.Key, (byte*)large, old.ExpiryMs, old.AccessClock);
        CompactValue.Free(values.Heap, entry);
        return enlarged;
    }

    private struct SizeVisitor : IEntryVisitor
    {
        public long Fields, Bytes;

        public void Visit(byte* entry)
        {
            Fields++;
            Bytes += NativeHeap.UsableSize(new FieldEntry(entry).BlockBytes);
        }
    }
}
