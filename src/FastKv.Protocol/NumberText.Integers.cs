// Data plane. Whole numbers as text, with Redis's strictness (string2ll, string2ull and ll2string in util.c of Redis 7).
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastKv.Protocol;

/// <summary>Numbers to and from text exactly as Redis reads and writes them. Nothing here allocates, and nothing depends on the culture.</summary>
public static unsafe partial class NumberText
{
    /// <summary>The most characters that <see cref="Format(byte*, long)"/> writes: those of <c>-9223372036854775808</c>.</summary>
    public const int Int64CharsMax = 20;

    private const uint SmallMax = 10_000;

    /// <summary>All pairs of digits: one 2-byte copy replaces two divisions.</summary>
    private static ReadOnlySpan<byte> DigitPairs =>
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"u8
        + "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"u8;

    /// <summary>Writes <paramref name="value"/> in decimal.</summary>
    /// <param name="destination">Room for at least <see cref="Int64CharsMax"/> bytes.</param>
    /// <param name="value">Any value.</param>
    /// <returns>Bytes written, 1 to 20.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Format(byte* destination, long value) =>
        (ulong)value < SmallMax ? FormatSmall(destination, (uint)value) : FormatLarge(destination, value);

    /// <summary>Writes <paramref name="value"/> in decimal.</summary>
    /// <param name="destination">Room for at least <see cref="Int64CharsMax"/> bytes.</param>
    /// <param name="value">Any value.</param>
    /// <returns>Bytes written, 1 to 20.</returns>
    public static int FormatUnsigned(byte* destination, ulong value)
    {
        if (value < SmallMax)
            return FormatSmall(destination, (uint)value);
        int digits = CountDigits(value);
        byte* position = destination + digits;
        while (value >= 100)
        {
            ulong quotient = value / 100;
            position -= 2;
            WritePair(position, (uint)(value - (quotient * 100)));
            value = quotient;
        }
        if (value >= 10)
            WritePair(position - 2, (uint)value);
        else
            *(position - 1) = (byte)('0' + value);
        return digits;
    }

    private static int FormatLarge(byte* destination, long value)
    {
        if (value >= 0)
            return FormatUnsigned(destination, (ulong)value);
        *destination = (byte)'-';
        return 1 + FormatUnsigned(destination + 1, 0 - (ulong)value);
    }

    /// <summary>Up to four digits: lengths and counts mostly are so small, and need no loop.</summary>
    private static int FormatSmall(byte* destination, uint value)
    {
        if (value < 10)
        {
            *destination = (byte)('0' + value);
            return 1;
        }
        if (value < 100)
        {
            WritePair(destination, value);
            return 2;
        }
        uint high = value / 100;
        uint low = value - (high * 100);
        if (high < 10)
        {
            *destination = (byte)('0' + high);
            WritePair(destination + 1, low);
            return 3;
        }
        WritePair(destination, high);
        WritePair(destination + 2, low);
        return 4;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WritePair(byte* destination, uint pair)
    {
        ref byte pairs = ref MemoryMarshal.GetReference(DigitPairs);
        Unsafe.WriteUnaligned(destination, Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref pairs, 2 * pair)));
    }

    /// <summary>Decimal digits of <paramref name="value"/>, 1 to 20. O(1).</summary>
    /// <param name="value">Any value; 0 has one digit.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountDigits(ulong value)
    {
        // 1233 / 4096 is log10(2) to four digits, enough to be at most one too high for 64 bits.
        int estimate = ((BitOperations.Log2(value | 1) + 1) * 1233) >> 12;
        return estimate + (value >= PowerTables.Ten[estimate] ? 1 : 0) + (value == 0 ? 1 : 0);
    }

    /// <summary>
    /// Reads an integer as Redis does: digits with an optional '-', no other sign, no blanks, no leading zeros, no "-0", nothing behind it.
    /// </summary>
    /// <param name="text">The whole text.</param>
    /// <param name="value">The number; 0 when false is returned.</param>
    /// <returns>False when the text has another form or is out of the range of 64 bits.</returns>
    public static bool TryParseInt64(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.Length is 0 or > Int64CharsMax)
            return false;
        bool negative = text[0] == '-';
        if (negative)
        {
            text = text[1..];
            if (text.Length == 0 || text[0] == '0')
                return false;
        }
        if (!TryParseUInt64(text, out ulong magnitude))
            return false;
        if (magnitude > long.MaxValue + (negative ? 1UL : 0))
            return false;
        value = negative ? (long)(0 - magnitude) : (long)magnitude;
        return true;
    }

    /// <summary>Reads an unsigned integer with the strictness of <see cref="TryParseInt64"/>: digits only, no sign, no leading zeros.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="value">The number; 0 when false is returned.</param>
    /// <returns>False when the text has another form or is out of the range of 64 bits.</returns>
    public static bool TryParseUInt64(ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        if (text.Length is 0 or > 20)
            return false;
        ulong result = (uint)(text[0] - '0');
        if (result > 9 || (result == 0 && text.Length > 1))
            return false;
        int unchecked19 = Math.Min(text.Length, 19);
        for (int i = 1; i < unchecked19; i++)
        {
            uint digit = (uint)(text[i] - '0');
            if (digit > 9)
                return false;
            result = (result * 10) + digit;
        }
        if (text.Length == 20)
        {
            // Only the 20th digit can overflow 64 bits.
            uint digit = (uint)(text[19] - '0');
            ulong high = Math.BigMul(result, 10, out ulong low);
            if (digit > 9 || high != 0 || low + digit < low)
                return false;
            result = low + digit;
        }
        value = result;
        return true;
    }

    /// <summary>
    /// Reads an unsigned integer as Redis reads the halves of a stream ID: first strictly, and what fails that as strtoull(3) with base 10 does, so
    /// that leading blanks, signs and zeros pass, and a negative number not in canonical form wraps around.
    /// </summary>
    /// <param name="text">The whole text.</param>
    /// <param name="value">The number; 0 when false is returned.</param>
    /// <returns>False when the text is no number, has something behind it, or is out of the range of 64 bits.</returns>
    public static bool TryParseUInt64Lenient(ReadOnlySpan<byte> text, out ulong value)
    {
        if (TryParseInt64(text, out long signed))
        {
            value = signed < 0 ? 0 : (ulong)signed;
            return signed >= 0;
        }
        value = 0;
        int index = 0;
        while (index < text.Length && text[index] is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r'))
            index++;
        bool negative = index < text.Length && text[index] == '-';
        if (index < text.Length && text[index] is (byte)'-' or (byte)'+')
            index++;
        if (index == text.Length)
            return false;
        while (index < text.Length - 1 && text[index] == '0')
            index++;
        if (!TryParseUInt64(text[index..], out ulong magnitude))
            return false;
        Debug.Assert(index < text.Length, "the digits end the text");
        value = negative ? 0 - magnitude : magnitude;
        return true;
    }
}
