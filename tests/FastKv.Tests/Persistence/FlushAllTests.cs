using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// FLUSHALL and the snapshot: it ends a background save, and with save points it writes the empty file before it answers, so that a crash brings nothing back.
/// FLUSHDB does neither.
/// </summary>
public sealed class FlushAllTests
{
    private const int Keys = 300;
    private const int ValueBytes = 128 * 1024;

    /// <summary>After each of them, redis-server and FastKv say the same of the snapshot.</summary>
    private static readonly string[] s_script =
    [
        "FLUSHALL", "SET a 1", "SAVE", "SET b 2", "FLUSHDB", "SET c 3", "FLUSHALL", "FLUSHALL", "SET d 4", "FLUSHALL ASYNC", "SET e 5", "FLUSHALL SYNC",
        "SET f 6", "FLUSHALL NONSENSE", "MULTI", "SET g 7", "FLUSHALL", "SET h 8", "SET i 9", "EXEC", "CONFIG SET save ", "FLUSHALL", "SET j 10",
        "SAVE", "FLUSHALL ASYNC", "SET k 11", "FLUSHDB ASYNC", "CONFIG SET save 3600~1", "FLUSHDB", "SELECT 3", "SET l 12", "SAVE", "FLUSHDB", "SET m 13",
        "SELECT 0", "FLUSHALL",
    ];

    private static readonly string[] s_fields = ["rdb_changes_since_last_save", "rdb_bgsave_in_progress", "rdb_last_bgsave_status", "rdb_saves"];

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void The_snapshot_is_as_that_of_redis(ServerKind kind)
    {
        using ServerProcess redis = ServerProcess.Start(ServerKind.Redis), fastKv = ServerProcess.Start(kind);
        using RespClient theirs = redis.Connect(), ours = fastKv.Connect();
        foreach (RespClient client in (RespClient[])[theirs, ours])
            Assert.Equal("OK", client.Call("CONFIG", "SET", "save", "3600 1").Text);
        foreach (string line in s_script)
        {
            string[] words = [.. line.Split(' ').Select(word => word.Replace('~', ' '))];
            RespFrame expected = theirs.Call(words), actual = ours.Call(words);
            Assert.True(expected.Raw.AsSpan().SequenceEqual(actual.Raw), $"{line}\nexpected {expected}\nactual   {actual}");
            bool isQueued = actual.Text == "QUEUED" || line == "MULTI";
            if (!isQueued)
                Assert.Equal($"{line}: {State(redis, theirs)}", $"{line}: {State(fastKv, ours)}");
        }
    }

    [Theory]
    [InlineData(1, "FLUSHALL")]
    [InlineData(3, "FLUSHALL")]
    [InlineData(1, "FLUSHALL ASYNC")]
    [InlineData(3, "FLUSHALL ASYNC")]
    public void A_background_save_is_ended_and_the_file_is_empty(int shards, string flush)
    {
        using var server = new HeldServer($"shards {shards}\nrdbcompression no\nsave 3600 1000000", held: ".rdb");
        using RespClient client = server.Connect(), other = server.Connect();
        Fill(client);
        Assert.Equal("OK", client.Call("SAVE").Text);
        server.Hold();
        Assert.Equal("Background saving started", client.Call("BGSAVE").Text);
        server.AwaitPause();
        client.Send(flush.Split(' '));

        // Its thread is within a write: what comes after has to wait for that, and for nothing else.
        server.LetGo();
        Assert.Equal("OK", client.Read().Text);
        string info = client.Call("INFO", "persistence").Text;
        foreach (string line in (string[])["rdb_bgsave_in_progress:0\r\n", "rdb_changes_since_last_save:0\r\n", "rdb_last_bgsave_status:ok\r\n"])
            Assert.Contains(line, info, StringComparison.Ordinal);
        Assert.Equal([server.File], Directory.GetFiles(server.Folder));
        Assert.Equal("OK", other.Call("SET", "later", "1").Text);
        Assert.Equal("OK", other.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal(0, other.Call("DBSIZE").Integer);

        // Nothing of the one that was given up is in the way of the next.
        Fill(client);
        Assert.Equal("Background saving started", client.Call("BGSAVE").Text);
        Assert.True(HeldServer.AwaitSave(client));
        string digest = client.Call("DEBUG", "DIGEST").Text;
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal(digest, client.Call("DEBUG", "DIGEST").Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Without_save_points_it_ends_the_save_and_writes_nothing(int shards)
    {
        using var server = new HeldServer($"shards {shards}\nrdbcompression no", held: ".rdb");
        using RespClient client = server.Connect();
        Fill(client);
        server.Hold();
        Assert.Equal("Background saving started", client.Call("BGSAVE").Text);
        server.AwaitPause();
        long usedBytes = server.UsedBytes;
        Assert.Equal("OK", client.Call("FLUSHALL").Text);

        // Nobody needs the values any more, although the disk is still busy.
        Patience.Until(() => server.UsedBytes <= usedBytes / 2, () => $"{server.UsedBytes} bytes are used, {usedBytes} were before");
        server.LetGo();
        Assert.True(HeldServer.AwaitSave(client), "as redis-server: a save that was ended has not failed");
        Assert.Empty(Directory.GetFiles(server.Folder));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void FLUSHDB_leaves_the_save_alone(int shards)
    {
        using var server = new HeldServer($"shards {shards}\nrdbcompression no\nsave 3600 1000000", held: ".rdb");
        using RespClient client = server.Connect();
        Fill(client);
        string digest = client.Call("DEBUG", "DIGEST").Text;
        server.Hold();
        Assert.Equal("Background saving started", client.Call("BGSAVE").Text);
        server.AwaitPause();
        Assert.Equal("OK", client.Call("FLUSHDB").Text);
        Assert.Contains("rdb_bgsave_in_progress:1\r\n", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
        server.LetGo();
        Assert.True(HeldServer.AwaitSave(client));
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal(digest, client.Call("DEBUG", "DIGEST").Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_rewrite_goes_on(int shards)
    {
        using var server = new HeldServer($"shards {shards}\nrdbcompression no\nsave 3600 1000000\nappendonly yes", held: "temp-rewriteaof");
        using RespClient client = server.Connect();
        Fill(client);
        server.Hold();
        Assert.StartsWith("Background", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
        server.AwaitPause();
        Assert.Equal("OK", client.Call("FLUSHALL").Text);
        Assert.True(File.Exists(server.File), "the empty snapshot");
        Assert.Contains("aof_rewrite_in_progress:1\r\n", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
        Assert.Equal("OK", client.Call("SET", "later", "1").Text);
        server.LetGo();
        HeldServer.Await(client, "aof_rewrite_in_progress:0");
        HeldServer.Await(client, "aof_last_bgrewrite_status:ok");
    }

    private static string State(ServerProcess server, RespClient client)
    {
        string info = client.Call("INFO", "persistence").Text;
        string fields = string.Join(' ', info.Split("\r\n").Where(line => s_fields.Contains(line.Split(':')[0])).Order(StringComparer.Ordinal));
        return $"{fields} file: {File.Exists(Path.Combine(server.WorkingDirectory, "dump.rdb"))}";
    }

    /// <summary>More than may wait for the disk, on each of three shards.</summary>
    private static void Fill(RespClient client)
    {
        string value = new('v', ValueBytes);
        for (int i = 0; i < Keys; i++)
            Assert.Equal("OK", client.Call("SET", $"key:{i}", value + i).Text);
    }
}
