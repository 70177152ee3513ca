using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>
/// String entries that hold a HyperLogLog. Methods that return an entry may have moved it; see <see cref="EntryBlock"/>. The caller has checked
/// <see cref="IsValid"/>, and made the value "raw" (<see cref="MakeRaw"/>) before it changes it. Data plane.
/// </summary>
public static unsafe class HyperLogLogValue
{
    /// <summary>Whether the string has the format. Sparse opcodes are not looked at.</summary>
    public static bool IsValid(EntryRef entry)
    {
        Debug.Assert(entry.Type == ValueType.String, "the caller has checked the type");
        if (entry.Encoding == ValueEncoding.Int)
            return false;
        byte* value = StringEntry.Bytes(entry.Block, out long length);
        return HyperLogLog.HasFormat(new ReadOnlySpan<byte>(value, (int)length));
    }

    /// <summary>A new entry with an empty sparse HyperLogLog.</summary>
    public static byte* Create(ValueHeap values, ReadOnlySpan<byte> key, long expiryMs = -1, uint clock = 0)
    {
        byte* value = stackalloc byte[HyperLogLog.HeaderBytes + 2];
        HyperLogLog.WriteHeader(value, HyperLogLog.Sparse);
        byte* end = SparseRegisters.WriteZeros(value + HyperLogLog.HeaderBytes, HyperLogLog.Registers);
        return StringEntry.CreateRaw(values.Heap, key, new ReadOnlySpan<byte>(value, (int)(end - value)), expiryMs, clock);
    }

    /// <summary>Makes a string that was set as a whole one that is modified in place, as OBJECT ENCODING tells.</summary>
    public static void MakeRaw(EntryRef entry) => entry.SetType(ValueType.String, ValueEncoding.Raw);

    /// <summary>Whether the value is sparse.</summary>
    public static bool IsSparse(EntryRef entry) => HyperLogLog.IsSparse(CompactValue.Bytes(entry.Block, out _));

    /// <summary>Counts an element. O(1), or O(bytes) while the value is sparse.</summary>
    /// <param name="values">The shard's values.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="element">The element.</param>
    /// <param name="change">Whether a register was raised.</param>
    /// <returns>The entry.</returns>
    public static byte* Add(ValueHeap values, byte* entry, ReadOnlySpan<byte> element, out HyperLogLogChange change)
    {
        int register = ElementHash.Register(element, out int count);
        byte* value = CompactValue.Bytes(entry, out _);
        if (HyperLogLog.IsSparse(value))
            return RaiseSparse(values, entry, register, count, out change);
        change = DenseRegisters.Raise(value + HyperLogLog.HeaderBytes, register, count) ? HyperLogLogChange.Raised : HyperLogLogChange.None;
        if (change == HyperLogLogChange.Raised)
            HyperLogLog.Invalidate(value);
        return entry;
    }

    /// <summary>Notes that the cardinality is out of date: Redis does so for a new key even if nothing was counted.</summary>
    public static void Invalidate(EntryRef entry) => HyperLogLog.Invalidate(CompactValue.Bytes(entry.Block, out _));

    /// <summary>The cardinality that the header tells; false: it is out of date.</summary>
    public static bool TryGetCached(EntryRef entry, out long cardinality) =>
        HyperLogLog.TryCached(CompactValue.Bytes(entry.Block, out _), out cardinality);

    /// <summary>Estimates the cardinality and notes it in the header; false: the registers are corrupt. O(registers).</summary>
    public static bool TryCount(EntryRef entry, out long cardinality)
    {
        Span<int> histogram = stackalloc int[HyperLogLog.RegisterValues];
        histogram.Clear();
        byte* value = CompactValue.Bytes(entry.Block, out int length);
        cardinality = 0;
        if (!HyperLogLog.IsSparse(value))
            DenseRegisters.Histogram(value + HyperLogLog.HeaderBytes, histogram);
        else if (!SparseRegisters.Histogram(value + HyperLogLog.HeaderBytes, value + length, histogram))
            return false;
        cardinality = HyperLogLog.Estimate(histogram);
        HyperLogLog.SetCached(value, cardinality);
        return true;
    }

    /// <summary>Raises registers that are bytes to those of the entry; false: these are corrupt. O(registers).</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="registers"><see cref="HyperLogLog.Registers"/> bytes.</param>
    public static bool MergeInto(EntryRef entry, byte* registers)
    {
        byte* value = CompactValue.Bytes(entry.Block, out int length);
        byte* first = value + HyperLogLog.HeaderBytes;
        if (HyperLogLog.IsSparse(value))
            return SparseRegisters.MaxInto(first, value + length, registers);
        DenseRegisters.MaxInto(first, registers);
        return true;
    }

    /// <summary>The estimate for registers that are bytes.</summary>
    /// <param name="registers"><see cref="HyperLogLog.Registers"/> bytes, each below 64.</param>
    public static long Count(byte* registers)
    {
        Span<int> histogram = stackalloc int[HyperLogLog.RegisterValues];
        histogram.Clear();
        RegisterBytes.Histogram(registers, histogram);
        return HyperLogLog.Estimate(histogram);
    }

    /// <summary>Raises the registers of the entry to those of a union that the entry was merged into before (<see cref="MergeInto"/>).</summary>
    /// <param name="values">The shard's values.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="registers"><see cref="HyperLogLog.Registers"/> bytes.</param>
    /// <returns>The entry.</returns>
    public static byte* Raise(ValueHeap values, byte* entry, byte* registers)
    {
        for (int i = 0; i < HyperLogLog.Registers && IsSparse(new EntryRef(entry)); i++)
        {
            // One after the other, as if each were added: so the opcodes come out as in Redis.
            if (registers[i] > 0)
                entry = RaiseSparse(values, entry, i, registers[i], out _);
        }

        byte* value = CompactValue.Bytes(entry, out _);
        if (!HyperLogLog.IsSparse(value))
            DenseRegisters.Pack(registers, value + HyperLogLog.HeaderBytes);
        HyperLogLog.Invalidate(value);
        return entry;
    }

