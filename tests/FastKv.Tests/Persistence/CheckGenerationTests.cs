using System.Text;
using FastKv.Server.Check;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>
/// A journal of several shards whose files end anywhere: check-aof --fix leaves of it what FastKv itself would load, all or nothing of each command, and
/// redis-server loads the same.
/// </summary>
public sealed class CheckGenerationTests(ITestOutputHelper output) : IDisposable
{
    private const int Shards = 3;
    private const int Rounds = 60;
    private readonly TemporaryFolder _folder = new();

    private static string[] Options =>
        ["--shards", $"{Shards}", "--enable-debug-command", "yes", "--aof-timestamp-enabled", "yes", "--auto-aof-rewrite-percentage", "0"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Torn_files_are_cut_to_one_instant_and_load_in_both_servers()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string source = Make();
        var whole = ReadAll(source);
        int refused = 0;
        for (int round = 0; round < 6; round++)
        {
            string torn = Copy(source, $"torn{round}");
            bool isDamaged = false;
            foreach (string file in Increments(torn))
            {
                // One of the files may be whole.
                if (random.Next(4) > 0)
                    isDamaged |= Tear(file, random);
            }
            string mended = Copy(torn, $"mended{round}");
            string manifest = Manifest(mended);
            var theirs = CheckTool.Theirs("", "check-aof", manifest);
            refused += theirs.ExitCode;
            var verdict = CheckTool.Ours("", "check-aof", manifest);
            Assert.True(verdict.ExitCode >= theirs.ExitCode, verdict.Output);
            var fix = CheckTool.Ours("y\n", "check-aof", "--fix", manifest);
            output.WriteLine(fix.Output);
            Assert.Equal(0, fix.ExitCode);
            Assert.Equal(0, CheckTool.Theirs("", "check-aof", manifest).ExitCode);
            Assert.Equal(CheckTool.Theirs("", "check-aof", manifest), CheckTool.Ours("", "check-aof", manifest));
            string expected = Load(Copy(mended, $"own{round}"), isFastKv: true);

            // Other bytes where a command should stand may be more than the end of a file: then the server does not start before it is mended.
            if (!isDamaged)
                Assert.Equal(expected, Load(torn, isFastKv: true));
            Assert.Equal(expected, Load(mended, isFastKv: false));
        }
        Assert.NotEqual(0, refused);
        Assert.Equal(whole, ReadAll(source));
    }

