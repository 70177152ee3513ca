using FastKv.Engine.Messages;

namespace FastKv.Engine.Monitoring;

/// <summary>
/// Bytes in quotes, as MONITOR shows arguments: printable ASCII as it stands, the rest as <c>\n</c>, <c>\"</c> or <c>\x00</c>. Control plane.
/// </summary>
internal static class QuotedText
{
    private const string Digits = "0123456789abcdef";

    /// <summary>Bytes that <see cref="Write"/> writes. O(length).</summary>
    public static long LengthOf(ReadOnlySpan<byte> text)
    {
        long length = 2;
        foreach (byte value in text)
            length += IsPlain(value) ? 1 : Escape(value) != 0 ? 2 : 4;
        return length;
    }

    /// <summary>Writes the text in quotes. O(length).</summary>
    public static void Write(ref MessageWriter writer, scoped ReadOnlySpan<byte> text)
    {
        writer.Raw("\""u8);
        while (!text.IsEmpty)
        {
            int plain = 0;
            while (plain < text.Length && IsPlain(text[plain]))
                plain++;
            writer.Raw(text[..plain]);
            text = text[plain..];
            if (text.IsEmpty)
                break;
            byte escape = Escape(text[0]);
            if (escape != 0)
                writer.Raw([(byte)'\\', escape]);
            else
                writer.Raw([(byte)'\\', (byte)'x', (byte)Digits[text[0] >> 4], (byte)Digits[text[0] & 15]]);
            text = text[1..];
        }
        writer.Raw("\""u8);
    }

    private static bool IsPlain(byte value) => value is >= 0x20 and < 0x7F and not (byte)'"' and not (byte)'\\';

    /// <summary>What stands after the backslash; 0: hexadecimal digits do.</summary>
    private static byte Escape(byte value) => value switch
    {
        (byte)'"' or (byte)'\\' => value,
        (byte)'\n' => (byte)'n',
        (byte)'\r' => (byte)'r',
        (byte)'\t' => (byte)'t',
        (byte)'\a' => (byte)'a',
        (byte)'\b' => (byte)'b',
        _ => 0,
    };
}
