using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Server;

/// <summary>What INFO counts of commands and errors equals what redis-server counts after the same commands; times are there, and sensible.</summary>
public sealed class CommandCountTests
{
    // Calls, calls that fail, rejections of every kind, on one key, on several keys that lie on several shards, and on all shards.
    private static readonly string[] Script =
    [
        "SET a 1", "SET b x", "GET a", "GET", "SET a", "SET a 1 NONSENSE", "FOO", "FOO BAR", "INCR a", "INCR b", "INCRBYFLOAT b 1", "MSET c 1 d 2 e 3 f 4",
        "MSET c 1 d", "MGET a b c d e f", "MGET", "DEL c d e f", "EXISTS a b c d", "TOUCH a b c d", "RENAME nothing a", "RENAME b a", "RENAMENX a c",
        "MSETNX k1 1 k2 2 k3 3", "BITOP AND k4 k1 k2 k3", "BITOP NOT k4 k1 k2 k3", "SETBIT a x 1", "GETRANGE a 0 x", "EXPIRE a x", "EXPIRE a 100", "TTL a",
        "OBJECT FREQ a", "OBJECT FREQ c", "OBJECT ENCODING c", "OBJECT NONSENSE c", "OBJECT", "CONFIG", "CONFIG NONSENSE", "CONFIG SET", "CONFIG SET hz",
        "CONFIG SET maxmemory-policy nonsense", "CONFIG GET hz", "CONFIG SET hz 10", "CLIENT NO-EVICT x", "CLIENT KILL", "CLIENT ID", "SELECT 99", "SELECT x",
        "SELECT 1", "AUTH x", "AUTH user x", "HELLO 9", "SWAPDB 0 99", "SWAPDB 0 1", "DBSIZE", "DBSIZE x", "KEYS *", "SCAN x", "SCAN 0", "LCS c k1 LEN IDX",
        "LCS c k1", "COPY c c", "COPY c c2", "MOVE c2 1", "MOVE c2 0", "PING", "PING a b", "ECHO x", "COMMAND COUNT", "COMMAND GETKEYS", "COMMAND GETKEYS PING",
        "DEBUG ERROR CODE", "DEBUG ERROR", "DEBUG SLEEP 0", "DEBUG JMAP", "DEBUG NONSENSE", "RANDOMKEY", "FLUSHDB NONSENSE", "FLUSHDB", "FLUSHALL", "MEMORY USAGE",
        "INFO server", "INFO nonsense",
    ];

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Counts_are_redis_s(ServerKind kind)
    {
        using ServerProcess redis = ServerProcess.Start(ServerKind.Redis), fastKv = ServerProcess.Start(kind);
        using RespClient expected = redis.Connect(), actual = fastKv.Connect();

        // One after the other, and again as pipelines: the second run goes through windows of parts on several shards.
        foreach (RespClient client in (RespClient[])[expected, actual])
        {
            client.Call("CONFIG", "RESETSTAT");
            foreach (string command in Script)
                client.Call(command.Split(' '));
            for (int i = 0; i < 5; i++)
                client.Pipeline(Script.SelectMany(command => RespClient.Encode(command.Split(' '))).ToArray(), Script.Length);
            client.SendRaw("client reply off\r\nfoo\r\nget\r\nincr\r\nmget a b c d e\r\nset a x\r\nincr a\r\nclient reply skip\r\nclient reply on\r\n");
            Assert.Equal("OK", client.Read().Text);
        }
        AssertSameCounts(expected, actual);
        foreach (ServerProcess server in (ServerProcess[])[redis, fastKv])
        {
            using RespClient broken = server.Connect();
            broken.SendRaw("*1\r\nx\r\n");
            broken.ReadToEnd();
        }
        AssertSameCounts(expected, actual);

        // RESETSTAT is counted itself, as in Redis: its call ends after it has reset the counters.
        expected.Call("CONFIG", "RESETSTAT");
        actual.Call("CONFIG", "RESETSTAT");
        AssertSameCounts(expected, actual);
    }

