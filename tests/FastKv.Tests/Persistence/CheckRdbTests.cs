using System.Text;
using System.Text.RegularExpressions;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>check-rdb beside redis-check-rdb on the same files, sound and damaged.</summary>
public sealed partial class CheckRdbTests(ITestOutputHelper output) : IDisposable
{
    private const string Name = "check-rdb";
    private readonly TemporaryFolder _folder = new();

    private string Target => Path.Combine(_folder.Path, "target.rdb");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Sound_files_are_described_alike(ServerKind kind)
    {
        MakeFile(kind, 7, bytesMax: int.MaxValue);
        AssertAlike(_folder.File);
        var ours = CheckTool.Ours("", Name, _folder.File);
        Assert.Equal(0, ours.ExitCode);
        Assert.Contains("\\o/ RDB looks OK! \\o/", ours.Output, StringComparison.Ordinal);
        Assert.Equal(CheckTool.Theirs("", Name, _folder.File).Output, ours.Output);
    }

    [Fact]
    public void Every_truncation_of_a_small_file_is_described_alike()
    {
        byte[] file = MakeSmallFile();
        int same = 0;
        for (int length = 0; length < file.Length; length++)
        {
            File.WriteAllBytes(Target, file[..length]);
            var theirs = CheckTool.Theirs("", Name, Target);
            var ours = CheckTool.Ours("", Name, Target);
            string mine = CheckTool.Comparable(ours), other = CheckTool.Comparable(theirs);
            same += mine == other ? 1 : 0;

            // We stop at the count of what cannot be there, Redis at the element that is not.
            Assert.Equal(EndOffset().Replace(other, "EOF"), EndOffset().Replace(mine, "EOF"));
            Assert.InRange(OffsetOf(ours), 0, OffsetOf(theirs));
        }
        output.WriteLine($"{same} of {file.Length} byte by byte");
        Assert.InRange(same, file.Length * 8 / 10, file.Length);
    }

    private static long OffsetOf(CheckResult result) => long.Parse(EndOffset().Match(result.Output).Groups[1].Value);

    [GeneratedRegex(@"\[offset (\d+)\] Unexpected EOF reading RDB file")]
    private static partial Regex EndOffset();

