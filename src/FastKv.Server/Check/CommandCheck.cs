using System.Text;
using FastKv.Engine.Persistence.Aof;
using FastKv.Protocol;

namespace FastKv.Server.Check;

/// <summary>
/// Finds commands that are whole and that the server does not run: <c>redis-check-aof</c> does not look at what commands say. They are never cut off, since what
/// follows them is sound. Control plane.
/// </summary>
internal static unsafe class CommandCheck
{
    private const int NameBytesMax = 128;

    /// <summary>What is wrong with the first such command; null: there is none. O(bytes).</summary>
    /// <param name="name">The file's.</param>
    /// <param name="data">Its first byte.</param>
    /// <param name="from">Where commands begin.</param>
    /// <param name="to">Where they end; whole commands and lines stand before.</param>
    public static string? FirstRefusal(string name, byte* data, long from, long to)
    {
        using var arguments = new ArgumentArray();
        var parser = new RequestParser { Authenticated = true, IsFile = true };
        string? refusal = null;
        byte* cursor = data + from;
        byte* end = data + to;
        while (cursor < end && refusal is null)
        {
            if (*cursor == '#')
            {
                while (cursor < end && *cursor++ != '\n')
                {
                }
                continue;
            }
            byte* start = cursor;
            arguments.Clear();
            if (parser.Next(ref cursor, end, arguments, AofUnits.Limits, out int first, out int count) != ParseStatus.Command)
                break;
            if (count > 0 && !AofCommands.IsKnown(arguments.Items + first, count))
            {
                var shown = arguments.Items[first].Span;
                refusal = $"AOF {name} can be loaded up to offset {start - data} only: there is no command "
                    + $"'{Encoding.Latin1.GetString(shown[..Math.Min(shown.Length, NameBytesMax)])}' with {count - 1} arguments";
            }
        }
        parser.Dispose();
        return refusal;
    }
}
