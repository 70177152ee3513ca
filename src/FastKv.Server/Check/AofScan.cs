using System.Globalization;
using System.Text;

namespace FastKv.Server.Check;

// Control plane. A file of commands as redis-check-aof reads it: line by line, with C's ideas of lines and numbers, because what it says of a damaged file
// (which prefix, which line) is what people know how to read. What may be kept of a file is decided by AofUnits, which the server loads with, as well.

/// <summary>How a scan ended.</summary>
internal enum AofScanEnd
{
    /// <summary>At the end of the file, or at what is wrong.</summary>
    Stopped,

    /// <summary>At a time after the one asked for.</summary>
    AtTimestamp,

    /// <summary>At an annotation of time that is none.</summary>
    BadTimestamp,
}

/// <summary>Reads one file.</summary>
internal unsafe ref struct AofScan(byte* start, long length, string path)
{
    private const int NumberLineBytes = 127;
    private const int AnnotationLineBytes = 1023;

    private readonly byte* _start = start;
    private readonly byte* _end = start + length;
    private readonly string _path = path;
    private byte* _at = start;
    private long _errorOffset;
    private int _openTransactions;
    private bool _isAtEnd;

    /// <summary>Lines so far; goes on from one file to the next.</summary>
    public long Lines;

    /// <summary>What is wrong; empty: nothing, or the end of the file is not where it should be.</summary>
    public string Error { get; private set; } = "";

    /// <summary>Whether something stands where a command should begin that is none.</summary>
    public bool IsForeign { get; private set; }

    /// <summary>End of the last unit that is complete.</summary>
    public long ValidBytes { get; private set; }

    /// <summary>Where the annotation begins that ended the scan.</summary>
    public long TimestampOffset { get; private set; }

    private readonly long Offset => _at - _start;

    /// <summary>Reads from an offset to the end, or to where it cannot go on.</summary>
    /// <param name="from">Behind an RDB preamble, or 0.</param>
    /// <param name="untilSeconds">Time after which nothing is wanted; 0: all is.</param>
    public AofScanEnd Run(long from, long untilSeconds)
    {
        _at = _start + from;
        while (true)
        {
            if (_openTransactions == 0)
                ValidBytes = Offset;
            if (_at == _end)
            {
                _isAtEnd = true;
                break;
            }
            if (*_at == '#')
            {
                var end = ReadAnnotation(untilSeconds);
                if (end != AofScanEnd.Stopped)
                    return end;
            }
            else if (*_at != '*')
            {
                IsForeign = true;
                break;
            }
            else if (!TryCommand())
            {
                break;
            }
        }
        if (_isAtEnd && _openTransactions != 0 && Error.Length == 0)
            Fail("Reached EOF before reading EXEC for MULTI");
        return AofScanEnd.Stopped;
    }

    private AofScanEnd ReadAnnotation(long untilSeconds)
    {
        _errorOffset = Offset;
        var line = TakeLine(AnnotationLineBytes);
        if (untilSeconds == 0 || !line.StartsWith("#TS:"u8))
            return AofScanEnd.Stopped;
        var text = line["#TS:"u8.Length..];
        long seconds = Number(text, out int digits);
        if (digits == text.Length || text[digits] != '\r')
            return AofScanEnd.BadTimestamp;
        TimestampOffset = _openTransactions == 0 ? _errorOffset : ValidBytes;
        return seconds <= untilSeconds ? AofScanEnd.Stopped : AofScanEnd.AtTimestamp;
    }

    private bool TryCommand()
    {
        if (!TryNumber('*', out long count))
            return false;
        for (long i = 0; i < count; i++)
        {
            if (!TryArgument(out var argument) || (i == 0 && !TryTransaction(argument)))
                return false;
        }
        return true;
    }

    private bool TryTransaction(ReadOnlySpan<byte> name)
    {
        int end = name.IndexOf((byte)0);
        if (end >= 0)
            name = name[..end];
        if (Ascii.EqualsIgnoreCase(name, "multi"u8))
            return _openTransactions++ == 0 || Fail($"Unexpected MULTI in AOF {_path}");
        if (Ascii.EqualsIgnoreCase(name, "exec"u8))
            return --_openTransactions == 0 || Fail($"Unexpected EXEC in AOF {_path}");
        return true;
    }

    private bool TryArgument(out ReadOnlySpan<byte> argument)
    {
        argument = default;
        if (!TryNumber('$', out long length))
            return false;
        if (length is < 0 or > long.MaxValue - 2)
            return Fail($"Expected to read string of {length} bytes, which is not in the suitable range");
        _errorOffset = Offset;
        long left = _end - _at;
        if (left < length + 2)
        {
            _at = _end;
            _isAtEnd = true;
            return Fail($"Expected to read {length + 2} bytes, got {left} bytes");
        }
        // Only names are looked at.
        argument = new ReadOnlySpan<byte>(_at, (int)Math.Min(length, NumberLineBytes));
        _at += length + 2;
        return TryLineEnd(new ReadOnlySpan<byte>(_at - 2, 2));
    }

    private bool TryNumber(char prefix, out long number)
    {
        number = 0;
        _errorOffset = Offset;
        if (_at == _end)
        {
            _isAtEnd = true;
            return false;
        }
        var line = TakeLine(NumberLineBytes);
        if (line[0] != prefix)
            return Fail($"Expected prefix '{prefix}', got: '{(char)line[0]}'");
        number = Number(line[1..], out int digits);
        return TryLineEnd(line[(1 + digits)..]);
    }

    private bool TryLineEnd(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith("\r\n"u8))
        {
            Lines++;
            return true;
        }
        return Fail($"Expected \\r\\n, got: {Hexadecimal(text, 0)}{Hexadecimal(text, 1)}");
    }

    /// <summary>A char as C's printf shows it, which is signed.</summary>
    private static string Hexadecimal(ReadOnlySpan<byte> text, int index) =>
        (index < text.Length ? unchecked((uint)(sbyte)text[index]) : 0).ToString("x2", CultureInfo.InvariantCulture);

    /// <summary>A line with its end, or as much of it as fits.</summary>
    private ReadOnlySpan<byte> TakeLine(int bytesMax)
    {
        var rest = new ReadOnlySpan<byte>(_at, (int)Math.Min(_end - _at, bytesMax));
        int length = rest.IndexOf((byte)'\n') + 1;
        if (length == 0)
        {
            length = rest.Length;
            _isAtEnd |= length < bytesMax;
        }
        _at += length;
        return rest[..length];
    }

    /// <summary>A number as C's strtol reads it: blanks, a sign, digits; too large is the largest.</summary>
    private static long Number(ReadOnlySpan<byte> text, out int end)
    {
        int at = 0;
        while (at < text.Length && text[at] is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r'))
            at++;
        bool isNegative = at < text.Length && text[at] == '-';
        if (at < text.Length && text[at] is (byte)'-' or (byte)'+')
            at++;
        int first = at;
        Int128 value = 0;
        for (; at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9'; at++)
            value = Int128.Min((value * 10) + (text[at] - '0'), (Int128)long.MaxValue + 1);
        end = at == first ? 0 : at;
        return (long)Int128.Clamp(isNegative ? -value : value, long.MinValue, long.MaxValue);
    }

    private bool Fail(string text)
    {
        int end = text.IndexOf('\0', StringComparison.Ordinal);
        Error = $"0x{_errorOffset.ToString("x", CultureInfo.InvariantCulture),16}: {(end < 0 ? text : text[..end])}";
        return false;
    }
}
