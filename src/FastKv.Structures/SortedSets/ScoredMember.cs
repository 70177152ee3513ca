using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. One member of a large sorted set, one heap block that never moves and never changes its size:
//
//   0          8            9                        (or 13)
//   +----------+------------+------------------------+---------------+
//   | score    | length u8  | length u32 if that     | member        |
//   | (double) |            | byte is 255            |               |
//   +----------+------------+------------------------+---------------+
//
// The member table refers to it by name, the score tree by a 40-bit reference. A member of 10 bytes takes 24.
internal static unsafe class ScoredMember
{
    private const int LengthOffset = 8;
    private const int ShortHeaderBytes = 9;
    private const int LongHeaderBytes = 13;
    private const int LongMark = 255;

    internal static byte* Create(NativeHeap heap, ReadOnlySpan<byte> member, double score)
    {
        byte* block = heap.Allocate(BytesFor(member.Length));
        *(double*)block = score;
        byte* to = block + ShortHeaderBytes;
        if (member.Length < LongMark)
        {
            block[LengthOffset] = (byte)member.Length;
        }
        else
        {
            block[LengthOffset] = LongMark;
            Unsafe.WriteUnaligned(block + ShortHeaderBytes, member.Length);
            to = block + LongHeaderBytes;
        }

        member.CopyTo(new Span<byte>(to, member.Length));
        return block;
    }

    internal static void Free(NativeHeap heap, byte* block) => heap.Free(block, BytesFor(LengthOf(block)));

    /// <summary>Heap bytes of the block.</summary>
    internal static long MemoryBytes(byte* block) => NativeHeap.UsableSize(BytesFor(LengthOf(block)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static double Score(byte* block) => *(double*)block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SetScore(byte* block, double score) => *(double*)block = score;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ReadOnlySpan<byte> Member(byte* block)
    {
        int length = block[LengthOffset];
        return length != LongMark
            ? new(block + ShortHeaderBytes, length)
            : new(block + LongHeaderBytes, Unsafe.ReadUnaligned<int>(block + ShortHeaderBytes));
    }

    /// <summary>Order among equal scores: byte by byte, a prefix first.</summary>
    internal static int Compare(byte* block, ReadOnlySpan<byte> member) => Member(block).SequenceCompareTo(member);

    internal static ulong HashOf(ReadOnlySpan<byte> member, ulong seed) =>
        KeyHash.Compute((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(member)), member.Length, seed);

    private static int LengthOf(byte* block)
    {
        int length = block[LengthOffset];
        return length != LongMark ? length : Unsafe.ReadUnaligned<int>(block + ShortHeaderBytes);
    }

    private static long BytesFor(int length) => (length < LongMark ? ShortHeaderBytes : LongHeaderBytes) + (long)length;
}

/// <summary>How the member table reads member blocks.</summary>
internal readonly unsafe struct ScoredMemberLayout : IEntryLayout
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> KeyOf(byte* entry) => ScoredMember.Member(entry);

    public static long ExpiryOf(byte* entry) => -1;
}
