using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// A set has one of three encodings, and goes down this list only (as in Redis 7.4), by set-max-intset-entries and set-max-listpack-entries / -value:
//
//   IntSet      integers only; sorted                          IntSet.cs        add, remove O(n), contains O(log n)
//   Listpack    few and short members, in order of arrival     Listpack.cs      O(n)
//   HashTable   the rest                                       SetTable.cs      O(1)
//
// An integer set that gets a text becomes a listpack if it is within a listpack's limits, else a table; one that gets too many integers becomes a table.

/// <summary>Entries whose value is a set. Data plane.</summary>
public static unsafe partial class SetValue
{
    /// <summary>Number of members. O(1) (O(n) for a listpack of more than 65,534, which no default configuration makes).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Count(EntryRef entry)
    {
        if (entry.Encoding == ValueEncoding.HashTable)
            return ((TableHeader*)entry.Pointer)->Count;
        byte* content = CompactValue.Bytes(entry.Block, out int length);
        return entry.Encoding == ValueEncoding.IntSet ? IntSet.Count(content, length) : Listpack.Count(content, length);
    }

    /// <summary>A new set without members, which the caller fills at once.</summary>
    public static byte* Create(ValueHeap values, ReadOnlySpan<byte> key, long expiryMs = -1, uint clock = 0) => IntSet.Create(values, key, expiryMs, clock);

    /// <summary>A new set without members, in the encoding that suits a first member and the number that is to come.</summary>
    public static byte* CreateFor(ValueHeap values, ReadOnlySpan<byte> key, ReadOnlySpan<byte> first, long membersExpected, uint clock = 0)
    {
        if (membersExpected <= values.Limits.IntSetEntries && IntegerText.TryParse(first, out _))
            return IntSet.Create(values, key, -1, clock);
        return membersExpected <= values.Limits.SetEntries
            ? ListpackEntry.Create(values, ValueType.Set, ValueEncoding.Listpack, key, -1, clock)
            : CreateTable(values, key, -1, clock);
    }

    /// <summary>A new set without members that is a table from the start: for the many members of an intermediate result.</summary>
    public static byte* CreateTable(ValueHeap values, ReadOnlySpan<byte> key, long expiryMs = -1, uint clock = 0)
    {
        TableHeader* header = SetTable.Create(values);
        return EntryBlock.CreatePointer(values.Heap, ValueType.Set, ValueEncoding.HashTable, key, (byte*)header, expiryMs, clock);
    }

    /// <summary>Converts a set to which more members than its encoding may have are about to be added.</summary>
    /// <returns>The entry.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Expect(ValueHeap values, byte* entry, long membersExpected)
    {
        ValueEncoding encoding = new EntryRef(entry).Encoding;
        bool exceeds = (encoding == ValueEncoding.Listpack && membersExpected > values.Limits.SetEntries)
            || (encoding == ValueEncoding.IntSet && membersExpected > values.Limits.IntSetEntries);
        return exceeds ? ToTable(values, entry) : entry;
    }

    /// <summary>Adds a member; <paramref name="added"/> tells whether it is new.</summary>
    /// <returns>The entry.</returns>
    public static byte* Add(ValueHeap values, byte* entry, ReadOnlySpan<byte> member, out bool added)
    {
        var view = new EntryRef(entry);
        switch (view.Encoding)
        {
            case ValueEncoding.HashTable:
                added = new SetTable(values, view).Add(member);
                return entry;
            case ValueEncoding.IntSet:
                return IntegerText.TryParse(member, out long integer)
                    ? AddInteger(values, entry, integer, out added)
                    : AddTextToIntSet(values, entry, member, out added);
            default:
                return AddToListpack(values, entry, member, out added);
        }
    }

    /// <summary>Removes a member; a set that has become empty is the caller's to remove.</summary>
    /// <returns>The entry.</returns>
    public static byte* Remove(ValueHeap values, byte* entry, ReadOnlySpan<byte> member, out bool removed)
    {
        var view = new EntryRef(entry);
        switch (view.Encoding)
        {
            case ValueEncoding.HashTable:
                removed = new SetTable(values, view).Remove(member);
                return entry;
            case ValueEncoding.IntSet:
                removed = false;
                return IntegerText.TryParse(member, out long integer) ? IntSet.Remove(values.Heap, entry, integer, out removed) : entry;
            default:
                byte* content = CompactValue.Bytes(entry, out int length);
                byte* found = Listpack.Find(content + Listpack.HeaderBytes, content + length, member, 1);
                removed = found != null;
                return removed ? ListpackEntry.Delete(values, entry, (int)(found - content), 1) : entry;
        }
    }

    /// <summary>Begins to load where a large set would have a member: for the look-ups of a batch, whose cache misses overlap then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(ValueHeap values, EntryRef entry, ReadOnlySpan<byte> member)
    {
        if (entry.Encoding == ValueEncoding.HashTable)
            new SetTable(values, entry).Table.PrefetchBucket(SetTable.HashOf(member, values.HashSeed));
    }

    /// <summary>Whether it is a member.</summary>
    public static bool Contains(ValueHeap values, EntryRef entry, ReadOnlySpan<byte> member)
    {
        if (entry.Encoding == ValueEncoding.HashTable)
            return new SetTable(values, entry).Contains(member);
        byte* content = CompactValue.Bytes(entry.Block, out int length);
        if (entry.Encoding == ValueEncoding.IntSet)
            return IntegerText.TryParse(member, out long integer) && IntSet.Contains(content, length, integer);
        return Listpack.Find(content + Listpack.HeaderBytes, content + length, member, 1) != null;
    }

