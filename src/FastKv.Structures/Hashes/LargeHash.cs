using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. A large hash: what the entry's pointer leads to.
//
//   entry ──► LargeHash ──► directory ──► segments of buckets ──► field blocks (FieldEntry)
//             { table header, when the next field may expire, where the sweep over them stands }
//
//   find, put, remove     O(1): directory and bucket (hot in one hash), field block
//   random field          O(1) expected
//   sweep of due fields   bucket headers (5 ns each) and what is due; in slices
//
// A field of 8 bytes with a value of 8: 24 bytes of block and about 7.5 of table.

/// <summary>The state of a large hash, one heap block.</summary>
internal unsafe struct LargeHash
{
    internal const long Never = long.MaxValue;

    /// <summary>Looked at again so much later when the table has changed during a sweep: what moved may have been missed.</summary>
    private const long SweepAgainMs = 1000;

    /// <summary>Buckets per step of a sweep: at worst 1,280 removals, some 0.15 ms.</summary>
    private const int SweepBuckets = 128;

    /// <summary>What looking at the headers of so many buckets costs, in removals.</summary>
    private const int SweepStepCost = 8;

    internal TableHeader Table;

    /// <summary>No field expires before; <see cref="Never"/>: none does.</summary>
    internal long NextExpiryMs;

    /// <summary>Fields with an expiry.</summary>
    internal long ExpiringCount;

    /// <summary>Whether some field had an expiry, ever: the database counts such hashes.</summary>
    internal bool MayExpire;

    // A sweep that is under way: position in the table (0: none), the earliest expiry it has seen, the table's size when it began.
    private ulong _sweepPosition;
    private long _sweepNextMs;
    private long _sweepTableBytes;

