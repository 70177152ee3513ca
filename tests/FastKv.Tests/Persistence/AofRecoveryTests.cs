using System.Globalization;
using System.Text;
using FastKv.Engine.Persistence.Aof;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>
/// Where the files of a generation are cut: what is left is the most that has all of every ticket or none of it. The cuts that are found are compared with
/// the best one among all that there are.
/// </summary>
public sealed unsafe class AofRecoveryTests(ITestOutputHelper output)
{
    private const string Set = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$2\r\n42\r\n";
    private const string Select = "*2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n";
    private const string Transaction = "*1\r\n$5\r\nMULTI\r\n" + Select + Set + Set + "*1\r\n$4\r\nEXEC\r\n";
    private const string Time = "#TS:1700000000\r\n";

    [Fact]
    public void Whole_files_are_kept_to_the_last_byte()
    {
        var first = new Journal(0).Add(Set).Add(Set, 1, 3).Add("", 2, 3).Add(Time).Add(Transaction, 3, 3);
        var second = new Journal(1).Add("", 1, 3).Add(Select + Set, 2, 3).Add(Set, 3, 3).Add(Set);
        Assert.Equal([first.Bytes, second.Bytes], Cut([first, second]));
        var alone = new Journal(0).Add(Set);
        Assert.Equal([alone.Bytes], Cut([alone]));
    }

    [Fact]
    public void A_ticket_that_a_file_has_not_counts_in_none()
    {
        var first = new Journal(0).Add(Set).Add(Set, 7, 3).Add(Set);
        var second = new Journal(1).Add(Set);
        Assert.Equal([first.EndOf(1), second.Bytes], Cut([first, second]));

        // Another shard's, whose file is not among them, is not waited for.
        Assert.Equal([first.Bytes], Cut([first]));
        Assert.Equal([first.EndOf(1), new Journal(2).Bytes], Cut([first.With(7, 5), new Journal(2)]));
        Assert.Equal([first.Bytes, new Journal(2).Bytes], Cut([first, new Journal(2)]));
    }

    [Fact]
    public void A_share_without_effects_is_a_share()
    {
        var first = new Journal(0).Add(Set, 7, 3).Add(Set);
        Assert.Equal([first.Bytes, new Journal(1).Add("", 7, 3).Bytes], Cut([first, new Journal(1).Add("", 7, 3)]));

        // What follows its line is none of it; and of a share with effects the line alone is nothing.
        var second = new Journal(1).Add("", 7, 3).Add(Set);
        Assert.Equal([first.Bytes, second.EndOf(1)], Cut([first, second.Torn(5)]));
        second = new Journal(1).Add(Set, 7, 3);
        Assert.Equal([first.EndOf(0), second.EndOf(0)], Cut([first, second.Torn(Set.Length)]));
        second = new Journal(1).Add(Select + Set, 7, 3);
        Assert.Equal([first.EndOf(0), second.EndOf(0)], Cut([first, second.Torn(Set.Length)]));
    }

    [Fact]
    public void A_cut_leads_to_the_next_in_any_file()
    {
        // The last file lost ticket 3, whose share in the second stands before that of 5, which the first has.
        var first = new Journal(0).Add(Set).Add(Set, 5, 3).Add(Set);
        var second = new Journal(1).Add(Set).Add(Set, 3, 6).Add(Set, 5, 3).Add(Set);
        var third = new Journal(2).Add(Set).Add(Set, 3, 6);
        Assert.Equal([first.Bytes, second.Bytes, third.Bytes], Cut([first, second, third]));
        Assert.Equal([first.EndOf(1), second.EndOf(1), third.EndOf(1)], Cut([first, second, third.Torn(1)]));
        Assert.Equal([third.EndOf(1), first.EndOf(1), second.EndOf(1)], Cut([third.Torn(1), first, second]));
        Assert.Equal([second.EndOf(1), third.EndOf(1), first.EndOf(1)], Cut([second, third.Torn(1), first]));
    }

