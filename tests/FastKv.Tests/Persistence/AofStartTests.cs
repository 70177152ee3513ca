using System.Text;
using FastKv.Engine.Persistence.Files;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// What a server makes at its start of append-only files that end too early, with <c>aof-load-truncated</c> and without; and of those of before Redis 7, also
/// when it went down while it moved them.
/// </summary>
public sealed class AofStartTests
{
    private const string Torn = "*3\r\n$3\r\nSET\r\n$4\r\ntorn\r\n$5\r\nva";
    private const string Old = "appendonly.aof";

    private static readonly string[] s_fullOptions = ["--aof-load-truncated", "no"];

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(1, true)]
    [InlineData(3, true)]
    public void A_torn_base_is_cut_once_and_for_all(int shards, bool hasPreamble)
    {
        using var folder = new TemporaryFolder();
        byte[] start = hasPreamble ? Snapshot() : [];
        File.WriteAllBytes(Path.Combine(folder.Path, Old), [.. start, .. RespClient.Encode("SET", "a", "1"), .. Encoding.ASCII.GetBytes(Torn)]);
        using var server = new AofServer(folder.Path, isFastKv: true, "--shards", $"{shards}", "--appendfsync", "always");
        for (int round = 0; round < 3; round++)
        {
            using (RespClient client = server.Connect())
            {
                Assert.Equal("1", client.Call("GET", "a").Text);
                Assert.True(client.Call("GET", "torn").IsNull);
                Assert.Equal(hasPreamble ? "0" : "", client.Call("GET", "snapshot").Text);
                Assert.Equal(round, client.Call("LLEN", "rounds").Integer);
                Assert.Equal(round + 1, client.Call("RPUSH", "rounds", "x").Integer);
            }
            server.KillAndRestart();
        }
        Assert.False(File.Exists(Path.Combine(folder.Path, Old)));
        Assert.Equal(start.Length + RespClient.Encode("SET", "a", "1").Length, new FileInfo(Path.Combine(folder.Path, "appendonlydir", Old)).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_torn_base_is_refused_if_so_configured(bool hasPreamble)
    {
        using var folder = new TemporaryFolder();
        byte[] start = [.. hasPreamble ? Snapshot() : [], .. RespClient.Encode("SET", "a", "1")];
        File.WriteAllBytes(Path.Combine(folder.Path, Old), [.. start, .. Encoding.ASCII.GetBytes(Torn)]);
        string reason = $"Unexpected end of file reading the append only file {Old} at offset {start.Length}.";
        Assert.Contains(reason, Refusal(folder, 1, s_fullOptions), StringComparison.Ordinal);
        Assert.Contains(reason, Refusal(folder, 3, s_fullOptions), StringComparison.Ordinal);
        using var server = new AofServer(folder.Path, isFastKv: true, "--shards", "1", "--aof-load-truncated", "yes");
        using RespClient client = server.Connect();
        Assert.Equal("1", client.Call("GET", "a").Text);
    }

    [Fact]
    public void Damage_in_a_base_is_said_where_it_is()
    {
        using var folder = new TemporaryFolder();
        byte[] start = [.. Snapshot(), .. RespClient.Encode("SET", "a", "1")];
        File.WriteAllBytes(Path.Combine(folder.Path, Old), [.. start, .. "nonsense"u8]);
        Assert.Contains($"Bad file format reading the append only file {Old} at offset {start.Length}:", Refusal(folder, 1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_torn_increment_is_cut_or_refused(int shards)
    {
        using var folder = new TemporaryFolder();
        using (var server = new AofServer(folder.Path, isFastKv: true, "--shards", $"{shards}", "--appendfsync", "always"))
        {
            using RespClient client = server.Connect();
            for (int i = 0; i < 30; i++)
                Assert.Equal("OK", client.Call("SET", $"k{i}", "v").Text);
        }
        string last = Increments(folder)[^1];
        long length = new FileInfo(last).Length;
        File.AppendAllText(last, Torn, Encoding.ASCII);
        string reason = $"Unexpected end of file reading the append only file {Path.GetFileName(last)} at offset {length}.";
        Assert.Contains(reason, Refusal(folder, shards, s_fullOptions), StringComparison.Ordinal);
        Assert.Equal(length + Torn.Length, new FileInfo(last).Length);
        using (var server = new AofServer(folder.Path, isFastKv: true, "--shards", $"{shards}", "--aof-load-truncated", "yes"))
        {
            using RespClient client = server.Connect();
            Assert.Equal(30, client.Call("DBSIZE").Integer);
            Assert.Equal(length, new FileInfo(last).Length);
        }
    }

    [Fact]
    public void Half_a_command_over_several_shards_is_cut_or_refused()
    {
        using var folder = new TemporaryFolder();
        long[] lengths;
        string[] files;
        using (var server = new AofServer(folder.Path, isFastKv: true, "--shards", "3", "--appendfsync", "always"))
        {
            using RespClient client = server.Connect();
            Assert.Equal("OK", client.Call("SET", "before", "1").Text);
            files = Increments(folder);
            lengths = [.. files.Select(file => new FileInfo(file).Length)];
            Assert.Equal("OK", client.Call(["MSET", .. Enumerable.Range(0, 12).SelectMany(i => (string[])[$"m{i}", "v"])]).Text);
        }

        // One of the files ends before its share, between two commands: nothing is torn but the command.
        Assert.All(files.Zip(lengths), pair => Assert.True(new FileInfo(pair.First).Length > pair.Second, "a share of each shard"));
        using (FileStream file = File.OpenWrite(files[1]))
            file.SetLength(lengths[1]);
        string refusal = Refusal(folder, 3, s_fullOptions);
        Assert.Contains("Parts of commands over several shards", refusal, StringComparison.Ordinal);
        Assert.Contains($"{Path.GetFileName(files[0])} at offset {lengths[0]}.", refusal, StringComparison.Ordinal);
        Assert.True(new FileInfo(files[0]).Length > lengths[0], "nothing was cut");
        using (var server = new AofServer(folder.Path, isFastKv: true, "--shards", "3", "--aof-load-truncated", "yes"))
        {
            using RespClient client = server.Connect();
            Assert.Equal("1", client.Call("GET", "before").Text);
            Assert.Equal(1, client.Call("DBSIZE").Integer);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_old_file_is_taken_over(int shards)
    {
        using var folder = new TemporaryFolder();
        WriteOld(folder);
        using var server = new AofServer(folder.Path, isFastKv: true, "--shards", $"{shards}", "--appendfsync", "always");
        for (int round = 0; round < 2; round++)
        {
            using (RespClient client = server.Connect())
            {
                Assert.Equal("1", client.Call("GET", "a").Text);
                Assert.Equal("2", client.Call("HGET", "h", "f").Text);
                Assert.Equal(round, client.Call("LLEN", "rounds").Integer);
                Assert.Equal(round + 1, client.Call("RPUSH", "rounds", "x").Integer);
            }
            Assert.Contains("Successfully migrated an old-style AOF configuration", server.Log, StringComparison.Ordinal);
            Assert.False(File.Exists(Path.Combine(folder.Path, Old)));
            Assert.True(File.Exists(Path.Combine(folder.Path, "appendonlydir", Old)));
            server.KillAndRestart();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_old_file_is_taken_over_after_a_crash_within(int shards)
    {
        // The manifest names it, and it has not been moved.
        using var folder = new TemporaryFolder();
        WriteOld(folder);
        string directory = Directory.CreateDirectory(Path.Combine(folder.Path, "appendonlydir")).FullName;
        File.WriteAllText(Path.Combine(directory, Old + ".manifest"), $"file {Old} seq 1 type b\n");
        using (var server = new AofServer(folder.Path, isFastKv: true, "--shards", $"{shards}"))
        {
            using RespClient client = server.Connect();
            Assert.Equal("1", client.Call("GET", "a").Text);
            Assert.False(File.Exists(Path.Combine(folder.Path, Old)));
            Assert.True(File.Exists(Path.Combine(directory, Old)));
        }

        // It is nowhere: that is no crash of ours.
        File.Delete(Path.Combine(directory, Old));
        Assert.Contains($"the AOF file {Old} doesn't exist", Refusal(folder, shards), StringComparison.Ordinal);
    }

    [Fact]
    public void A_move_is_made_durable_on_both_sides()
    {
        using var folder = new TemporaryFolder();
        var files = new RecordedFiles(folder.Path);
        File.WriteAllBytes(Path.Combine(folder.Path, Old), RespClient.Encode("SET", "a", "1"));
        using (var host = new HeldServer("appendonly yes", files: files))
        {
            using RespClient client = host.Connect();
            Assert.Equal("1", client.Call("GET", "a").Text);
        }
        string directory = Path.Combine(Environment.CurrentDirectory, "appendonlydir");
        int moved = files.Calls.IndexOf($"rename {Path.Combine(Environment.CurrentDirectory, Old)} {Path.Combine(directory, Old)}");
        Assert.True(moved > 0, string.Join('\n', files.Calls));
        Assert.Equal([$"sync {directory}", $"sync {Environment.CurrentDirectory}"], files.Calls[(moved + 1)..(moved + 3)]);
    }

    private static void WriteOld(TemporaryFolder folder) =>
        File.WriteAllBytes(Path.Combine(folder.Path, Old), [.. RespClient.Encode("SET", "a", "1"), .. RespClient.Encode("HSET", "h", "f", "2")]);

    private static string[] Increments(TemporaryFolder folder) =>
        [.. Directory.GetFiles(Path.Combine(folder.Path, "appendonlydir"), "*.incr.aof").Order(StringComparer.Ordinal)];

    /// <summary>An RDB file.</summary>
    private static byte[] Snapshot()
    {
        using var server = new FastKvProcess(1);
        using RespClient client = server.Connect();
        Assert.Equal("OK", client.Call("SET", "snapshot", "0").Text);
        Assert.Equal("OK", client.Call("SAVE").Text);
        return File.ReadAllBytes(Path.Combine(server.WorkingDirectory, "dump.rdb"));
    }

    /// <summary>What a server that refuses to start says.</summary>
    private static string Refusal(TemporaryFolder folder, int shards, params string[] options) =>
        Assert.Throws<InvalidOperationException>(() => new AofServer(folder.Path, isFastKv: true, ["--shards", $"{shards}", .. options])).Message;

    /// <summary>The real file system, all files in one folder, which remembers what was renamed and which directories were made durable.</summary>
    private sealed class RecordedFiles(string folder) : IFileSystem
    {
        private readonly FileFaults _files = new(folder);

        public List<string> Calls { get; } = [];

        public int OpenForWriting(string path, bool append, out IOutputFile? file) => _files.OpenForWriting(path, append, out file);

        public int OpenForReading(string path, out IInputFile? file) => _files.OpenForReading(path, out file);

        public int Rename(string from, string to)
        {
            Note($"rename {from} {to}");
            return _files.Rename(from, to);
        }

        public int Delete(string path) => _files.Delete(path);

        public bool Exists(string path) => _files.Exists(path);

        public int CreateDirectory(string path) => _files.CreateDirectory(path);

        public int SyncDirectory(string path)
        {
            Note($"sync {path}");
            return _files.SyncDirectory(path);
        }

        private void Note(string call)
        {
            lock (Calls)
                Calls.Add(call);
        }
    }
}
