// Data plane. 64-bit floating-point numbers as text: strtod(3) with Redis's checks on the way in; printf's %.17g (Redis up to 7.0) or the
// shortest text that reads back as the same number (Redis from 7.2) on the way out.
using System.Diagnostics;
using System.Globalization;

namespace FastKv.Protocol;

public static unsafe partial class NumberText
{
    /// <summary>The most characters of a formatted double, in either form: "-2.2250738585072014e-308" has 24.</summary>
    public const int DoubleCharsMax = 32;

    private const int SignificantDigits = 17;

    /// <summary>
    /// Reads a number as Redis reads scores and increments (getDoubleFromObject): the whole text is what strtod(3) accepts, hexadecimal and
    /// <c>inf</c>/<c>infinity</c> included, but no leading blanks, no <c>nan</c>, and no number that overflows or underflows to zero.
    /// </summary>
    /// <param name="text">The whole text.</param>
    /// <param name="value">The number, correctly rounded; 0 when false is returned.</param>
    /// <returns>False when the text is no such number. O(length).</returns>
    public static bool TryParseDouble(ReadOnlySpan<byte> text, out double value)
    {
        if (TryParseSmallInteger(text, out value))
            return true;
        var literal = new FloatLiteral(text);
        switch (literal.Form)
        {
            case FloatForm.Decimal:
                if (TryParseSimpleDecimal(literal, out value))
                    return true;
                // The platform's parser is correctly rounded for any length; the literal has shown that it is given nothing but a plain number.
                const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
                if (!double.TryParse(text, style, NumberFormatInfo.InvariantInfo, out value))
                    return false;
                break;
            case FloatForm.Hexadecimal:
                value = ParseHexadecimal(literal);
                break;
            case FloatForm.Infinity:
                value = literal.Negative ? double.NegativeInfinity : double.PositiveInfinity;
                return true;
            default:
                value = 0;
                return false;
        }

        bool outOfRange = double.IsInfinity(value) || (value == 0 && HasNonZeroDigit(literal));
        if (outOfRange)
            value = 0;
        return !outOfRange;
    }

    /// <summary>Writes <paramref name="value"/> as Redis 7.0 replies with doubles: the same as <see cref="FormatDouble17"/>.</summary>
    /// <param name="destination">Room for at least <see cref="DoubleCharsMax"/> bytes.</param>
    /// <param name="value">Any value.</param>
    /// <returns>Bytes written.</returns>
    public static int FormatDouble(Span<byte> destination, double value) => FormatDouble17(destination, value);

    /// <summary>
    /// Writes <paramref name="value"/> as printf's <c>%.17g</c>: 17 significant digits without trailing zeros; <c>inf</c>, <c>-inf</c>,
    /// <c>nan</c>, <c>-0</c>.
    /// </summary>
    /// <param name="destination">Room for at least <see cref="DoubleCharsMax"/> bytes.</param>
    /// <param name="value">Any value; a NaN's sign is not written.</param>
    /// <returns>Bytes written.</returns>
    public static int FormatDouble17(Span<byte> destination, double value)
    {
        // Below 2^53 whole numbers have at most 16 digits, all exact.
        if (TryFormatSpecial(destination, value, 1L << 53, out int written))
            return written;
        Span<byte> digits = stackalloc byte[SignificantDigits];
        if (!TrySplitExact(Math.Abs(value), digits, out int point, out int count))
            point = SplitDigits(value, "E16", digits, out count);
        int position = WriteSign(destination, value);
        // %g: exponential if the exponent is below -4 or not below the precision.
        return point - 1 < -4 || point - 1 >= SignificantDigits
            ? position + WriteExponential(destination[position..], digits[..count], point - 1, exponentDigitsMin: 2)
            : position + WritePlain(destination[position..], digits[..count], point);
    }

    /// <summary>
    /// Writes the shortest text that reads back as <paramref name="value"/>, in the layout of Redis 7.2 and later (d2string, fpconv): plain for
    /// moderate exponents, else like <c>1e+21</c> and <c>1.5e-7</c>; <c>inf</c>, <c>-inf</c>, <c>nan</c>, <c>-0</c>.
    /// </summary>
    /// <param name="destination">Room for at least <see cref="DoubleCharsMax"/> bytes.</param>
    /// <param name="value">Any value; a NaN's sign is not written.</param>
    /// <returns>Bytes written.</returns>
    public static int FormatDoubleShortest(Span<byte> destination, double value)
    {
        // d2string writes whole numbers up to half the range of 64 bits as integers.
        if (TryFormatSpecial(destination, value, 1L << 62, out int written))
            return written;
        Span<byte> digits = stackalloc byte[SignificantDigits];
        int point = SplitDigits(value, "R", digits, out int count);
        int position = WriteSign(destination, value);
        // Layout rules of fpconv's emit_digits; zeros behind the digits if the number is whole, digits behind the point otherwise.
        int zeros = point - count;
        bool plain = zeros >= 0
            ? Math.Abs(point - 1) < count + 7
            : zeros > -7 || Math.Abs(point - 1) < 4;
        return plain
            ? position + WritePlain(destination[position..], digits[..count], point)
            : position + WriteExponential(destination[position..], digits[..count], point - 1, exponentDigitsMin: 1);
    }

