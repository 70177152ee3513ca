using System.Globalization;
using System.Text;
using FastKv.Engine.Persistence.Aof;
using FastKv.Protocol;

namespace FastKv.Server.Check;

/// <summary>Commands of one name.</summary>
internal sealed class CommandSum
{
    public long Count, Bytes;
}

/// <summary>What there is to say of a file of commands. Control plane; O(bytes), the memory is that of the names of commands.</summary>
internal sealed unsafe class CommandFigures
{
    /// <summary>Names that are told apart: a damaged file has any number.</summary>
    private const int NamesMax = 1000;
    private const int NameBytesMax = 64;
    private const int LineBytesMax = 1024;

    /// <summary>Sums by name, in capitals.</summary>
    public Dictionary<string, CommandSum> ByName { get; } = [];

    public long Commands { get; private set; }

    public long Transactions { get; private set; }

    /// <summary>Shares of commands over several shards.</summary>
    public long Tickets { get; private set; }

    /// <summary>The first annotation of time, Unix seconds; 0: none.</summary>
    public long FirstSeconds { get; private set; }

    /// <summary>The last one.</summary>
    public long LastSeconds { get; private set; }

    /// <summary>Of a file of several shards: its generation.</summary>
    public long Generation { get; private set; }

    public int Shard { get; private set; } = -1;

    public int Shards { get; private set; }

    /// <summary>Bytes that hold whole commands; where the file is damaged or ends if it is not all.</summary>
    public long ReadBytes { get; private set; }

    /// <summary>Reads a file from an offset on.</summary>
    public void Read(byte* start, long from, long length)
    {
        var header = AofUnits.Walk(start + from, LineEnd(start + from, length - from));
        (Generation, Shard, Shards) = (header.Generation, header.Shard, header.Shards);
        using var arguments = new ArgumentArray();
        var parser = new RequestParser { Authenticated = true, IsFile = true };
        byte* cursor = start + from;
        byte* end = start + length;
        ReadBytes = from;
        while (cursor < end)
        {
            byte* command = cursor;
            if (*cursor == '#')
            {
                long line = LineEnd(cursor, end - cursor);
                if (line == 0)
                    break;
                AddLine(new ReadOnlySpan<byte>(cursor, (int)line));
                cursor += line;
            }
            else
            {
                arguments.Clear();
                if (*cursor != '*' || parser.Next(ref cursor, end, arguments, AofUnits.Limits, out int first, out int count) != ParseStatus.Command)
                    break;
                if (count > 0)
                    Add(arguments.Items[first].Span, cursor - command);
            }
            ReadBytes = cursor - start;
        }
        parser.Dispose();
    }

    private static long LineEnd(byte* at, long left) => new ReadOnlySpan<byte>(at, (int)Math.Min(left, LineBytesMax)).IndexOf((byte)'\n') + 1;

    private void Add(ReadOnlySpan<byte> name, long bytes)
    {
        string text = Encoding.Latin1.GetString(name[..Math.Min(name.Length, NameBytesMax)]).ToUpperInvariant();
        if (text == "EXEC")
            Transactions++;
        if (!ByName.TryGetValue(text, out var sum))
        {
            if (ByName.Count == NamesMax)
                return;
            ByName.Add(text, sum = new CommandSum());
        }
        Commands++;
        sum.Count++;
        sum.Bytes += bytes;
    }

    private void AddLine(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("#TK:"u8))
        {
            Tickets++;
            return;
        }
        if (!line.StartsWith("#TS:"u8))
            return;
        var digits = line["#TS:"u8.Length..].TrimEnd("\r\n"u8);
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds))
            return;
        if (FirstSeconds == 0)
            FirstSeconds = seconds;
        LastSeconds = seconds;
    }
}
