// What the request parser makes of some input, however it is cut: the owner of the buffer is played here.
using System.Text;
using FastKv.Protocol;
using Xunit;

namespace FastKv.Tests.Protocol;

/// <summary>The commands of an input, and how it ended.</summary>
internal sealed record ParsedInput(List<string> Commands, string Error, bool IsMidCommand, long BytesNeeded)
{
    /// <summary>
    /// Parses <paramref name="input"/>, of which each call of the parser sees so many bytes more; every time the kept bytes move to another address.
    /// </summary>
    public static unsafe ParsedInput Of(byte[] input, IEnumerable<int> pieces, bool authenticated = true, ProtocolLimits? limits = null)
    {
        limits ??= new ProtocolLimits();
        var commands = new List<string>();
        using var arguments = new ArgumentArray();
        using var even = new GuardedBuffer(input.Length + 1);
        using var odd = new GuardedBuffer(input.Length + 1);
        var parser = new RequestParser { Authenticated = authenticated };
        byte[] kept = [];
        byte* keptAt = null;
        int given = 0;
        int turn = 0;
        ParseStatus status = ParseStatus.Incomplete;
        long consumedOfKept = 0;
        foreach (int piece in pieces)
        {
            int size = Math.Min(piece, input.Length - given);
            GuardedBuffer buffer = turn++ % 2 == 0 ? even : odd;
            byte[] content = [.. kept, .. input[given..(given + size)]];
            given += size;
            byte* start = buffer.Place(content);
            byte* end = buffer.End;
            if (keptAt != null)
                parser.Rebase(start - keptAt);
            byte* cursor = start + consumedOfKept;
            arguments.Clear();
            while ((status = parser.Next(ref cursor, end, arguments, limits, out int first, out int count)) == ParseStatus.Command)
            {
                Assert.True(count > 0);
                Assert.Equal(first + count, arguments.Count);
                Assert.False(parser.IsMidCommand);
                commands.Add(Describe(arguments, first, count, start, end));
            }
            if (status == ParseStatus.Error)
                break;

            byte* retain = parser.RetainFrom != null ? parser.RetainFrom : cursor;
            Assert.True(retain >= start && retain <= cursor && cursor <= end);
            kept = new ReadOnlySpan<byte>(retain, (int)(end - retain)).ToArray();
            keptAt = retain;
            consumedOfKept = cursor - retain;
            if (given == input.Length)
                break;
        }
        var result = new ParsedInput(commands, Encoding.Latin1.GetString(parser.ErrorText), parser.IsMidCommand, parser.BytesNeeded);
        Assert.Equal(status == ParseStatus.Error, result.Error.Length > 0);
        parser.Dispose();
        Assert.Equal(0, parser.NativeBytes);
        return result;
    }

    /// <summary>Parses all of <paramref name="input"/> at once.</summary>
    public static ParsedInput Of(byte[] input, bool authenticated = true, ProtocolLimits? limits = null) =>
        Of(input, [input.Length], authenticated, limits);

    public static ParsedInput Of(string input, bool authenticated = true) => Of(Encoding.Latin1.GetBytes(input), authenticated);

    public void AssertSame(ParsedInput other, string seed)
    {
        Assert.True(Commands.SequenceEqual(other.Commands), seed + ": " + string.Join(" | ", Commands) + " <> " + string.Join(" | ", other.Commands));
        Assert.True(Error == other.Error && IsMidCommand == other.IsMidCommand && BytesNeeded == other.BytesNeeded, seed + ": " + this + " <> " + other);
    }

    private static unsafe string Describe(ArgumentArray arguments, int first, int count, byte* start, byte* end)
    {
        var text = new StringBuilder();
        for (int i = first; i < first + count; i++)
        {
            Argument argument = arguments.Items[i];
            Assert.True(argument.Pointer >= start && argument.Pointer + argument.Length <= end);
            text.Append('[').Append(Encoding.Latin1.GetString(argument.Span)).Append(']');
        }
        return text.ToString();
    }
}
