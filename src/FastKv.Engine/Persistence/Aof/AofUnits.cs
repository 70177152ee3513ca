using System.Globalization;
using System.Text;
using FastKv.Protocol;

namespace FastKv.Engine.Persistence.Aof;

// Control plane. Where the units of an increment lie: what may be kept of a file that ends in the midst of one, and of files whose tickets are not complete.
//
//   #FASTKV:<generation>:<shard>:<shards>      the first line, on several shards
//   #TS:<seconds>                              the time, with aof-timestamp-enabled
//   #TK:<ticket>:<shards as hexadecimal>:u     the unit that follows (up to the first command outside MULTI that is no SELECT) is a share of a ticket
//   #TK:<ticket>:<shards as hexadecimal>       a share without effects: nothing follows that belongs to it
//   *...                                       commands; a unit of several stands between MULTI and EXEC

/// <summary>A share of a ticket in a file.</summary>
/// <param name="Ticket">Its number.</param>
/// <param name="Shards">Who else has one.</param>
/// <param name="Start">Where its line begins.</param>
/// <param name="End">Where its unit ends; <see cref="long.MaxValue"/>: not in this file, which is torn.</param>
internal readonly record struct TicketShare(long Ticket, ulong Shards, long Start, long End);

/// <summary>What a walk over a file found.</summary>
internal sealed unsafe class AofUnits
{
    private const int LineBytesMax = 1024;

    private bool _isShareOpen;

    /// <summary>
    /// Bounds of a file's arguments: what was executed is in it, whatever <c>proto-max-bulk-len</c> was then, and is now. (Redis does not apply it to files either.)
    /// </summary>
    public static ProtocolLimits Limits { get; } = new() { BulkBytesMax = int.MaxValue };

    /// <summary>End of the last unit that is complete.</summary>
    public long ValidBytes { get; private set; }

    /// <summary>Where something stands that cannot be in an AOF; −1: nowhere.</summary>
    public long DamagedAt { get; private set; } = -1;

    /// <summary>Whether the file ends in the midst of a transaction.</summary>
    public bool EndsInTransaction { get; private set; }

    /// <summary>The shares of tickets, ascending.</summary>
    public List<TicketShare> Shares { get; } = [];

    public long Generation { get; private set; }

    public int Shard { get; private set; } = -1;

    public int Shards { get; private set; }

    /// <summary>The first line of a shard's file.</summary>
    public static string Header(long generation, int shard, int shards) =>
        string.Create(CultureInfo.InvariantCulture, $"#FASTKV:{generation}:{shard}:{shards}\r\n");

    /// <summary>Walks over a file.</summary>
    /// <param name="start">Its first byte.</param>
    /// <param name="length">Its length.</param>
    public static AofUnits Walk(byte* start, long length)
    {
        var units = new AofUnits();
        using var arguments = new ArgumentArray();
        var parser = new RequestParser { Authenticated = true, IsFile = true };
        byte* cursor = start;
        byte* end = start + length;
        bool isInTransaction = false;
        while (cursor < end && units.DamagedAt < 0)
        {
            if (*cursor == '#')
            {
                if (!units.TryLine(start, ref cursor, end, isInTransaction))
                    break;
                continue;
            }
            if (*cursor != '*')
            {
                units.DamagedAt = cursor - start;
                break;
            }
            arguments.Clear();
            byte* command = cursor;
            var status = parser.Next(ref cursor, end, arguments, Limits, out int first, out int count);
            if (status == ParseStatus.Error)
                units.DamagedAt = command - start;
            if (status != ParseStatus.Command)
                break;

            // The parser passes over what stands behind an argument, whatever it is. Zeros of a write that was lost must not become a part of the last one.
            if (cursor[-1] != '\n' || cursor[-2] != '\r')
            {
                units.DamagedAt = command - start;
                break;
            }
            if (count == 1)
            {
                var name = arguments.Items[first].Span;
                if (Ascii.EqualsIgnoreCase(name, "MULTI"u8))
                    isInTransaction = true;
                else if (Ascii.EqualsIgnoreCase(name, "EXEC"u8))
                    isInTransaction = false;
            }
            if (isInTransaction || (units._isShareOpen && count == 2 && Ascii.EqualsIgnoreCase(arguments.Items[first].Span, "SELECT"u8)))
                continue;
            units.ValidBytes = cursor - start;
            units.EndShare();
        }
        units.EndsInTransaction = isInTransaction;
        parser.Dispose();
        return units;
    }

    /// <summary>Skips a line and notes what it says; false: it is not complete.</summary>
    private bool TryLine(byte* start, ref byte* cursor, byte* end, bool isInTransaction)
    {
        var rest = new ReadOnlySpan<byte>(cursor, (int)Math.Min(end - cursor, LineBytesMax));
        int length = rest.IndexOf((byte)'\n') + 1;
        if (length == 0)
        {
            if (rest.Length == LineBytesMax)
                DamagedAt = cursor - start;
            return false;
        }
        string line = Encoding.Latin1.GetString(rest[..length]).TrimEnd('\r', '\n');
        if (line.StartsWith("#TK:", StringComparison.Ordinal))
            AddShare(line, cursor - start, cursor - start + length);
        else if (line.StartsWith("#FASTKV:", StringComparison.Ordinal) && cursor == start)
            ReadHeader(line);
        cursor += length;
        if (!isInTransaction && !_isShareOpen)
            ValidBytes = cursor - start;
        return true;
    }

    private void AddShare(string line, long start, long end)
    {
        string[] words = line.Split(':');
        if (words.Length is 3 or 4 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long ticket)
            && ulong.TryParse(words[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong shards))
        {
            _isShareOpen = words.Length == 4;
            Shares.Add(new TicketShare(ticket, shards, start, _isShareOpen ? long.MaxValue : end));
        }
    }

    private void EndShare()
    {
        if (!_isShareOpen)
            return;
        _isShareOpen = false;
        Shares[^1] = Shares[^1] with { End = ValidBytes };
    }

    private void ReadHeader(string line)
    {
        string[] words = line.Split(':');
        if (words.Length == 4 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long generation)
            && int.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out int shard)
            && int.TryParse(words[3], NumberStyles.None, CultureInfo.InvariantCulture, out int shards))
        {
            (Generation, Shard, Shards) = (generation, shard, shards);
        }
    }
}
