// Text rules of redis.conf (control plane): splitting a line into words, quoting a word, numbers as the C library reads them.
// Configuration texts are Latin-1: one char per byte.
using System.Globalization;
using System.Text;

namespace FastKv.Engine.Configuration;

/// <summary>Splits, quotes and converts the texts of configuration files.</summary>
public static class ConfigText
{
    private static readonly char[] Blanks = [' ', '\t', '\r', '\n'];

    /// <summary>A line without blanks around it.</summary>
    internal static string TrimLine(string line) => line.Trim(Blanks);

    /// <summary>Latin-1 text (a byte per char) as the file name it means: the bytes are UTF-8.</summary>
    public static string ToPath(string text)
        => Ascii.IsValid(text) ? text : Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text));

    /// <summary>A file name as Latin-1 text, a char per UTF-8 byte.</summary>
    public static string FromPath(string path)
        => Ascii.IsValid(path) ? path : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(path));

    /// <summary>
    /// Splits a line into words: blanks separate, "double quotes" take \n \r \t \b \a \xHH, 'single quotes' take only \'.
    /// Returns null when a quote is left open, or when something other than a blank follows a closing quote.
    /// </summary>
    public static List<string>? SplitWords(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        int at = 0;
        while (true)
        {
            while (at < line.Length && IsBlank(line[at]))
                at++;
            if (at >= line.Length || line[at] == '\0')
                return words;
            word.Clear();
            if (!ReadWord(line, ref at, word))
                return null;
            words.Add(word.ToString());
        }
    }

    private static bool ReadWord(string line, ref int at, StringBuilder word)
    {
        while (at < line.Length && line[at] != '\0' && !IsBlank(line[at]))
        {
            char c = line[at++];
            if (c is '"' or '\'')
                return ReadQuoted(line, ref at, word, c) && (at == line.Length || line[at] == '\0' || IsBlank(line[at]));
            word.Append(c);
        }
        return true;
    }

    private static bool ReadQuoted(string line, ref int at, StringBuilder word, char quote)
    {
        while (at < line.Length && line[at] != '\0')
        {
            char c = line[at++];
            if (c == quote)
                return true;
            if (c != '\\' || at == line.Length)
                word.Append(c);
            else if (quote == '\'')
                word.Append(line[at] == '\'' ? line[at++] : c);
            else if (line[at] == 'x' && at + 2 < line.Length && char.IsAsciiHexDigit(line[at + 1]) && char.IsAsciiHexDigit(line[at + 2]))
            {
                word.Append((char)byte.Parse(line.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                at += 3;
            }
            else
                word.Append(Unescape(line[at++]));
        }
        return false;
    }

    private static char Unescape(char c) => c switch
    {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\b',
        'a' => '\a',
        _ => c,
    };

    /// <summary>A word in double quotes that <see cref="SplitWords"/> reads back as it was.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (char c in text)
        {
            _ = c switch
            {
                '\\' or '"' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\a' => quoted.Append("\\a"),
                '\b' => quoted.Append("\\b"),
                >= ' ' and <= '~' => quoted.Append(c),
                _ => quoted.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture)),
            };
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>A decimal number in its only canonical form: no sign '+', no leading zeros, no blanks.</summary>
    internal static bool TryParseCanonical(ReadOnlySpan<char> text, out long value)
        => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
            && text[0] != '+' && (value == 0 ? text.Length == 1 : text[text[0] == '-' ? 1 : 0] != '0');

    /// <summary>
    /// A number as C's <c>strtoll</c> reads it: leading blanks and a sign are fine, nothing at all is 0, too large saturates.
    /// False when something is left over; <paramref name="overflow"/> tells saturation.
    /// </summary>
    internal static bool TryParseLoose(string text, int radix, out long value, out bool overflow)
    {
        int at = 0;
        while (at < text.Length && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r')))
            at++;
        bool negative = at < text.Length && text[at] == '-';
        if (at < text.Length && text[at] is '-' or '+')
            at++;
        int firstDigit = at;
        Int128 sum = 0;
        for (; at < text.Length && text[at] >= '0' && text[at] < '0' + radix; at++)
            sum = sum > long.MaxValue ? sum : (sum * radix) + (text[at] - '0');
        Int128 signed = negative ? -sum : sum;
        overflow = signed > long.MaxValue || signed < long.MinValue;
        value = overflow ? (negative ? long.MinValue : long.MaxValue) : (long)signed;
        return at == text.Length && (at > firstDigit || text.Length == 0);
    }

    private static bool IsBlank(char c) => c == ' ' || (c >= '\t' && c <= '\r');
}
