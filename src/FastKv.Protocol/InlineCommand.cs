// Data plane, though rare: people type inline commands. Splits a line into arguments by the rules of a Redis prompt.
//
//   GET  "a \"b\"\x41\n"  'it\'s'      double quotes know \xHH \n \r \t \b \a and \<any>; single quotes know \' only
//
// Arguments are unescaped in place: what a quote or escape stands for is never longer than its spelling.
namespace FastKv.Protocol;

/// <summary>The rules of sdssplitargs (sds.c of Redis 7).</summary>
internal static unsafe class InlineCommand
{
    /// <summary>
    /// Appends the arguments of the line to <paramref name="arguments"/>, rewriting the line where it has quotes. O(length).
    /// Returns false for an unclosed quote, or one followed by anything but a blank; then some arguments may have been appended.
    /// </summary>
    public static bool TrySplit(byte* text, byte* end, ArgumentArray arguments)
    {
        while (true)
        {
            while (text < end && IsBlank(*text))
                text++;
            if (text == end)
                return true;

            byte* target = text;
            if (!TryReadArgument(ref text, end, target, out int length))
                return false;
            arguments.EnsureFree(1);
            arguments.Items[arguments.Count++] = new Argument { Pointer = target, Length = length };
        }
    }

    private static bool TryReadArgument(ref byte* text, byte* end, byte* target, out int length)
    {
        byte* write = target;
        length = 0;
        // Vertical tab and form feed separate arguments from a quote, but not from each other: so it is in Redis.
        while (text < end && *text is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
        {
            byte character = *text++;
            if (character is (byte)'"' or (byte)'\'')
            {
                if (!TryReadQuoted(ref text, end, character, ref write))
                    return false;
                break;
            }
            *write++ = character;
        }
        length = (int)(write - target);
        return true;
    }

    /// <summary>Reads from behind the opening quote to behind the closing one.</summary>
    private static bool TryReadQuoted(ref byte* text, byte* end, byte quote, ref byte* write)
    {
        while (text < end)
        {
            byte character = *text++;
            if (character == quote)
                return text == end || IsBlank(*text);
            if (character == '\\' && text < end)
            {
                if (quote == '"')
                    character = ReadEscape(ref text, end);
                else if (*text == '\'')
                    character = *text++;
            }
            *write++ = character;
        }
        return false;
    }

    /// <summary>Reads what follows a backslash; at least one byte does.</summary>
    private static byte ReadEscape(ref byte* text, byte* end)
    {
        if (*text == 'x' && end - text >= 3 && char.IsAsciiHexDigit((char)text[1]) && char.IsAsciiHexDigit((char)text[2]))
        {
            byte value = (byte)((HexValue(text[1]) << 4) | HexValue(text[2]));
            text += 3;
            return value;
        }
        byte character = *text++;
        return character switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'b' => (byte)'\b',
            (byte)'a' => (byte)'\a',
            _ => character,
        };
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static bool IsBlank(byte character) => character is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r');
}