    /// <summary>Up to 15 digits with an optional '-': scores mostly look so.</summary>
    private static bool TryParseSmallInteger(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        bool negative = text.Length > 0 && text[0] == '-';
        int index = negative ? 1 : 0;
        if (text.Length - index is < 1 or > 15)
            return false;
        long magnitude = 0;
        for (; index < text.Length; index++)
        {
            uint digit = (uint)(text[index] - '0');
            if (digit > 9)
                return false;
            magnitude = (magnitude * 10) + digit;
        }
        value = negative ? -(double)magnitude : magnitude;
        return true;
    }

    /// <summary>
    /// A number of at most 15 digits times or over a power of ten up to 10^22 needs one rounding only, since both are exact
    /// (W. Clinger, How to Read Floating Point Numbers Accurately, 1990).
    /// </summary>
    private static bool TryParseSimpleDecimal(in FloatLiteral literal, out double value)
    {
        value = 0;
        int digits = literal.Whole.Length + literal.Fraction.Length;
        int exponent = literal.Exponent - literal.Fraction.Length;
        if (digits > 15 || Math.Abs(exponent) > PowerTables.ExactDoubleMax)
            return false;
        long magnitude = 0;
        foreach (byte digit in literal.Whole)
            magnitude = (magnitude * 10) + (digit - '0');
        foreach (byte digit in literal.Fraction)
            magnitude = (magnitude * 10) + (digit - '0');
        value = exponent < 0 ? magnitude / PowerTables.ExactDouble[-exponent] : magnitude * PowerTables.ExactDouble[exponent];
        if (literal.Negative)
            value = -value;
        return true;
    }

    private static double ParseHexadecimal(in FloatLiteral literal)
    {
        UInt128 mantissa = ExtendedDouble.ReadHexadecimal(literal, out long exponent, out bool sticky);
        if (mantissa == 0)
            return literal.Negative ? -0.0 : 0.0;
        // One rounding to 53 bits, or to fewer below the normal range.
        const int exponentMin = -1074;
        int bits = 128 - (int)UInt128.LeadingZeroCount(mantissa);
        long lowest = Math.Max(exponent + bits - 53, exponentMin);
        if (lowest > 971)
            return literal.Negative ? double.NegativeInfinity : double.PositiveInfinity;
        ulong rounded = ExtendedDouble.RoundShift(mantissa, lowest - exponent, sticky);
        double value = Math.ScaleB(rounded, (int)lowest);
        return literal.Negative ? -value : value;
    }

    private static bool HasNonZeroDigit(in FloatLiteral literal) =>
        literal.Whole.IndexOfAnyExcept((byte)'0') >= 0 || literal.Fraction.IndexOfAnyExcept((byte)'0') >= 0;

    /// <summary>Infinities, NaN, and whole numbers up to <paramref name="wholeMax"/>, which are written without point and exponent.</summary>
    private static bool TryFormatSpecial(Span<byte> destination, double value, double wholeMax, out int written)
    {
        if (Math.Abs(value) <= wholeMax)
        {
            long whole = (long)value;
            if (whole == value && !(whole == 0 && double.IsNegative(value)))
            {
                fixed (byte* target = destination)
                    written = Format(target, whole);
                return true;
            }
        }
        ReadOnlySpan<byte> text = double.IsNaN(value) ? "nan"u8
            : double.IsPositiveInfinity(value) ? "inf"u8
            : double.IsNegativeInfinity(value) ? "-inf"u8
            : value == 0 ? "-0"u8
            : default;
        text.CopyTo(destination);
        written = text.Length;
        return written > 0;
    }

