using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Eviction;

/// <summary>The limit is held, and each policy takes the keys that it should; on the guarded heap, so that nothing leaks or is freed twice.</summary>
public sealed class EvictionTests(ITestOutputHelper output)
{
    private const int Keys = 4000;
    private const int Seed = 20_261_121;

    public static TheoryData<int> Shards => new(1, 3);

    /// <summary>A stream of writes of many sizes, five times the limit: what is used stays below, and every key is either there or counted as evicted.</summary>
    [Theory]
    [InlineData("allkeys-lru", 1)]
    [InlineData("allkeys-lru", 3)]
    [InlineData("allkeys-lfu", 3)]
    [InlineData("allkeys-random", 1)]
    [InlineData("volatile-ttl", 3)]
    [InlineData("volatile-lru", 1)]
    public void Eviction_keeps_below_the_limit(string policy, int shards)
    {
        const long Limit = 12 << 20;

        // What other shards have not told yet, and what the managed heap's measure has grown by since the last command.
        const long Tolerance = 512 << 10;
        output.WriteLine($"seed {Seed}");
        using var server = new FastKvProcess(shards, "--maxmemory", Limit.ToString(), "--maxmemory-policy", policy);
        using RespClient client = server.Connect();
        var random = new Random(Seed);
        long written = 0;
        int set = 0;
        while (written < 5 * Limit)
        {
            var pairs = Enumerable.Range(set, 100).Select(i => ($"key:{i}", new string('v', (int)(16 * Math.Pow(2, random.NextDouble() * 11))), 1000L + i)).ToArray();
            EvictionServer.Set(client, pairs);
            set += pairs.Length;
            written += pairs.Sum(pair => pair.Item2.Length);
            long used = EvictionServer.Used(client);
            Assert.True(used <= Limit + Tolerance, $"{used} bytes are used");
        }
        long evicted = EvictionServer.Info(client, "stats", "evicted_keys"), present = client.Call("DBSIZE").Integer;
        Assert.True(evicted > 0);
        Assert.Equal(set, evicted + present);
        Assert.Equal(0, server.Stop());
    }

    /// <summary>Keys that were used a moment ago outlive those that were not.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void Lru_keeps_what_was_used_recently(int shards)
    {
        using var server = new FastKvProcess(shards, "--maxmemory-policy", "allkeys-lru");
        using RespClient client = server.Connect();
        string[] keys = Fill(client);
        Thread.Sleep(2100);
        Read(client, keys[..(Keys / 2)], times: 1);
        EvictionServer.Squeeze(client, 0.3);
        (double recent, double old) = (Share(client, keys[..(Keys / 2)]), Share(client, keys[(Keys / 2)..]));
        output.WriteLine($"recent {recent}, old {old}");
        Assert.True(recent > 0.95, $"{recent} of the recent keys are left, {old} of the old ones");
        Assert.True(old < 0.6);
        Assert.Equal(0, server.Stop());
    }

    /// <summary>Keys that are used often outlive those that were used last.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void Lfu_keeps_what_is_used_often(int shards)
    {
        using var server = new FastKvProcess(shards, "--maxmemory-policy", "allkeys-lfu");
        using RespClient client = server.Connect();
        string[] keys = Fill(client);
        Read(client, keys[..(Keys / 4)], times: 60);
        Read(client, keys[(Keys / 4)..], times: 1);
        EvictionServer.Squeeze(client, 0.5);
        (double often, double seldom) = (Share(client, keys[..(Keys / 4)]), Share(client, keys[(Keys / 4)..]));
        output.WriteLine($"often {often}, seldom {seldom}");
        Assert.True(often > 0.99, $"{often} of the frequent keys are left, {seldom} of the others");
        Assert.True(seldom < 0.5);
        Assert.Equal(0, server.Stop());
    }

    /// <summary>The keys that expire first go first.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void Ttl_takes_the_soonest(int shards)
    {
        using var server = new FastKvProcess(shards, "--maxmemory-policy", "volatile-ttl");
        using RespClient client = server.Connect();
        string[] keys = Fill(client, i => 1000 + (i * 5));
        EvictionServer.Squeeze(client, 0.3);
        (double first, double last) = (Share(client, keys[..(Keys / 5)]), Share(client, keys[(Keys / 2)..]));
        output.WriteLine($"soonest fifth {first}, later half {last}");
        Assert.True(first < 0.05, $"{first} of those that expire first are left");
        Assert.True(last > 0.98, $"{last} of those that expire last are left");
        Assert.Equal(0, server.Stop());
    }