    /// <summary>Makes a sparse value dense; a dense one stays. O(registers).</summary>
    /// <param name="values">The shard's values.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="isValid">False: the registers are corrupt, and nothing has changed.</param>
    /// <returns>The entry.</returns>
    [SkipLocalsInit]
    public static byte* MakeDense(ValueHeap values, byte* entry, out bool isValid)
    {
        isValid = true;
        byte* value = CompactValue.Bytes(entry, out int length);
        if (!HyperLogLog.IsSparse(value))
            return entry;
        byte* registers = stackalloc byte[HyperLogLog.Registers];
        new Span<byte>(registers, HyperLogLog.Registers).Clear();
        isValid = SparseRegisters.MaxInto(value + HyperLogLog.HeaderBytes, value + length, registers);
        if (!isValid)
            return entry;
        entry = CompactValue.Resize(values.Heap, entry, HyperLogLog.DenseBytes);
        value = CompactValue.Bytes(entry, out _);
        HyperLogLog.SetEncoding(value, HyperLogLog.Dense);
        DenseRegisters.Pack(registers, value + HyperLogLog.HeaderBytes);
        return entry;
    }

    /// <summary>A register of a dense value.</summary>
    public static int Register(EntryRef entry, int index) => DenseRegisters.Get(CompactValue.Bytes(entry.Block, out _) + HyperLogLog.HeaderBytes, index);

    /// <summary>The opcodes of a sparse value, to be walked.</summary>
    public static SparseRun Runs(EntryRef entry)
    {
        byte* value = CompactValue.Bytes(entry.Block, out int length);
        return new SparseRun(value + HyperLogLog.HeaderBytes, value + length);
    }

    private static byte* RaiseSparse(ValueHeap values, byte* entry, int register, int count, out HyperLogLogChange change)
    {
        if (count > SparseRegisters.ValueMax)
            return Promote(values, entry, register, count, out change);
        byte* value = CompactValue.Bytes(entry, out int length);
        if (!SparseRegisters.TryLocate(value + HyperLogLog.HeaderBytes, value + length, register, out var found))
        {
            change = HyperLogLogChange.Corrupt;
            return entry;
        }

        int opcode = *found.At;
        if (SparseRegisters.IsValue(opcode) && SparseRegisters.ValueOf(opcode) >= count)
        {
            change = HyperLogLogChange.None;
            return entry;
        }

        // One register has the opcode to itself and the new one fits where the old one stands, or the opcode becomes up to three.
        byte* split = stackalloc byte[SparseRegisters.SplitBytesMax];
        int grown = (int)(Split(split, found, opcode, register, count) - split) - found.Bytes;
        if (grown > 0 && length + grown > values.Limits.HyperLogLogSparseBytes)
            return Promote(values, entry, register, count, out change);
        return Replace(values.Heap, entry, found, split, grown, out change);
    }

    // The opcode's registers before the one that is raised, this one, and those behind it.
    private static byte* Split(byte* to, in SparseRegisters.Position found, int opcode, int register, int count)
    {
        int before = register - found.First;
        int behind = found.Length - before - 1;
        bool isValue = SparseRegisters.IsValue(opcode);
        if (before > 0)
            to = isValue ? SparseRegisters.WriteValue(to, SparseRegisters.ValueOf(opcode), before) : SparseRegisters.WriteZeros(to, before);
        to = SparseRegisters.WriteValue(to, count, 1);
        if (behind > 0)
            to = isValue ? SparseRegisters.WriteValue(to, SparseRegisters.ValueOf(opcode), behind) : SparseRegisters.WriteZeros(to, behind);
        return to;
    }

    private static byte* Replace(NativeHeap heap, byte* entry, in SparseRegisters.Position found, byte* split, int grown, out HyperLogLogChange change)
    {
        byte* value = CompactValue.Bytes(entry, out int length);
        long at = found.At - value;
        long mergeFrom = found.Previous == null ? HyperLogLog.HeaderBytes : found.Previous - value;
        if (grown > 0)
        {
            entry = CompactValue.Resize(heap, entry, length + grown);
            value = CompactValue.Bytes(entry, out _);
        }

        long behind = length - at - found.Bytes;
        byte* to = value + at;
        Buffer.MemoryCopy(to + found.Bytes, to + found.Bytes + grown, behind, behind);
        Buffer.MemoryCopy(split, to, found.Bytes + grown, found.Bytes + grown);
        length += grown;
        byte* end = SparseRegisters.MergeValues(value + mergeFrom, value + length);
        HyperLogLog.Invalidate(value);
        change = HyperLogLogChange.Raised;
        int merged = (int)(end - value);
        return merged < length || grown < 0 ? CompactValue.Resize(heap, entry, merged) : entry;
    }

    private static byte* Promote(ValueHeap values, byte* entry, int register, int count, out HyperLogLogChange change)
    {
        entry = MakeDense(values, entry, out bool isValid);
        if (!isValid)
        {
            change = HyperLogLogChange.Corrupt;
            return entry;
        }

        byte* value = CompactValue.Bytes(entry, out _);
        change = DenseRegisters.Raise(value + HyperLogLog.HeaderBytes, register, count) ? HyperLogLogChange.Raised : HyperLogLogChange.None;
        HyperLogLog.Invalidate(value);
        return entry;
    }
}