    [Fact]
    public void Damaged_bytes_of_a_small_file_are_described_alike()
    {
        const int rounds = 400;
        byte[] file = MakeSmallFile();
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        int same = 0;
        for (int i = 0; i < rounds; i++)
        {
            byte[] damaged = (byte[])file.Clone();
            int at = random.Next(damaged.Length);
            damaged[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(Target, damaged);
            var ours = CheckTool.Ours("", Name, Target);
            var theirs = CheckTool.Theirs("", Name, Target);

            // The checksum sees everything but a checksum of zero and a version that both know.
            Assert.True(ours.ExitCode == theirs.ExitCode || theirs.ExitCode > 1, $"byte {at}\n{ours}\n{theirs}");
            if (CheckTool.Comparable(ours) == CheckTool.Comparable(theirs))
                same++;
            else
                output.WriteLine($"byte {at}: {LineOfError(ours)} | {LineOfError(theirs)}");
        }
        output.WriteLine($"{same} of {rounds} described alike");

        // What is not: counts and lengths that make no sense, which Redis follows to where it fails and we refuse at once, and what is inside of streams.
        Assert.InRange(same, rounds * 8 / 10, rounds);
    }

    [Fact]
    public void Damaged_files_of_every_type_get_a_verdict()
    {
        int rounds = (int.TryParse(Environment.GetEnvironmentVariable("FASTKV_CORRUPTION_COUNT"), out int count) ? count : 5000) / 10;
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        MakeFile(ServerKind.FastKv3, seed, bytesMax: 5000);
        byte[] file = File.ReadAllBytes(_folder.File);

        // No checksum: every byte counts.
        file.AsSpan(file.Length - 8).Clear();
        int sound = 0;
        for (int i = 0; i < rounds; i++)
        {
            byte[] damaged = (byte[])file.Clone();
            for (int j = random.Next(1, 4); j > 0; j--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0)
                damaged = damaged[..random.Next(damaged.Length)];
            File.WriteAllBytes(Target, damaged);
            var result = CheckTool.Ours("", Name, Target);
            var info = CheckTool.Ours("", "info", Target);
            Assert.Equal(result.Output.Contains("--- RDB ERROR DETECTED ---", StringComparison.Ordinal), result.ExitCode == 1);
            Assert.Equal(result.Output.Contains("looks OK!", StringComparison.Ordinal), result.ExitCode == 0);
            if (result.ExitCode == 1 && !damaged.AsSpan().StartsWith("REDIS"u8))
                continue;
            Assert.Equal(result.ExitCode, info.ExitCode == 0 || info.Output.Contains("only; the figures", StringComparison.Ordinal) ? 0 : 1);
            sound += 1 - result.ExitCode;
        }
        output.WriteLine($"{sound} of {rounds} are sound");
        Assert.InRange(sound, 1, rounds - 1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("REDIS")]
    [InlineData("REDIS0000\xFF")]
    [InlineData("REDIS0099\xFF")]
    [InlineData("RADIS0010\xFF")]
    [InlineData("REDIS0010\xFF")]
    [InlineData("REDIS0003\xFE\0\0\u0001a\u0001b\xFF")]
    [InlineData("REDIS0010\xFF\0\0\0\0\0\0\0\0")]
    [InlineData("REDIS0010\xFF\0\0\0\0\0\0\0\u0001")]
    [InlineData("REDIS0010\xFD\u0001\0\0\0\0\u0001a\u0001b\xFC\0\0\0\0\0\0\0\u0001\0\u0001b\xC0\u0001\xFF\0\0\0\0\0\0\0\0")]
    [InlineData("REDIS0010\xFA\u0003a\0b\u0001c\0\u0003a\0b\xC3\u0002\u0003ab\xFF")]
    [InlineData("REDIS0010\xF5\u0005hello\xF8\u0005\xF9\u0007\0\u0001a\u0001b\xFF\0\0\0\0\0\0\0\0")]
    [InlineData("REDIS0010\xF7\x81\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0002\u0002\0\xFF\0\0\0\0\0\0\0\0")]
    [InlineData("REDIS0010\u0008\u0001a\u0001")]
    [InlineData("REDIS0010\0\u0001a\x82")]
    [InlineData("REDIS0010\0\u0001a\xC7")]
    [InlineData("REDIS0010\u0010\u0001a\u0007\u0007\0\0\0\u0002\0\xFF")]
    [InlineData("REDIS0010\u000B\u0001a\u0008\u0002\0\0\0\u0005\0\0\0")]
    [InlineData("REDIS0010\u0012\u0001a\u0001\u0007\u0001b")]
    public void Files_made_by_hand_are_described_alike(string text)
    {
        File.WriteAllBytes(Target, Encoding.Latin1.GetBytes(text));
        AssertAlike(Target);
    }

    [Fact]
    public void Files_that_cannot_be_read_and_wrong_calls_end_alike()
    {
        foreach (string[] arguments in (string[][])[[Name], [Name, "a", "b"], [Name, Path.Combine(_folder.Path, "nothing")], [Name, _folder.Path]])
            Assert.Equal(CheckTool.Comparable(CheckTool.Theirs("", arguments)), CheckTool.Comparable(CheckTool.Ours("", arguments)));
        Assert.Equal(0, CheckTool.Ours("", Name, "-v").ExitCode);
        Assert.Equal(0, CheckTool.Ours("", "--help").ExitCode);
        Assert.Equal(1, CheckTool.Ours("").ExitCode);
        Assert.Equal(1, CheckTool.Ours("", "check-nothing").ExitCode);
    }

    [Fact]
    public void The_program_knows_its_other_names()
    {
        MakeFile(ServerKind.FastKv1, 3, bytesMax: 1000);
        string host = Path.Combine(AppContext.BaseDirectory, "fastkv-server");
        foreach (string[] call in (string[][])[["fastkv-check", Name], ["redis-check-rdb"], ["fastkv-server", Name]])
        {
            string program = Path.Combine(_folder.Path, call[0]);
            File.CreateSymbolicLink(program, host);
            string root = Path.GetDirectoryName(new FileInfo(Environment.ProcessPath!).ResolveLinkTarget(true)?.FullName ?? Environment.ProcessPath!)!;
            var result = CheckTool.Execute(program, "", start => start.Environment["DOTNET_ROOT"] = root, [.. call[1..], _folder.File]);
            Assert.Equal(CheckTool.Theirs("", Name, _folder.File), result);
        }
    }

    private static string LineOfError(CheckResult result)
    {
        string[] lines = result.Output.Split('\n');
        return lines[Math.Min(lines.Length - 1, Array.IndexOf(lines, "--- RDB ERROR DETECTED ---") + 1)];
    }

    private void AssertAlike(string path)
    {
        var theirs = CheckTool.Theirs("", Name, path);
        var ours = CheckTool.Ours("", Name, path);
        Assert.Equal(CheckTool.Comparable(theirs), CheckTool.Comparable(ours));
    }

    private byte[] MakeSmallFile()
    {
        using (var server = ServerProcess.Start(ServerKind.Redis, "--dir", _folder.Path))
        {
            using var client = server.Connect();
            client.Call("SET", "number", "12345");
            client.Call("SET", "text", new string('x', 100), "PXAT", "4000000000000");
            client.Call("SET", "binary", "a\0b\xFFc");
            client.Call("RPUSH", "list", "1", "2", "three", new string('y', 40));
            client.Call("SELECT", "3");
            client.Call("SADD", "set", "a", "b");
            client.Call("SADD", "intset", "1", "2", "70000");
            client.Call("ZADD", "zset", "1.5", "a", "2", "b");
            client.Call("HSET", "hash", "f", "v", "g", "w");
            client.Call("SAVE");
        }
        return File.ReadAllBytes(_folder.File);
    }

    private void MakeFile(ServerKind kind, int seed, int bytesMax)
    {
        var data = new RandomData(seed);
        data.AddAll("v", rounds: 1);
        using var server = ServerProcess.Start(kind, "--dir", _folder.Path);
        using var client = server.Connect();
        foreach (byte[][] command in data.Commands)
        {
            if (command.Sum(word => word.Length) < bytesMax)
                client.CallBytes(command);
        }
        Assert.Equal("OK", client.Call("SAVE").Text);
    }
}
