using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// A large set: what the entry's pointer refers to.
//
//   entry ──► TableHeader ──► directory ──► segments of buckets ──► one block per member (SetMember)
//
//   add, remove, contains   O(1): a bucket, and the member's block
//   random                  O(1) expected
//   walk                    O(n)
//
// 1 M members of 8 bytes: 16 bytes of block and 7.5 of table each.

/// <summary>A view of the native structure of a large set. Data plane.</summary>
internal readonly unsafe struct SetTable(ValueHeap values, TableHeader* header)
{
    private readonly ValueHeap _values = values;
    private readonly TableHeader* _header = header;

    internal SetTable(ValueHeap values, EntryRef entry)
        : this(values, (TableHeader*)entry.Pointer)
    {
    }

    internal long Count => _header->Count;

    internal ExtendibleTable<SetMemberLayout> Table
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_values.Heap, _values.HashSeed, _header);
    }

    /// <summary>A new structure without members.</summary>
    internal static TableHeader* Create(ValueHeap values)
    {
        var header = (TableHeader*)values.Heap.Allocate(sizeof(TableHeader));
        header->Initialize(values.HashSeed);
        return header;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong HashOf(ReadOnlySpan<byte> member, ulong seed)
    {
        fixed (byte* text = member)
            return KeyHash.Compute(text, member.Length, seed);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Contains(ReadOnlySpan<byte> member) => Table.Find(HashOf(member, _values.HashSeed), member) != null;

    /// <summary>Adds a member if it is new.</summary>
    internal bool Add(ReadOnlySpan<byte> member)
    {
        ulong hash = HashOf(member, _values.HashSeed);
        if (Table.Find(hash, member) != null)
            return false;
        Insert(hash, member);
        return true;
    }

    /// <summary>Adds a member that is known to be new.</summary>
    internal void AddNew(ReadOnlySpan<byte> member) => Insert(HashOf(member, _values.HashSeed), member);

    internal bool Remove(ReadOnlySpan<byte> member)
    {
        ulong hash = HashOf(member, _values.HashSeed);
        byte* block = Table.Find(hash, member);
        if (block == null)
            return false;
        Remove(hash, block);
        return true;
    }

    /// <summary>Removes the member whose block <see cref="ExtendibleTable{TLayout}.Random"/> has given.</summary>
    internal void Remove(byte* block) => Remove(HashOf(SetMemberLayout.KeyOf(block), _values.HashSeed), block);

    /// <summary>Frees up to about <paramref name="budget"/> members; true: all is gone, the header too.</summary>
    internal bool Free(ref int budget)
    {
        var visitor = new FreeVisitor { Heap = _values.Heap };
        var table = Table;
        while (table.Count > 0)
        {
            if (budget <= 0)
                return false;
            budget -= table.Drain(ref visitor, budget);
        }

        // The buckets are freed by the call that finds none of them taken.
        table.Drain(ref visitor, int.MaxValue);
        _values.Heap.Free((byte*)_header, sizeof(TableHeader));
        return true;
    }

    /// <summary>Heap bytes, from the mean of the first <paramref name="samples"/> members of a walk (0: all).</summary>
    internal long MemoryBytes(long samples)
    {
        long looked = 0;
        long bytes = 0;
        var walk = new TableWalk(_header);
        for (byte* block = walk.Next(); block != null; block = walk.Next())
        {
            bytes += NativeHeap.UsableSize(SetMember.BytesOf(block));
            if (++looked == samples)
                break;
        }

        long members = looked == 0 ? 0 : (long)((double)bytes / looked * Count);
        return NativeHeap.UsableSize(sizeof(TableHeader)) + Table.MemoryBytes + members;
    }

    private void Insert(ulong hash, ReadOnlySpan<byte> member)
    {
        byte* block = SetMember.Create(_values.Heap, member);
        Table.Insert(hash, block);
        _values.Watch?.Added((byte*)_header, block);
    }

    private void Remove(ulong hash, byte* block)
    {
        _values.Watch?.BeforeChange((byte*)_header, block, isRemoved: true);
        Table.Remove(hash, block);
        SetMember.Free(_values.Heap, block);
    }

    private struct FreeVisitor : IEntryVisitor
    {
        public NativeHeap Heap;

        public readonly void Visit(byte* entry) => SetMember.Free(Heap, entry);
    }
}
