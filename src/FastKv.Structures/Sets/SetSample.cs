using System.Numerics;
using FastKv.Memory;

namespace FastKv.Structures;

// Members drawn at random. Which way is cheapest depends on the encoding and on how many are asked for:
//
//   compact value, distinct   Floyd's choice of k out of n positions in a bitmap (Bentley and Floyd, CACM 30:9, 1987), then one pass     O(k + n / 64)
//   table, k ≤ n / 3          draw and drop what was drawn already; expected 1.2 draws per member at most                              O(k)
//   table, k > n / 3          selection sampling (Knuth, TAOCP 3.4.2 S) over one walk                                                  O(n) = O(k)
//   with repetition           k draws; of a listpack with the offsets noted down once                                                  O(k), O(k + n)
//
// A listpack has to be walked for any position, so "n / 64" is n there; n is 128 by default.

/// <summary>Random members of a set. Each subset, or sequence, is as likely as any other (of a table up to the noise of
/// <see cref="ExtendibleTable{TLayout}.Random"/>). Data plane.</summary>
public static unsafe class SetSample
{
    /// <summary>Members of a compact value whose bitmap or offsets stand on the stack.</summary>
    private const int OnStackMax = 1024;

    /// <summary>A table that asks for more than one in so many members is walked.</summary>
    private const int WalkFromFraction = 3;

    /// <summary>From so many draws on it pays to note down where a listpack's elements start.</summary>
    private const int OffsetsFromDraws = 4;

    /// <summary>A random member of a set that has some: a view of it, or of <paramref name="scratch"/> (<see cref="Listpack.ScratchBytes"/>).</summary>
    public static ReadOnlySpan<byte> One(ValueHeap values, EntryRef entry, ref RandomSource random, Span<byte> scratch)
    {
        if (entry.Encoding == ValueEncoding.HashTable)
            return SetMemberLayout.KeyOf(new SetTable(values, entry).Table.Random(ref random));
        byte* content = CompactValue.Bytes(entry.Block, out int length);
        if (entry.Encoding == ValueEncoding.IntSet)
            return TextOf(IntSet.At(content, (int)random.Below(IntSet.Count(content, length))), scratch);
        return Listpack.Text(Listpack.At(content, length, random.Below(Listpack.Count(content, length))), scratch);
    }

    /// <summary>Visits <paramref name="count"/> (less than all) distinct members.</summary>
    public static void Distinct<TVisitor>(ValueHeap values, EntryRef entry, long count, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        if (entry.Encoding != ValueEncoding.HashTable)
            DistinctOfCompact(values, entry, (int)count, ref random, ref visitor);
        else if (count > SetValue.Count(entry) / WalkFromFraction)
            Select((TableHeader*)entry.Pointer, count, ref random, ref visitor);
        else
            DrawDistinct(values, entry, count, ref random, ref visitor);
    }

    /// <summary>Visits <paramref name="count"/> members, each drawn from all.</summary>
    public static void Repeated<TVisitor>(ValueHeap values, EntryRef entry, long count, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        if (entry.Encoding == ValueEncoding.Listpack && count >= OffsetsFromDraws)
        {
            RepeatedOfListpack(values, entry, count, ref random, ref visitor);
            return;
        }

        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        for (; count > 0; count--)
            visitor.Visit(One(values, entry, ref random, scratch));
    }

    /// <summary>Removes <paramref name="count"/> (less than all) random members and visits each.</summary>
    /// <returns>The entry.</returns>
    public static byte* Pop<TVisitor>(ValueHeap values, byte* entry, long count, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        var view = new EntryRef(entry);
        if (view.Encoding != ValueEncoding.HashTable)
            return PopOfCompact(values, entry, (int)count, ref random, ref visitor);
        var set = new SetTable(values, view);
        for (; count > 0; count--)
        {
            byte* block = set.Table.Random(ref random);
            visitor.Visit(SetMemberLayout.KeyOf(block));
            set.Remove(block);
        }

        return entry;
    }

