using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Snapshots;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// Which save may begin while something else is going on (a background save, a rewrite, what is left of a save that failed), and what begins by itself: save
/// points and what was scheduled.
/// </summary>
public sealed class SaveOrderTests
{
    private const int Keys = 300;
    private const int ValueBytes = 128 * 1024;

    private const string Active =
        "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void SAVE_works_beside_a_rewrite(int shards)
    {
        using var server = new HeldServer($"shards {shards}\nrdbcompression no\nappendonly yes", held: "temp-rewriteaof");
        using RespClient client = server.Connect();
        Fill(client);
        string digest = client.Call("DEBUG", "DIGEST").Text;
        server.Hold();
        Assert.StartsWith("Background", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
        server.AwaitPause();
        client.Send("SAVE");
        server.LetGo();
        Assert.Equal("OK", client.Read().Text);
        HeldServer.Await(client, "aof_rewrite_in_progress:0");
        HeldServer.Await(client, "aof_last_bgrewrite_status:ok");
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal(digest, client.Call("DEBUG", "DIGEST").Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void SAVE_works_while_entries_of_a_failed_save_are_left(int shards)
    {
        using var host = new InProcessServer(shards);
        var server = host.Server;
        for (int i = 0; i < 500; i++)
            host.Set($"key:{i}", $"value {i}", i % 2);
        string digest = host.Digest();
        host.Files.Reset(failsAt: 1, FileErrors.NoSpace);
        Assert.True(server.Saving.TryBegin());
        server.Saving.Current!.Wait();
        Assert.True(Snapshot.IsActive(server.Partitions), "no loop has turned the entries over yet");
        Assert.True(server.Saving.Save());
        Assert.True(server.Dataset.TryReload(flushes: true, replaces: false));
        Assert.Equal(digest, host.Digest());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_AOF_is_switched_on_in_the_midst_of_a_save(int shards)
    {
        using var server = new HeldServer($"shards {shards}\nrdbcompression no", held: "temp-");
        using RespClient client = server.Connect();
        Fill(client);
        string digest = client.Call("DEBUG", "DIGEST").Text;
        server.Hold();
        Assert.Equal("Background saving started", client.Call("BGSAVE").Text);
        server.AwaitPause();
        client.Send("CONFIG", "SET", "appendonly", "yes");
        server.LetGo();
        Assert.Equal("OK", client.Read().Text);
        Assert.True(HeldServer.AwaitSave(client));
        HeldServer.Await(client, "aof_enabled:1");
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal(digest, client.Call("DEBUG", "DIGEST").Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void BGSAVE_during_a_rewrite_is_refused_or_scheduled(int shards)
    {
        using var server = new HeldServer($"shards {shards}\nrdbcompression no\nappendonly yes", held: "temp-rewriteaof");
        using RespClient client = server.Connect();
        Fill(client);
        server.Hold();
        Assert.StartsWith("Background", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
        server.AwaitPause();
        Assert.Equal(Active, client.Call("BGSAVE").Text);
        Assert.Equal("ERR syntax error", client.Call("BGSAVE", "NOW").Text);
        Assert.Equal("Background saving scheduled", client.Call("BGSAVE", "SCHEDULE").Text);
        Assert.Equal("Background saving scheduled", client.Call("BGSAVE", "SCHEDULE").Text);
        Assert.Contains("rdb_bgsave_in_progress:0\r\n", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
        Assert.Equal("OK", client.Call("SET", "later", "1").Text);
        Assert.False(File.Exists(server.File));
        string digest = client.Call("DEBUG", "DIGEST").Text;
        server.LetGo();
        HeldServer.Await(client, "rdb_saves:1");
        HeldServer.Await(client, "rdb_bgsave_in_progress:0");
        HeldServer.Await(client, "aof_last_bgrewrite_status:ok");
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal(digest, client.Call("DEBUG", "DIGEST").Text);
    }

    [Fact]
    public void A_rewrite_during_a_save_is_scheduled()
    {
        using var server = new HeldServer("rdbcompression no\nappendonly yes", held: "temp-");
        using RespClient client = server.Connect();
        Fill(client);
        server.Hold();
        Assert.Equal("Background saving started", client.Call("BGSAVE").Text);
        server.AwaitPause();
        Assert.Equal("ERR Background save already in progress", client.Call("BGSAVE").Text);
        Assert.Equal("ERR Background save already in progress", client.Call("BGSAVE", "SCHEDULE").Text);
        Assert.Equal("ERR Background save already in progress", client.Call("SAVE").Text);
        Assert.Equal("Background append only file rewriting scheduled", client.Call("BGREWRITEAOF").Text);
        server.LetGo();
        Assert.True(HeldServer.AwaitSave(client));
        HeldServer.Await(client, "aof_rewrites:1");
        HeldServer.Await(client, "aof_rewrite_in_progress:0");
        HeldServer.Await(client, "aof_last_bgrewrite_status:ok");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_save_in_a_transaction_comes_after_it(int shards)
    {
        using var server = new HeldServer($"shards {shards}");
        using RespClient client = server.Connect();
        byte[][] commands = [RespClient.Encode("MULTI"), RespClient.Encode("BGSAVE"), RespClient.Encode("SET", "k", "v"), RespClient.Encode("EXEC")];
        RespFrame[] replies = client.Pipeline([.. commands.SelectMany(command => command)], commands.Length);
        Assert.Equal("Background saving scheduled", replies[3].Items![0].Text);
        HeldServer.Await(client, "rdb_saves:1");
        HeldServer.Await(client, "rdb_bgsave_in_progress:0");
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal("v", client.Call("GET", "k").Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_save_point_fires_and_is_tried_again_after_a_failure(int shards)
    {
        using var server = new HeldServer($"shards {shards}\nsave 1 2");
        using RespClient client = server.Connect();
        server.Error = FileErrors.NoSpace;
        Assert.Equal("OK", client.Call("SET", "a", "1").Text);
        Assert.Equal("OK", client.Call("SET", "b", "2").Text);
        HeldServer.Await(client, "rdb_last_bgsave_status:err");
        Assert.StartsWith("MISCONF", client.Call("SET", "c", "3").Text, StringComparison.Ordinal);
        Assert.False(File.Exists(server.File));
        server.Error = 0;
        HeldServer.Await(client, "rdb_last_bgsave_status:ok");
        HeldServer.Await(client, "rdb_changes_since_last_save:0");
        Assert.Equal("OK", client.Call("SET", "c", "3").Text);
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal("1", client.Call("GET", "a").Text);
        Assert.Equal("2", client.Call("GET", "b").Text);
        Assert.Equal(2, client.Call("DBSIZE").Integer);

        // And again, since there are changes again.
        Assert.Equal("OK", client.Call("SET", "d", "4").Text);
        Assert.Equal("OK", client.Call("SET", "e", "5").Text);
        HeldServer.Await(client, "rdb_changes_since_last_save:0");
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal(4, client.Call("DBSIZE").Integer);
    }

    /// <summary>More than may wait for the disk, on each of three shards.</summary>
    private static void Fill(RespClient client)
    {
        string value = new('v', ValueBytes);
        for (int i = 0; i < Keys; i++)
            Assert.Equal("OK", client.Call("SET", $"key:{i}", value + i).Text);
    }
}
