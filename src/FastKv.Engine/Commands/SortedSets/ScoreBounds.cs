using System.Globalization;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.SortedSets;

// Data plane. A range of scores as commands spell it: "1.5", "(1.5" (exclusive), "-inf", "+inf".

/// <summary>A range of scores.</summary>
internal readonly struct ScoreBounds(double min, bool isMinExclusive, double max, bool isMaxExclusive)
{
    public readonly double Min = min;
    public readonly double Max = max;
    public readonly bool IsMinExclusive = isMinExclusive;
    public readonly bool IsMaxExclusive = isMaxExclusive;

    /// <summary>Whether no score can be in it.</summary>
    public bool IsEmpty => Min > Max || (Min == Max && (IsMinExclusive || IsMaxExclusive));

    /// <summary>Reads two arguments, or replies that one is no float.</summary>
    public static bool TryParse(ref CommandContext context, int minIndex, int maxIndex, out ScoreBounds bounds)
    {
        bounds = default;
        if (!TryParse(context[minIndex], out double min, out bool isMinExclusive) || !TryParse(context[maxIndex], out double max, out bool isMaxExclusive))
        {
            context.Reply.Error(Errors.ScoreRange);
            return false;
        }
        bounds = new ScoreBounds(min, isMinExclusive, max, isMaxExclusive);
        return true;
    }

    private static bool TryParse(ReadOnlySpan<byte> text, out double value, out bool isExclusive)
    {
        isExclusive = text.Length > 0 && text[0] == '(';
        if (isExclusive)
            text = text[1..];
        return NumberText.TryParseDouble(text, out value) || TryParseLenient(text, out value);
    }

    // Redis leaves these to strtod(3) without the checks that it makes on scores: a C string that may be empty (0), begin with blanks, or overflow.
    private static bool TryParseLenient(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        int end = text.IndexOf((byte)0);
        if (end >= 0)
            text = text[..end];
        if (text.IsEmpty)
            return true;
        text = text.TrimStart(" \t\n\v\f\r"u8);
        if (text.IsEmpty)
            return false;
        if (NumberText.TryParseDouble(text, out value))
            return true;
        if (text.IndexOfAnyExcept("+-.0123456789eE"u8) >= 0)
            return false;
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, style, NumberFormatInfo.InvariantInfo, out value);
    }
}
