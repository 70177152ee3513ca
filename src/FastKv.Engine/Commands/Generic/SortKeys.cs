using System.Text;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Generic;

/// <summary>
/// The keys of SORT and SORT_RO that no key specification can name ("unknown" in COMMAND INFO): the destination, and whatever the patterns lead to.
/// Data plane.
/// </summary>
internal static unsafe class SortKeys
{
    /// <summary>Index of the destination's key: the argument of the last STORE; 0: there is none. O(arguments).</summary>
    public static int Destination(Argument* arguments, int count)
    {
        int destination = 0;
        for (int i = 2; i < count; i++)
        {
            var option = arguments[i].Span;
            if (Ascii.EqualsIgnoreCase(option, "LIMIT"u8))
            {
                i += 2;
            }
            else if (IsPattern(option))
            {
                i++;
            }
            else if (i + 1 < count && Ascii.EqualsIgnoreCase(option, "STORE"u8))
            {
                destination = ++i;
            }
        }
        return destination;
    }

    /// <summary>Whether a BY or GET names keys by a pattern, which may lie on any shard. True too often at worst. O(arguments).</summary>
    public static bool HasPatterns(Argument* arguments, int count)
    {
        for (int i = 2; i < count - 1; i++)
        {
            if (IsPattern(arguments[i].Span) && arguments[i + 1].Span.Contains((byte)'*'))
                return true;
        }
        return false;
    }

    private static bool IsPattern(ReadOnlySpan<byte> option) => Ascii.EqualsIgnoreCase(option, "BY"u8) || Ascii.EqualsIgnoreCase(option, "GET"u8);
}
