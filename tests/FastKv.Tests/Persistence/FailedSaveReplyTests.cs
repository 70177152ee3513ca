using FastKv.Engine.Persistence.Files;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// What clients are told while the disk does not take the data, against redis-server: a save in the background that fails forbids writes, one in the
/// foreground does not; a transaction that was queued before is refused as a whole.
/// </summary>
public sealed class FailedSaveReplyTests
{
    // > is another client; ! makes a directory where the snapshot's file is to be, . removes it; ? waits until no background save is going on.
    private static readonly string[] s_script =
    [
        "SET k 1", "!", "SAVE", "SET k 2", "SHUTDOWN SAVE", "SET k 3", "PING", ">MULTI", ">SET k 4", ">GET k", "BGSAVE", "?", "SET k 5", "PING",
        "GET k", "FLUSHALL", ">EXEC", ">EXEC", "GET k", ">MULTI", ">GET k", ">EXEC", ">MULTI", ">SET k 6", ">GET k", ">EXEC", ">MULTI", ">NONSENSE",
        ">SET k 7", ">EXEC", ">MULTI", ">PING", ">EXEC", ">PUBLISH c m", "SAVE", "SET k 8", ".", "SAVE", "SET k 9", "PING", "GET k", ">MULTI", ">SET k 10",
        ">EXEC",
    ];

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Replies_are_those_of_redis(ServerKind kind)
    {
        string expected = Transcript(ServerKind.Redis), actual = Transcript(kind);
        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_transaction_is_refused_while_the_AOF_cannot_be_written(int shards)
    {
        using var server = new HeldServer($"shards {shards}\nappendonly yes", held: ".incr.aof");
        using RespClient client = server.Connect(), other = server.Connect();
        client.Call("MULTI");
        Assert.Equal("QUEUED", client.Call("SET", "k", "queued").Text);
        server.Error = FileErrors.NoSpace;

        // Something for each shard's file.
        Assert.Equal("OK", other.Call(["MSET", "k", "1", .. Enumerable.Range(0, 12).SelectMany(i => (string[])[$"m{i}", "v"])]).Text);
        HeldServer.Await(other, "aof_last_write_status:err");
        const string reason = "MISCONF Errors writing to the AOF file: No space left on device";
        Assert.Equal("EXECABORT Transaction discarded because of: " + reason, client.Call("EXEC").Text);
        Assert.Equal("ERR EXEC without MULTI", client.Call("EXEC").Text);
        Assert.Equal(reason, client.Call("SET", "k", "2").Text);
        Assert.Equal("1", client.Call("GET", "k").Text);
        server.Error = 0;
        HeldServer.Await(other, "aof_last_write_status:ok");
        Assert.Equal("OK", client.Call("SET", "k", "3").Text);
    }

    private static string Transcript(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient client = server.Connect(), other = server.Connect();
        string file = Path.Combine(server.WorkingDirectory, "dump.rdb");
        Assert.Equal("OK", client.Call("CONFIG", "SET", "save", "3600 1000").Text);
        var lines = new List<string>();
        foreach (string line in s_script)
        {
            switch (line[0])
            {
                case '!':
                    // Not even an empty one may take its place.
                    Directory.CreateDirectory(Path.Combine(file, "in the way"));
                    break;
                case '.':
                    Directory.Delete(file, recursive: true);
                    break;
                case '?':
                    HeldServer.Await(client, "rdb_bgsave_in_progress:0");
                    HeldServer.Await(client, "rdb_last_bgsave_status:err");
                    break;
                case '>':
                    lines.Add($"{line}: {other.Call(line[1..].Split(' '))}");
                    break;
                default:
                    lines.Add($"{line}: {client.Call(line.Split(' '))}");
                    break;
            }
        }
        string info = client.Call("INFO", "persistence").Text;
        lines.Add(string.Join(' ', info.Split("\r\n").Where(line => line.StartsWith("rdb_saves", StringComparison.Ordinal))));
        lines.Add($"file: {File.Exists(file)}");
        return string.Join('\n', lines);
    }
}
