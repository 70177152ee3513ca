using System.Text;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>check-aof beside redis-check-aof on the same files: what it says, how it ends, and what it leaves of the files.</summary>
public sealed class CheckAofTests(ITestOutputHelper output) : IDisposable
{
    private const string Name = "check-aof";
    private const string Stricter = "can be loaded up to offset";
    private static readonly string[] Until = ["--truncate-to-timestamp", "5"];
    private readonly TemporaryFolder _folder = new();

    private string Target => Path.Combine(_folder.Path, "target.aof");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("*1\r\n$4\r\nPING\r\n")]
    [InlineData("*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPI")]
    [InlineData("*1\r\n$4\r\nPING\r\n*1\r\n$4")]
    [InlineData("*1\r\n$4\r\nPING\r\n*1\r\n$4\r")]
    [InlineData("*1\r\n$4\r\nPING\r\n*1\r\n")]
    [InlineData("*1\r\n$4\r\nPING\r\n*")]
    [InlineData("*1\r\n$4\r\nPING\r\nfoo")]
    [InlineData("*1\r\n$4\r\nPINGxx*1\r\n")]
    [InlineData("*1\r\n#4\r\nPING\r\n")]
    [InlineData("*1\r\n\0\r\nPING\r\n")]
    [InlineData("*x\r\n$4\r\nPING\r\n")]
    [InlineData("*1\r\n$-4\r\nPING\r\n")]
    [InlineData("*1\r\n$4\x81\n")]
    [InlineData("*1\r\n$999999999999999999999999\r\nPING\r\n")]
    [InlineData("*1\r\n$5\r\nMULTI\r\n*1\r\n$4\r\nPING\r\n")]
    [InlineData("*1\r\n$5\r\nmulti\r\n*1\r\n$5\r\nMULTI\r\n")]
    [InlineData("*1\r\n$5\r\nMULTI\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nexec\r\n")]
    [InlineData("*1\r\n$4\r\nEXEC\r\n")]
    [InlineData("#a comment\r\n*1\r\n$4\r\nPING\r\n#TS:7\r\n*1\r\n$4\r\nPI")]
    [InlineData("*1\r\n$4\r\nPING\r\n#TS:abc\r\n")]
    [InlineData("*1\r\n$4\r\nPING\r\n#TS:4\r\n*1\r\n$4\r\nPING\r\n")]
    [InlineData("*1\r\n$4\r\nPING\r\n#TS:12\r\n*1\r\n$4\r\nPING\r\n")]
    [InlineData("#TS:12\r\n*1\r\n$4\r\nPING\r\n")]
    [InlineData("REDIS")]
    [InlineData("REDIS001")]
    [InlineData("REDIS0010\xFF\0\0\0\0\0\0\0\0*1\r\n$4\r\nPING\r\n")]
    [InlineData("REDIS0010\xFF\0\0\0\0\0\0\0\0*1\r\n$4\r\nPI")]
    [InlineData("#x\nfile a\n")]
    [InlineData("#x\nfoo\n")]
    public void Single_files_are_judged_alike(string text)
    {
        foreach (string[] options in (string[][])[[], ["--fix"], Until])
        {
            foreach (string answer in (string[])["y\n", "Yes", "n\n", ""])
            {
                // Of a manifest's faults only the end is alike: Redis's go through its log.
                bool isManifest = text.Contains("\nfile", StringComparison.Ordinal);
                AssertAlike(Encoding.Latin1.GetBytes(text), answer, isManifest, options);
            }
        }
    }

    [Theory]
    [InlineData("*0\r\n")]
    [InlineData("*1\r\n$4\r\nPING\r\n*0\r\n*1\r\n$4\r\nPING\r\n")]
    [InlineData("*1\r\n$4\r\nPING\r\n#TS:")]
    [InlineData("*1\r\n$ 4\r\nPING\r\n")]
    public void What_the_server_does_not_load_is_not_valid(string text)
    {
        File.WriteAllBytes(Target, Encoding.Latin1.GetBytes(text));
        Assert.Equal(0, CheckTool.Theirs("", Name, Target).ExitCode);
        var ours = CheckTool.Ours("", Name, Target);
        Assert.Equal(1, ours.ExitCode);
        Assert.Contains(Stricter, ours.Output, StringComparison.Ordinal);
    }

    /// <summary>Behind an empty command, too: inline commands would be unescaped where they stand, and files are only read.</summary>
    [Theory]
    [InlineData("*0\r\nSET \"a\" 'b'\r\n")]
    [InlineData("*1\r\n$4\r\nPING\r\n*-1\r\nSET \"a\" 'b'\r\n")]
    public void Inline_commands_are_no_part_of_a_file(string text)
    {
        File.WriteAllBytes(Target, Encoding.Latin1.GetBytes(text));
        var ours = CheckTool.Ours("", Name, Target);
        Assert.Equal(1, ours.ExitCode);
        Assert.Equal(1, CheckTool.Theirs("", Name, Target).ExitCode);
        Assert.Equal(1, CheckTool.Ours("", "info", Target).ExitCode);
    }

    [Fact]
    public void Wrong_calls_end_alike()
    {
        string nothing = Path.Combine(_folder.Path, "nothing");
        File.WriteAllText(Target, "*1\r\n$4\r\nPING\r\n");
        foreach (string[] arguments in (string[][])[[nothing], ["--fix", nothing], [_folder.Path], ["--truncate-to-timestamp", "abc", nothing], ["--fix"]])
            Assert.Equal(CheckTool.Comparable(CheckTool.Theirs("", [Name, .. arguments])), CheckTool.Comparable(CheckTool.Ours("", [Name, .. arguments])));
        foreach (string[] arguments in (string[][])[[], ["--fix", "a", "b"], ["--foo", "a"], ["a", "b", "c", "d"]])
        {
            var ours = CheckTool.Ours("", [Name, .. arguments]);
            var theirs = CheckTool.Theirs("", [Name, .. arguments]);
            Assert.Equal(theirs with { Output = theirs.Output.Replace("redis-check-aof", "fastkv-check check-aof", StringComparison.Ordinal) }, ours);
        }
    }

    [Fact]
    public void Damaged_files_are_judged_alike()
    {
        const int rounds = 250;
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string directory = MakeDirectory(isFastKv: false);
        byte[] file = File.ReadAllBytes(Directory.GetFiles(directory, "*.incr.aof")[0]);
        int stricter = 0;
        for (int i = 0; i < rounds; i++)
        {
            byte[] damaged = (byte[])file.Clone();
            if (random.Next(2) == 0)
                damaged[random.Next(damaged.Length)] = (byte)"$*#0129\r\nx\0\xFF"[random.Next(12)];
            if (random.Next(2) == 0)
                damaged = damaged[..random.Next(damaged.Length)];
            stricter += AssertAlike(damaged, "y", false, i % 2 == 0 ? [] : ["--fix"]) ? 0 : 1;
        }
        output.WriteLine($"{stricter} of {rounds} judged more strictly");
        Assert.InRange(stricter, 0, rounds / 4);
    }

    [Fact]
    public void Directories_are_judged_alike()
    {
        string directory = MakeDirectory(isFastKv: false);
        string manifest = Path.Combine(directory, "appendonly.aof.manifest");
        string file = Directory.GetFiles(directory, "*.incr.aof")[0];
        byte[] whole = File.ReadAllBytes(file);
        foreach (string[] files in (string[][])[[], ["second.aof"]])
        {
            foreach (string name in files)
            {
                File.WriteAllBytes(Path.Combine(directory, name), whole);
                File.AppendAllText(manifest, $"file {name} seq 9 type i\n");
            }
            foreach (int cut in (int[])[0, 1, 5])
            {
                foreach (string[] options in (string[][])[[], ["--fix"], ["--truncate-to-timestamp", "1"], ["--truncate-to-timestamp", "99999999999"]])
                {
                    File.WriteAllBytes(file, whole[..^cut]);
                    var theirs = CheckTool.Theirs("y", [Name, .. options, manifest]);
                    byte[] left = File.ReadAllBytes(file);
                    File.WriteAllBytes(file, whole[..^cut]);
                    var ours = CheckTool.Ours("y", [Name, .. options, manifest]);
                    Assert.Equal(CheckTool.Comparable(theirs), CheckTool.Comparable(ours));
                    Assert.Equal(left, File.ReadAllBytes(file));
                }
            }
        }
        File.Delete(file);
        Assert.Equal(CheckTool.Comparable(CheckTool.Theirs("", Name, manifest)), CheckTool.Comparable(CheckTool.Ours("", Name, manifest)));
        File.Delete(Directory.GetFiles(directory, "*.base.rdb")[0]);
        Assert.Equal(CheckTool.Comparable(CheckTool.Theirs("", Name, manifest)), CheckTool.Comparable(CheckTool.Ours("", Name, manifest)));
        File.WriteAllText(manifest, "file a seq 1 type x\n");
        Assert.Equal(1, CheckTool.Ours("", Name, manifest).ExitCode);
        Assert.Contains("Unknown AOF file type", CheckTool.Ours("", Name, manifest).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sound_directory_of_several_shards_is_described_alike()
    {
        string manifest = Path.Combine(MakeDirectory(isFastKv: true), "appendonly.aof.manifest");
        var ours = CheckTool.Ours("", Name, manifest);
        Assert.Equal(CheckTool.Theirs("", Name, manifest), ours);
        Assert.Equal(0, ours.ExitCode);
    }

    /// <summary>Judges a file with both; false: ours is stricter, because of what our server does not load.</summary>
    private bool AssertAlike(byte[] content, string answer, bool exitCodeOnly, string[] options)
    {
        File.WriteAllBytes(Target, content);
        var theirs = CheckTool.Theirs(answer, [Name, .. options, Target]);
        byte[] left = File.ReadAllBytes(Target);
        File.WriteAllBytes(Target, content);
        var ours = CheckTool.Ours(answer, [Name, .. options, Target]);
        if (ours.Output.Contains(Stricter, StringComparison.Ordinal) || theirs.Output.Contains("Out Of Memory", StringComparison.Ordinal))
            return false;
        if (exitCodeOnly)
            Assert.Equal(theirs.ExitCode, ours.ExitCode);
        else
            Assert.Equal(CheckTool.Comparable(theirs), CheckTool.Comparable(ours));
        Assert.Equal(left, File.ReadAllBytes(Target));
        return true;
    }

    private string MakeDirectory(bool isFastKv)
    {
        string[] options = isFastKv ? ["--shards", "3"] : [];
        using (var server = new AofServer(_folder.Path, isFastKv, ["--aof-timestamp-enabled", "yes", .. options]))
        {
            using (var client = server.Connect())
            {
                for (int i = 0; i < 20; i++)
                {
                    client.Call("SET", $"k{i}", $"v{i}", "EX", "10000");
                    client.Call("MSET", $"a{i}", "1", $"b{i}", "2", $"c{i}", "3");
                    client.Call("MULTI");
                    client.Call("RPUSH", $"l{i}", "x", "y");
                    client.Call("INCR", $"n{i}");
                    client.Call("EXEC");
                }
            }
            server.Shutdown();
        }
        return Path.Combine(_folder.Path, "appendonlydir");
    }
}
