// Data plane. The 80-bit "extended" floating-point number of x87, which Redis on x86-64 computes INCRBYFLOAT and HINCRBYFLOAT in (long double).
// .NET has no such type; its text must be equal to the last digit, so it is done in integers here.
//
//   79   78 ........ 64   63 ....................... 0
//   sign exponent+16383   1.mantissa (leading bit is stored)        value = mantissa * 2^(exponent - 63)
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.Protocol;

/// <summary>
/// A long double as x86-64 has it: 64 bits of mantissa, exponents from -16445 to 16383, rounding half to even. Parsing is in ExtendedDouble.Parse.cs,
/// text in ExtendedDouble.Format.cs.
/// </summary>
public readonly partial struct ExtendedDouble
{
    private const ushort SignBit = 0x8000;
    private const int ExponentFieldMax = 0x7FFF;
    private const ulong LeadingBit = 1UL << 63;

    /// <summary>Weight (power of two) of the mantissa's lowest bit when the exponent field is 0.</summary>
    private const int LowestWeightMin = -16445;

    /// <summary>The same for the largest finite numbers.</summary>
    private const int LowestWeightMax = 16383 - 63;

    private readonly ulong _mantissa;
    private readonly ushort _signExponent;

    private ExtendedDouble(bool negative, int exponentField, ulong mantissa)
    {
        Debug.Assert(exponentField is >= 0 and <= ExponentFieldMax, "the exponent has 15 bits");
        Debug.Assert(exponentField == 0 || mantissa >= LeadingBit, "only the smallest numbers lack the leading bit");
        _mantissa = mantissa;
        _signExponent = (ushort)((negative ? SignBit : 0) | exponentField);
    }

    /// <summary>The 64 bits of the mantissa, the leading one included.</summary>
    public ulong Mantissa => _mantissa;

    /// <summary>Sign (bit 15) and biased exponent (bits 0 to 14), as x87 stores them.</summary>
    public ushort SignExponent => _signExponent;

    /// <summary>True for negative numbers, and for -0.</summary>
    public bool IsNegative => (_signExponent & SignBit) != 0;

    /// <summary>True for both infinities.</summary>
    public bool IsInfinity => ExponentField == ExponentFieldMax && _mantissa == LeadingBit;

    /// <summary>True for "not a number": what adding opposite infinities gives.</summary>
    public bool IsNaN => ExponentField == ExponentFieldMax && _mantissa != LeadingBit;

    private int ExponentField => _signExponent & ExponentFieldMax;

    private bool IsFinite => ExponentField != ExponentFieldMax;

    /// <summary>Weight of the mantissa's lowest bit: the value is mantissa * 2^weight.</summary>
    private int LowestWeight => Math.Max(ExponentField, 1) - 1 + LowestWeightMin;

    private static ExtendedDouble NaN => new(false, ExponentFieldMax, LeadingBit | (LeadingBit >> 1));

    private static ExtendedDouble Infinity(bool negative) => new(negative, ExponentFieldMax, LeadingBit);

    /// <summary>The number with this representation, for tests.</summary>
    internal static ExtendedDouble FromBits(ushort signExponent, ulong mantissa) =>
        new((signExponent & SignBit) != 0, signExponent & ExponentFieldMax, mantissa);

    /// <summary>The number <paramref name="value"/>, exactly.</summary>
    /// <param name="value">Any value.</param>
    public static ExtendedDouble FromInt64(long value) => Round(value < 0, value < 0 ? 0 - (ulong)value : (ulong)value, 0, false);

    /// <summary>The number <paramref name="value"/>, exactly; infinities and NaN stay what they are.</summary>
    /// <param name="value">Any value.</param>
    public static ExtendedDouble FromDouble(double value)
    {
        if (double.IsNaN(value))
            return NaN;
        bool negative = double.IsNegative(value);
        if (double.IsInfinity(value))
            return Infinity(negative);
        long bits = BitConverter.DoubleToInt64Bits(value);
        int field = (int)(bits >> 52) & 0x7FF;
        ulong fraction = (ulong)bits & ((1UL << 52) - 1);
        return Round(negative, field == 0 ? fraction : fraction | (1UL << 52), Math.Max(field, 1) - 1075, false);
    }

    /// <summary>The sum, rounded half to even, as one x87 addition gives it. O(1).</summary>
    /// <param name="left">Any value.</param>
    /// <param name="right">Any value.</param>
    public static ExtendedDouble Add(ExtendedDouble left, ExtendedDouble right)
    {
        if (!left.IsFinite || !right.IsFinite)
            return AddSpecial(left, right);
        if (left.LowestWeight < right.LowestWeight)
            (left, right) = (right, left);

        // 62 bits of room below the larger number's mantissa, 2 above it. What the smaller one loses below counts as one sticky bit: when bits are
        // lost the exponents differ by more than 62, so a difference still has its 64 bits and the rounding bits above that position.
        const int room = 62;
        int distance = left.LowestWeight - right.LowestWeight;
        UInt128 larger = (UInt128)left._mantissa << room;
        UInt128 smaller = (UInt128)right._mantissa << room;
        bool sticky = distance >= 128 ? smaller != 0 : (smaller & ((UInt128.One << distance) - 1)) != 0;
        smaller = distance >= 128 ? 0 : smaller >> distance;
        int weight = left.LowestWeight - room;

        if (left.IsNegative == right.IsNegative)
            return Round(left.IsNegative, larger + smaller, weight, sticky);
        if (larger == smaller && !sticky)
            return default; // +0 when rounding to nearest
        if (larger < smaller)
            return Round(right.IsNegative, smaller - larger, weight, false);
        // The lost part makes the difference smaller by less than one unit: one less, and something behind it.
        return Round(left.IsNegative, larger - smaller - (sticky ? UInt128.One : 0), weight, sticky);
    }

    private static ExtendedDouble AddSpecial(ExtendedDouble left, ExtendedDouble right)
    {
        if (left.IsNaN || right.IsNaN || (left.IsInfinity && right.IsInfinity && left.IsNegative != right.IsNegative))
            return NaN;
        return left.IsInfinity ? left : right;
    }

    /// <summary>
    /// The number nearest to magnitude * 2^weight, plus a bit less than one unit if <paramref name="sticky"/>; infinite if too large. If sticky, the
    /// magnitude has at least 66 bits, or lies so low that more is cut off anyway.
    /// </summary>
    private static ExtendedDouble Round(bool negative, UInt128 magnitude, int weight, bool sticky)
    {
        if (magnitude == 0)
            return new ExtendedDouble(negative, 0, 0);
        int bits = 128 - (int)UInt128.LeadingZeroCount(magnitude);
        int lowest = Math.Max(weight + bits - 64, LowestWeightMin);
        int shift = lowest - weight;
        if (shift <= 0)
        {
            Debug.Assert(!sticky, "bits are missing below");
            magnitude <<= -shift;
        }
        else
        {
            magnitude = RoundShiftWide(magnitude, shift, sticky);
            if (magnitude >> 64 != 0)
            {
                magnitude >>= 1;
                lowest++;
            }
        }
        if (lowest > LowestWeightMax)
            return Infinity(negative);
        ulong mantissa = (ulong)magnitude;
        int field = mantissa < LeadingBit ? 0 : lowest - LowestWeightMin + 1;
        return new ExtendedDouble(negative, field, mantissa);
    }

    /// <summary>value / 2^shift rounded half to even, where a set sticky stands for a bit less than one more unit; the result must fit in 64 bits.</summary>
    internal static ulong RoundShift(UInt128 value, long shift, bool sticky)
    {
        if (shift <= 0)
            return (ulong)(value << (int)-shift);
        return (ulong)RoundShiftWide(value, shift, sticky);
    }

    private static UInt128 RoundShiftWide(UInt128 value, long shift, bool sticky)
    {
        if (shift > 128)
            return 0; // less than half a unit
        UInt128 quotient = shift == 128 ? 0 : value >> (int)shift;
        UInt128 half = UInt128.One << (int)(shift - 1);
        UInt128 rest = shift == 128 ? value : value & ((half << 1) - 1);
        bool up = rest > half || (rest == half && (sticky || !UInt128.IsEvenInteger(quotient)));
        return quotient + (up ? UInt128.One : 0);
    }
}
