// Numbers as people write them. Control plane.
using System.Globalization;

namespace FastKv.LoadGen.Arguments;

/// <summary>Reads 50, 1.5M, 100k, 2G (powers of ten).</summary>
internal static class Quantity
{
    /// <summary>The number; false when it is none, or negative.</summary>
    public static bool TryParse(string text, out double number)
    {
        double factor = 1;
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        if (digits.Length > 1)
        {
            factor = char.ToLowerInvariant(digits[^1]) switch { 'k' => 1e3, 'm' => 1e6, 'g' => 1e9, _ => 1 };
            if (factor > 1)
                digits = digits[..^1];
        }
        bool parsed = double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
        number *= factor;
        return parsed && number is >= 0 and < 1e15;
    }
}
