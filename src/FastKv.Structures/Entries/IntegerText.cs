using System.Globalization;

namespace FastKv.Structures;

// Data plane: which strings are kept as integers: exactly those that formatting the integer gives back.
internal static class IntegerText
{
    /// <summary>Longest text: "-9223372036854775808".</summary>
    internal const int BytesMax = 20;

    /// <summary>The value of a canonical text: no sign but '-', no leading zero, no "-0", in the range of 64 bits.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.Length is 0 or > BytesMax)
            return false;
        bool negative = text[0] == '-';
        int at = negative ? 1 : 0;
        if (at == text.Length)
            return false;
        uint first = (uint)text[at] - '0';
        if (first > 9)
            return false;
        if (first == 0)
            return text.Length == 1;
        ulong magnitude = first;
        for (at++; at < text.Length; at++)
        {
            uint digit = (uint)text[at] - '0';
            if (digit > 9)
                return false;

            // 20 digits can exceed 64 bits; 19 cannot.
            if (magnitude > (ulong.MaxValue - digit) / 10)
                return false;
            magnitude = magnitude * 10 + digit;
        }

        if (magnitude > (ulong)long.MaxValue + (negative ? 1u : 0u))
            return false;
        value = negative ? -(long)magnitude : (long)magnitude;
        return true;
    }

    /// <summary>Writes the text; returns its length.</summary>
    internal static int Format(long value, Span<byte> destination) =>
        value.TryFormat(destination, out int written, default, CultureInfo.InvariantCulture)
            ? written
            : throw new ArgumentException("An integer takes up to 20 bytes.", nameof(destination));

    /// <summary>Length of the text.</summary>
    internal static int LengthOf(long value)
    {
        Span<byte> text = stackalloc byte[BytesMax];
        return Format(value, text);
    }
}
