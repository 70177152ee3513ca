using System.Text;
using System.Text.Unicode;

namespace FastKv.Server.Check;

/// <summary>Names of keys for reading: UTF-8 as it is, everything else in the escapes of redis-cli. Control plane.</summary>
internal static class KeyText
{
    /// <summary>Characters of a name that are shown.</summary>
    private const int CharsMax = 200;

    public static string Of(ReadOnlySpan<byte> bytes)
    {
        string text = Utf8.IsValid(bytes) && !bytes.ContainsAnyInRange((byte)0, (byte)31) && !bytes.Contains((byte)127)
            ? Encoding.UTF8.GetString(bytes)
            : Engine.Configuration.ConfigText.Quote(Encoding.Latin1.GetString(bytes));
        return text.Length <= CharsMax ? text : text[..(char.IsHighSurrogate(text[CharsMax - 1]) ? CharsMax - 1 : CharsMax)] + "...";
    }
}