    /// <summary>Walks the members in no particular order; the set must not change meanwhile.</summary>
    public static SetIterator Iterate(ValueHeap values, EntryRef entry) => new(entry);

    /// <summary>
    /// Visits the members of a large set at a cursor and returns the next one; 0: done. What stays in the set during a whole iteration is visited at least
    /// once (<see cref="ExtendibleTable{TLayout}.Scan"/>).
    /// </summary>
    public static ulong Scan<TVisitor>(ValueHeap values, EntryRef entry, ulong cursor, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        var members = new ScanVisitor<TVisitor> { Inner = visitor };
        cursor = new SetTable(values, entry).Table.Scan(cursor, ref members);
        visitor = members.Inner;
        return cursor;
    }

    /// <summary>Frees some of the value. One element (or block of a few) costs one unit of <paramref name="budget"/>.</summary>
    /// <returns>True: all is freed, the entry's block included. False: the budget is used up; to be called again with the same entry, in no table.</returns>
    public static bool Free(ValueHeap values, byte* entry, ref int budget)
    {
        var view = new EntryRef(entry);
        if (view.Encoding != ValueEncoding.HashTable)
        {
            CompactValue.Free(values.Heap, entry);
            budget--;
            return true;
        }

        if (!new SetTable(values, view).Free(ref budget))
            return false;
        EntryBlock.Free(values.Heap, entry);
        budget--;
        return true;
    }

    /// <summary>About how many units of budget <see cref="Free"/> will take. O(1).</summary>
    public static long FreeEffort(EntryRef entry) => entry.Encoding == ValueEncoding.HashTable ? Count(entry) : 1;

    /// <summary>A copy under another key, perhaps in another shard's heap (COPY, RENAME): same encoding, expiry and access clock. O(n).</summary>
    public static byte* Copy(ValueHeap from, ValueHeap to, byte* entry, ReadOnlySpan<byte> key)
    {
        var source = new EntryRef(entry);
        if (source.Encoding != ValueEncoding.HashTable)
            return CompactValue.Copy(to.Heap, entry, key);
        byte* copy = CreateTable(to, key, source.ExpiryMs, source.AccessClock);
        AddAll(to, new EntryRef(copy), source);
        return copy;
    }

    /// <summary>Heap bytes of entry and value, estimated from <paramref name="samples"/> members (0: all are looked at).</summary>
    public static long MemoryBytes(ValueHeap values, EntryRef entry, long samples)
    {
        if (entry.Encoding != ValueEncoding.HashTable)
            return CompactValue.MemoryBytes(entry.Block);
        return NativeHeap.UsableSize(entry.BlockBytes) + new SetTable(values, entry).MemoryBytes(samples);
    }

    private static byte* AddInteger(ValueHeap values, byte* entry, long integer, out bool added)
    {
        entry = IntSet.Add(values.Heap, entry, integer, out added);
        return added && Count(new EntryRef(entry)) > Math.Min(values.Limits.IntSetEntries, IntSet.MembersMax) ? ToTable(values, entry) : entry;
    }

    private static byte* AddToListpack(ValueHeap values, byte* entry, ReadOnlySpan<byte> member, out bool added)
    {
        byte* content = CompactValue.Bytes(entry, out int length);
        added = Listpack.Find(content + Listpack.HeaderBytes, content + length, member, 1) == null;
        if (!added)
            return entry;
        if (Listpack.Count(content, length) < values.Limits.SetEntries && member.Length <= values.Limits.SetValueBytes
            && length + (long)member.Length <= ListpackBytesMax)
            return ListpackEntry.Insert(values, entry, length, member);
        entry = ToTable(values, entry);
        new SetTable(values, new EntryRef(entry)).AddNew(member);
        return entry;
    }

    private static byte* AddTextToIntSet(ValueHeap values, byte* entry, ReadOnlySpan<byte> member, out bool added)
    {
        added = true;
        byte* content = CompactValue.Bytes(entry, out int length);
        int count = IntSet.Count(content, length);
        int textBytes = count == 0
            ? 0
            : Math.Max(IntegerText.LengthOf(IntSet.At(content, 0)), IntegerText.LengthOf(IntSet.At(content, count - 1)));
        if (count < values.Limits.SetEntries && Math.Max(textBytes, member.Length) <= values.Limits.SetValueBytes
            && (long)count * ListpackIntegerBytesMax + member.Length <= ListpackBytesMax)
        {
            entry = ToListpack(values, entry);
            CompactValue.Bytes(entry, out length);
            return ListpackEntry.Insert(values, entry, length, member);
        }

        entry = ToTable(values, entry);
        new SetTable(values, new EntryRef(entry)).AddNew(member);
        return entry;
    }

    private ref struct ScanVisitor<TVisitor> : IEntryVisitor
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        public TVisitor Inner;

        public void Visit(byte* entry) => Inner.Visit(SetMemberLayout.KeyOf(entry));
    }
}

/// <summary>Receives members of a set.</summary>
public interface ISetVisitor
{
    /// <summary>Called once per member, whose text is valid during the call only. Must not change the set.</summary>
    void Visit(scoped ReadOnlySpan<byte> member);
}
