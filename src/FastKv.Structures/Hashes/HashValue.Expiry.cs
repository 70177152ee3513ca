using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// Times to live of fields.
public static unsafe partial class HashValue
{
    // What the first byte of an entry says of hashes whose fields may expire: type 4, encodings 4 and 6.
    private const int KindMask = 0xDF;
    private const int Kind = (int)ValueType.Hash | (int)ValueEncoding.ListpackEx << 4;

    /// <summary>Whether fields of the entry (of any type) have, or had, times to live. O(1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MayExpireFields(EntryRef entry)
    {
        if (!MayHaveTimes(entry.Block))
            return false;
        return !entry.IsPointer || Large(entry.Block)->MayExpire;
    }

    /// <summary>Whether fields of the hash have times to live now, due ones included; of a small one that once had some it may be told wrongly. O(1).</summary>
    public static bool HasExpiringFields(EntryRef entry) => entry.IsPointer ? Large(entry.Block)->ExpiringCount > 0 : MayExpireFields(entry);

    /// <summary>A time before which no field expires, in Unix milliseconds; 0: none does. O(1).</summary>
    public static long NextExpiryMs(EntryRef entry)
    {
        if (!entry.IsPointer)
            return CompactHash.HasTimes(entry.Block) ? CompactHash.NextExpiryMs(entry.Block) : 0;
        long next = Large(entry.Block)->NextExpiryMs;
        return next == LargeHash.Never ? 0 : next;
    }

    /// <summary>Whether fields may have expired that have not been removed yet. O(1).</summary>
    public static bool IsAnyDue(EntryRef entry, long nowMs)
    {
        long next = NextExpiryMs(entry);
        return next > 0 && next <= nowMs;
    }

    /// <summary>Gives a field that exists a time to live, or (0) takes it away.</summary>
    /// <returns>The entry.</returns>
    public static byte* SetExpiry(ValueHeap values, byte* entry, FieldPosition position, ReadOnlySpan<byte> field, long expiryMs, long nowMs)
    {
        if (new EntryRef(entry).IsPointer)
        {
            LargeHash.Change(values, Large(entry), position.Hash, position.At, new FieldEntry(position.At).Value, expiryMs, nowMs);
            return entry;
        }

        byte* at = position.At;
        if (!CompactHash.HasTimes(entry))
        {
            if (expiryMs == 0)
                return entry;
            entry = CompactHash.AddTimes(values, entry);
            at = CompactHash.Find(entry, field, nowMs).At;
        }

        CompactHash.SetExpiry(entry, at, expiryMs);
        return entry;
    }

    /// <summary>
    /// Removes fields that have expired. A field, or a look at 16 buckets, costs a unit of <paramref name="budget"/>. The hash may be empty then.
    /// </summary>
    /// <param name="values">The heap.</param>
    /// <param name="entry">The hash.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="budget">Bounds the work in a large hash; below 1 when it is used up.</param>
    /// <param name="going">Gets the fields that are about to go.</param>
    /// <param name="removed">How many fields have gone.</param>
    /// <param name="isDone">Whether the whole hash has been looked at; false: to be called again soon.</param>
    /// <returns>The entry.</returns>
    public static byte* Sweep<TVisitor>(
        ValueHeap values, byte* entry, long nowMs, ref int budget, ref TVisitor going, out long removed, out bool isDone)
        where TVisitor : struct, IFieldVisitor
    {
        removed = 0;
        isDone = true;
        if (new EntryRef(entry).IsPointer)
        {
            isDone = LargeHash.Sweep(values, Large(entry), nowMs, ref budget, ref going, ref removed);
            return entry;
        }

        if (!CompactHash.HasTimes(entry))
            return entry;
        budget -= (int)Math.Min(int.MaxValue / 2, CompactHash.Count(entry));
        return CompactHash.RemoveDue(values, entry, nowMs, ref going, out removed);
    }

    /// <summary>For the keyspace's table: one compare for all but hashes that may have times to live.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool MayHaveTimes(byte* entry) => (*entry & KindMask) == Kind;
}