    [Fact]
    public void Nothing_is_cut_without_consent()
    {
        string directory = Make();
        string file = Increments(directory)[1];
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^3]);
        var before = ReadAll(directory);
        foreach (string answer in (string[])["", "n\n", "\n"])
        {
            var result = CheckTool.Ours(answer, "check-aof", "--fix", Manifest(directory));
            Assert.Equal(1, result.ExitCode);
            Assert.EndsWith("Continue? [y/N]: Aborting...\n", result.Output, StringComparison.Ordinal);
        }
        Assert.Equal(1, CheckTool.Ours("y", "check-aof", Manifest(directory)).ExitCode);
        Assert.Equal(before, ReadAll(directory));
    }

    [Fact]
    public void A_missing_share_cuts_the_others()
    {
        // Whole commands everywhere, and redis-check-aof finds nothing: only the tickets tell.
        string directory = Make();
        string file = Increments(directory)[0];
        byte[] content = File.ReadAllBytes(file);
        int share = content.AsSpan(0, content.Length / 2).LastIndexOf("#TK:"u8);
        Assert.True(share > 0);
        File.WriteAllBytes(file, content[..share]);
        Assert.Equal(0, CheckTool.Theirs("", "check-aof", Manifest(directory)).ExitCode);
        var verdict = CheckTool.Ours("", "check-aof", Manifest(directory));
        Assert.Equal(1, verdict.ExitCode);
        Assert.Contains("of which other parts are missing", verdict.Output, StringComparison.Ordinal);
        Assert.Equal(0, CheckTool.Ours("y", "check-aof", "--fix", Manifest(directory)).ExitCode);
        Assert.Equal(0, CheckTool.Ours("", "check-aof", Manifest(directory)).ExitCode);
        AssertWhole(directory);
    }

    [Fact]
    public void All_files_are_cut_to_a_time()
    {
        string directory = Make();
        long[] seconds = [.. Increments(directory).SelectMany(file => Times(File.ReadAllText(file)))];
        Assert.True(seconds.Distinct().Count() > 1, "the data was made within one second");
        string manifest = Manifest(directory);
        Assert.Equal(1, CheckTool.Ours("", "check-aof", "--truncate-to-timestamp", $"{seconds.Min() - 1}", manifest).ExitCode);
        var before = ReadAll(directory);
        var nothing = CheckTool.Ours("", "check-aof", "--truncate-to-timestamp", $"{seconds.Max()}", manifest);
        Assert.Equal(0, nothing.ExitCode);
        Assert.Contains("Truncate nothing in AOF", nothing.Output, StringComparison.Ordinal);
        Assert.Equal(before, ReadAll(directory));
        var result = CheckTool.Ours("", "check-aof", "--truncate-to-timestamp", $"{seconds.Min()}", manifest);
        output.WriteLine(result.Output);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"to timestamp {seconds.Min()}", result.Output, StringComparison.Ordinal);
        foreach (string file in Increments(directory))
            Assert.All(Times(File.ReadAllText(file)), time => Assert.Equal(seconds.Min(), time));
        Assert.Equal(0, CheckTool.Theirs("", "check-aof", manifest).ExitCode);
        AssertWhole(directory);
    }

    [Fact]
    public unsafe void A_share_counts_when_its_unit_is_whole()
    {
        string[] files = Increments(Make());
        byte[][] contents = Array.ConvertAll(files, File.ReadAllBytes);
        int share = contents[0].AsSpan().LastIndexOf("#TK:"u8);
        var units = new Engine.Persistence.Aof.AofUnits[files.Length];
        for (int length = share; length <= contents[0].Length; length++)
        {
            for (int i = 0; i < files.Length; i++)
            {
                fixed (byte* start = contents[i])
                    units[i] = Engine.Persistence.Aof.AofUnits.Walk(start, i == 0 ? length : contents[i].Length);
            }
            var last = units[0].Shares.FindLast(found => found.Start == share);
            long[] cuts = Engine.Persistence.Aof.AofRecovery.Cut(units);
            bool isWhole = last.Start == share && last.End <= length;
            Assert.Equal(isWhole ? units[0].ValidBytes : share, cuts[0]);
            for (int i = 1; i < files.Length; i++)
            {
                long other = units[i].Shares.Find(found => isWhole ? found.Ticket == last.Ticket : found.Ticket == LastTicket(contents[0])).Start;
                Assert.True(other == 0 || isWhole == cuts[i] > other, $"{length - share} bytes of the unit, file {i}");
            }
        }
    }

    private static long LastTicket(byte[] content)
    {
        string text = Encoding.Latin1.GetString(content);
        return long.Parse(text[text.LastIndexOf("#TK:", StringComparison.Ordinal)..].Split(':')[1]);
    }

    private static IEnumerable<long> Times(string text) =>
        text.Split("\r\n").Where(line => line.StartsWith("#TS:", StringComparison.Ordinal)).Select(line => long.Parse(line[4..]));

    /// <summary>Cuts a file short; true: and puts zeros behind it.</summary>
    private static bool Tear(string file, Random random)
    {
        byte[] content = File.ReadAllBytes(file);
        content = content[..random.Next(content.Length / 2, content.Length)];
        bool hasZeros = random.Next(4) == 0;
        if (hasZeros)
            content = [.. content, .. "\0\0\0"u8];
        File.WriteAllBytes(file, content);
        return hasZeros;
    }

    private static string Manifest(string directory) => Path.Combine(directory, "appendonlydir", "appendonly.aof.manifest");

    private static string[] Increments(string directory)
    {
        string[] files = Directory.GetFiles(Path.Combine(directory, "appendonlydir"), "*.incr.aof");
        Array.Sort(files, StringComparer.Ordinal);
        return files[^Shards..];
    }

    private static Dictionary<string, string> ReadAll(string directory) =>
        Directory.GetFiles(Path.Combine(directory, "appendonlydir"))
            .ToDictionary(file => Path.GetFileName(file), file => Convert.ToHexString(File.ReadAllBytes(file)));

    private string Copy(string directory, string name)
    {
        string copy = Path.Combine(_folder.Path, name);
        Directory.CreateDirectory(Path.Combine(copy, "appendonlydir"));
        foreach (string file in Directory.GetFiles(Path.Combine(directory, "appendonlydir")))
            File.Copy(file, Path.Combine(copy, "appendonlydir", Path.GetFileName(file)));
        return copy;
    }

    /// <summary>A directory of a server that ran over two seconds and wrote whole files.</summary>
    private string Make()
    {
        string directory = Path.Combine(_folder.Path, "source");
        Directory.CreateDirectory(directory);
        using var server = new AofServer(directory, isFastKv: true, Options);
        using (var client = server.Connect())
        {
            string second = Second(client);
            for (int i = 0; i < Rounds; i++)
            {
                if (i == Rounds / 2)
                {
                    while (Second(client) == second)
                        Thread.Sleep(20);
                }
                client.Call("MSET", $"a{i}", $"{i}", $"b{i}", $"{i}", $"c{i}", $"{i}", $"d{i}", $"{i}");
                client.Call("INCR", $"n{i % 7}");
                client.Call("MULTI");
                client.Call("SET", $"x{i}", $"{i}");
                client.Call("SET", $"y{i}", $"{i}");
                client.Call("EXEC");
                client.Call("RPUSH", $"l{i % 5}", $"{i}");
            }
        }
        server.Shutdown();
        return directory;
    }

    private static string Second(RespClient client) => client.Call("TIME").Items![0].Text;

    private static string Load(string directory, bool isFastKv)
    {
        using var server = new AofServer(directory, isFastKv, isFastKv ? Options : ["--enable-debug-command", "yes"]);
        using var client = server.Connect();
        AssertWhole(client);
        return client.Call("DEBUG", "DIGEST").Text;
    }

    private static void AssertWhole(string directory)
    {
        using var server = new AofServer(directory, isFastKv: false);
        using var client = server.Connect();
        AssertWhole(client);
    }

    private static void AssertWhole(RespClient client)
    {
        for (int i = 0; i < Rounds; i++)
        {
            Assert.Contains(client.Call("EXISTS", $"a{i}", $"b{i}", $"c{i}", $"d{i}").Integer, (long[])[0, 4]);
            Assert.Contains(client.Call("EXISTS", $"x{i}", $"y{i}").Integer, (long[])[0, 2]);
        }
    }
}