    [Fact]
    public void What_is_left_behind_a_limit_does_not_count()
    {
        var first = new Journal(0).Add(Set).Add(Set, 5, 3).Add(Set);
        var second = new Journal(1).Add(Set, 5, 3).Add(Set);
        Assert.Equal([first.EndOf(2), second.EndOf(1)], Cut([first, second], [first.EndOf(2), second.EndOf(1)]));
        Assert.Equal([first.EndOf(1), second.EndOf(0)], Cut([first, second], [first.EndOf(1), second.Bytes]));
        Assert.Equal([first.EndOf(1), second.EndOf(0)], Cut([first, second], [first.EndOf(2) - 1, long.MaxValue]));
        Assert.Equal([first.Bytes, second.Bytes], Cut([first, second], [long.MaxValue, long.MaxValue]));
    }

    [Fact]
    public void Zeros_at_the_tail_are_cut_off()
    {
        // As a file system leaves them whose server went down.
        var first = new Journal(0).Add(Set).Add(Set, 5, 3);
        var second = new Journal(1).Add(Set, 5, 3).Add(Set);
        Assert.Equal([first.Bytes, second.Bytes], Cut([first.WithTail(4096), second.WithTail(1)]));
        Assert.Equal([first.EndOf(1), second.EndOf(0)], Cut([first.Torn(1).WithTail(4096), second]));
        Assert.Equal([first.EndOf(1), second.EndOf(0)], Cut([first.Torn(Set.Length + 3).WithTail(4096), second]));
    }

    [Fact]
    public void A_file_is_cut_at_each_of_its_bytes()
    {
        var first = new Journal(0).Add(Set).Add(Transaction, 1, 7).Add(Time).Add("", 2, 3).Add(Select + Set, 3, 5).Add(Set);
        var second = new Journal(1).Add("", 1, 7).Add(Set).Add(Transaction, 2, 3).Add(Set);
        var third = new Journal(2).Add(Set, 1, 7).Add("", 3, 5).Add(Set);
        foreach (var (torn, others) in new[] { (first, (Journal[])[second, third]), (second, [first, third]), (third, [first, second]) })
        {
            for (int bytes = 0; bytes <= torn.Bytes; bytes++)
                AssertBest([torn.Torn(torn.Bytes - bytes), .. others], null, $"file {torn.Shard} of {bytes} bytes");
        }
    }