    /// <summary>
    /// Moves <paramref name="keep"/> random members of a table to a new set with the same key, expiry and clock, for a caller that takes the many others:
    /// they stay in the old entry. O(keep). As in Redis the new set begins as a listpack.
    /// </summary>
    /// <returns>The new entry.</returns>
    public static byte* Split(ValueHeap values, byte* entry, long keep, ref RandomSource random)
    {
        var view = new EntryRef(entry);
        var set = new SetTable(values, view);
        byte* kept = ListpackEntry.Create(values, ValueType.Set, ValueEncoding.Listpack, view.Key, view.ExpiryMs, view.AccessClock);
        for (; keep > 0; keep--)
        {
            byte* block = set.Table.Random(ref random);
            kept = SetValue.Add(values, kept, SetMemberLayout.KeyOf(block), out _);
            set.Remove(block);
        }

        return kept;
    }

    private static ReadOnlySpan<byte> TextOf(long integer, Span<byte> scratch) => scratch[..IntegerText.Format(integer, scratch)];

    // ---- Compact values ----

    private static void DistinctOfCompact<TVisitor>(ValueHeap values, EntryRef entry, int count, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        int members = (int)SetValue.Count(entry);
        int words = WordsFor(members);
        ulong* onStack = stackalloc ulong[OnStackMax / 64];
        ulong* chosen = words <= OnStackMax / 64 ? onStack : (ulong*)values.Heap.Allocate((long)words * sizeof(ulong));
        Choose(new Span<ulong>(chosen, words), members, count, ref random);
        byte* content = CompactValue.Bytes(entry.Block, out _);
        if (entry.Encoding == ValueEncoding.IntSet)
            VisitChosenIntegers(content, chosen, words, ref visitor);
        else
            VisitChosenElements(content + Listpack.HeaderBytes, chosen, count, ref visitor);
        if (chosen != onStack)
            values.Heap.Free((byte*)chosen, (long)words * sizeof(ulong));
    }

    private static int WordsFor(int members) => (members + 63) >> 6;

    // Floyd: j goes up to n - 1; of the positions up to j one is drawn, and j itself stands in for one that was drawn before.
    private static void Choose(Span<ulong> chosen, int members, int count, ref RandomSource random)
    {
        chosen.Clear();
        for (int j = members - count; j < members; j++)
        {
            int drawn = (int)random.Below(j + 1L);
            if ((chosen[drawn >> 6] >> (drawn & 63) & 1) != 0)
                drawn = j;
            chosen[drawn >> 6] |= 1UL << (drawn & 63);
        }
    }

    private static void VisitChosenIntegers<TVisitor>(byte* content, ulong* chosen, int words, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        for (int i = 0; i < words; i++)
        {
            for (ulong left = chosen[i]; left != 0; left &= left - 1)
                visitor.Visit(TextOf(IntSet.At(content, (i << 6) + BitOperations.TrailingZeroCount(left)), scratch));
        }
    }

    private static void VisitChosenElements<TVisitor>(byte* element, ulong* chosen, int count, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        for (int i = 0; count > 0; i++, element += Listpack.SizeOf(element))
        {
            if ((chosen[i >> 6] >> (i & 63) & 1) == 0)
                continue;
            visitor.Visit(Listpack.Text(element, scratch));
            count--;
        }
    }

    private static void RepeatedOfListpack<TVisitor>(ValueHeap values, EntryRef entry, long count, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        byte* content = CompactValue.Bytes(entry.Block, out int length);
        int members = (int)Listpack.Count(content, length);
        int* onStack = stackalloc int[OnStackMax];
        int* offsets = members <= OnStackMax ? onStack : (int*)values.Heap.Allocate((long)members * sizeof(int));
        byte* element = content + Listpack.HeaderBytes;
        for (int i = 0; i < members; i++, element += Listpack.SizeOf(element))
            offsets[i] = (int)(element - content);
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        for (; count > 0; count--)
            visitor.Visit(Listpack.Text(content + offsets[random.Below(members)], scratch));
        if (offsets != onStack)
            values.Heap.Free((byte*)offsets, (long)members * sizeof(int));
    }

    private static byte* PopOfCompact<TVisitor>(ValueHeap values, byte* entry, int count, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        int members = (int)SetValue.Count(new EntryRef(entry));
        int words = WordsFor(members);
        ulong* onStack = stackalloc ulong[OnStackMax / 64];
        ulong* chosen = words <= OnStackMax / 64 ? onStack : (ulong*)values.Heap.Allocate((long)words * sizeof(ulong));
        Choose(new Span<ulong>(chosen, words), members, count, ref random);
        bool isIntSet = new EntryRef(entry).Encoding == ValueEncoding.IntSet;
        byte* content = CompactValue.Bytes(entry, out int length);
        byte* end = isIntSet ? TakeIntegers(content, members, chosen, ref visitor) : TakeElements(content, length, members - count, chosen, ref visitor);
        entry = CompactValue.Resize(values.Heap, entry, (int)(end - content));
        if (chosen != onStack)
            values.Heap.Free((byte*)chosen, (long)words * sizeof(ulong));
        return entry;
    }

