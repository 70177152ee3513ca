using System.Text;

namespace FastKv.Tests.TestKit;

/// <summary>
/// One reply of a server, exactly as it came over the wire, with a parsed view on it. Test control plane.
/// Formats: RESP2 (<c>+ - : $ *</c>) and RESP3 (<c>_ # , ( ! = % ~ &gt; |</c>).
/// </summary>
public sealed class RespFrame
{
    private RespFrame(byte[] raw, char type, byte[]? payload, RespFrame[]? items)
    {
        Raw = raw;
        Type = type;
        Payload = payload;
        Items = items;
    }

    /// <summary>The bytes of the whole frame, nested frames included.</summary>
    public byte[] Raw { get; }

    /// <summary>The type byte that opens the frame.</summary>
    public char Type { get; }

    /// <summary>The text of a line or the bytes of a bulk; null for aggregates and for null bulks.</summary>
    public byte[]? Payload { get; }

    /// <summary>The elements of an aggregate (a map of n pairs has 2n); null for scalars and null arrays.</summary>
    public RespFrame[]? Items { get; }

    /// <summary>True for the three spellings of null: <c>$-1</c>, <c>*-1</c>, <c>_</c>.</summary>
    public bool IsNull => Type == '_' || (Payload is null && Items is null);

    /// <summary>True for <c>-</c> and <c>!</c> frames.</summary>
    public bool IsError => Type is '-' or '!';

    /// <summary>The payload as Latin-1 text, so that no byte is lost; "" for aggregates and nulls.</summary>
    public string Text => Payload is null ? "" : Encoding.Latin1.GetString(Payload);

    /// <summary>The payload as an integer; throws <see cref="FormatException"/> when it is none.</summary>
    public long Integer => long.Parse(Text);

    /// <summary>
    /// Reads one frame that starts at <paramref name="position"/>. Returns null, and leaves the position, when the
    /// bytes end before the frame does.
    /// </summary>
    public static RespFrame? TryRead(byte[] bytes, int end, ref int position)
    {
        int cursor = position;
        RespFrame? frame = Read(bytes, end, ref cursor, out bool complete);
        if (!complete)
            return null;
        position = cursor;
        return frame;
    }

    private static RespFrame? Read(byte[] bytes, int end, ref int cursor, out bool complete)
    {
        complete = false;
        int start = cursor;
        int lineEnd = Array.IndexOf(bytes, (byte)'\n', cursor, end - cursor);
        if (lineEnd < 0)
            return null;
        if (lineEnd == cursor || bytes[lineEnd - 1] != '\r')
            throw new InvalidDataException("reply line without CRLF: " + Printable(bytes.AsSpan(start, lineEnd - start)));
        char type = (char)bytes[cursor];
        byte[] line = bytes[(cursor + 1)..(lineEnd - 1)];
        cursor = lineEnd + 1;
        switch (type)
        {
            case '+' or '-' or ':' or '_' or '#' or ',' or '(':
                complete = true;
                return new RespFrame(bytes[start..cursor], type, type == '_' ? null : line, null);
            case '$' or '!' or '=':
                return ReadBulk(bytes, end, start, type, Length(line), ref cursor, out complete);
            case '*' or '~' or '>':
                return ReadItems(bytes, end, start, type, Length(line), ref cursor, out complete);
            case '%':
                return ReadItems(bytes, end, start, type, 2 * Length(line), ref cursor, out complete);
            case '|':
                // Attributes precede the reply proper: keep them in its raw bytes, and hand out the reply itself.
                if (ReadItems(bytes, end, start, type, 2 * Length(line), ref cursor, out complete) is null)
                    return null;
                RespFrame? inner = Read(bytes, end, ref cursor, out complete);
                return inner is null ? null : new RespFrame(bytes[start..cursor], inner.Type, inner.Payload, inner.Items);
            default:
                throw new InvalidDataException($"reply opens with byte 0x{(int)type:x2}: " + Printable(bytes.AsSpan(start, Math.Min(64, end - start))));
        }
    }

    private static int Length(byte[] line) => int.Parse(Encoding.ASCII.GetString(line));

    private static RespFrame? ReadBulk(byte[] bytes, int end, int start, char type, int length, ref int cursor, out bool complete)
    {
        complete = true;
        if (length < 0)
            return new RespFrame(bytes[start..cursor], type, null, null);
        if (end - cursor < length + 2)
        {
            complete = false;
            return null;
        }
        byte[] payload = bytes[cursor..(cursor + length)];
        cursor += length + 2;
        if (bytes[cursor - 2] != '\r' || bytes[cursor - 1] != '\n')
            throw new InvalidDataException("bulk reply without closing CRLF");
        return new RespFrame(bytes[start..cursor], type, payload, null);
    }

    private static RespFrame? ReadItems(byte[] bytes, int end, int start, char type, int count, ref int cursor, out bool complete)
    {
        complete = true;
        if (count < 0)
            return new RespFrame(bytes[start..cursor], type, null, null);
        var items = new List<RespFrame>(Math.Min(count, 1024));
        for (int i = 0; i < count; i++)
        {
            RespFrame? item = Read(bytes, end, ref cursor, out complete);
            if (!complete)
                return null;
            items.Add(item!);
        }
        return new RespFrame(bytes[start..cursor], type, null, items.ToArray());
    }

    /// <summary>The frame as redis-cli would show it, one line per element, binary bytes escaped, long payloads cut.</summary>
    public override string ToString() => Describe("");

    private string Describe(string indent)
    {
        if (Items is null)
            return IsNull ? $"{Type}(nil)" : $"{Type}{Printable(Payload)}";
        var text = new StringBuilder($"{Type}[{Items.Length}]");
        foreach (RespFrame item in Items.Take(24))
            text.Append('\n').Append(indent).Append("  ").Append(item.Describe(indent + "  "));
        return text.ToString();
    }

    /// <summary>Bytes as a quoted string with C-like escapes; at most 300 bytes are shown.</summary>
    public static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("\"");
        foreach (byte b in bytes[..Math.Min(bytes.Length, 300)])
        {
            if (b == '\r')
                text.Append("\\r");
            else if (b == '\n')
                text.Append("\\n");
            else if (b is (byte)'"' or (byte)'\\')
                text.Append('\\').Append((char)b);
            else if (b is >= 32 and < 127)
                text.Append((char)b);
            else
                text.Append($"\\x{b:x2}");
        }
        text.Append('"');
        if (bytes.Length > 300)
            text.Append($"... ({bytes.Length} bytes)");
        return text.ToString();
    }
}
