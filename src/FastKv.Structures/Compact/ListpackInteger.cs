using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// Data plane. Which texts a listpack keeps as integers (exactly those that formatting the integer gives back), and how long these texts are. The same rule
// as IntegerText, without a division per digit: elements are parsed on every write and every search.
internal static class ListpackInteger
{
    // 18 digits cannot exceed 63 bits.
    private const int SafeDigits = 18;

    /// <summary>The value of a canonical text: no sign but '-', no leading zero, no "-0", in the range of 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        // Most strings are told by their length or their first byte.
        if ((uint)(text.Length - 1) >= IntegerText.BytesMax || text[0] > '9')
        {
            value = 0;
            return false;
        }

        return TryParseDigits(text, out value);
    }

    /// <summary>Length of the text.</summary>
    internal static int LengthOf(long value)
    {
        int length = value < 0 ? 2 : 1;
        ulong magnitude = value < 0 ? (ulong)-value : (ulong)value;
        while (magnitude >= 10_000)
        {
            magnitude /= 10_000;
            length += 4;
        }

        return length + (magnitude >= 1000 ? 3 : magnitude >= 100 ? 2 : magnitude >= 10 ? 1 : 0);
    }

    private static bool TryParseDigits(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        int sign = text[0] == '-' ? 1 : 0;
        if (text.Length - sign > SafeDigits)
            return IntegerText.TryParse(text, out value);
        if (sign == text.Length)
            return false;
        ulong first = (uint)text[sign] - '0';
        if (first - 1 > 8)
            return first == 0 && text.Length == 1;
        ulong magnitude = first;
        for (int at = sign + 1; at < text.Length; at++)
        {
            ulong digit = (uint)text[at] - '0';
            if (digit > 9)
                return false;
            magnitude = magnitude * 10 + digit;
        }

        value = sign != 0 ? -(long)magnitude : (long)magnitude;
        return true;
    }
}