    // Visits the chosen ones and moves the others together; returns the new end.
    private static byte* TakeIntegers<TVisitor>(byte* content, int members, ulong* chosen, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        int width = *content;
        byte* to = content + IntSet.HeaderBytes;
        byte* from = to;
        for (int i = 0; i < members; i++, from += width)
        {
            if ((chosen[i >> 6] >> (i & 63) & 1) != 0)
            {
                visitor.Visit(TextOf(IntSet.Read(from, width, 0), scratch));
                continue;
            }

            Buffer.MemoryCopy(from, to, width, width);
            to += width;
        }

        return to;
    }

    private static byte* TakeElements<TVisitor>(byte* content, int length, int left, ulong* chosen, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        byte* to = content + Listpack.HeaderBytes;
        byte* end = content + length;
        int size;
        int i = 0;
        for (byte* from = to; from < end; from += size, i++)
        {
            size = Listpack.SizeOf(from);
            if ((chosen[i >> 6] >> (i & 63) & 1) != 0)
            {
                visitor.Visit(Listpack.Text(from, scratch));
                continue;
            }

            Buffer.MemoryCopy(from, to, size, size);
            to += size;
        }

        System.Runtime.CompilerServices.Unsafe.WriteUnaligned(content, (ushort)Math.Min(left, Listpack.CountUnknown));
        return to;
    }

    // ---- Tables ----

    private static void Select<TVisitor>(TableHeader* header, long count, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        long left = header->Count;
        var walk = new TableWalk(header);
        for (byte* block = walk.Next(); count > 0 && block != null; block = walk.Next(), left--)
        {
            if (random.Below(left) >= count)
                continue;
            visitor.Visit(SetMemberLayout.KeyOf(block));
            count--;
        }
    }

    private static void DrawDistinct<TVisitor>(ValueHeap values, EntryRef entry, long count, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, ISetVisitor, allows ref struct
    {
        // At most a third of the members are wanted, so a draw is new with a probability of 2/3 at least. A table so skewed that this fails ends in a walk.
        long drawsLeft = 16 * count + 256;
        var table = new SetTable(values, entry).Table;
        using var drawn = new BlockSet(values.Heap, count);
        while (count > 0 && drawsLeft-- > 0)
        {
            byte* block = table.Random(ref random);
            if (!drawn.Add(block))
                continue;
            visitor.Visit(SetMemberLayout.KeyOf(block));
            count--;
        }

        var walk = new TableWalk((TableHeader*)entry.Pointer);
        while (count > 0)
        {
            byte* block = walk.Next();
            if (!drawn.Add(block))
                continue;
            visitor.Visit(SetMemberLayout.KeyOf(block));
            count--;
        }
    }

    // Addresses of blocks, in scratch memory of the heap: open addressing at a load of at most one half.
    private readonly ref struct BlockSet
    {
        private readonly NativeHeap _heap;
        private readonly nint* _places;
        private readonly ulong _mask;
        private readonly int _shift;

        public BlockSet(NativeHeap heap, long blocksMax)
        {
            ulong places = BitOperations.RoundUpToPowerOf2((ulong)Math.Max(8, blocksMax) * 2);
            _heap = heap;
            _mask = places - 1;
            _shift = 64 - BitOperations.Log2(places);
            _places = (nint*)heap.Allocate((long)places * sizeof(nint));
            System.Runtime.InteropServices.NativeMemory.Clear(_places, (nuint)places * (nuint)sizeof(nint));
        }

        // False: it is there.
        public bool Add(byte* block)
        {
            // Fibonacci hashing (Knuth, TAOCP 6.4): blocks are 8 or more bytes apart, and neighbours should not collide.
            ulong at = (ulong)block * 0x9E37_79B9_7F4A_7C15 >> _shift;
            for (; _places[at] != 0; at = (at + 1) & _mask)
            {
                if (_places[at] == (nint)block)
                    return false;
            }

            _places[at] = (nint)block;
            return true;
        }

        public void Dispose() => _heap.Free((byte*)_places, (long)(_mask + 1) * sizeof(nint));
    }
}
