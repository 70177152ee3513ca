// Data plane. Text to long double: strtold(3) with the checks of Redis (string2ld in util.c of Redis 7), correctly rounded for any length of text.
using System.Diagnostics;

namespace FastKv.Protocol;

public readonly partial struct ExtendedDouble
{
    /// <summary>Redis reads no longer text than this as a long double (MAX_LONG_DOUBLE_CHARS - 1).</summary>
    public const int TextBytesMax = (5 * 1024) - 1;

    /// <summary>0.d × 10^4933 and more is infinite: the largest number is about 1.19e4932.</summary>
    private const int DecimalPointMax = 4933;

    /// <summary>0.d × 10^-4951 and less is zero: half the smallest number is about 1.82e-4951.</summary>
    private const int DecimalPointMin = -4951;

    /// <summary>
    /// Words that hold every integer of a conversion: 5119 digits are 17,005 bits; the largest divisor, 5^10070, has 23,383; both are
    /// aligned to the longer one, and one bit is added.
    /// </summary>
    private const int ConversionWords = 384;

    /// <summary>
    /// Reads a number as INCRBYFLOAT does: the whole text is what strtold(3) accepts, hexadecimal and <c>inf</c>/<c>infinity</c> included, but no blanks, no
    /// <c>nan</c>, nothing longer than <see cref="TextBytesMax"/>, and no number that overflows or underflows to zero. At most 19 digits with a small exponent
    /// take one division; the worst case is O(digits²) in words, some 200 µs for 5119 digits.
    /// </summary>
    /// <param name="text">The whole text.</param>
    /// <param name="value">The number; 0 when false is returned.</param>
    /// <returns>False when the text is no such number.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out ExtendedDouble value)
    {
        value = default;
        if (text.Length > TextBytesMax)
            return false;
        var literal = new FloatLiteral(text);
        switch (literal.Form)
        {
            case FloatForm.Infinity:
                value = Infinity(literal.Negative);
                return true;
            case FloatForm.Hexadecimal:
                return TryAcceptRange(ParseHexadecimal(literal, out bool hexadecimalZero), hexadecimalZero, out value);
            case FloatForm.Decimal:
                return TryAcceptRange(ParseDecimal(literal, out bool decimalZero), decimalZero, out value);
            default:
                return false;
        }
    }

    /// <summary>
    /// The mantissa of a hexadecimal literal as an integer: the first 30 significant digits, the rest as sticky bit, so that at least 117 bits stand
    /// before anything is cut off.
    /// </summary>
    /// <param name="literal">A hexadecimal literal.</param>
    /// <param name="exponent">The result stands for itself times 2^exponent.</param>
    /// <param name="sticky">True if a digit that was cut off is not 0.</param>
    internal static UInt128 ReadHexadecimal(in FloatLiteral literal, out long exponent, out bool sticky)
    {
        const int digitsMax = 30;
        UInt128 mantissa = 0;
        int digits = 0;
        sticky = false;
        exponent = literal.Exponent;
        for (int part = 0; part < 2; part++)
        {
            foreach (byte digit in part == 0 ? literal.Whole : literal.Fraction)
            {
                int value = digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
                bool kept = digits < digitsMax;
                if (kept)
                    mantissa = (mantissa << 4) | (uint)value;
                else
                    sticky |= value != 0;
                digits += kept && mantissa != 0 ? 1 : 0;
                // A digit kept behind the point is worth 16 times less, one cut off before it 16 times more.
                exponent += kept ? (part == 0 ? 0 : -4) : (part == 0 ? 4 : 0);
            }
        }
        return mantissa;
    }

    private static bool TryAcceptRange(ExtendedDouble parsed, bool isZero, out ExtendedDouble value)
    {
        bool inRange = !parsed.IsInfinity && (isZero || parsed._mantissa != 0);
        value = inRange ? parsed : default;
        return inRange;
    }

    private static ExtendedDouble ParseHexadecimal(in FloatLiteral literal, out bool isZero)
    {
        UInt128 mantissa = ReadHexadecimal(literal, out long exponent, out bool sticky);
        isZero = mantissa == 0;
        // Clamped to where the result is decided, whatever the mantissa: out of range, or zero.
        return Round(literal.Negative, mantissa, (int)Math.Clamp(exponent, -20_000, 20_000), sticky);
    }

    private static ExtendedDouble ParseDecimal(in FloatLiteral literal, out bool isZero)
    {
        // The significant digits lie in two pieces around the point; leading zeros count for nothing, trailing ones move the exponent.
        ReadOnlySpan<byte> whole = literal.Whole.TrimStart((byte)'0');
        ReadOnlySpan<byte> fraction = literal.Fraction.TrimEnd((byte)'0');
        long exponent = literal.Exponent;
        if (whole.Length == 0)
        {
            int zeros = fraction.Length;
            fraction = fraction.TrimStart((byte)'0');
            zeros -= fraction.Length;
            exponent -= zeros;
        }
        if (fraction.Length == 0)
        {
            int zeros = whole.Length;
            whole = whole.TrimEnd((byte)'0');
            exponent += zeros - whole.Length;
        }

        int digits = whole.Length + fraction.Length;
        isZero = digits == 0;
        if (isZero)
            return new ExtendedDouble(literal.Negative, 0, 0);
        // Where the point stands, counted from the first digit.
        exponent -= fraction.Length;
        long point = exponent + digits;
        if (point > DecimalPointMax)
            return Infinity(literal.Negative);
        if (point < DecimalPointMin)
            return new ExtendedDouble(literal.Negative, 0, 0);

        return digits <= 19 && exponent is >= -18 and <= 19
            ? ParseShort(literal.Negative, whole, fraction, (int)exponent)
            : ParseLong(literal.Negative, whole, fraction, (int)exponent);
    }

    /// <summary>Digits that fit in 64 bits, times or over a power of ten that does: one product or one division of 128 bits.</summary>
    private static unsafe ExtendedDouble ParseShort(bool negative, ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction, int exponent)
    {
        ulong magnitude = ReadDigits(ReadDigits(0, whole), fraction);
        if (exponent >= 0)
            return Round(negative, (UInt128)magnitude * PowerTables.Ten[exponent], 0, false);
        // Over less than 2^60, 128 bits leave at least 67: the 64 wanted, and the rounding bits.
        int shift = System.Numerics.BitOperations.LeadingZeroCount(magnitude) + 64;
        (UInt128 quotient, UInt128 rest) = UInt128.DivRem((UInt128)magnitude << shift, PowerTables.Ten[-exponent]);
        return Round(negative, quotient, -shift, rest != 0);
    }

    private static ExtendedDouble ParseLong(bool negative, ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction, int exponent)
    {
        Debug.Assert(whole.Length + fraction.Length <= TextBytesMax, "the words below suffice for this many digits");
        var number = new WideInteger(stackalloc ulong[ConversionWords], 0);
        AppendDigits(ref number, whole);
        AppendDigits(ref number, fraction);
        if (exponent >= 0)
        {
            // d * 10^x = d * 5^x * 2^x: the power of two costs nothing.
            number.MultiplyPowerOfFive(exponent);
            UInt128 top = number.Top(out int topExponent, out bool cut);
            return Round(negative, top, topExponent + exponent, cut);
        }

        var divisor = new WideInteger(stackalloc ulong[ConversionWords], 1);
        divisor.MultiplyPowerOfFive(-exponent);
        int shift = divisor.BitLength - number.BitLength;
        number.ShiftLeft(Math.Max(shift, 0));
        divisor.ShiftLeft(Math.Max(-shift, 0));

        // Long division, bit by bit: the quotient begins with its first or second bit, so 66 steps give the 64 wanted and a rounding bit.
        const int steps = 67;
        UInt128 quotient = 0;
        for (int i = 0; i < steps; i++)
        {
            quotient <<= 1;
            if (number.CompareTo(divisor) >= 0)
            {
                number.Subtract(divisor);
                quotient |= 1;
            }
            number.ShiftLeft(1);
        }
        return Round(negative, quotient, exponent - shift - (steps - 1), !number.IsZero);
    }

    private static unsafe void AppendDigits(ref WideInteger number, ReadOnlySpan<byte> digits)
    {
        const int chunk = PowerTables.TenMax;
        for (; digits.Length > 0; digits = digits[Math.Min(chunk, digits.Length)..])
        {
            ReadOnlySpan<byte> piece = digits[..Math.Min(chunk, digits.Length)];
            number.MultiplyAdd(PowerTables.Ten[piece.Length], ReadDigits(0, piece));
        }
    }

    private static ulong ReadDigits(ulong value, ReadOnlySpan<byte> digits)
    {
        foreach (byte digit in digits)
            value = (value * 10) + (uint)(digit - '0');
        return value;
    }
}
