// Data plane. Single values that RESP3 has types for and RESP2 spells as integers or bulk strings.
using System.Diagnostics;

namespace FastKv.Protocol;

public unsafe partial struct ReplyWriter
{
    /// <summary>Truth: <c>:1</c> or <c>:0</c> in RESP2, <c>#t</c> or <c>#f</c> in RESP3.</summary>
    /// <param name="value">The truth.</param>
    public readonly void Boolean(bool value)
    {
        if (Resp == 2)
            Output.Append(value ? ":1\r\n"u8 : ":0\r\n"u8);
        else
            Output.Append(value ? "#t\r\n"u8 : "#f\r\n"u8);
    }

    /// <summary>
    /// A floating-point number with 17 significant digits: a bulk string in RESP2, <c>,3.5</c> in RESP3; <c>inf</c>, <c>-inf</c>, <c>nan</c> in both.
    /// </summary>
    /// <param name="value">Any value.</param>
    public readonly void Double(double value)
    {
        Span<byte> text = stackalloc byte[NumberText.DoubleCharsMax];
        Number((byte)',', text[..NumberText.FormatDouble17(text, value)]);
    }

    /// <summary>
    /// A floating-point number with 17 decimals less trailing zeros, as Redis replies with coordinates (addReplyHumanLongDouble): a bulk string in RESP2,
    /// <c>,13.36138933897018433</c> in RESP3.
    /// </summary>
    /// <param name="value">Any value.</param>
    public readonly void HumanDouble(double value) => HumanDouble(ExtendedDouble.FromDouble(value));

    /// <summary>The same for an 80-bit number.</summary>
    /// <param name="value">Any value.</param>
    public readonly void HumanDouble(ExtendedDouble value)
    {
        Span<byte> text = stackalloc byte[ExtendedDouble.HumanCharsMax];
        Number((byte)',', text[..value.FormatHuman(text)]);
    }

    /// <summary>A whole number of any length: a bulk string in RESP2, <c>(digits</c> in RESP3.</summary>
    /// <param name="digits">The number in decimal, with an optional '-'.</param>
    public readonly void BigNumber(ReadOnlySpan<byte> digits) => Number((byte)'(', digits);

    /// <summary>Text for people: a bulk string in RESP2, <c>=length txt:text</c> in RESP3.</summary>
    /// <param name="value">Any bytes.</param>
    /// <param name="format">Three bytes that name the format: <c>txt</c> or <c>mkd</c>.</param>
    public readonly void VerbatimString(ReadOnlySpan<byte> value, ReadOnlySpan<byte> format)
    {
        Debug.Assert(format.Length == 3, "a format has three letters");
        if (Resp == 2)
        {
            BulkString(value);
            return;
        }
        Header((byte)'=', value.Length + 4L);
        Output.Append(format);
        Output.Append(":"u8);
        Output.Append(value);
        Output.Append("\r\n"u8);
    }

    private readonly void Number(byte type, ReadOnlySpan<byte> text)
    {
        if (Resp == 2)
            BulkString(text);
        else
            TypedLine(type, text);
    }
}
