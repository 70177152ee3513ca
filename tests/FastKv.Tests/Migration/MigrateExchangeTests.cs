using FastKv.Tests.Persistence;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Migration;

/// <summary>MIGRATE of random values of every type and encoding, and of many megabytes, between FastKv and redis-server.</summary>
public sealed class MigrateExchangeTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(ServerKind.FastKv1, ServerKind.Redis)]
    [InlineData(ServerKind.FastKv3, ServerKind.Redis)]
    [InlineData(ServerKind.Redis, ServerKind.FastKv3)]
    [InlineData(ServerKind.FastKv3, ServerKind.FastKv1)]
    public void All_types_move(ServerKind sourceKind, ServerKind targetKind)
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var data = new RandomData(seed);
        List<string> keys = data.AddAll("v", rounds: 3);
        using var source = ServerProcess.Start(sourceKind);
        using var target = ServerProcess.Start(targetKind);
        using var ours = source.Connect();
        using var theirs = target.Connect();
        data.SendTo(ours);
        string digest = DataComparison.DigestOf(ours);
        string port = target.Port.ToString();
        Assert.Equal("OK", ours.Call("MIGRATE", "127.0.0.1", port, keys[0], "0", "20000").Text);
        Assert.Equal("OK", ours.Call(["MIGRATE", "127.0.0.1", port, "", "0", "20000", "KEYS", .. keys[1..]]).Text);
        Assert.Equal("0", ours.Call("DBSIZE").Text);
        Assert.Equal(digest, DataComparison.DigestOf(theirs));
    }

    [Theory]
    [InlineData(ServerKind.FastKv1, ServerKind.FastKv3)]
    [InlineData(ServerKind.FastKv3, ServerKind.Redis)]
    public void A_hundred_megabytes_move(ServerKind sourceKind, ServerKind targetKind)
    {
        const int bytes = 5 << 20;
        using var source = ServerProcess.Start(sourceKind, "--rdbcompression", "no");
        using var target = ServerProcess.Start(targetKind);
        using var ours = source.Connect();
        using var theirs = target.Connect();
        var random = new Random(1);
        var value = new byte[bytes];
        var keys = new List<string>();
        for (int i = 0; i < 18; i++)
        {
            random.NextBytes(value);
            keys.Add($"large{i}");
            ours.CallBytes("SET"u8.ToArray(), System.Text.Encoding.ASCII.GetBytes(keys[^1]), value);
        }
        for (int i = 0; i < 2000; i++)
        {
            keys.Add($"small{i}");
            ours.Call("SET", keys[^1], new string('x', 4000), "PX", "100000000");
        }
        for (int i = 0; i < 10_000; i += 500)
            ours.Call(["RPUSH", "list", .. Enumerable.Range(i, 500).Select(n => n + new string('y', 400))]);
        keys.Add("list");
        string digest = DataComparison.DigestOf(ours);
        Assert.Equal("OK", ours.Call(["MIGRATE", "127.0.0.1", target.Port.ToString(), "", "0", "20000", "KEYS", .. keys]).Text);
        Assert.Equal("0", ours.Call("DBSIZE").Text);
        Assert.Equal(digest, DataComparison.DigestOf(theirs));
        Assert.InRange(theirs.Call("PTTL", "small7").Integer, 90_000_000, 100_000_000);
    }

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void To_itself_goes_to_another_database(ServerKind kind)
    {
        using var server = ServerProcess.Start(kind);
        using var client = server.Connect();
        string port = server.Port.ToString();
        client.Call("MSET", "a", "1", "b", "2", "c", "3");
        Assert.Equal("OK", client.Call("MIGRATE", "127.0.0.1", port, "", "9", "5000", "KEYS", "a", "b", "c").Text);
        Assert.Equal("0", client.Call("DBSIZE").Text);
        client.Call("SELECT", "9");
        Assert.Equal("3", client.Call("DBSIZE").Text);
        Assert.Equal("IOERR error or timeout reading to target instance", client.Call("MIGRATE", "127.0.0.1", port, "a", "9", "2000").Text);
        Assert.Equal("1", client.Call("GET", "a").Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_journal_tells_of_the_deletion(int shards)
    {
        using var folder = new TemporaryFolder();
        using var target = ServerProcess.Start(ServerKind.FastKv1);
        using var source = new AofServer(folder.Path, isFastKv: true, "--shards", shards.ToString(), "--aof-use-rdb-preamble", "no");
        using (var client = source.Connect())
        {
            client.Call("MSET", "a", "1", "b", "2", "c", "3", "d", "4");
            Assert.Equal("OK", client.Call("MIGRATE", "127.0.0.1", target.Port.ToString(), "", "0", "5000", "KEYS", "a", "b", "c", "x").Text);
        }
        source.Shutdown();
        string text = string.Concat(Directory.GetFiles(Path.Combine(folder.Path, "appendonlydir")).Where(name => name.EndsWith(".aof", StringComparison.Ordinal))
            .Select(File.ReadAllText));
        Assert.DoesNotContain("MIGRATE", text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(shards == 1 ? "*4\r\n$3\r\nDEL\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n" : "\r\nDEL\r\n", text, StringComparison.Ordinal);
        using var again = new AofServer(folder.Path, isFastKv: true, "--shards", shards.ToString());
        using var reader = again.Connect();
        Assert.Equal("1", reader.Call("DBSIZE").Text);
        Assert.Equal("4", reader.Call("GET", "d").Text);
    }

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    [InlineData(ServerKind.Redis)]
    public void Watchers_subscribers_and_caches_hear_of_it(ServerKind kind)
    {
        using var source = ServerProcess.Start(kind, "--notify-keyspace-events", "KEA");
        using var target = ServerProcess.Start(ServerKind.Redis);
        using var client = source.Connect();
        using var watcher = source.Connect();
        using var listener = source.Connect();
        using var cache = source.Connect();
        client.Call("SET", "k", "1");
        watcher.Call("WATCH", "k");
        watcher.Call("MULTI");
        watcher.Call("SET", "other", "1");
        listener.Call("SUBSCRIBE", "__keyspace@0__:k");
        cache.Call("HELLO", "3");
        cache.Call("CLIENT", "TRACKING", "ON");
        cache.Call("GET", "k");
        Assert.Equal("OK", client.Call("MIGRATE", "127.0.0.1", target.Port.ToString(), "k", "0", "5000").Text);
        Assert.True(watcher.Call("EXEC").IsNull);
        Assert.Equal("del", listener.Read().Items![2].Text);
        Assert.Equal("invalidate", cache.Read().Items![0].Text);
    }
}
