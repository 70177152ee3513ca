using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. One field of a large hash, one heap block:
//
//   short   +-------+---------+---------+------------+-------+-------+
//           | flags | field   | value   | expiry     | field | value |
//           | u8    | len u8  | len u8  | ms, 8 if 1 |       |       |
//           +-------+---------+---------+------------+-------+-------+
//   long    +-------+---------+---------+------------+------------+-------+-------+
//           | flags | 0  0  0 | field   | value      | expiry     | field | value |
//           | u8    |         | len u32 | len u32    | ms, 8 if 1 |       |       |
//           +-------+---------+---------+------------+------------+-------+-------+
//
//   flags   1: there is an expiry; 2: long, since a length does not fit into a byte
//
// A field of 8 bytes with a value of 8 takes 19 bytes, thus a block of 24.
internal readonly unsafe struct FieldEntry(byte* block)
{
    private const int ExpiryFlag = 1;
    private const int LongFlag = 2;
    private const int ShortHeaderBytes = 3;
    private const int LongHeaderBytes = 12;
    private const int ExpiryBytes = 8;
    private const int ShortLengthMax = 255;

    internal byte* Block => block;

    internal bool HasExpiry
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (*block & ExpiryFlag) != 0;
    }

    /// <summary>Unix milliseconds; 0: none.</summary>
    internal long ExpiryMs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => HasExpiry ? Unsafe.ReadUnaligned<long>(block + LengthsBytes) : 0;
    }

    internal ReadOnlySpan<byte> Field
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(FieldStart, FieldLength);
    }

    internal ReadOnlySpan<byte> Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(FieldStart + FieldLength, ValueLength);
    }

    internal long BlockBytes => FieldStart - block + FieldLength + (long)ValueLength;

    private bool IsLong
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (*block & LongFlag) != 0;
    }

    private int LengthsBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsLong ? LongHeaderBytes : ShortHeaderBytes;
    }

    private int FieldLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsLong ? Unsafe.ReadUnaligned<int>(block + 4) : block[1];
    }

    private int ValueLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsLong ? Unsafe.ReadUnaligned<int>(block + 8) : block[2];
    }

    private byte* FieldStart
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => block + LengthsBytes + ((*block & ExpiryFlag) << 3);
    }

    /// <summary>A new block.</summary>
    internal static byte* Create(NativeHeap heap, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs)
    {
        byte* block = heap.Allocate(BytesFor(field.Length, value.Length, expiryMs));
        Write(block, field, value, expiryMs);
        return block;
    }

    /// <summary>Gives a field another value and expiry; the block stays where it is if the size class and the header's form do.</summary>
    /// <returns>The block.</returns>
    internal static byte* Change(NativeHeap heap, byte* block, ReadOnlySpan<byte> value, long expiryMs)
    {
        var old = new FieldEntry(block);
        ReadOnlySpan<byte> field = old.Field;
        long bytes = old.BlockBytes;
        long changedBytes = BytesFor(field.Length, value.Length, expiryMs);
        bool keepsHeader = old.HasExpiry == expiryMs > 0 && old.IsLong == IsLongFor(field.Length, value.Length);
        if (keepsHeader && NativeHeap.UsableSize(bytes) == NativeHeap.UsableSize(changedBytes))
        {
            // The value may be a view of the old one.
            value.CopyTo(new Span<byte>(old.FieldStart + field.Length, value.Length));
            WriteHeader(block, field.Length, value.Length, expiryMs);
            return block;
        }

        byte* changed = heap.Allocate(changedBytes);
        Write(changed, field, value, expiryMs);
        heap.Free(block, bytes);
        return changed;
    }

    internal static byte* Copy(NativeHeap heap, byte* block)
    {
        long bytes = new FieldEntry(block).BlockBytes;
        byte* copy = heap.Allocate(bytes);
        Buffer.MemoryCopy(block, copy, bytes, bytes);
        return copy;
    }

    internal static void Free(NativeHeap heap, byte* block) => heap.Free(block, new FieldEntry(block).BlockBytes);

    private static bool IsLongFor(int fieldLength, int valueLength) => fieldLength > ShortLengthMax || valueLength > ShortLengthMax;

    private static long BytesFor(int fieldLength, int valueLength, long expiryMs) =>
        (IsLongFor(fieldLength, valueLength) ? LongHeaderBytes : ShortHeaderBytes) + (expiryMs > 0 ? ExpiryBytes : 0) + fieldLength + (long)valueLength;

    private static void Write(byte* block, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs)
    {
        WriteHeader(block, field.Length, value.Length, expiryMs);
        byte* to = new FieldEntry(block).FieldStart;
        field.CopyTo(new Span<byte>(to, field.Length));
        value.CopyTo(new Span<byte>(to + field.Length, value.Length));
    }

    private static void WriteHeader(byte* block, int fieldLength, int valueLength, long expiryMs)
    {
        Debug.Assert(expiryMs >= 0, "0 for none");
        bool isLong = IsLongFor(fieldLength, valueLength);
        *block = (byte)((expiryMs > 0 ? ExpiryFlag : 0) | (isLong ? LongFlag : 0));
        if (isLong)
        {
            Unsafe.WriteUnaligned(block + 4, fieldLength);
            Unsafe.WriteUnaligned(block + 8, valueLength);
        }
        else
        {
            block[1] = (byte)fieldLength;
            block[2] = (byte)valueLength;
        }

        if (expiryMs > 0)
            Unsafe.WriteUnaligned(block + (isLong ? LongHeaderBytes : ShortHeaderBytes), expiryMs);
    }
}

/// <summary>How a table reads the fields of a hash.</summary>
internal readonly unsafe struct FieldLayout : IEntryLayout
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> KeyOf(byte* entry) => new FieldEntry(entry).Field;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ExpiryOf(byte* entry) => new FieldEntry(entry).ExpiryMs;
}