    [Fact]
    public void Commands_before_authentication_and_a_forbidden_debug_are_rejected()
    {
        string[] options = ["--requirepass", "secret", "--enable-debug-command", "no"];
        using ServerProcess redis = ServerProcess.Start(ServerKind.Redis, options), fastKv = ServerProcess.Start(ServerKind.FastKv3, options);
        using RespClient expected = redis.Connect(), actual = fastKv.Connect();
        foreach (RespClient client in (RespClient[])[expected, actual])
        {
            foreach (string command in (string[])["GET a", "MGET a b c", "FOO", "GET", "AUTH wrong", "AUTH secret", "DEBUG SLEEP 0", "DEBUG", "CONFIG RESETSTAT x"])
                client.Call(command.Split(' '));
        }

        // Looking for a free port, the tests knock with PING.
        AssertSameCounts(expected, actual, except: "cmdstat_ping");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Times_are_measured(int shards)
    {
        using var server = new FastKvProcess(shards);
        using RespClient client = server.Connect();
        client.Call("DEBUG", "SLEEP", "0.05");
        byte[] pipeline = Enumerable.Range(0, 1000).SelectMany(i => RespClient.Encode("GET", "key:" + i)).ToArray();
        for (int i = 0; i < 20; i++)
            client.Pipeline(pipeline, 1000);
        client.Call("MGET", "a", "b", "c", "d", "e");
        var info = Fields(client, "everything");
        Assert.True(Usec(info["cmdstat_debug"]) is >= 50_000 and < 10_000_000, info["cmdstat_debug"]);
        Assert.StartsWith("calls=20000,", info["cmdstat_get"]);
        Assert.True(Usec(info["cmdstat_get"]) > 0, info["cmdstat_get"]);
        Assert.StartsWith("calls=1,", info["cmdstat_mget"]);
        Assert.Matches(@"^p50=\d+\.\d{3},p99=\d+\.\d{3},p99\.9=\d+\.\d{3}$", info["latency_percentiles_usec_get"]);
        Assert.Matches(@"^p50=\d{5,7}\.\d{3},p99=\d{5,7}\.\d{3},p99\.9=\d{5,7}\.\d{3}$", info["latency_percentiles_usec_debug"]);

        client.Call("CONFIG", "SET", "latency-tracking-info-percentiles", "0 99.99 100");
        Assert.Matches(@"^p0=\d+\.\d{3},p99\.99=\d+\.\d{3},p100=\d+\.\d{3}$", Fields(client, "latencystats")["latency_percentiles_usec_get"]);
        client.Call("CONFIG", "SET", "latency-tracking-info-percentiles", "");
        Assert.Equal("", Fields(client, "latencystats")["latency_percentiles_usec_get"]);
        client.Call("CONFIG", "RESETSTAT");
        Assert.DoesNotContain("latency_percentiles_usec_get", Fields(client, "latencystats").Keys);
        client.Call("CONFIG", "SET", "latency-tracking", "no");
        client.Call("GET", "a");
        Assert.Empty(Fields(client, "latencystats"));
        client.Call("CONFIG", "SET", "latency-tracking", "yes");
        Assert.DoesNotContain("latency_percentiles_usec_get", Fields(client, "latencystats").Keys);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Average_time_to_live_is_that_of_the_keys(int shards)
    {
        using var server = new FastKvProcess(shards);
        using RespClient client = server.Connect();
        Assert.DoesNotContain("db0", Fields(client, "keyspace").Keys);
        client.Call("SET", "plain", "v");
        Assert.Equal("keys=1,expires=0,avg_ttl=0,subexpiry=0", Fields(client, "keyspace")["db0"]);
        for (int i = 0; i < 100; i++)
            client.Call("SET", "key:" + i, "v", "EX", (i < 50 ? 1000 : 3000).ToString());
        AssertAverage(2_000_000);
        for (int i = 0; i < 100; i++)
            client.Call("EXPIRE", "key:" + i, "1000");
        AssertAverage(1_000_000);
        for (int i = 0; i < 50; i++)
            client.Call(i % 2 == 0 ? ["PEXPIREAT", "key:" + i, "1"] : ["PERSIST", "key:" + i]);
        client.Call("SET", "key:60", "v");
        client.Call("SET", "gone", "v", "PX", "1");
        Patience.Until(() => client.Call("GET", "gone").IsNull, "the key does not expire");
        AssertAverage(1_000_000);
        client.Call("RENAME", "key:70", "key:1");
        client.Call("MOVE", "key:71", "1");
        client.Call("SWAPDB", "0", "1");
        Assert.InRange(Average("db0"), 940_000, 1_000_000);
        client.Call("SWAPDB", "0", "1");
        for (int i = 50; i < 100; i++)
            client.Call("SET", "key:" + i, "v", "EX", "500", "XX");
        client.Call("EXPIRE", "key:1", "500");
        AssertAverage(500_000);
        client.Call("FLUSHALL");
        client.Call("SET", "key", "v", "EX", "2000000000");
        AssertAverage(2_000_000_000_000);

        void AssertAverage(long expectedMs) => Assert.InRange(Average("db0"), expectedMs - 60_000, expectedMs);
        long Average(string database) => long.Parse(Fields(client, "keyspace")[database].Split("avg_ttl=")[1].Split(',')[0]);
    }

    private static void AssertSameCounts(RespClient redis, RespClient fastKv, string except = "")
    {
        Assert.Equal(Lines(redis, "commandstats"), Lines(fastKv, "commandstats"));
        Assert.Equal(Lines(redis, "errorstats"), Lines(fastKv, "errorstats"));
        Assert.Equal(Fields(redis, "stats")["total_error_replies"], Fields(fastKv, "stats")["total_error_replies"]);
        Assert.Equal(Fields(redis, "stats")["unexpected_error_replies"], Fields(fastKv, "stats")["unexpected_error_replies"]);

        string[] Lines(RespClient client, string section) => Fields(client, section)
            .Where(field => field.Key != except)
            .Select(field => field.Key + ":" + string.Join(',', field.Value.Split(',').Where(pair => !pair.StartsWith("usec", StringComparison.Ordinal))))
            .Order(StringComparer.Ordinal).ToArray();
    }

    private static long Usec(string line) => long.Parse(line.Split("usec=")[1].Split(',')[0]);

    private static Dictionary<string, string> Fields(RespClient client, string section) =>
        client.Call("INFO", section).Text.Split("\r\n").Where(line => line.Contains(':')).Select(line => line.Split(':', 2)).ToDictionary(p => p[0], p => p[1]);
}
