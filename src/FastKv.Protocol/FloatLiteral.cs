// Data plane. The grammar of strtod(3) and strtold(3), shared by the 64-bit and the 80-bit parser; only what the whole text matches.
//
//   [+-] digits [. digits] [e [+-] digits]          at least one digit before or behind the point
//   [+-] 0x hexdigits [. hexdigits] [p [+-] digits]
//   [+-] inf | infinity                             any case; nan is left out, since Redis accepts it nowhere
namespace FastKv.Protocol;

/// <summary>What kind of number a text spells.</summary>
internal enum FloatForm : byte
{
    Invalid,
    Decimal,
    Hexadecimal,
    Infinity,
}

/// <summary>The parts of a floating-point literal: value = 0.WholeFraction * base^(...), with digits still as text.</summary>
internal readonly ref struct FloatLiteral
{
    /// <summary>Exponents beyond this decide the result alone: no text is long enough to balance them. Kept far from overflow.</summary>
    private const int ExponentMax = 1_000_000_000;

    public readonly FloatForm Form;
    public readonly bool Negative;

    /// <summary>Digits before the point.</summary>
    public readonly ReadOnlySpan<byte> Whole;

    /// <summary>Digits behind the point.</summary>
    public readonly ReadOnlySpan<byte> Fraction;

    /// <summary>Written exponent: of 10 for decimal, of 2 for hexadecimal. Clamped to ±10^9.</summary>
    public readonly int Exponent;

    /// <summary>Splits <paramref name="text"/>; <see cref="Form"/> is invalid if the literal does not make up all of it. O(length).</summary>
    public FloatLiteral(ReadOnlySpan<byte> text)
    {
        if (text.Length == 0)
            return;
        Negative = text[0] == '-';
        if (text[0] is (byte)'-' or (byte)'+')
            text = text[1..];
        if (IsInfinity(text))
        {
            Form = FloatForm.Infinity;
            return;
        }

        bool hexadecimal = text.Length > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
        if (hexadecimal)
            text = text[2..];
        Whole = text[..CountDigits(text, hexadecimal)];
        text = text[Whole.Length..];
        if (text.Length > 0 && text[0] == '.')
        {
            text = text[1..];
            Fraction = text[..CountDigits(text, hexadecimal)];
            text = text[Fraction.Length..];
        }
        if (Whole.Length + Fraction.Length == 0)
            return;
        if (text.Length > 0 && !TryReadExponent(text, hexadecimal ? (byte)'p' : (byte)'e', out Exponent))
            return;
        Form = hexadecimal ? FloatForm.Hexadecimal : FloatForm.Decimal;
    }

    private static bool IsInfinity(ReadOnlySpan<byte> text)
    {
        if (text.Length is not (3 or 8))
            return false;
        ReadOnlySpan<byte> name = "infinity"u8;
        for (int i = 0; i < text.Length; i++)
        {
            if ((text[i] | 0x20) != name[i])
                return false;
        }
        return true;
    }

    private static int CountDigits(ReadOnlySpan<byte> text, bool hexadecimal)
    {
        int count = hexadecimal
            ? text.IndexOfAnyExcept(HexadecimalDigits)
            : text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return count < 0 ? text.Length : count;
    }

    private static readonly System.Buffers.SearchValues<byte> HexadecimalDigits =
        System.Buffers.SearchValues.Create("0123456789abcdefABCDEF"u8);

    private static bool TryReadExponent(ReadOnlySpan<byte> text, byte mark, out int exponent)
    {
        exponent = 0;
        if ((text[0] | 0x20) != mark)
            return false;
        text = text[1..];
        bool negative = text.Length > 0 && text[0] == '-';
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+')
            text = text[1..];
        if (text.Length == 0 || CountDigits(text, false) != text.Length)
            return false;
        long value = 0;
        foreach (byte digit in text)
            value = Math.Min((value * 10) + (digit - '0'), ExponentMax);
        exponent = (int)(negative ? -value : value);
        return true;
    }
}
