using System.Globalization;
using System.Text;

namespace FastKv.Engine.Commands.Server.Information;

// Control plane, yet without allocations once its buffer has grown: INFO reports how much the process allocates, and must not add to it.

/// <summary>The text of an INFO reply while it is put together: sections of <c>name:value</c> lines. One per thread, reused.</summary>
internal sealed class InfoText
{
    private const int InitialBytes = 8 * 1024;

    /// <summary>Longest formatted number: a double with six decimals.</summary>
    private const int NumberBytesMax = 340;

    private static readonly string[] s_units = ["B", "K", "M", "G", "T", "P"];

    [ThreadStatic]
    private static InfoText? t_instance;

    private byte[] _bytes = new byte[InitialBytes];
    private int _length;
    private int _sections;

    /// <summary>This thread's, empty.</summary>
    public static InfoText Rent()
    {
        var text = t_instance ??= new InfoText();
        text._length = text._sections = 0;
        return text;
    }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Begins a section, after an empty line when it is not the first.</summary>
    public void Section(ReadOnlySpan<byte> title)
    {
        if (_sections++ > 0)
            EndLine();
        Add("# "u8).Add(title).EndLine();
    }

    public void Line(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Name(name).Add(value).EndLine();

    public void Line(ReadOnlySpan<byte> name, string value) => Name(name).Add(value).EndLine();

    public void Line(ReadOnlySpan<byte> name, long value) => Name(name).Add(value).EndLine();

    public void Line(ReadOnlySpan<byte> name, bool value) => Line(name, value ? 1 : 0);

    /// <summary>A number with <paramref name="decimals"/> decimals.</summary>
    public void Line(ReadOnlySpan<byte> name, double value, int decimals) => Name(name).Add(value, decimals).EndLine();

    /// <summary>A share as "12.34%".</summary>
    public void Percent(ReadOnlySpan<byte> name, double value) => Name(name).Add(value, 2).Add("%"u8).EndLine();

    /// <summary>A number of bytes, and a second line <c>name_human</c> in Redis's short form (943.16K).</summary>
    public void Bytes(ReadOnlySpan<byte> name, long value)
    {
        Line(name, value);
        Add(name).Add("_human:"u8).Human(value).EndLine();
    }

    /// <summary>A name and the colon.</summary>
    public InfoText Name(ReadOnlySpan<byte> name) => Add(name).Add(":"u8);

    public InfoText Add(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Reserve(text.Length));
        _length += text.Length;
        return this;
    }

    public InfoText Add(string text) => Add(text.AsSpan());

    public InfoText Add(ReadOnlySpan<char> text)
    {
        _length += Encoding.UTF8.GetBytes(text, Reserve(Encoding.UTF8.GetMaxByteCount(text.Length)));
        return this;
    }

    public InfoText Add(long value)
    {
        value.TryFormat(Reserve(NumberBytesMax), out int written, default, CultureInfo.InvariantCulture);
        _length += written;
        return this;
    }

    public InfoText Add(double value, int decimals)
    {
        value.TryFormat(Reserve(NumberBytesMax), out int written, decimals switch { 2 => "F2", 3 => "F3", _ => "F6" }, CultureInfo.InvariantCulture);
        _length += written;
        return this;
    }

    public void EndLine() => Add("\r\n"u8);

    private InfoText Human(long bytes)
    {
        if (bytes < 1024)
            return Add(bytes).Add("B"u8);
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < s_units.Length - 1; unit++)
            value /= 1024;
        return Add(value, 2).Add(s_units[unit]);
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_bytes.Length - _length < bytes)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes));
        return _bytes.AsSpan(_length);
    }
}