    internal static LargeHash* Create(ValueHeap values)
    {
        var hash = (LargeHash*)values.Heap.Allocate(sizeof(LargeHash));
        *hash = default;
        hash->Table.Initialize(values.HashSeed ^ (ulong)hash);
        hash->NextExpiryMs = Never;
        return hash;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ExtendibleTable<FieldLayout> TableOf(ValueHeap values, LargeHash* hash) => new(values.Heap, values.HashSeed, &hash->Table);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong HashOf(ValueHeap values, ReadOnlySpan<byte> field) =>
        KeyHash.Compute((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(field)), field.Length, values.HashSeed);

    /// <summary>Adds a field that is not there.</summary>
    internal static void Add(ValueHeap values, LargeHash* hash, ulong fieldHash, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs, long nowMs)
    {
        byte* block = FieldEntry.Create(values.Heap, field, value, expiryMs);
        AddBlock(values, hash, fieldHash, block, nowMs);
    }

    /// <summary>Gives a field another value and expiry.</summary>
    internal static void Change(ValueHeap values, LargeHash* hash, ulong fieldHash, byte* block, ReadOnlySpan<byte> value, long expiryMs, long nowMs)
    {
        values.Watch?.BeforeChange((byte*)hash, block, isRemoved: false);
        bool wasExpiring = new FieldEntry(block).HasExpiry;
        byte* changed = FieldEntry.Change(values.Heap, block, value, expiryMs);
        ExtendibleTable<FieldLayout> table = TableOf(values, hash);
        if (expiryMs > 0)
            table.NowMs = nowMs;
        if (changed != block)
            table.Replace(fieldHash, block, changed);
        else
            table.NoteExpiry(fieldHash, block, expiryMs);
        if (wasExpiring)
            Uncount(hash);
        if (expiryMs > 0)
            Count(hash, expiryMs);
        values.Watch?.Added((byte*)hash, changed);
    }

    internal static void Remove(ValueHeap values, LargeHash* hash, ulong fieldHash, byte* block)
    {
        values.Watch?.BeforeChange((byte*)hash, block, isRemoved: true);
        TableOf(values, hash).Remove(fieldHash, block);
        if (new FieldEntry(block).HasExpiry)
            Uncount(hash);
        FieldEntry.Free(values.Heap, block);
    }

    internal static void Copy(ValueHeap values, LargeHash* source, ValueHeap to, LargeHash* copy)
    {
        var visitor = new CopyVisitor { To = to, Copy = copy, NowMs = source->Table.NowMs };
        ExtendibleTable<FieldLayout> table = TableOf(values, source);
        ulong cursor = 0;
        do
            cursor = table.Scan(cursor, ref visitor);
        while (cursor != 0);
        copy->MayExpire = source->MayExpire;
    }

    /// <summary>Frees fields, then the rest; see <see cref="HashValue.Free"/>.</summary>
    internal static bool Free(ValueHeap values, LargeHash* hash, ref int budget)
    {
        var visitor = new FreeVisitor { Heap = values.Heap };
        ExtendibleTable<FieldLayout> table = TableOf(values, hash);
        while (table.Count > 0)
        {
            if (budget <= 0)
                return false;
            budget -= table.Drain(ref visitor, budget);
        }

        table.Release();
        values.Heap.Free((byte*)hash, sizeof(LargeHash));
        return true;
    }

    /// <summary>Removes due fields, as many as the budget allows, and finds out when the next one will be.</summary>
    /// <returns>True: the whole hash has been looked at.</returns>
    internal static bool Sweep<TVisitor>(ValueHeap values, LargeHash* hash, long nowMs, ref int budget, ref TVisitor going, ref long removed)
        where TVisitor : struct, IFieldVisitor
    {
        ExtendibleTable<FieldLayout> table = TableOf(values, hash);
        var visitor = new SweepVisitor<TVisitor> { Values = values, Hash = hash, Going = ref going };
        if (hash->_sweepPosition == 0)
        {
            hash->_sweepNextMs = Never;
            hash->_sweepTableBytes = table.MemoryBytes;
        }

        bool isWhole = hash->_sweepPosition == 0;
        do
        {
            if (budget <= 0)
                return false;
            ulong from = hash->_sweepPosition;
            long before = table.Count;
            hash->_sweepPosition = table.SweepExpired(from, SweepBuckets, nowMs, ref visitor);
            hash->_sweepNextMs = Math.Min(hash->_sweepNextMs, table.EarliestExpiryMs(from, hash->_sweepPosition));
            long gone = before - table.Count;
            removed += gone;
            budget -= (int)gone + SweepStepCost;
            isWhole &= hash->_sweepPosition == 0;
        }
        while (hash->_sweepPosition != 0);

        hash->NextExpiryMs = hash->ExpiringCount == 0 ? Never
            : isWhole || table.MemoryBytes == hash->_sweepTableBytes ? hash->_sweepNextMs
            : Math.Min(hash->_sweepNextMs, nowMs + SweepAgainMs);
        return true;
    }

    private static void AddBlock(ValueHeap values, LargeHash* hash, ulong fieldHash, byte* block, long nowMs)
    {
        ExtendibleTable<FieldLayout> table = TableOf(values, hash);
        long expiryMs = new FieldEntry(block).ExpiryMs;
        if (expiryMs > 0)
        {
            table.NowMs = nowMs;
            Count(hash, expiryMs);
        }

        table.Insert(fieldHash, block);
        values.Watch?.Added((byte*)hash, block);
    }

    private static void Count(LargeHash* hash, long expiryMs)
    {
        hash->ExpiringCount++;
        hash->MayExpire = true;
        hash->NextExpiryMs = Math.Min(hash->NextExpiryMs, expiryMs);
        hash->_sweepNextMs = Math.Min(hash->_sweepNextMs, expiryMs);
    }

    private static void Uncount(LargeHash* hash)
    {
        if (--hash->ExpiringCount == 0)
            hash->NextExpiryMs = Never;
    }

    private struct CopyVisitor : IEntryVisitor
    {
        public ValueHeap To;
        public LargeHash* Copy;
        public long NowMs;

        public readonly void Visit(byte* entry)
        {
            byte* block = FieldEntry.Copy(To.Heap, entry);
            AddBlock(To, Copy, HashOf(To, new FieldEntry(block).Field), block, NowMs);
        }
    }

    private struct FreeVisitor : IEntryVisitor
    {
        public NativeHeap Heap;

        public readonly void Visit(byte* entry) => FieldEntry.Free(Heap, entry);
    }

    private ref struct SweepVisitor<TVisitor> : IExpiryVisitor
        where TVisitor : struct, IFieldVisitor
    {
        public ValueHeap Values;
        public LargeHash* Hash;
        public ref TVisitor Going;

        public readonly bool Visit(byte* entry)
        {
            var field = new FieldEntry(entry);
            Going.Visit(field.Field, field.Value);
            Values.Watch?.BeforeChange((byte*)Hash, entry, isRemoved: true);
            FieldEntry.Free(Values.Heap, entry);
            Uncount(Hash);
            return true;
        }
    }
}