    /// <summary>
    /// The same as <see cref="SplitDigits"/> with 17 digits for numbers of everyday size, four times as fast: value * 10^k is
    /// mantissa * 5^k * 2^(exponent + k), and 128 bits hold mantissa * 5^k exactly for k up to 27.
    /// </summary>
    private static bool TrySplitExact(double value, Span<byte> digits, out int point, out int count)
    {
        const double min = 1e-10;
        const double max = 1L << 53;
        point = 0;
        count = 0;
        if (!(value >= min && value < max))
            return false;
        long bits = BitConverter.DoubleToInt64Bits(value);
        ulong mantissa = ((ulong)bits & ((1UL << 52) - 1)) | (1UL << 52);
        int exponent = (int)(bits >> 52) - 1075;

        // Digits before the point, at most one too few; negative for zeros behind it.
        point = (int)Math.Floor((exponent + 52) * 0.30102999566398120) + 1;
        ulong scaled = Scale(mantissa, exponent, SignificantDigits - point);
        if (scaled >= PowerTables.Ten[SignificantDigits])
        {
            point++;
            scaled = Scale(mantissa, exponent, SignificantDigits - point);
        }
        Debug.Assert(scaled >= PowerTables.Ten[SignificantDigits - 1] && scaled <= PowerTables.Ten[SignificantDigits], "17 digits");
        if (scaled == PowerTables.Ten[SignificantDigits])
        {
            // Rounded up to the next power of ten.
            scaled /= 10;
            point++;
        }
        count = SignificantDigits;
        for (int zeros = 8; zeros > 0;)
        {
            (ulong quotient, ulong rest) = Math.DivRem(scaled, PowerTables.Ten[zeros]);
            if (rest == 0)
            {
                scaled = quotient;
                count -= zeros;
            }
            else
            {
                zeros >>= 1;
            }
        }
        fixed (byte* target = digits)
            FormatUnsigned(target, scaled);
        return true;
    }

    /// <summary>mantissa * 2^exponent * 10^power, rounded half to even; the power is at most 27 and the result fits.</summary>
    private static ulong Scale(ulong mantissa, int exponent, int power) =>
        ExtendedDouble.RoundShift((UInt128)mantissa * PowerTables.Five[power], -(exponent + power), false);

    /// <summary>The significant digits of |value| without trailing zeros; returns where the point stands, counted from the first digit.</summary>
    private static int SplitDigits(double value, string format, Span<byte> digits, out int count)
    {
        Span<byte> text = stackalloc byte[DoubleCharsMax];
        bool fits = Math.Abs(value).TryFormat(text, out int length, format, NumberFormatInfo.InvariantInfo);
        Debug.Assert(fits, "a double has at most 17 digits");
        text = text[..length];

        int exponent = 0;
        int mark = text.IndexOf((byte)'E');
        if (mark >= 0)
        {
            foreach (byte digit in text[(mark + 2)..])
                exponent = (exponent * 10) + (digit - '0');
            if (text[mark + 1] == '-')
                exponent = -exponent;
            text = text[..mark];
        }

        count = 0;
        int point = 0;
        bool behindPoint = false;
        foreach (byte character in text)
        {
            if (character == '.')
            {
                behindPoint = true;
                continue;
            }
            if (count == 0 && character == '0')
            {
                point -= behindPoint ? 1 : 0;
                continue;
            }
            point += behindPoint ? 0 : 1;
            if (count < digits.Length)
                digits[count++] = character;
        }
        while (count > 1 && digits[count - 1] == '0')
            count--;
        return point + exponent;
    }

    private static int WriteSign(Span<byte> destination, double value)
    {
        if (!double.IsNegative(value))
            return 0;
        destination[0] = (byte)'-';
        return 1;
    }

    private static int WritePlain(Span<byte> destination, ReadOnlySpan<byte> digits, int point)
    {
        if (point <= 0)
        {
            "0."u8.CopyTo(destination);
            destination.Slice(2, -point).Fill((byte)'0');
            digits.CopyTo(destination[(2 - point)..]);
            return 2 - point + digits.Length;
        }
        if (point >= digits.Length)
        {
            digits.CopyTo(destination);
            destination[digits.Length..point].Fill((byte)'0');
            return point;
        }
        digits[..point].CopyTo(destination);
        destination[point] = (byte)'.';
        digits[point..].CopyTo(destination[(point + 1)..]);
        return digits.Length + 1;
    }

    private static int WriteExponential(Span<byte> destination, ReadOnlySpan<byte> digits, int exponent, int exponentDigitsMin)
    {
        int position = 0;
        destination[position++] = digits[0];
        if (digits.Length > 1)
        {
            destination[position++] = (byte)'.';
            digits[1..].CopyTo(destination[position..]);
            position += digits.Length - 1;
        }
        destination[position++] = (byte)'e';
        destination[position++] = exponent < 0 ? (byte)'-' : (byte)'+';
        int magnitude = Math.Abs(exponent);
        if (magnitude < 10 && exponentDigitsMin == 2)
            destination[position++] = (byte)'0';
        fixed (byte* target = destination[position..])
            position += Format(target, magnitude);
        return position;
    }
}
