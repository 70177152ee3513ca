using FastKv.Memory;

namespace FastKv.Structures;

// Walking over the fields, and picking some at random.
public static unsafe partial class HashValue
{
    // Fields of a listpack whose positions fit on the stack.
    private const int StackFieldsMax = 1024;

    // Draws before a hash of mostly expired fields is given up.
    private const int TriesMax = 128;

    /// <summary>
    /// Visits some fields that have not expired and returns the next cursor. Small hashes are visited as a whole. What stays in the hash from the first call
    /// to the last is visited at least once, however the hash changes between calls.
    /// </summary>
    /// <param name="values">The heap.</param>
    /// <param name="entry">The hash.</param>
    /// <param name="cursor">0, or what the call before returned.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="visitor">Gets the fields.</param>
    /// <returns>0: done.</returns>
    public static ulong Scan<TVisitor>(ValueHeap values, EntryRef entry, ulong cursor, long nowMs, ref TVisitor visitor)
        where TVisitor : struct, IFieldVisitor, allows ref struct
    {
        if (!entry.IsPointer)
        {
            VisitCompact(entry.Block, nowMs, ref visitor);
            return 0;
        }

        var adapter = new Adapter<TVisitor> { Visitor = visitor, NowMs = nowMs };
        cursor = LargeHash.TableOf(values, Large(entry.Block)).Scan(cursor, ref adapter);
        visitor = adapter.Visitor;
        return cursor;
    }

    /// <summary>Visits every field that has not expired once. O(n).</summary>
    public static void VisitAll<TVisitor>(ValueHeap values, EntryRef entry, long nowMs, ref TVisitor visitor)
        where TVisitor : struct, IFieldVisitor, allows ref struct
    {
        if (!entry.IsPointer)
        {
            VisitCompact(entry.Block, nowMs, ref visitor);
            return;
        }

        var adapter = new Adapter<TVisitor> { Visitor = visitor, NowMs = nowMs };
        ExtendibleTable<FieldLayout> table = LargeHash.TableOf(values, Large(entry.Block));
        ulong cursor = 0;
        do
            cursor = table.Scan(cursor, ref adapter);
        while (cursor != 0);
        visitor = adapter.Visitor;
    }

