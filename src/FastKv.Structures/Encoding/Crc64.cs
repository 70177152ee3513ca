using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FastKv.Structures.Encoding;

// Data plane. CRC-64 with the polynomial of Jones, bits reflected, no final inversion: the checksum of RDB files and DUMP payloads.
//
//   up to 63 bytes              one table look-up per byte, eight tables side by side
//   more, with PCLMULQDQ        four 16-byte accumulators, each folded over 64 bytes per step: about 10 bytes per nanosecond
//   more, without               eight tables: about 1.5 bytes per nanosecond
//
// Folding (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009): 16 bytes X = L·x^64 + H stand for
// X·x^D when they are D bits further ahead, and L·(x^(64+D) mod P) + H·(x^D mod P) is congruent to that and again 16 bytes long. Bits are reflected, and a
// carry-less product of reflected factors is one place short: hence the exponents less one.

/// <summary>CRC-64/REDIS: "123456789" gives e9c6d914c4b8d9ca. O(bytes).</summary>
public static unsafe class Crc64
{
    // x^64 + … + 1 reflected: 0xad93d23594c935a9.
    private const ulong Polynomial = 0x95AC9329AC4BC9B5;
    private const int Tables = 8;
    private const int FoldBytesMin = 64;

    private static readonly ulong[] s_tables = MakeTables();
    private static readonly Vector128<ulong> s_over16 = FoldConstants(128);
    private static readonly Vector128<ulong> s_over64 = FoldConstants(512);

    /// <summary>The checksum of what <paramref name="crc"/> (0: nothing) is the checksum of, followed by these bytes.</summary>
    public static ulong Append(ulong crc, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            return Append(crc, start, bytes.Length);
    }

    /// <summary>The same for any number of bytes.</summary>
    public static ulong Append(ulong crc, byte* bytes, long count)
    {
        if (count >= FoldBytesMin && Pclmulqdq.IsSupported)
            return AppendFolding(crc, bytes, count);
        return AppendByTables(crc, bytes, count);
    }

    /// <summary>The same without carry-less multiplication: what processors without it run.</summary>
    internal static ulong AppendByTables(ulong crc, byte* bytes, long count)
    {
        fixed (ulong* tables = s_tables)
        {
            for (; count >= Tables; count -= Tables, bytes += Tables)
            {
                crc ^= Unsafe.ReadUnaligned<ulong>(bytes);
                crc = tables[(7 << 8) + (byte)crc] ^ tables[(6 << 8) + (byte)(crc >> 8)]
                    ^ tables[(5 << 8) + (byte)(crc >> 16)] ^ tables[(4 << 8) + (byte)(crc >> 24)]
                    ^ tables[(3 << 8) + (byte)(crc >> 32)] ^ tables[(2 << 8) + (byte)(crc >> 40)]
                    ^ tables[(1 << 8) + (byte)(crc >> 48)] ^ tables[crc >> 56];
            }

            for (; count > 0; count--, bytes++)
                crc = tables[(byte)crc ^ *bytes] ^ (crc >> 8);
        }

        return crc;
    }

    private static ulong AppendFolding(ulong crc, byte* bytes, long count)
    {
        Vector128<ulong> first = Load(bytes) ^ Vector128.Create(crc, 0);
        Vector128<ulong> second = Load(bytes + 16), third = Load(bytes + 32), fourth = Load(bytes + 48);
        bytes += 64;
        count -= 64;
        for (; count >= 64; count -= 64, bytes += 64)
        {
            first = Fold(first, s_over64) ^ Load(bytes);
            second = Fold(second, s_over64) ^ Load(bytes + 16);
            third = Fold(third, s_over64) ^ Load(bytes + 32);
            fourth = Fold(fourth, s_over64) ^ Load(bytes + 48);
        }

        second ^= Fold(first, s_over16);
        third ^= Fold(second, s_over16);
        fourth ^= Fold(third, s_over16);
        for (; count >= 16; count -= 16, bytes += 16)
            fourth = Fold(fourth, s_over16) ^ Load(bytes);

        // What is left is a message of 16 bytes like any other, without a checksum before it.
        crc = AppendByTables(0, (byte*)&fourth, sizeof(Vector128<ulong>));
        return AppendByTables(crc, bytes, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Load(byte* bytes) => Vector128.Load((ulong*)bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector128<ulong> value, Vector128<ulong> constants) =>
        Pclmulqdq.CarrylessMultiply(value, constants, 0x00) ^ Pclmulqdq.CarrylessMultiply(value, constants, 0x11);

    private static Vector128<ulong> FoldConstants(int bits) => Vector128.Create(PowerOfX(bits + 64 - 1), PowerOfX(bits - 1));

    // x^n mod P, reflected: bit 63 is x^0.
    private static ulong PowerOfX(int exponent)
    {
        ulong value = 1UL << 63;
        for (int i = 0; i < exponent; i++)
            value = (value >> 1) ^ ((value & 1) != 0 ? Polynomial : 0);
        return value;
    }

    private static ulong[] MakeTables()
    {
        var tables = new ulong[Tables << 8];
        for (int i = 0; i < 256; i++)
        {
            ulong value = (ulong)i;
            for (int bit = 0; bit < 8; bit++)
                value = (value >> 1) ^ ((value & 1) != 0 ? Polynomial : 0);
            tables[i] = value;
        }

        for (int table = 1; table < Tables; table++)
        {
            for (int i = 0; i < 256; i++)
            {
                ulong before = tables[((table - 1) << 8) + i];
                tables[(table << 8) + i] = tables[(byte)before] ^ (before >> 8);
            }
        }

        return tables;
    }
}
