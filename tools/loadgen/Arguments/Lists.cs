// Lists on the command line. Control plane.
using System.Globalization;

namespace FastKv.LoadGen.Arguments;

/// <summary>Reads 1,16,64 and 1:9.</summary>
internal static class Lists
{
    /// <summary>Whole numbers with commas between them; none in an empty text.</summary>
    /// <exception cref="FormatException">Something else is in it.</exception>
    public static int[] Numbers(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return [.. parts.Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int n)
            ? n
            : throw new FormatException($"Not a list of numbers: {text}"))];
    }

    /// <summary>Weights with colons between them, as many as there are commands; equal ones when not given.</summary>
    /// <exception cref="FormatException">Another number of them, or something that is no weight.</exception>
    public static double[] Weights(string? text, int commands)
    {
        if (text is null)
            return [.. Enumerable.Repeat(1.0, commands)];
        string[] parts = text.Split(':');
        double[] weights = [.. parts.Select(p => Quantity.TryParse(p, out double w) ? w : throw new FormatException($"Not a ratio: {text}"))];
        if (weights.Length != commands || weights.Sum() <= 0)
            throw new FormatException($"--ratio {text} does not fit {commands} command(s).");
        return weights;
    }
}