    /// <summary>
    /// Visits <paramref name="count"/> fields drawn at random, each time among all: one may come several times. Fewer when (nearly) all have expired.
    /// O(count), plus O(n) in a small hash.
    /// </summary>
    public static void DrawRepeated<TVisitor>(ValueHeap values, EntryRef entry, long count, long nowMs, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, IFieldVisitor, allows ref struct
    {
        if (!entry.IsPointer)
        {
            DrawCompact(values, entry.Block, count, true, nowMs, ref random, ref visitor);
            return;
        }

        ExtendibleTable<FieldLayout> table = LargeHash.TableOf(values, Large(entry.Block));
        for (long i = 0; i < count; i++)
        {
            byte* block = null;
            for (int tries = 0; block == null && tries < TriesMax; tries++)
                block = Living(table.Random(ref random), nowMs);
            if (block == null)
                return;
            visitor.Visit(new FieldEntry(block).Field, new FieldEntry(block).Value);
        }
    }

    /// <summary>
    /// Visits <paramref name="count"/> different fields drawn at random, or all if there are no more. O(1) per field, O(n) in a small hash.
    /// </summary>
    public static void DrawDistinct<TVisitor>(ValueHeap values, EntryRef entry, long count, long nowMs, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, IFieldVisitor, allows ref struct
    {
        if (!entry.IsPointer)
            DrawCompact(values, entry.Block, count, false, nowMs, ref random, ref visitor);
        else if (count > Count(entry) / 3)
            SelectLarge(values, entry, count, nowMs, ref random, ref visitor);
        else
            DrawLarge(values, entry, count, nowMs, ref random, ref visitor);
    }

    private static byte* Living(byte* block, long nowMs)
    {
        long expiryMs = block == null ? 0 : new FieldEntry(block).ExpiryMs;
        return expiryMs > 0 && expiryMs <= nowMs ? null : block;
    }

    private static bool IsLiving(byte* field, bool hasTimes, long nowMs)
    {
        long expiryMs = hasTimes ? CompactHash.ExpiryOf(field) : 0;
        return expiryMs <= 0 || expiryMs > nowMs;
    }

    private static void VisitCompact<TVisitor>(byte* entry, long nowMs, ref TVisitor visitor)
        where TVisitor : struct, IFieldVisitor, allows ref struct
    {
        bool hasTimes = CompactHash.HasTimes(entry);
        Span<byte> fieldScratch = stackalloc byte[ScratchBytes];
        Span<byte> valueScratch = stackalloc byte[ScratchBytes];
        for (byte* field = CompactHash.First(entry, out byte* end); field < end; field = CompactHash.Next(field, hasTimes))
        {
            if (IsLiving(field, hasTimes, nowMs))
                visitor.Visit(Listpack.Text(field, fieldScratch), Listpack.Text(Listpack.Next(field), valueScratch));
        }
    }

    private static void DrawCompact<TVisitor>(
        ValueHeap values, byte* entry, long count, bool isRepeated, long nowMs, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, IFieldVisitor, allows ref struct
    {
        long fields = CompactHash.Count(entry);
        if (fields <= StackFieldsMax)
        {
            byte** positions = stackalloc byte*[(int)fields];
            DrawFrom(entry, positions, count, isRepeated, nowMs, ref random, ref visitor);
            return;
        }

        var scratch = (byte**)values.Heap.Allocate(fields * sizeof(byte*));
        DrawFrom(entry, scratch, count, isRepeated, nowMs, ref random, ref visitor);
        values.Heap.Free((byte*)scratch, fields * sizeof(byte*));
    }

    private static void DrawFrom<TVisitor>(
        byte* entry, byte** positions, long count, bool isRepeated, long nowMs, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, IFieldVisitor, allows ref struct
    {
        bool hasTimes = CompactHash.HasTimes(entry);
        long living = 0;
        for (byte* field = CompactHash.First(entry, out byte* end); field < end; field = CompactHash.Next(field, hasTimes))
        {
            if (IsLiving(field, hasTimes, nowMs))
                positions[living++] = field;
        }

        if (living == 0)
            return;
        if (!isRepeated)
            count = Math.Min(count, living);
        Span<byte> fieldScratch = stackalloc byte[ScratchBytes];
        Span<byte> valueScratch = stackalloc byte[ScratchBytes];
        for (long i = 0; i < count; i++)
        {
            // Without repetition: what has been drawn changes places with the first that has not (Fisher and Yates).
            long drawn = isRepeated ? random.Below(living) : i + random.Below(living - i);
            byte* field = positions[drawn];
            if (!isRepeated)
            {
                positions[drawn] = positions[i];
                positions[i] = field;
            }

            visitor.Visit(Listpack.Text(field, fieldScratch), Listpack.Text(Listpack.Next(field), valueScratch));
        }
    }

    // Many of them: one walk, in which each is taken with the probability that makes all choices equally likely (Knuth, TAOCP 3.4.2, algorithm S).
    private static void SelectLarge<TVisitor>(ValueHeap values, EntryRef entry, long count, long nowMs, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, IFieldVisitor, allows ref struct
    {
        long living = Count(entry);
        if (IsAnyDue(entry, nowMs))
        {
            var counter = default(CountVisitor);
            VisitAll(values, entry, nowMs, ref counter);
            living = counter.Fields;
        }

        var selection = new Selection<TVisitor> { Visitor = visitor, Random = random, Wanted = count, Left = living };
        VisitAll(values, entry, nowMs, ref selection);
        visitor = selection.Visitor;
        random = selection.Random;
    }

    // Few of them: what was drawn before is drawn anew. The drawn ones are kept in a table of twice as many places with linear probing.
    private static void DrawLarge<TVisitor>(ValueHeap values, EntryRef entry, long count, long nowMs, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, IFieldVisitor, allows ref struct
    {
        ExtendibleTable<FieldLayout> table = LargeHash.TableOf(values, Large(entry.Block));
        long places = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(count, 4) * 2);
        var drawn = (nint*)values.Heap.Allocate(places * sizeof(nint));
        System.Runtime.InteropServices.NativeMemory.Clear(drawn, (nuint)places * (nuint)sizeof(nint));
        long found = 0;
        for (long tries = TriesMax + count * 8; found < count && tries > 0; tries--)
        {
            byte* block = Living(table.Random(ref random), nowMs);
            if (block == null || !TryNote(drawn, places, (nint)block))
                continue;
            visitor.Visit(new FieldEntry(block).Field, new FieldEntry(block).Value);
            found++;
        }

        values.Heap.Free((byte*)drawn, places * sizeof(nint));
    }

    private static bool TryNote(nint* drawn, long places, nint block)
    {
        // Blocks are multiples of 8 bytes apart.
        long at = (long)((ulong)block / 8 * 0x9E3779B97F4A7C15 >> 20) & (places - 1);
        for (; drawn[at] != 0; at = (at + 1) & (places - 1))
        {
            if (drawn[at] == block)
                return false;
        }

        drawn[at] = block;
        return true;
    }

    private ref struct Adapter<TVisitor> : IEntryVisitor
        where TVisitor : struct, IFieldVisitor, allows ref struct
    {
        public TVisitor Visitor;
        public long NowMs;

        public void Visit(byte* entry)
        {
            if (Living(entry, NowMs) != null)
                Visitor.Visit(new FieldEntry(entry).Field, new FieldEntry(entry).Value);
        }
    }

    private ref struct Selection<TVisitor> : IFieldVisitor
        where TVisitor : struct, IFieldVisitor, allows ref struct
    {
        public TVisitor Visitor;
        public RandomSource Random;
        public long Wanted, Left;

        public void Visit(scoped ReadOnlySpan<byte> field, scoped ReadOnlySpan<byte> value)
        {
            if (Wanted <= 0 || Left <= 0)
                return;
            if (Wanted >= Left || Random.Below(Left) < Wanted)
            {
                Visitor.Visit(field, value);
                Wanted--;
            }

            Left--;
        }
    }

    private struct CountVisitor : IFieldVisitor
    {
        public long Fields;

        public void Visit(scoped ReadOnlySpan<byte> field, scoped ReadOnlySpan<byte> value) => Fields++;
    }
}
