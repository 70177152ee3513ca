using FastKv.Engine.Persistence.Files;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// The log is turned on and off at run time, beside saves and rewrites and within transactions: nobody waits, and what a crash leaves is one state.
/// </summary>
public sealed class AofSwitchTests
{
    private const string Base = "temp-rewriteaof";

    [Theory]
    [InlineData(1, "yes")]
    [InlineData(3, "yes")]
    [InlineData(1, "no")]
    [InlineData(3, "no")]
    public void Until_the_base_is_complete_a_crash_leaves_what_was_there_before(int shards, string preamble)
    {
        using var server = new FailingServer(shards, $"appendonly yes\nappendfsync everysec\naof-use-rdb-preamble {preamble}");
        using var client = server.Connect();
        client.Call("SET", "old", "1");
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "no").Text);
        client.Call("SET", "old", "2");
        client.Call("SET", "off", "2");
        var gate = server.Hold(Base);
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "yes").Text);
        string state = client.Call("INFO", "persistence").Text;
        Assert.Contains("aof_enabled:1", state, StringComparison.Ordinal);
        Assert.Contains("aof_rewrite_in_progress:1", state, StringComparison.Ordinal);

        // Clients are served; what they write is told, over barriers too, but not safe yet.
        client.Call("SET", "during", "3");
        client.Call("RPUSH", "list", "a");
        client.Call("SELECT", "1");
        client.Call("SET", "other", "1");
        client.Call("FLUSHDB");
        client.Call("SET", "other", "2");
        client.Call("SELECT", "0");
        Assert.Equal("0 0", WaitAof(client, "30"));
        Assert.Equal("ERR Errors trying to SHUTDOWN. Check logs.", client.Call("SHUTDOWN", "NOSAVE").Text);
        Assert.True(client.Call("DEBUG", "LOADAOF").IsError);
        Assert.Equal("1   ", server.Restarted(reader => Texts(reader, "old", "off", "during", "list")));

        gate.Set();
        FailingServer.Await(client, "aof_rewrite_in_progress:0");
        client.Call("RPUSH", "list", "b");
        Assert.Equal("1 0", WaitAof(client, "0"));
        Assert.Equal("2 2 3 2 1 2", server.Restarted(All));

        static string All(RespClient reader)
        {
            string texts = $"{Texts(reader, "old", "off", "during")} {reader.Call("LLEN", "list").Text}";
            reader.Call("SELECT", "1");
            texts += $" {reader.Call("DBSIZE").Text} {Texts(reader, "other")}";
            reader.Call("SELECT", "0");
            return texts;
        }
    }

    [Theory]
    [InlineData(1, "yes")]
    [InlineData(3, "yes")]
    [InlineData(1, "no")]
    [InlineData(3, "no")]
    public void A_log_that_is_turned_off_before_it_is_complete_leaves_nothing(int shards, string preamble)
    {
        using var server = new FailingServer(shards, $"appendonly yes\nappendfsync everysec\naof-use-rdb-preamble {preamble}");
        using var client = server.Connect();
        client.Call("SET", "old", "1");
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "no").Text);
        string[] files = Directory.GetFiles(server.Directory);
        client.Call("SET", "old", "2");
        var gate = server.Hold(Base);
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "yes").Text);
        client.Call("FLUSHALL");
        client.Call("SET", "k", "1");
        client.Send("WAITAOF", "1", "0", "0");
        using var other = server.Connect();
        FailingServer.Await(() => other.Call("INFO", "clients").Text.Contains("blocked_clients:1", StringComparison.Ordinal), "it waits");
        Assert.Equal("OK", other.Call("CONFIG", "SET", "appendonly", "no").Text);
        Assert.True(client.Read().IsError);
        gate.Set();
        FailingServer.Await(client, "aof_rewrite_in_progress:0");
        Assert.Contains("aof_last_bgrewrite_status:ok", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
        FailingServer.Await(() => files.Order().SequenceEqual(Directory.GetFiles(server.Directory).Order()), "nothing is left of the base");
        Assert.Equal("1", server.Restarted(reader => Texts(reader, "old")));

        // And again, at once: what is left of the first base is waited for.
        gate = server.Hold(Base);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "yes").Text);
            Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "no").Text);
        }
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "yes").Text);
        client.Call("SET", "k", "2");
        gate.Set();
        Assert.Equal("1 0", WaitAof(client, "0"));
        Assert.Equal(" 2", server.Restarted(reader => Texts(reader, "old", "k")));
    }

    [Theory]
    [InlineData(1, "BGSAVE", "yes", "temp-")]
    [InlineData(3, "BGSAVE", "yes", "temp-")]
    [InlineData(1, "BGREWRITEAOF", "yes", Base)]
    [InlineData(3, "BGREWRITEAOF", "yes", Base)]
    [InlineData(1, "BGREWRITEAOF", "no", Base)]
    [InlineData(3, "BGREWRITEAOF", "no", Base)]
    [InlineData(3, "BGSAVE", "no", "temp-")]
    public void It_waits_for_another_snapshot(int shards, string before, string preamble, string held)
    {
        using var server = new FailingServer(shards, $"appendonly no\naof-use-rdb-preamble {preamble}");
        using var client = server.Connect();
        client.Call("SET", "k", "1");
        var gate = server.Hold(held);
        client.SendRaw([.. RespClient.Encode(before), .. RespClient.Encode("CONFIG", "SET", "appendonly", "yes"), .. RespClient.Encode("SET", "k", "2")]);
        Assert.EndsWith("started", client.Read().Text, StringComparison.Ordinal);
        Assert.Equal("OK", client.Read().Text);
        Assert.Equal("OK", client.Read().Text);
        Assert.Contains("aof_enabled:1", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
        Assert.Contains("aof_rewrite_scheduled:1", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
        gate.Set();
        Assert.Equal("1 0", WaitAof(client, "0"));
        FailingServer.Await(client, "aof_rewrite_in_progress:0");
        client.Call("SET", "after", "3");
        Assert.Equal("1 0", WaitAof(client, "0"));
        Assert.Equal("2 3", server.Restarted(reader => Texts(reader, "k", "after")));
    }

    [Theory]
    [InlineData(1, "yes")]
    [InlineData(3, "yes")]
    [InlineData(1, "no")]
    [InlineData(3, "no")]
    public void A_base_that_fails_is_tried_again(int shards, string preamble)
    {
        using var server = new FailingServer(shards, $"appendonly no\naof-use-rdb-preamble {preamble}");
        using var client = server.Connect();
        client.Call("SET", "k", "1");
        using var failed = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        server.Files.Fault = (name, call) =>
        {
            if (call != FileCall.Write || !name.StartsWith(Base, StringComparison.Ordinal))
                return 0;
            if (failed.IsSet)
            {
                gate.Wait();
                return 0;
            }
            failed.Set();
            return FileErrors.NoSpace;
        };
        try
        {
            Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "yes").Text);
            client.Call("SET", "k", "2");
            FailingServer.Await(client, "aof_last_bgrewrite_status:err");
            FailingServer.Await(client, "aof_rewrite_in_progress:1");
            Assert.Contains("aof_enabled:1", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
            client.Call("SET", "k", "3");
        }
        finally
        {
            gate.Set();
        }
        Assert.Equal("1 0", WaitAof(client, "0"));
        FailingServer.Await(client, "aof_last_bgrewrite_status:ok");
        Assert.Equal("3", server.Restarted(reader => Texts(reader, "k")));
    }

    [Fact]
    public void A_log_whose_files_cannot_be_made_is_refused()
    {
        using var server = new FailingServer(3, "appendonly no");
        using var client = server.Connect();
        client.Call("SET", "k", "1");
        server.Files.Fault = (name, call) => call == FileCall.Open && name == "appendonly.aof.2.incr.aof" ? FileErrors.NoSpace : 0;
        Assert.Equal(
            "ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn on AOF. Check server logs.",
            client.Call("CONFIG", "SET", "appendonly", "yes").Text);
        Assert.Contains("aof_enabled:0", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(server.Directory));
        Assert.Equal("OK", client.Call("SET", "k", "2").Text);
        server.Files.Fault = (_, _) => 0;
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "yes").Text);
        Assert.Equal("1 0", WaitAof(client, "0"));
        Assert.Equal("2", server.Restarted(reader => Texts(reader, "k")));
    }

    [Theory]
    [InlineData(1, "yes")]
    [InlineData(1, "no")]
    [InlineData(3, "yes")]
    [InlineData(3, "no")]
    public void A_transaction_is_not_cut_in_two(int shards, string preamble)
    {
        using var server = new FailingServer(shards, $"appendonly yes\naof-use-rdb-preamble {preamble}");
        using var client = server.Connect();
        client.Call("SET", "warm", "1");

        // Redis's reply, and the effects before it neither twice nor lost.
        Assert.Equal("Background append only file rewriting scheduled", Execute(client, "INCR a", "INCR b", "BGREWRITEAOF", "INCR c").Items![2].Text);
        FailingServer.Await(client, "aof_rewrites:1");
        FailingServer.Await(client, "aof_rewrite_in_progress:0");
        Assert.Equal("1 0", WaitAof(client, "0"));
        Assert.Equal("1 1 1", server.Restarted(reader => Texts(reader, "a", "b", "c")));

        // Turned off: what the transaction has done so far is in the base that comes later, and nowhere else.
        Assert.DoesNotContain(Execute(client, "INCR a", "INCR b", "CONFIG SET appendonly no", "INCR c").Items!, item => item.IsError);
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "yes").Text);
        client.Call("INCR", "a");
        client.Call("SET", "x", "1");
        Assert.Equal("1 0", WaitAof(client, "0"));
        Assert.Equal("3 2 2 1", server.Restarted(reader => Texts(reader, "a", "b", "c", "x")));

        // The same when all of it would be told in one place; later transactions tell in their own.
        Execute(client, "INCR a", "SWAPDB 1 2", "INCR b", "CONFIG SET appendonly no", "INCR c");
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "yes").Text);
        Execute(client, "INCR a", "INCR b", "INCR c");
        client.Call("INCR", "a");
        client.Call("INCR", "b");
        client.Call("INCR", "c");
        Assert.Equal("1 0", WaitAof(client, "0"));
        Assert.Equal("6 5 5 1", server.Restarted(reader => Texts(reader, "a", "b", "c", "x")));

        // Turned on: it begins behind the transaction.
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "no").Text);
        Assert.DoesNotContain(Execute(client, "INCR a", "INCR b", "CONFIG SET appendonly yes", "INCR b", "INCR c").Items!, item => item.IsError);
        Assert.Equal("1 0", WaitAof(client, "0"));
        client.Call("INCR", "c");
        Assert.Equal("1 0", WaitAof(client, "0"));
        Assert.Equal("7 7 7 1", server.Restarted(reader => Texts(reader, "a", "b", "c", "x")));
    }

    [Fact]
    public void Generations_do_not_pile_up()
    {
        const int flushes = 100;
        using var server = new FailingServer(3, "appendonly yes\nappendfsync no");
        using var client = server.Connect();
        for (int i = 0; i < flushes; i++)
        {
            client.Call("FLUSHDB");
            client.Call("SET", "k", $"{i}");
        }
        Assert.True(server.Aof.Writer.Drain());
        FailingServer.Await(() => Directory.GetFiles(server.Directory, "*.incr.aof").Length < flushes, "earlier generations go");
        FailingServer.Await(client, "aof_rewrite_in_progress:0");
        Assert.Equal($"{flushes - 1}", server.Restarted(reader => Texts(reader, "k")));
    }

    [Fact]
    public void Generations_stay_when_nobody_is_to_rewrite()
    {
        const int flushes = 40;
        using var server = new FailingServer(3, "appendonly yes\nappendfsync no\nauto-aof-rewrite-percentage 0");
        using var client = server.Connect();
        for (int i = 0; i < flushes; i++)
            client.Call("FLUSHDB");
        Assert.True(server.Aof.Writer.Drain());
        Assert.Equal(3 * (flushes + 1), Directory.GetFiles(server.Directory, "*.incr.aof").Length);
        Assert.Contains("aof_rewrites:0", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
    }

    /// <summary>Growth is reckoned from the base alone after a start, as by Redis.</summary>
    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    public void A_server_that_starts_knows_the_size_of_its_base(bool isFastKv, int shards)
    {
        using var folder = new TemporaryFolder();
        string[] options = isFastKv ? ["--shards", $"{shards}"] : [];
        using var server = new AofServer(folder.Path, isFastKv, options);
        using (var client = server.Connect())
        {
            client.Call("SET", "small", "1");
            client.Call("BGREWRITEAOF");
            FailingServer.Await(client, "aof_rewrite_in_progress:0");
            for (int i = 0; i < 100; i++)
                client.Call("SET", $"k{i}", new string('x', 1000));
        }
        server.Shutdown();
        using var restarted = new AofServer(folder.Path, isFastKv, options);
        using var reader = restarted.Connect();
        string directory = Path.Combine(folder.Path, "appendonlydir");
        long size = new FileInfo(Directory.GetFiles(directory, "*.base.*").Single()).Length;
        string state = reader.Call("INFO", "persistence").Text;
        Assert.Contains($"aof_base_size:{size}\r\n", state, StringComparison.Ordinal);
        Assert.DoesNotContain($"aof_current_size:{size}\r\n", state, StringComparison.Ordinal);
    }

    private static RespFrame Execute(RespClient client, params string[] commands)
    {
        client.Call("MULTI");
        foreach (string command in commands)
            Assert.Equal("QUEUED", client.Call(command.Split(' ')).Text);
        return client.Call("EXEC");
    }

    private static string WaitAof(RespClient client, string timeoutMs) =>
        client.Call("WAITAOF", "1", "0", timeoutMs).Items is { } items ? $"{items[0].Text} {items[1].Text}" : "";

    private static string Texts(RespClient client, params string[] keys) => string.Join(' ', keys.Select(key => client.Call("GET", key).Text));
}
