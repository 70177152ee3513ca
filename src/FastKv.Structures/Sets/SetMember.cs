using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane: a member of a large set, one block of the heap.
//
//   +-----------+----------------+-------+
//   | length u8 | u32 if it is   | bytes |       8 bytes of member: a block of 16; 7 bytes: one of 8
//   |           | 255            |       |
//   +-----------+----------------+-------+
internal static unsafe class SetMember
{
    private const int LongMark = 255;
    private const int LongPrefixBytes = 5;

    internal static long BytesFor(int length) => (length < LongMark ? 1L : LongPrefixBytes) + length;

    internal static byte* Create(NativeHeap heap, ReadOnlySpan<byte> text)
    {
        byte* block = heap.Allocate(BytesFor(text.Length));
        byte* to = block + 1;
        if (text.Length < LongMark)
        {
            *block = (byte)text.Length;
        }
        else
        {
            *block = LongMark;
            Unsafe.WriteUnaligned(to, text.Length);
            to = block + LongPrefixBytes;
        }

        text.CopyTo(new Span<byte>(to, text.Length));
        return block;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* TextOf(byte* block, out int length)
    {
        length = *block;
        if (length != LongMark)
            return block + 1;
        length = Unsafe.ReadUnaligned<int>(block + 1);
        return block + LongPrefixBytes;
    }

    internal static long BytesOf(byte* block)
    {
        TextOf(block, out int length);
        return BytesFor(length);
    }

    internal static void Free(NativeHeap heap, byte* block) => heap.Free(block, BytesOf(block));
}

/// <summary>How a table reads the members of a set.</summary>
internal readonly unsafe struct SetMemberLayout : IEntryLayout
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> KeyOf(byte* entry)
    {
        byte* text = SetMember.TextOf(entry, out int length);
        return new ReadOnlySpan<byte>(text, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ExpiryOf(byte* entry) => -1;
}