    [Fact]
    public void Any_files_are_cut_as_late_as_can_be()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 1500; round++)
        {
            int shards = random.Next(1, 5);
            var files = Enumerable.Range(0, shards).Select(shard => new Journal(shard)).ToArray();
            for (int ticket = 1, events = random.Next(1, 12); ticket <= events; ticket++)
                Happen(files, ticket, random);
            for (int i = 0; i < shards; i++)
            {
                if (random.Next(3) == 0)
                    files[i] = files[i].Torn(random.Next((int)files[i].Bytes + 1));
                if (random.Next(6) == 0)
                    files[i] = files[i].WithTail(random.Next(1, 100));
            }

            // A file that is missing, and files in another order.
            if (shards > 1 && random.Next(5) == 0)
                files = files[1..];
            random.Shuffle(files);
            long[]? limits = random.Next(3) != 0 ? null : [.. files.Select(file => file.EndOf(random.Next(file.Pieces.Count + 1)))];
            AssertBest(files, limits, $"seed {seed}, round {round}");
        }
    }

    private static void Happen(Journal[] files, int ticket, Random random)
    {
        ulong shards = (ulong)random.Next(1 << files.Length);
        if (ulong.PopCount(shards) < 2)
        {
            files[random.Next(files.Length)].Add(random.Next(5) switch { 0 => Time, 1 => Transaction, 2 => Select, _ => Set });
            return;
        }
        foreach (var file in files)
        {
            if ((shards >> file.Shard & 1) != 0)
                file.Add(random.Next(4) switch { 0 => "", 1 => Select + Set, 2 => Transaction, _ => Set }, ticket, shards);
        }
    }

    private static long[] Cut(Journal[] files, long[]? limits = null)
    {
        var units = new List<AofUnits>();
        foreach (var file in files)
        {
            byte[] bytes = [.. file.Content, 0];
            fixed (byte* start = bytes)
                units.Add(AofUnits.Walk(start, bytes.Length - 1));
        }
        return AofRecovery.Cut(units, limits);
    }

    // All places between pieces, in all files; the later the better.
    private static void AssertBest(Journal[] files, long[]? limits, string what)
    {
        long[] best = [];
        var places = files.Select((file, i) => file.Places(limits is null ? long.MaxValue : limits[i])).ToArray();
        int[] at = new int[files.Length];
        while (true)
        {
            long[] cuts = [.. at.Select((place, i) => places[i][place])];
            if ((best.Length == 0 || cuts.Sum() > best.Sum()) && IsSound(files, cuts))
                best = cuts;
            int digit = 0;
            while (digit < at.Length && ++at[digit] == places[digit].Count)
                at[digit++] = 0;
            if (digit == at.Length)
                break;
        }

        Assert.True(best.SequenceEqual(Cut(files, limits)), $"{what}: {string.Join(' ', Cut(files, limits))} instead of {string.Join(' ', best)}");
    }

    private static bool IsSound(Journal[] files, long[] cuts)
    {
        foreach (var piece in files.SelectMany(file => file.Pieces).Where(piece => piece.Ticket != 0))
        {
            bool isInAll = true, isInAny = false;
            for (int i = 0; i < files.Length; i++)
            {
                if (!files[i].HasHeader || (piece.Shards >> files[i].Shard & 1) == 0)
                    continue;
                bool isIn = files[i].Pieces.Any(other => other.Ticket == piece.Ticket && other.End <= cuts[i]);
                isInAll &= isIn;
                isInAny |= isIn;
            }
            if (isInAny && !isInAll)
                return false;
        }
        return true;
    }

    /// <summary>A part of a file that counts as a whole.</summary>
    /// <param name="End">Where it ends.</param>
    /// <param name="Ticket">Whose share it is; 0: of no ticket.</param>
    /// <param name="Shards">Who has shares.</param>
    private sealed record Piece(long End, long Ticket, ulong Shards);

    /// <summary>A shard's file, and what a reader ought to see in it.</summary>
    private sealed class Journal
    {
        private readonly long _headerBytes;
        private readonly bool _hasHeader = true;

        public Journal(int shard)
        {
            Shard = shard;
            Text = new StringBuilder(AofUnits.Header(1, shard, 4));
            _headerBytes = Text.Length;
        }

        private Journal(Journal other, long bytes, string tail)
        {
            Shard = other.Shard;
            _headerBytes = other._headerBytes;
            _hasHeader = other._hasHeader && bytes >= _headerBytes;
            Text = new StringBuilder(other.Text.ToString(0, (int)bytes)).Append(tail);
            Pieces.AddRange(other.Pieces.TakeWhile(piece => piece.End <= bytes));
        }

        public int Shard { get; }

        public List<Piece> Pieces { get; } = [];

        /// <summary>Whether it says whose it is; else it is of no shard.</summary>
        public bool HasHeader => _hasHeader;

        public long Bytes => Text.Length;

        public byte[] Content => Encoding.Latin1.GetBytes(Text.ToString());

        private StringBuilder Text { get; }

        /// <summary>Adds commands, or a line; with a ticket: its share, which may be without effects.</summary>
        public Journal Add(string commands, long ticket = 0, ulong shards = 0)
        {
            if (ticket != 0)
                Text.Append(CultureInfo.InvariantCulture, $"#TK:{ticket}:{shards:x}{(commands.Length > 0 ? ":u" : "")}\r\n");
            Text.Append(commands);
            Pieces.Add(new Piece(Text.Length, ticket, shards));
            return this;
        }

        /// <summary>The end of so many pieces.</summary>
        public long EndOf(int pieces) => pieces == 0 ? _headerBytes : Pieces[pieces - 1].End;

        /// <summary>The same without its last bytes.</summary>
        public Journal Torn(long bytes) => new(this, Bytes - bytes, "");

        /// <summary>The same with zeros behind it.</summary>
        public Journal WithTail(int zeros) => new(this, Bytes, new string('\0', zeros));

        /// <summary>The same, but other shards have shares of a ticket.</summary>
        public Journal With(long ticket, ulong shards)
        {
            string old = string.Create(CultureInfo.InvariantCulture, $"#TK:{ticket}:");
            int at = Text.ToString().IndexOf(old, StringComparison.Ordinal) + old.Length;
            var changed = new Journal(this, Bytes, "");
            changed.Text[at] = (char)('0' + shards);
            return changed;
        }

        /// <summary>Where it may be cut, from its beginning to a limit.</summary>
        public List<long> Places(long limit)
        {
            if (!HasHeader)
                return [0];
            return [_headerBytes, .. Pieces.Select(piece => piece.End).Where(end => end <= limit)];
        }
    }
}