    /// <summary>Every key is as likely to go as any other.</summary>
    [Theory]
    [InlineData("allkeys-random", 1)]
    [InlineData("allkeys-random", 3)]
    [InlineData("volatile-random", 1)]
    public void Random_takes_any(string policy, int shards)
    {
        using var server = new FastKvProcess(shards, "--maxmemory-policy", policy);
        using RespClient client = server.Connect();
        string[] keys = Fill(client, _ => 1000);
        Read(client, keys[..(Keys / 2)], times: 5);
        EvictionServer.Squeeze(client, 0.4);
        (double first, double second) = (Share(client, keys[..(Keys / 2)]), Share(client, keys[(Keys / 2)..]));
        output.WriteLine($"first half {first}, second half {second}");
        Assert.True(Math.Abs(first - second) < 0.1, $"{first} and {second} are left");
        Assert.InRange(first, 0.3, 0.8);
        Assert.Equal(0, server.Stop());
    }

    /// <summary>Large values of all types, and several databases: everything can go.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void Values_of_all_types_go(int shards)
    {
        using var server = new FastKvProcess(shards, "--maxmemory-policy", "allkeys-lru", "--lazyfree-lazy-eviction", shards == 1 ? "yes" : "no");
        using RespClient client = server.Connect();
        string[] elements = [.. Enumerable.Range(0, 3000).Select(i => $"element-number-{i}")];
        client.Call(["RPUSH", "list", .. elements]);
        client.Call(["SADD", "set", .. elements]);
        client.Call(["HSET", "hash", .. elements.SelectMany(e => new[] { e, "v" })]);
        client.Call(["ZADD", "zset", .. elements.SelectMany((e, i) => new[] { i.ToString(), e })]);
        for (int i = 0; i < 500; i++)
            client.Call("XADD", "stream", "*", "field", elements[i]);
        client.Call("SELECT", "3");
        client.Call("SET", "text", new string('x', 100_000));
        client.Call("CONFIG", "SET", "maxmemory", "1");
        Patience.Until(() => EvictionServer.Info(client, "stats", "evicted_keys") >= 6, "not all keys go");
        Assert.Equal(6, EvictionServer.Info(client, "stats", "evicted_keys"));
        Assert.Equal(0, client.Call("DBSIZE").Integer);
        client.Call("CONFIG", "SET", "maxmemory", "0");
        Assert.Equal("OK", client.Call("SET", "text", "x").Text);
        Assert.Equal(0, server.Stop());
    }

    /// <summary>Who watches a key is told that it was evicted.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void Eviction_breaks_a_watch(int shards)
    {
        using var server = new FastKvProcess(shards, "--maxmemory-policy", "allkeys-random");
        using RespClient client = server.Connect(), other = server.Connect();
        client.Call("SET", "k", "v");
        client.Call("WATCH", "k");
        other.Call("CONFIG", "SET", "maxmemory", "1");
        Patience.Until(() => other.Call("EXISTS", "k").Text == "0", "the key is not evicted");
        other.Call("CONFIG", "SET", "maxmemory", "0");
        client.Call("MULTI");
        client.Call("PING");
        Assert.True(client.Call("EXEC").IsNull);
        Assert.Equal(0, server.Stop());
    }

    private static string[] Fill(RespClient client, Func<int, long>? seconds = null)
    {
        string[] keys = [.. Enumerable.Range(0, Keys).Select(i => $"key:{i}")];
        string value = new('v', 1000);
        EvictionServer.Set(client, keys.Select((key, i) => (key, value, seconds?.Invoke(i) ?? 0)));
        return keys;
    }

    private static void Read(RespClient client, string[] keys, int times)
    {
        for (; times > 0; times--)
        {
            foreach (string[] chunk in keys.Chunk(200))
                client.Pipeline(chunk.SelectMany(key => RespClient.Encode("STRLEN", key)).ToArray(), chunk.Length);
        }
    }

    private static double Share(RespClient client, string[] keys) => EvictionServer.Exist(client, keys).Count(exists => exists) / (double)keys.Length;
}
