namespace FastKv.Structures;

/// <summary>Redis's glob patterns, as KEYS, SCAN, CONFIG GET and PSUBSCRIBE take them.</summary>
/// <remarks>
/// Data plane. <c>*</c> any bytes, <c>?</c> one byte, <c>[abc]</c>, <c>[a-z]</c>, <c>[^a]</c> classes, <c>\x</c> the byte x. The corner
/// cases are those of Redis's own matcher: an empty text matches only an empty pattern (KEYS and SCAN treat a lone <c>*</c> apart);
/// an unclosed class ends with the pattern; range bounds are signed bytes, in either order; an escaped byte in a class ignores
/// <c>ignoreCase</c>; more than 1,000 stars never match.
/// <para>
/// Only the last star is ever tried again: if what follows it fits nowhere in the rest of the text, then no longer match of an earlier
/// star can help. So the time is O(pattern × text) at worst, without recursion.
/// </para>
/// </remarks>
public static class Glob
{
    private const int StarsMax = 1000;

    /// <summary>Whether the whole text matches the pattern.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="text">Any bytes.</param>
    /// <param name="ignoreCase">Whether ASCII letters match in either case.</param>
    public static bool IsMatch(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase = false)
    {
        if (text.IsEmpty)
            return pattern.IsEmpty;
        int stars = 0;
        int afterStar = -1;
        int starText = 0;
        int p = 0;
        int t = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                while (p < pattern.Length && pattern[p] == '*')
                    p++;
                if (p == pattern.Length)
                    return true;
                if (++stars > StarsMax)
                    return false;
                afterStar = p;
                starText = t;
            }

            if (p < pattern.Length && MatchesOne(pattern, ref p, text[t], ignoreCase))
            {
                t++;
                continue;
            }

            if (afterStar < 0)
                return false;
            p = afterStar;
            t = ++starText;
        }

        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;
    }

    // Matches one byte against the element at p (no star), and moves p behind it.
    private static bool MatchesOne(ReadOnlySpan<byte> pattern, ref int p, byte value, bool ignoreCase)
    {
        switch (pattern[p])
        {
            case (byte)'?':
                p++;
                return true;
            case (byte)'[':
                return MatchesClass(pattern, ref p, value, ignoreCase);
            case (byte)'\\' when p + 1 < pattern.Length:
                p++;
                break;
        }

        return Same(pattern[p++], value, ignoreCase);
    }

    private static bool MatchesClass(ReadOnlySpan<byte> pattern, ref int p, byte value, bool ignoreCase)
    {
        p++;
        bool negated = p < pattern.Length && pattern[p] == '^';
        if (negated)
            p++;
        bool found = false;
        for (; p < pattern.Length && pattern[p] != ']'; p++)
        {
            if (pattern[p] == '\\' && p + 1 < pattern.Length)
            {
                p++;
                found |= pattern[p] == value;
            }
            else if (p + 2 < pattern.Length && pattern[p + 1] == '-')
            {
                found |= InRange(pattern[p], pattern[p + 2], value, ignoreCase);
                p += 2;
            }
            else
            {
                found |= Same(pattern[p], value, ignoreCase);
            }
        }

        // Past the bracket; an unclosed class has used up the pattern.
        p = Math.Min(p + 1, pattern.Length);
        return found != negated;
    }

    private static bool InRange(byte first, byte last, byte value, bool ignoreCase)
    {
        sbyte low = (sbyte)first;
        sbyte high = (sbyte)last;
        sbyte at = (sbyte)value;
        if (low > high)
            (low, high) = (high, low);
        if (ignoreCase)
        {
            low = (sbyte)Lower((byte)low);
            high = (sbyte)Lower((byte)high);
            at = (sbyte)Lower(value);
        }

        return at >= low && at <= high;
    }

    private static bool Same(byte left, byte right, bool ignoreCase) =>
        left == right || (ignoreCase && Lower(left) == Lower(right));

    private static byte Lower(byte value) => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value;
}
