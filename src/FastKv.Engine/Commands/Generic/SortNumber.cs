using FastKv.Protocol;

namespace FastKv.Engine.Commands.Generic;

/// <summary>Numbers as SORT reads them: strtod(3) on a C string. Data plane.</summary>
internal static class SortNumber
{
    /// <summary>
    /// Reads a number. More is allowed than elsewhere: blanks in front, nothing at all (0), anything behind a zero byte; and less: no number whose
    /// magnitude is too small to be exact.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        if (NumberText.TryParseDouble(text, out value))
            return !double.IsSubnormal(value);
        int end = text.IndexOf((byte)0);
        if (end >= 0)
            text = text[..end];
        if (text.IsEmpty)
            return true;
        return NumberText.TryParseDouble(text.TrimStart(" \t\n\v\f\r"u8), out value) && !double.IsSubnormal(value);
    }
}
