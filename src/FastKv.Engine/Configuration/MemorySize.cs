// Memory amounts of the configuration (control plane): "100mb" and back. k/m/g are decimal, kb/mb/gb binary.
using System.Globalization;

namespace FastKv.Engine.Configuration;

/// <summary>Parses and formats amounts of memory as redis.conf writes them.</summary>
public static class MemorySize
{
    private const int DigitsMax = 127;

    /// <summary>
    /// Reads digits and an optional unit (b, k, kb, m, mb, g, gb; any case). As Redis: no digits mean 0, more than 64 bits
    /// saturate, and the product with the unit wraps around.
    /// </summary>
    public static bool TryParse(string text, out ulong bytes)
    {
        int digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            digits++;
        bytes = 0;
        if (digits > DigitsMax || UnitOf(text.AsSpan(digits)) is not { } unit)
            return false;
        if (digits > 0 && !ulong.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out bytes))
            bytes = ulong.MaxValue;
        bytes = unchecked(bytes * unit);
        return true;
    }

    /// <summary>The shortest form with a binary unit that loses nothing: 1gb, 64mb, 3kb, 1000.</summary>
    public static string Format(long bytes)
    {
        if (bytes == 0)
            return "0";
        if (bytes % (1L << 30) == 0)
            return (bytes >> 30).ToString(CultureInfo.InvariantCulture) + "gb";
        if (bytes % (1L << 20) == 0)
            return (bytes >> 20).ToString(CultureInfo.InvariantCulture) + "mb";
        return bytes % (1L << 10) == 0
            ? (bytes >> 10).ToString(CultureInfo.InvariantCulture) + "kb"
            : bytes.ToString(CultureInfo.InvariantCulture);
    }

    private static ulong? UnitOf(ReadOnlySpan<char> unit)
    {
        if (unit.IsEmpty || unit.Equals("b", StringComparison.OrdinalIgnoreCase))
            return 1;
        if (unit.Equals("k", StringComparison.OrdinalIgnoreCase))
            return 1000;
        if (unit.Equals("kb", StringComparison.OrdinalIgnoreCase))
            return 1 << 10;
        if (unit.Equals("m", StringComparison.OrdinalIgnoreCase))
            return 1_000_000;
        if (unit.Equals("mb", StringComparison.OrdinalIgnoreCase))
            return 1 << 20;
        if (unit.Equals("g", StringComparison.OrdinalIgnoreCase))
            return 1_000_000_000;
        return unit.Equals("gb", StringComparison.OrdinalIgnoreCase) ? 1 << 30 : null;
    }
}
