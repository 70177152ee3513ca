using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. What is done to a sorted set as a whole: free, copy, measure, scan.
public static unsafe partial class SortedSetValue
{
    /// <summary>Frees some of the value. One element (or block of a few) costs one unit of <paramref name="budget"/>.</summary>
    /// <returns>
    /// True: all is freed, the entry's block included. False: the budget is used up; to be called again with the same entry, which is in no table.
    /// </returns>
    public static bool Free(ValueHeap values, byte* entry, ref int budget)
    {
        var view = new EntryRef(entry);
        if (!view.IsPointer)
        {
            CompactValue.Free(values.Heap, entry);
            budget--;
            return true;
        }

        if (!LargeSortedSet.Of(values, view).Free(ref budget))
            return false;
        EntryBlock.Free(values.Heap, entry);
        return true;
    }

    /// <summary>About how many units of budget <see cref="Free"/> will take. O(1).</summary>
    public static long FreeEffort(EntryRef entry) => entry.IsPointer ? Count(entry) : 1;

    /// <summary>
    /// A copy under another key, perhaps in another shard's heap (COPY, RENAME between shards): same encoding, expiry and access clock. O(n).
    /// </summary>
    public static byte* Copy(ValueHeap from, ValueHeap to, byte* entry, ReadOnlySpan<byte> key)
    {
        var view = new EntryRef(entry);
        if (!view.IsPointer)
            return CompactValue.Copy(to.Heap, entry, key);
        var set = LargeSortedSet.Create(to);
        SortedSetIterator members = FromRank(from, view, 0);
        while (members.MoveNext())
            set.Append(members.MemberView, members.Score);
        return EntryBlock.CreatePointer(
            to.Heap, ValueType.SortedSet, ValueEncoding.SkipList, key, (byte*)set.Header, view.ExpiryMs, view.AccessClock);
    }

    /// <summary>Heap bytes of entry and value: exact, so the samples (see <see cref="HashValue.MemoryBytes"/>) are not needed. O(1).</summary>
    public static long MemoryBytes(ValueHeap values, EntryRef entry, long samples) =>
        entry.IsPointer
            ? NativeHeap.UsableSize(entry.BlockBytes) + LargeSortedSet.Of(values, entry).MemoryBytes
            : CompactValue.MemoryBytes(entry.Block);

    /// <summary>
    /// Visits the members at a cursor and returns the next one, 0 at the end: what stays in the set from the first call (cursor 0) to the last is visited at
    /// least once. A compact set is visited as a whole. O(1) per call for a large set.
    /// </summary>
    public static ulong Scan<TVisitor>(ValueHeap values, EntryRef entry, ulong cursor, ref TVisitor visitor)
        where TVisitor : struct, IScoredMemberVisitor, allows ref struct
    {
        if (entry.IsPointer)
        {
            var blocks = new BlockVisitor<TVisitor>(Unsafe.AsPointer(ref visitor));
            return LargeSortedSet.Of(values, entry).Table.Scan(cursor, ref blocks);
        }

        byte* content = CompactValue.Bytes(entry.Block, out int length);
        for (byte* at = content + CompactSortedSet.HeaderBytes; at < content + length; at = CompactSortedSet.Next(at))
            visitor.Visit(CompactSortedSet.Member(at), CompactSortedSet.Score(at));
        return 0;
    }

    // A ref struct cannot be referred to by a field; the visitor stands on the stack of the caller, and stays there.
    private readonly struct BlockVisitor<TVisitor>(void* visitor) : IEntryVisitor
        where TVisitor : struct, IScoredMemberVisitor, allows ref struct
    {
        private readonly void* _visitor = visitor;

        public void Visit(byte* entry) => Unsafe.AsRef<TVisitor>(_visitor).Visit(ScoredMember.Member(entry), ScoredMember.Score(entry));
    }
}

/// <summary>Receives the members of a scan; must not change the sorted set.</summary>
public interface IScoredMemberVisitor
{
    /// <summary>Called once per member.</summary>
    void Visit(ReadOnlySpan<byte> member, double score);
}
