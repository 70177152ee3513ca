using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FastKv.Structures;

/// <summary>Counts the bits of a string (BITCOUNT). Data plane.</summary>
/// <remarks>
/// Bits are numbered as Redis does it: bit 0 is the most significant one of byte 0. Blocks are counted with nibble look-ups in vector
/// registers (Muła, Kurz, Lemire, "Faster Population Counts Using AVX2 Instructions", 2018), 32 or 64 bytes at a time. O(bytes).
/// </remarks>
public static unsafe class BitCount
{
    // Byte sums of up to 8 per step would overflow after 31 steps.
    private const int StepsMax = 31;

    /// <summary>Set bits of <paramref name="length"/> bytes.</summary>
    public static long OfBytes(byte* data, long length)
    {
        long count = 0;
        byte* end = data + length;
        if (Avx512BW.IsSupported && length >= Vector512<byte>.Count)
            count = OfBlocks512(ref data, end);
        else if (Avx2.IsSupported && length >= Vector256<byte>.Count)
            count = OfBlocks256(ref data, end);
        for (; end - data >= sizeof(ulong); data += sizeof(ulong))
            count += BitOperations.PopCount(Unsafe.ReadUnaligned<ulong>(data));
        for (; data < end; data++)
            count += BitOperations.PopCount(*data);
        return count;
    }

    /// <summary>Set bits from one bit to another, both included; none when the first is behind the last.</summary>
    /// <param name="data">The string; must have the byte of <paramref name="lastBit"/>.</param>
    /// <param name="firstBit">Bit number, not negative.</param>
    /// <param name="lastBit">Bit number.</param>
    public static long OfBits(byte* data, long firstBit, long lastBit)
    {
        if (firstBit > lastBit)
            return 0;
        long firstByte = firstBit >> 3;
        long lastByte = lastBit >> 3;
        int firstMask = 0xFF >> (int)(firstBit & 7);
        int lastMask = 0xFF << (7 - (int)(lastBit & 7)) & 0xFF;
        if (firstByte == lastByte)
            return BitOperations.PopCount((uint)(data[firstByte] & firstMask & lastMask));
        return BitOperations.PopCount((uint)(data[firstByte] & firstMask))
            + OfBytes(data + firstByte + 1, lastByte - firstByte - 1)
            + BitOperations.PopCount((uint)(data[lastByte] & lastMask));
    }

    private static long OfBlocks512(ref byte* data, byte* end)
    {
        Vector512<byte> table = Vector512.Create(Vector256.Create(NibbleCounts, NibbleCounts), Vector256.Create(NibbleCounts, NibbleCounts));
        Vector512<byte> nibble = Vector512.Create((byte)15);
        Vector512<ulong> total = Vector512<ulong>.Zero;
        while (end - data >= Vector512<byte>.Count)
        {
            Vector512<byte> sums = Vector512<byte>.Zero;
            for (int i = 0; i < StepsMax && end - data >= Vector512<byte>.Count; i++)
            {
                Vector512<byte> bytes = Vector512.Load(data);
                Vector512<byte> upper = (bytes.AsUInt16() >> 4).AsByte() & nibble;
                sums += Avx512BW.Shuffle(table, bytes & nibble) + Avx512BW.Shuffle(table, upper);
                data += Vector512<byte>.Count;
            }

            total += Avx512BW.SumAbsoluteDifferences(sums, Vector512<byte>.Zero).AsUInt64();
        }

        return (long)Vector512.Sum(total);
    }

    private static long OfBlocks256(ref byte* data, byte* end)
    {
        Vector256<byte> table = Vector256.Create(NibbleCounts, NibbleCounts);
        Vector256<byte> nibble = Vector256.Create((byte)15);
        Vector256<ulong> total = Vector256<ulong>.Zero;
        while (end - data >= Vector256<byte>.Count)
        {
            Vector256<byte> sums = Vector256<byte>.Zero;
            for (int i = 0; i < StepsMax && end - data >= Vector256<byte>.Count; i++)
            {
                Vector256<byte> bytes = Vector256.Load(data);
                Vector256<byte> upper = (bytes.AsUInt16() >> 4).AsByte() & nibble;
                sums += Avx2.Shuffle(table, bytes & nibble) + Avx2.Shuffle(table, upper);
                data += Vector256<byte>.Count;
            }

            total += Avx2.SumAbsoluteDifferences(sums, Vector256<byte>.Zero).AsUInt64();
        }

        return (long)Vector256.Sum(total);
    }

    private static Vector128<byte> NibbleCounts => Vector128.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
}
