using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FastKv.Structures;

// Data plane. Registers of 6 bits, low bits first: four in three bytes.
//
//   byte   0        1        2
//          bbaaaaaa ccccbbbb ddddddcc        a, b, c, d: registers 0 to 3
//
// One register: O(1). All of them go through bytes, sixteen registers (12 bytes) per step.

/// <summary>The dense registers of a HyperLogLog: <see cref="HyperLogLog.DenseRegisterBytes"/> bytes.</summary>
internal static unsafe class DenseRegisters
{
    private const int PackedBytes = 12;
    private const int Lanes = 16;

    /// <summary>A register's value.</summary>
    internal static int Get(byte* registers, int index)
    {
        int shift = Locate(ref registers, index);
        return (Unsafe.ReadUnaligned<ushort>(registers) >> shift) & (HyperLogLog.RegisterValues - 1);
    }

    /// <summary>Raises a register to <paramref name="value"/>; false: it is that high already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Raise(byte* registers, int index, int value)
    {
        int shift = Locate(ref registers, index);
        int pair = Unsafe.ReadUnaligned<ushort>(registers);
        if (((pair >> shift) & (HyperLogLog.RegisterValues - 1)) >= value)
            return false;
        pair = (pair & ~((HyperLogLog.RegisterValues - 1) << shift)) | (value << shift);
        Unsafe.WriteUnaligned(registers, (ushort)pair);
        return true;
    }

    /// <summary>Writes each register as a byte.</summary>
    /// <param name="registers">The packed registers.</param>
    /// <param name="bytes"><see cref="HyperLogLog.Registers"/> bytes.</param>
    internal static void Unpack(byte* registers, byte* bytes)
    {
        for (int i = 0; i < HyperLogLog.Registers; i += Lanes, registers += PackedBytes)
            LoadSixteen(registers, isLast: i == HyperLogLog.Registers - Lanes).Store(bytes + i);
    }

    /// <summary>Raises each of <paramref name="bytes"/> to the register's value.</summary>
    internal static void MaxInto(byte* registers, byte* bytes)
    {
        for (int i = 0; i < HyperLogLog.Registers; i += Lanes, registers += PackedBytes)
            Vector128.Max(LoadSixteen(registers, isLast: i == HyperLogLog.Registers - Lanes), Vector128.Load(bytes + i)).Store(bytes + i);
    }

    /// <summary>The inverse of <see cref="Unpack"/>.</summary>
    internal static void Pack(byte* bytes, byte* registers)
    {
        byte* last = registers + HyperLogLog.DenseRegisterBytes - PackedBytes;
        byte* sixteen = stackalloc byte[Lanes];
        for (; registers <= last; bytes += Lanes, registers += PackedBytes)
        {
            var four = Vector128.Load(bytes).AsUInt32();
            var packed = (four & Vector128.Create(0x3fU)) | ((four >> 2) & Vector128.Create(0xfc0U)) | ((four >> 4) & Vector128.Create(0x3f000U))
                | ((four >> 6) & Vector128.Create(0xfc0000U));
            var joined = Vector128.Shuffle(packed.AsByte(), Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0xff, 0xff, 0xff, 0xff));
            if (registers < last)
            {
                // Four bytes too many, which the next step overwrites.
                joined.Store(registers);
                continue;
            }

            joined.Store(sixteen);
            Buffer.MemoryCopy(sixteen, registers, PackedBytes, PackedBytes);
        }
    }

    /// <summary>Adds up how many registers have each value.</summary>
    [SkipLocalsInit]
    internal static void Histogram(byte* registers, Span<int> histogram)
    {
        byte* bytes = stackalloc byte[HyperLogLog.Registers];
        Unpack(registers, bytes);
        RegisterBytes.Histogram(bytes, histogram);
    }

    // Two bytes that hold the register, never the one behind the last: the shift within them is at most 10.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Locate(ref byte* registers, int index)
    {
        Debug.Assert((uint)index < HyperLogLog.Registers, "a register");
        int bit = index * HyperLogLog.RegisterBits;
        int at = Math.Min(bit >> 3, HyperLogLog.DenseRegisterBytes - 2);
        registers += at;
        return bit - at * 8;
    }

    // The vector has 16 bytes and 12 are wanted: the last ones are read from 4 bytes earlier, so as not to read beyond the value.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> LoadSixteen(byte* registers, bool isLast)
    {
        var threes = isLast
            ? Vector128.Shuffle(Vector128.Load(registers - 4), Vector128.Create((byte)4, 5, 6, 0xff, 7, 8, 9, 0xff, 10, 11, 12, 0xff, 13, 14, 15, 0xff))
            : Vector128.Shuffle(Vector128.Load(registers), Vector128.Create((byte)0, 1, 2, 0xff, 3, 4, 5, 0xff, 6, 7, 8, 0xff, 9, 10, 11, 0xff));
        var four = threes.AsUInt32();
        return ((four & Vector128.Create(0x3fU)) | ((four << 2) & Vector128.Create(0x3f00U)) | ((four << 4) & Vector128.Create(0x3f0000U))
            | ((four << 6) & Vector128.Create(0x3f000000U))).AsByte();
    }
}
