using System.Globalization;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Geo;

/// <summary>Numbers with a fixed count of decimals, as printf's <c>%.4f</c> writes them. Data plane.</summary>
internal static unsafe class GeoText
{
    /// <summary>Room for the largest: a sign, 309 digits, a point and the decimals.</summary>
    public const int CharsMax = 328;

    /// <summary>Decimals of a distance.</summary>
    public const int DistanceDecimals = 4;

    /// <summary>Decimals of a coordinate in an error.</summary>
    public const int CoordinateDecimals = 6;

    private const int MantissaBits = 52;
    private const int ExponentBias = 1075;

    /// <summary>Writes the exact value rounded half to even. O(1) below 2^52.</summary>
    /// <returns>Bytes written.</returns>
    public static int Format(Span<byte> destination, double value, int decimals)
    {
        long raw = BitConverter.DoubleToInt64Bits(value);
        int position = 0;
        if (raw < 0)
            destination[position++] = (byte)'-';
        if (double.IsNaN(value) || double.IsInfinity(value))
        {
            (double.IsNaN(value) ? "nan"u8 : "inf"u8).CopyTo(destination[position..]);
            return position + 3;
        }
        int field = (int)(raw >> MantissaBits) & 0x7ff;
        int shift = ExponentBias - Math.Max(field, 1);
        if (shift <= 0)
        {
            // A whole number of 16 digits or more: rare, and written exactly by the platform.
            _ = Math.Abs(value).TryFormat(destination[position..], out int written, decimals == DistanceDecimals ? "F4" : "F6", NumberFormatInfo.InvariantInfo);
            return position + written;
        }

        ulong scale = decimals == DistanceDecimals ? 10_000UL : 1_000_000UL;
        ulong mantissa = (ulong)raw & ((1UL << MantissaBits) - 1) | (field == 0 ? 0 : 1UL << MantissaBits);
        ulong whole = shift < 64 ? mantissa >> shift : 0;
        ulong fraction = RoundShift((UInt128)(shift < 64 ? mantissa - (whole << shift) : mantissa) * scale, shift);
        if (fraction == scale)
        {
            whole++;
            fraction = 0;
        }
        fixed (byte* start = destination)
        {
            position += NumberText.FormatUnsigned(start + position, whole);
            destination[position++] = (byte)'.';
            for (int i = position + decimals - 1; i >= position; i--, fraction /= 10)
                destination[i] = (byte)('0' + fraction % 10);
        }
        return position + decimals;
    }

    private static ulong RoundShift(UInt128 value, int shift)
    {
        if (shift > 100)
            return 0;
        UInt128 quotient = value >> shift;
        UInt128 rest = value - (quotient << shift);
        UInt128 half = UInt128.One << (shift - 1);
        bool up = rest > half || (rest == half && !UInt128.IsEvenInteger(quotient));
        return (ulong)quotient + (up ? 1UL : 0UL);
    }
}
