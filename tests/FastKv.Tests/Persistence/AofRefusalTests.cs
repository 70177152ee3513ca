using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>What a file holds that was executed once is loaded, whatever the limits for clients are now; and check-aof says beforehand what is not.</summary>
public sealed class AofRefusalTests
{
    private const int LargeBytes = 2 << 20;
    private const string Name = "appendonly.aof.1.incr.aof";
    private static readonly string[] s_low = ["--proto-max-bulk-len", "1mb"];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Limits_for_clients_do_not_hold_for_files(int shards)
    {
        using var folder = new TemporaryFolder();
        string half = new('x', LargeBytes / 2), large = new('y', LargeBytes);
        Write(folder, [RespClient.Encode("SET", "large", large), RespClient.Encode("SET", "grown", half), RespClient.Encode("APPEND", "grown", half + "z")]);
        using (var redis = new AofServer(folder.Path, isFastKv: false, s_low))
            AssertLarge(redis);
        Assert.Equal(0, CheckTool.Ours("", "check-aof", ManifestOf(folder)).ExitCode);
        using (var server = new AofServer(folder.Path, isFastKv: true, ["--shards", $"{shards}", .. s_low]))
        {
            AssertLarge(server);
            using RespClient client = server.Connect();
            Assert.True(client.Call("APPEND", "grown", "z").IsError, "it holds for clients");
        }
    }

    [Theory]
    [InlineData("SET")]
    [InlineData("SET", "k")]
    [InlineData("FOO", "bar")]
    [InlineData("XGROUP", "NOTHING", "x")]
    [InlineData("FUNCTION", "LIST")]
    public void What_the_server_does_not_run_is_found_by_check_aof(params string[] command)
    {
        using var folder = new TemporaryFolder();
        byte[] start = [.. RespClient.Encode("SELECT", "0"), .. RespClient.Encode("SET", "a", "1")];
        Write(folder, [start, RespClient.Encode(command), RespClient.Encode("SET", "b", "2")]);
        byte[] before = File.ReadAllBytes(FileOf(folder));
        foreach (string[] options in (string[][])[[], ["--fix"]])
        {
            var verdict = CheckTool.Ours("y\n", ["check-aof", .. options, ManifestOf(folder)]);
            Assert.Equal(1, verdict.ExitCode);
            Assert.Contains($"AOF {Name} can be loaded up to offset {start.Length} only: there is no command '{command[0]}'", verdict.Output, StringComparison.Ordinal);
            Assert.Equal(before, File.ReadAllBytes(FileOf(folder)));
        }
        string refusal = Assert.Throws<InvalidOperationException>(() => new AofServer(folder.Path, isFastKv: true, "--shards", "1")).Message;
        Assert.Contains($"Unknown command '{command[0]}' reading the append only file {Name}", refusal, StringComparison.Ordinal);
    }

    private static void AssertLarge(AofServer server)
    {
        using RespClient client = server.Connect();
        Assert.Equal(LargeBytes, client.Call("STRLEN", "large").Integer);
        Assert.Equal(LargeBytes + 1, client.Call("STRLEN", "grown").Integer);
    }

    private static void Write(TemporaryFolder folder, byte[][] content)
    {
        Directory.CreateDirectory(Path.Combine(folder.Path, "appendonlydir"));
        File.WriteAllBytes(FileOf(folder), [.. content.SelectMany(bytes => bytes)]);
        File.WriteAllText(ManifestOf(folder), $"file {Name} seq 1 type i\n");
    }

    private static string FileOf(TemporaryFolder folder) => Path.Combine(folder.Path, "appendonlydir", Name);

    private static string ManifestOf(TemporaryFolder folder) => Path.Combine(folder.Path, "appendonlydir", "appendonly.aof.manifest");
}
