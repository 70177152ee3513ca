using System.Diagnostics;
using FastKv.Engine.Persistence.Files;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// A disk that is full, or broken, for some time: clients are told as by Redis as long as it lasts, all that was acknowledged is in the files when it is over,
/// and the log may be turned off meanwhile.
/// </summary>
public sealed class AofDiskErrorTests
{
    private const string NoSpace = "MISCONF Errors writing to the AOF file: No space left on device";
    private const string IoError = "MISCONF Errors writing to the AOF file: Input/output error";

    /// <summary>Much longer than the writer waits before it tries again.</summary>
    private const int LastingMs = 600;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Writes_are_refused_until_there_is_space_again(int shards)
    {
        using var server = new FailingServer(shards, "appendonly yes\nappendfsync everysec");
        using var client = server.Connect();
        using var other = server.Connect();
        Assert.Equal("OK", client.Call("SET", "before", "1").Text);
        server.Files.Fault = Full;
        long acknowledged = WriteUntil(client, NoSpace);
        Assert.Equal("1", client.Call("GET", "before").Text);
        FailingServer.Await(() => other.Call("MSET", "a", "1", "b", "2", "c", "3").Text == NoSpace, "the other loop refuses, too");
        Assert.Contains("aof_last_write_status:err", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
        Assert.Equal("0 0", WaitAof(other));

        server.Files.Fault = (_, _) => 0;
        FailingServer.Await(() => other.Call("SET", "after", "1").Text == "OK", "writes succeed again");
        FailingServer.Await(client, "aof_last_write_status:ok");
        for (int i = 0; i < 3; i++)
            acknowledged = client.Call("INCR", "counter").Integer;
        FailingServer.Await(() => WaitAof(other) == "1 0", "all is synced");
        Assert.Equal($"{acknowledged} 1 1", server.Restarted(reader => Texts(reader, "counter", "before", "after")));
    }

    [Theory]
    [InlineData(1, FileCall.Write)]
    [InlineData(3, FileCall.Write)]
    [InlineData(1, FileCall.Sync)]
    [InlineData(3, FileCall.Sync)]
    public void Turning_the_log_off_ends_it(int shards, FileCall fails)
    {
        using var server = new FailingServer(shards, "appendonly yes\nappendfsync everysec");
        using var client = server.Connect();
        using var other = server.Connect();
        Assert.Equal("OK", client.Call("SET", "before", "1").Text);
        for (int round = 0; round < 3; round++)
        {
            bool writes = fails == FileCall.Write;
            server.Files.Fault = writes ? Full : (_, call) => call == FileCall.Sync ? FileErrors.IoError : 0;
            WriteUntil(client, writes ? NoSpace : IoError);

            Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "no").Text);
            for (int i = 0; i < 200; i++)
            {
                Assert.Equal("OK", client.Call("SET", $"off{i}", $"{round}").Text);
                Assert.Equal("OK", other.Call("SET", $"more{i}", $"{round}").Text);
            }
            Assert.Contains("aof_enabled:0", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
            Assert.Contains("aof_last_write_status:ok", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);

            server.Files.Fault = (_, _) => 0;
            Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "yes").Text);
            Assert.Equal("OK", client.Call("SET", "on", $"{round}").Text);
            FailingServer.Await(() => WaitAof(client) == "1 0", "the log is complete");
            string last = server.Restarted(reader => Texts(reader, "before", "off7", "more199", "on", "counter"));
            Assert.Equal(Texts(client, "before", "off7", "more199", "on", "counter"), last);
        }
    }

    /// <summary>What one shard can write, or none has to write, says nothing of what another cannot.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void An_error_of_one_shard_lasts(int shard)
    {
        using var server = new FailingServer(3, "appendonly yes\nappendfsync everysec");
        using var client = server.Connect();
        string fails = $"appendonly.aof.{shard + 1}.incr.aof";
        server.Files.Fault = (name, call) => name == fails && call == FileCall.Write ? FileErrors.NoSpace : 0;
        string key = server.KeyOn(shard);
        client.Call("SET", key, "1");
        AssertLasting(server, client, key);
        server.Files.Fault = (_, _) => 0;
        FailingServer.Await(() => client.Call("SET", key, "2").Text == "OK", "writes succeed again");
        FailingServer.Await(() => WaitAof(client) == "1 0", "all is synced");
        Assert.Equal("2", server.Restarted(reader => Texts(reader, key)));
    }

    /// <summary>All that was written before a barrier is, but the new files cannot be named, or not be made.</summary>
    [Theory]
    [InlineData(FileCall.Rename)]
    [InlineData(FileCall.Open)]
    public void An_error_of_rotation_lasts(FileCall fails)
    {
        using var server = new FailingServer(3, "appendonly yes\nappendfsync everysec");
        using var client = server.Connect();
        client.Call("SET", "gone", "1");
        server.Files.Fault = (_, call) => call == fails ? FileErrors.NoSpace : 0;
        client.Call("FLUSHALL");
        AssertLasting(server, client, "k");
        server.Files.Fault = (_, _) => 0;
        FailingServer.Await(() => client.Call("SET", "k", "2").Text == "OK", "writes succeed again");
        FailingServer.Await(() => WaitAof(client) == "1 0", "all is synced");
        Assert.Equal("2 1", server.Restarted(reader => $"{Texts(reader, "k")} {reader.Call("DBSIZE").Text}"));
    }

    private static int Full(string name, FileCall call) => call == FileCall.Write ? FileErrors.NoSpace : 0;

    /// <summary>It comes up once, does not go away, is logged once, and lets nobody write.</summary>
    private static void AssertLasting(FailingServer server, RespClient client, string key)
    {
        FailingServer.Await(() => server.Aof.WriteError == FileErrors.NoSpace, "the error is noticed");
        FailingServer.Await(() => client.Call("SET", key, "x").Text == NoSpace, "writes are refused");
        for (var watch = Stopwatch.StartNew(); watch.ElapsedMilliseconds < LastingMs;)
        {
            Assert.Equal(FileErrors.NoSpace, server.Aof.WriteError);
            Assert.Equal(NoSpace, client.Call("SET", key, "x").Text);
        }
        Assert.Single(server.Log.Split('\n'), line => line.EndsWith("Error writing to the AOF file: No space left on device", StringComparison.Ordinal));
        Assert.DoesNotContain("looks solved", server.Log, StringComparison.Ordinal);
    }

    /// <summary>Increments a counter until that is refused; returns its value, all of which was acknowledged.</summary>
    private static long WriteUntil(RespClient client, string error)
    {
        long value = 0;
        FailingServer.Await(() => Increment() == error, error);
        return value;

        string Increment()
        {
            var reply = client.Call("INCR", "counter");
            if (reply.IsError)
                return reply.Text;
            value = reply.Integer;
            return "";
        }
    }

    private static string WaitAof(RespClient client) => client.Call("WAITAOF", "1", "0", "50").Items is { } items ? $"{items[0].Text} {items[1].Text}" : "";

    private static string Texts(RespClient client, params string[] keys) => string.Join(' ', keys.Select(key => client.Call("GET", key).Text));
}
