using System.Globalization;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.SortedSets;

/// <summary>The timeout of a blocking command: seconds with decimals. Data plane.</summary>
internal static class BlockingTimeout
{
    private const double MillisecondsPerSecond = 1000;

    /// <summary>Reads a timeout, or replies why it is none.</summary>
    /// <param name="context">The command.</param>
    /// <param name="index">The argument.</param>
    /// <param name="timeoutMs">Milliseconds, rounded up; 0: for ever.</param>
    public static bool TryParse(ref CommandContext context, int index, out long timeoutMs)
    {
        timeoutMs = 0;
        if (!TryRead(context[index], out double seconds))
        {
            context.Reply.Error(Errors.TimeoutNotAFloat);
            return false;
        }

        double milliseconds = Math.Ceiling(seconds * MillisecondsPerSecond);
        if (milliseconds is < 0 or >= long.MaxValue)
        {
            // What has no place in 64 bits wraps around in Redis 7.0.
            context.Reply.Error(Errors.TimeoutNegative);
            return false;
        }
        if (milliseconds >= long.MaxValue - context.NowMs)
        {
            context.Reply.Error(Errors.TimeoutOutOfRange);
            return false;
        }
        timeoutMs = (long)milliseconds;
        return true;
    }

    // Redis reads it with 80 bits: what overflows a double is a number there, and out of range only as a time.
    private static bool TryRead(ReadOnlySpan<byte> text, out double seconds)
    {
        if (NumberText.TryParseDouble(text, out seconds))
            return true;
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return ExtendedDouble.TryParse(text, out _) && double.TryParse(text, style, NumberFormatInfo.InvariantInfo, out seconds);
    }
}
