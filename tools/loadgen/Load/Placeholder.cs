// What may stand in braces in a command template. Control plane, but for filling in.
//
//   {key}               a key number with leading zeros                               {value}     bytes of --value-size, always the same
//   {text:8}            the text of a key number: 8 letters and digits                {bytes:8}   8 random letters and digits
//   {int:1M}            a number from 0 to 999,999, as long as it is                  {int:5..9}  from 5 to 9
//   {real:-180..180:4}  a number with 4 decimals (6 without)                          {+99}       the number before it, plus 99
//   {seq}               0, 1, 2, ... over the whole run
//
// Anything else in braces is text: {tag} is a hash tag.
using System.Globalization;
using FastKv.LoadGen.Arguments;

namespace FastKv.LoadGen.Load;

/// <summary>What is filled in.</summary>
internal enum FieldKind
{
    /// <summary>A key number with leading zeros.</summary>
    Key,

    /// <summary>The text of a key number.</summary>
    Text,

    /// <summary>Random letters and digits.</summary>
    Bytes,

    /// <summary>A random number, of natural width.</summary>
    Number,

    /// <summary>The last number plus a constant, of natural width.</summary>
    Relative,

    /// <summary>A counter, of natural width.</summary>
    Sequence,
}

/// <summary>One place of a template.</summary>
/// <param name="Kind">What is filled in.</param>
/// <param name="Width">Bytes, where they are always as many.</param>
/// <param name="Low">Least number, in units of the last decimal; or what is added.</param>
/// <param name="Count">Numbers that there are.</param>
/// <param name="Decimals">Digits behind the point.</param>
internal readonly record struct Placeholder(FieldKind Kind, int Width, long Low = 0, ulong Count = 0, int Decimals = 0)
{
    /// <summary>Bytes that the longest number takes: sign, 19 digits, a zero in front of the point, the point.</summary>
    public const int NumberBytesMax = 22;

    private const int DecimalsMax = 9;
    private const int DefaultDecimals = 6;

    /// <summary>Whether it is as wide as its number is long, so that the word's length is known only when it is filled in.</summary>
    public bool IsNatural => Kind >= FieldKind.Number;

    /// <summary>Reads what stands between braces; false: it is plain text.</summary>
    /// <exception cref="FormatException">It begins like a placeholder, and is none.</exception>
    public static bool TryParse(ReadOnlySpan<char> text, TemplateSizes sizes, out Placeholder placeholder)
    {
        int colon = text.IndexOf(':');
        ReadOnlySpan<char> name = colon < 0 ? text : text[..colon];
        ReadOnlySpan<char> argument = colon < 0 ? "" : text[(colon + 1)..];
        placeholder = default;
        switch (name)
        {
            case "key" when colon < 0:
                placeholder = new Placeholder(FieldKind.Key, sizes.KeyDigits);
                return true;
            case "seq" when colon < 0:
                placeholder = new Placeholder(FieldKind.Sequence, 0);
                return true;
            case "text" when colon > 0:
                placeholder = new Placeholder(FieldKind.Text, PositiveNumber(argument, text));
                return true;
            case "bytes" when colon > 0:
                placeholder = new Placeholder(FieldKind.Bytes, PositiveNumber(argument, text));
                return true;
            case "int" when colon > 0:
                placeholder = Number(argument, 0, text);
                return true;
            case "real" when colon > 0:
                int second = argument.IndexOf(':');
                int decimals = second < 0 ? DefaultDecimals : PositiveNumber(argument[(second + 1)..], text);
                placeholder = Number(second < 0 ? argument : argument[..second], decimals, text);
                return true;
            default:
                if (text.Length < 2 || text[0] != '+' || !long.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out long added))
                    return false;
                placeholder = new Placeholder(FieldKind.Relative, 0, added);
                return true;
        }
    }

    private static int PositiveNumber(ReadOnlySpan<char> argument, ReadOnlySpan<char> whole)
        => int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out int width) && width is > 0 and <= 1 << 20 ? width : throw Bad(whole);

    private static Placeholder Number(ReadOnlySpan<char> argument, int decimals, ReadOnlySpan<char> whole)
    {
        double unit = Math.Pow(10, decimals);
        int dots = argument.IndexOf("..", StringComparison.Ordinal);
        double low = 0, high;
        bool isRead = dots < 0
            ? TryBound(argument, out high)
            : TryBound(argument[..dots], out low) & TryBound(argument[(dots + 2)..], out high);

        // One bound alone is left out, two are both meant.
        double count = Math.Round((high - low) * unit) + (dots < 0 ? 0 : 1);
        if (!isRead || decimals > DecimalsMax || count < 1 || Math.Abs(low * unit) > 1e15 || Math.Abs(high * unit) > 1e15)
            throw Bad(whole);
        return new Placeholder(FieldKind.Number, 0, (long)Math.Round(low * unit), (ulong)count, decimals);
    }

    private static bool TryBound(ReadOnlySpan<char> text, out double bound)
    {
        bool isNegative = text.Length > 1 && text[0] == '-';
        bool isRead = Quantity.TryParse((isNegative ? text[1..] : text).ToString(), out bound);
        bound = isNegative ? -bound : bound;
        return isRead;
    }

    private static FormatException Bad(ReadOnlySpan<char> text) => new($"Not a placeholder: {{{text}}}");
}
