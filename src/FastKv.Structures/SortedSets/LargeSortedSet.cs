using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. A large sorted set (encoding "skiplist" to clients): a table of the members by name, and a tree of them by score.
//
//   entry --pointer--> SortedSetHeader { table header | tree header | bytes }
//                            |               |
//                      ExtendibleTable   ScoreTree           both refer to the member blocks {score, member}
//
//   bytes per member of 10 bytes: block 24, table 7.5, leaf 13 to 19, inner nodes 0.7
//
//   score of a member   O(1)       the table
//   rank of a member    O(log n)   table, then tree
//   add, change, remove O(log n)

/// <summary>The state of a large sorted set; an entry's pointer leads to it.</summary>
internal unsafe struct SortedSetHeader
{
    internal TableHeader Table;
    internal ScoreTreeHeader Tree;

    /// <summary>Heap bytes of the member blocks.</summary>
    internal long MemberBytes;
}

/// <summary>A view of a large sorted set.</summary>
internal readonly unsafe struct LargeSortedSet
{
    private readonly SortedSetHeader* _header;
    private readonly ValueHeap _values;

    internal LargeSortedSet(ValueHeap values, SortedSetHeader* header)
    {
        _header = header;
        _values = values;
    }

    internal SortedSetHeader* Header => _header;

    internal long Count => _header->Table.Count;

    internal ExtendibleTable<ScoredMemberLayout> Table => new(_values.Heap, _values.HashSeed, &_header->Table);

    internal ScoreTree Tree => new(_values.Heap, &_header->Tree);

    internal long MemoryBytes => sizeof(SortedSetHeader) + _header->Table.MemoryBytes + _header->Tree.MemoryBytes + _header->MemberBytes;

    internal static LargeSortedSet Create(ValueHeap values)
    {
        var header = (SortedSetHeader*)values.Heap.Allocate(sizeof(SortedSetHeader));
        *header = default;
        header->Table.Initialize(values.HashSeed);
        return new LargeSortedSet(values, header);
    }

    internal static LargeSortedSet Of(ValueHeap values, EntryRef entry) => new(values, (SortedSetHeader*)entry.Pointer);

    internal ulong HashOf(ReadOnlySpan<byte> member) => ScoredMember.HashOf(member, _values.HashSeed);

    /// <summary>The member's block, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* Find(ReadOnlySpan<byte> member) => Table.Find(HashOf(member), member);

    /// <summary>Adds a member that is not in the set.</summary>
    internal void Add(ulong hash, ReadOnlySpan<byte> member, double score) => Tree.Insert(score, AddToTable(hash, member, score));

    /// <summary>Adds a member behind all others.</summary>
    internal void Append(ReadOnlySpan<byte> member, double score) => Tree.Append(score, AddToTable(HashOf(member), member, score));

    /// <summary>Makes a block and enters it in the table alone.</summary>
    internal byte* AddToTable(ulong hash, ReadOnlySpan<byte> member, double score)
    {
        byte* block = ScoredMember.Create(_values.Heap, member, score);
        _header->MemberBytes += ScoredMember.MemoryBytes(block);
        Table.Insert(hash, block);
        _values.Watch?.Added((byte*)_header, block);
        return block;
    }

    /// <summary>Changes a member's score.</summary>
    internal void Change(byte* block, double score)
    {
        _values.Watch?.BeforeChange((byte*)_header, block, isRemoved: false);
        Tree.Move(block, ScoredMember.Score(block), score);
        ScoredMember.SetScore(block, score);
        _values.Watch?.Added((byte*)_header, block);
    }

    /// <summary>Removes a member; whether it was there.</summary>
    internal bool Remove(ReadOnlySpan<byte> member)
    {
        ulong hash = HashOf(member);
        ExtendibleTable<ScoredMemberLayout> table = Table;
        byte* block = table.Find(hash, member);
        if (block == null)
            return false;
        _values.Watch?.BeforeChange((byte*)_header, block, isRemoved: true);
        ScoreTree tree = Tree;
        Leaf* leaf = tree.FindExisting(ScoredMember.Score(block), block, out int index, out TreePath path);
        tree.RemoveRun(leaf, index, 1, ref path);
        table.Remove(hash, block);
        FreeBlock(block);
        return true;
    }

    /// <summary>Removes the members of ranks [rank, rank + count).</summary>
    internal void RemoveRange(long rank, long count)
    {
        ScoreTree tree = Tree;
        ulong* hashes = stackalloc ulong[Leaf.ItemsMax];
        while (count > 0)
        {
            Leaf* leaf = tree.AtRank(rank, out int index, out TreePath path);
            int run = (int)Math.Min(count, leaf->Count - index);
            RemoveFromTable(leaf, index, run, hashes);
            tree.RemoveRun(leaf, index, run, ref path);
            count -= run;
        }
    }

    /// <summary>Begins to load what a lookup of the member needs first.</summary>
    internal void Prefetch(ReadOnlySpan<byte> member) => Table.PrefetchBucket(HashOf(member));

    /// <summary>Frees some of it, one unit of budget per member or node; true: all is freed.</summary>
    internal bool Free(ref int budget)
    {
        if (_header->Table.Directory != null)
        {
            var visitor = new FreeVisitor { Heap = _values.Heap };
            ExtendibleTable<ScoredMemberLayout> table = Table;
            budget -= table.Drain(ref visitor, budget);
            if (_header->Table.Directory != null)
                return false;
        }

        if (!Tree.Free(ref budget))
            return false;
        _values.Heap.Free((byte*)_header, sizeof(SortedSetHeader));
        return true;
    }

    // Three passes over the items of a leaf, so that the cache misses of blocks and buckets overlap.
    private void RemoveFromTable(Leaf* leaf, int index, int count, ulong* hashes)
    {
        ExtendibleTable<ScoredMemberLayout> table = Table;
        for (int i = 0; i < count; i++)
            Structures.Prefetch.Line(Leaf.BlockAt(leaf, index + i));
        for (int i = 0; i < count; i++)
        {
            hashes[i] = HashOf(ScoredMember.Member(Leaf.BlockAt(leaf, index + i)));
            table.PrefetchBucket(hashes[i]);
        }

        for (int i = 0; i < count; i++)
        {
            byte* block = Leaf.BlockAt(leaf, index + i);
            _values.Watch?.BeforeChange((byte*)_header, block, isRemoved: true);
            table.Remove(hashes[i], block);
            FreeBlock(block);
        }
    }

    private void FreeBlock(byte* block)
    {
        _header->MemberBytes -= ScoredMember.MemoryBytes(block);
        ScoredMember.Free(_values.Heap, block);
    }

    private struct FreeVisitor : IEntryVisitor
    {
        internal NativeHeap Heap;

        public readonly void Visit(byte* entry) => ScoredMember.Free(Heap, entry);
    }
}
