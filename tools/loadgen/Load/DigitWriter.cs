// Writes key numbers as digits of a fixed width. Data plane.
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.LoadGen.Load;

/// <summary>Zero-padded decimal numbers of 1 to 19 digits, written from the right in words of eight digits without a loop over digits.</summary>
internal readonly unsafe struct DigitWriter
{
    /// <summary>Most digits that a number here has.</summary>
    public const int DigitsMax = 19;

    /// <summary>Bytes in front of the number that are read and written back unchanged: there must be as many.</summary>
    public const int BytesBefore = 7;

    private const uint HundredMillion = 100_000_000;

    private readonly int _width;

    /// <summary>Bytes of the lowest word that are in front of a short number.</summary>
    private readonly ulong _keptMask;

    /// <param name="width">Digits to write; larger numbers lose their leading ones.</param>
    public DigitWriter(int width)
    {
        Debug.Assert(width is >= 1 and <= DigitsMax, "a width in digits");
        _width = width;
        _keptMask = width >= 8 ? 0 : (1UL << ((8 - width) * 8)) - 1;
    }

    /// <summary>
    /// Writes <paramref name="number"/> so that its last digit is in front of <paramref name="end"/>. Digits left of the eighth are written only when
    /// they are not 0: the request's image has zeros there.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(byte* end, long number)
    {
        ulong value = (ulong)number;
        if (value >= HundredMillion)
        {
            WriteHigh(end, value);
            value %= HundredMillion;
        }
        ulong kept = Unsafe.ReadUnaligned<ulong>(end - 8) & _keptMask;
        Unsafe.WriteUnaligned(end - 8, kept | (EightDigits((uint)value) & ~_keptMask));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteHigh(byte* end, ulong value)
    {
        value /= HundredMillion;
        for (int digit = 9; digit <= _width; digit++)
        {
            end[-digit] = (byte)('0' + (value % 10));
            value /= 10;
        }
    }

    /// <summary>
    /// Eight digits of a number below 10^8, the first one in the lowest byte: halves are split in parallel, by multiplications with reciprocals that
    /// are exact in these ranges.
    /// </summary>
    internal static ulong EightDigits(uint value)
    {
        ulong fours = (value / 10_000) | ((ulong)(value % 10_000) << 32);
        ulong hundreds = ((fours * 10_486) >> 20) & 0x0000_007F_0000_007F;
        ulong twos = hundreds | ((fours - (hundreds * 100)) << 16);
        ulong tens = ((twos * 103) >> 10) & 0x000F_000F_000F_000F;
        return (tens | ((twos - (tens * 10)) << 8)) + 0x3030_3030_3030_3030;
    }
}
