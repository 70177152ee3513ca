using FastKv.Protocol;

namespace FastKv.Engine.Commands;

/// <summary>The timeout of a blocking command: seconds with a fraction, rounded up to milliseconds, 0 for ever. Data plane.</summary>
internal static class BlockingTimeout
{
    /// <summary>Reads it; false: it is none, and the error was replied.</summary>
    public static bool TryParse(ref CommandContext context, int index, out long timeoutMs)
    {
        timeoutMs = 0;
        if (!TrySeconds(context[index], out double seconds))
        {
            context.Reply.Error(Errors.TimeoutNotAFloat);
            return false;
        }
        double milliseconds = Math.Ceiling(seconds * 1000);
        if (milliseconds < 0)
        {
            context.Reply.Error(Errors.TimeoutNegative);
            return false;
        }
        if (milliseconds > long.MaxValue - context.NowMs)
        {
            context.Reply.Error(Errors.TimeoutOutOfRange);
            return false;
        }
        timeoutMs = (long)milliseconds;
        return true;
    }

    // Redis reads a long double, so that 1e400 is a number, and too large; whole seconds need none of that.
    private static bool TrySeconds(ReadOnlySpan<byte> text, out double seconds)
    {
        if (NumberText.TryParseDouble(text, out seconds))
            return true;
        if (!ExtendedDouble.TryParse(text, out var value))
            return false;

        // Beyond the range of a double: zero or infinity is near enough.
        bool isTiny = (value.SignExponent & 0x7FFF) < 0x3FFF;
        seconds = (isTiny ? double.Epsilon : double.PositiveInfinity) * (value.IsNegative ? -1 : 1);
        return true;
    }
}
