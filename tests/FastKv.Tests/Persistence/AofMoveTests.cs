using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// CONFIG SET dir while there is a log: it goes on where it is, and moves with the next rewrite; whatever happens, one of the directories has all.
/// </summary>
public sealed class AofMoveTests
{
    [Theory]
    [InlineData(1, "everysec")]
    [InlineData(3, "everysec")]
    [InlineData(3, "always")]
    public void New_increments_come_to_where_the_log_is(int shards, string policy)
    {
        using var folder = new TemporaryFolder();
        using var other = new TemporaryFolder();
        using AofServer server = Start(folder, shards, policy);
        using (RespClient client = server.Connect())
        {
            client.Call("SET", "gone", "1");
            Assert.Equal("OK", client.Call("CONFIG", "SET", "dir", other.Path).Text);
            Assert.Equal("OK", client.Call("FLUSHALL").Text);
            Assert.Equal("OK", client.Call("SET", "k", "1").Text);
            Assert.Equal("1 0", WaitAof(client));
            Assert.Equal("OK", client.Call("SWAPDB", "0", "1").Text);
            Assert.Equal("OK", client.Call("SET", "k", "2").Text);
            Assert.Equal("1 0", WaitAof(client));
            Assert.Contains("aof_last_write_status:ok", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
        }
        server.KillAndRestart();
        using (RespClient client = server.Connect())
        {
            Assert.Equal("2 1", $"{client.Call("GET", "k").Text} {client.Call("DBSIZE").Text}");
            client.Call("SELECT", "1");
            Assert.Equal("1 1", $"{client.Call("GET", "k").Text} {client.Call("DBSIZE").Text}");
        }
        Assert.Empty(Directory.GetFileSystemEntries(other.Path));
    }

    /// <summary>There and back again, where the manifest of before still is, under writes.</summary>
    [Theory]
    [InlineData(1, "everysec")]
    [InlineData(3, "everysec")]
    [InlineData(3, "always")]
    public void A_rewrite_moves_the_log(int shards, string policy)
    {
        using var folder = new TemporaryFolder();
        using var other = new TemporaryFolder();
        using AofServer server = Start(folder, shards, policy);
        using RespClient client = server.Connect();
        using RespClient writer = server.Connect();
        long acknowledged = 0;
        bool isEnding = false;
        var thread = new Thread(() =>
        {
            while (!Volatile.Read(ref isEnding) && writer.Call("INCR", "counter") is { IsError: false } reply)
                Volatile.Write(ref acknowledged, reply.Integer);
        });
        thread.Start();
        foreach (TemporaryFolder to in (TemporaryFolder[])[other, folder, other])
        {
            AwaitMore();
            client.Call("FLUSHDB");
            AwaitMore();
            Assert.Equal("OK", client.Call("CONFIG", "SET", "dir", to.Path).Text);
            Assert.EndsWith("started", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
            client.Call("SET", "to", to.Path);
            BaseAlone.Await(client);
            AwaitMore();
        }
        Volatile.Write(ref isEnding, true);
        thread.Join();
        Assert.Equal("1 0", WaitAof(client));
        server.Kill();
        Assert.Equal($"{acknowledged} {other.Path}", Found(other, shards));

        // What was left behind is a log as well, that of the moment of the move.
        Assert.InRange(long.Parse(Found(folder, shards).Split(' ')[0]), 1, acknowledged);
        string[] named = File.ReadAllLines(Path.Combine(other.Path, "appendonlydir", "appendonly.aof.manifest"));
        Assert.True(named.Length + 1 >= Directory.GetFiles(Path.Combine(other.Path, "appendonlydir")).Length, "what the directory had is gone");

        void AwaitMore()
        {
            long before = Volatile.Read(ref acknowledged);
            FailingServer.Await(() => Volatile.Read(ref acknowledged) is var now && (now < before || now > before + 20), "it goes on");
        }
    }

    /// <summary>The files have the names that they have there by Redis.</summary>
    [Fact]
    public void One_shard_s_files_are_named_as_by_Redis()
    {
        Assert.Equal(Files(isFastKv: false), Files(isFastKv: true));

        static string[] Files(bool isFastKv)
        {
            using var folder = new TemporaryFolder();
            using var other = new TemporaryFolder();
            string[] options = isFastKv ? ["--shards", "1"] : [];
            using var server = new AofServer(folder.Path, isFastKv, [.. options, "--enable-protected-configs", "yes"]);
            using RespClient client = server.Connect();
            client.Call("SET", "k", "1");
            client.Call("BGREWRITEAOF");
            BaseAlone.Await(client);
            client.Call("CONFIG", "SET", "dir", other.Path);
            client.Call("BGREWRITEAOF");
            BaseAlone.Await(client);
            return [.. Directory.GetFiles(Path.Combine(other.Path, "appendonlydir")).Select(path => Path.GetFileName(path)!).Order()];
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_log_that_cannot_move_stays(int shards)
    {
        using var folder = new TemporaryFolder();
        using var other = new TemporaryFolder();
        using AofServer server = Start(folder, shards, "everysec");
        string target = Path.Combine(other.Path, "appendonlydir");
        string obstacle = Path.Combine(target, "temp-appendonly.aof.manifest");
        Directory.CreateDirectory(obstacle);
        using (RespClient client = server.Connect())
        {
            client.Call("SET", "to", "1");
            Assert.Equal("OK", client.Call("CONFIG", "SET", "dir", other.Path).Text);
            Assert.EndsWith("started", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
            FailingServer.Await(client, "aof_rewrite_in_progress:0");
            Assert.Contains("aof_last_bgrewrite_status:err", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
            Assert.Equal([obstacle], Directory.GetFileSystemEntries(target));
            client.Call("INCR", "counter");
            Assert.Equal("OK", client.Call("FLUSHDB").Text);
            client.Call("SET", "to", "2");
            client.Call("INCR", "counter");
            Assert.Equal("1 0", WaitAof(client));
        }
        server.Kill();
        Assert.Equal("1 2", Found(folder, shards));
    }

    private static AofServer Start(TemporaryFolder folder, int shards, string policy) =>
        new(folder.Path, isFastKv: true, "--shards", $"{shards}", "--appendfsync", policy, "--enable-protected-configs", "yes");

    private static string Found(TemporaryFolder folder, int shards)
    {
        using AofServer server = Start(folder, shards, "everysec");
        using RespClient client = server.Connect();
        return $"{client.Call("GET", "counter").Text} {client.Call("GET", "to").Text}";
    }

    private static string WaitAof(RespClient client) => client.Call("WAITAOF", "1", "0", "0").Items is { } items ? $"{items[0].Text} {items[1].Text}" : "";
}
