using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastKv.Structures;

/// <summary>The hash slot of a key: CRC16/XMODEM modulo 16,384 of the key, or of its hash tag.</summary>
/// <remarks>
/// Data plane. The hash tag is what stands between the first '{' and the first '}' after it, if that is not empty (Redis cluster
/// specification, "Hash tags"). The CRC (polynomial 0x1021, start 0, not reflected) is computed 16 bytes at a time with sixteen
/// tables of 512 bytes: their look-ups do not wait for each other. O(length).
/// </remarks>
public static unsafe class KeySlot
{
    /// <summary>Number of slots.</summary>
    public const int Count = 16384;

    private const int Polynomial = 0x1021;
    private const int Slices = 16;

    // s_tables[k * 256 + b]: the CRC of byte b followed by k zero bytes. Lives as long as the process.
    private static readonly ushort* s_tables = BuildTables();

    /// <summary>Slot of a key, 0 to 16,383.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Compute(byte* key, int length)
    {
        int open = new ReadOnlySpan<byte>(key, length).IndexOf((byte)'{');
        return (open < 0 ? Crc16(key, length) : ComputeTagged(key, length, open)) & (Count - 1);
    }

    /// <summary>CRC16/XMODEM; 0x31C3 for "123456789".</summary>
    public static int Crc16(byte* bytes, int length)
    {
        ushort* tables = s_tables;
        uint crc = 0;
        while (length >= 16)
        {
            crc = tables[15 * 256 + (bytes[0] ^ (crc >> 8))] ^ (uint)tables[14 * 256 + (bytes[1] ^ (crc & 255))]
                ^ Slice4(tables, 10, bytes + 2) ^ Slice4(tables, 6, bytes + 6) ^ Slice4(tables, 2, bytes + 10)
                ^ tables[256 + bytes[14]] ^ tables[bytes[15]];
            bytes += 16;
            length -= 16;
        }

        if (length >= 8)
        {
            crc = tables[7 * 256 + (bytes[0] ^ (crc >> 8))] ^ (uint)tables[6 * 256 + (bytes[1] ^ (crc & 255))]
                ^ Slice4(tables, 2, bytes + 2) ^ tables[256 + bytes[6]] ^ tables[bytes[7]];
            bytes += 8;
            length -= 8;
        }

        for (; length > 0; length--)
            crc = (ushort)(crc << 8) ^ (uint)tables[(crc >> 8) ^ *bytes++];
        return (int)crc;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ComputeTagged(byte* key, int length, int open)
    {
        int tagLength = new ReadOnlySpan<byte>(key + open + 1, length - open - 1).IndexOf((byte)'}');
        return tagLength > 0 ? Crc16(key + open + 1, tagLength) : Crc16(key, length);
    }

    // Four bytes, of which the last has `slice` bytes behind it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Slice4(ushort* tables, int slice, byte* bytes)
    {
        tables += slice * 256;
        return (uint)(tables[3 * 256 + bytes[0]] ^ tables[2 * 256 + bytes[1]] ^ tables[256 + bytes[2]] ^ tables[bytes[3]]);
    }

    private static ushort* BuildTables()
    {
        var tables = (ushort*)NativeMemory.AlignedAlloc(Slices * 256 * sizeof(ushort), 64);
        for (int value = 0; value < 256; value++)
        {
            int crc = value << 8;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 0x8000) != 0 ? crc << 1 ^ Polynomial : crc << 1;
            tables[value] = (ushort)crc;
        }

        for (int i = 256; i < Slices * 256; i++)
        {
            ushort shorter = tables[i - 256];
            tables[i] = (ushort)(shorter << 8 ^ tables[shorter >> 8]);
        }

        return tables;
    }
}
