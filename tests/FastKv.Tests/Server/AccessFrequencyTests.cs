using FastKv.Engine.Configuration;
using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Server;

/// <summary>OBJECT FREQ: under an LFU policy lookups count accesses, as in Redis.</summary>
public sealed class AccessFrequencyTests
{
    private const long MinuteMs = 60_000;

    // With lfu-log-factor 0 every access counts, so that the counter tells how often a command looks a key up.
    private static readonly string[] Commands =
    [
        "GET k", "SET k v", "SET k v XX", "SET k v NX", "SET k v NX GET", "SET n v XX GET", "SET new v XX", "SET k v GET", "SET k v EX 100", "SET k v KEEPTTL", "GETSET k v", "GETEX k", "GETEX k PERSIST", "GETEX k EX 100",
        "SETEX k 100 v", "SETNX k v", "MSET k v", "MSETNX k v x y", "MSETNX x y k v n v", "MGET k k k", "APPEND k v", "STRLEN k", "SETRANGE k 1 x", "GETRANGE k 0 1", "SUBSTR k 0 1",
        "LCS k k", "INCR n", "INCRBY n 70000", "INCRBYFLOAT n 0.5", "SETBIT k 3 1", "GETBIT k 3", "BITCOUNT k", "BITPOS k 1", "BITOP AND k k k", "BITOP NOT d k",
        "BITFIELD k GET u8 0", "BITFIELD k SET u8 0 1", "BITFIELD_RO k GET u8 0", "EXISTS k", "TYPE k", "TTL k", "PTTL k", "EXPIRETIME k", "EXPIRE k 100", "PEXPIREAT k 99999999999999",
        "PERSIST k", "TOUCH k", "OBJECT FREQ k", "OBJECT ENCODING k", "DEBUG OBJECT k", "MEMORY USAGE k", "RENAME k k", "RENAMENX k n", "COPY k d", "COPY k d REPLACE",
        "MOVE k 1", "RANDOMKEY", "SCAN 0", "KEYS *", "SWAPDB 0 1",
    ];

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Commands_count_as_many_accesses_as_in_redis(ServerKind kind)
    {
        // With a memory limit Redis shares no integers, whose counter all keys would have in common.
        string[] options = ["--maxmemory", "1gb", "--maxmemory-policy", "volatile-lfu", "--lfu-log-factor", "0", "--lfu-decay-time", "0"];
        using ServerProcess redis = ServerProcess.Start(ServerKind.Redis, options), fastKv = ServerProcess.Start(kind, options);
        using RespClient expected = redis.Connect(), actual = fastKv.Connect();
        var differences = new List<string>();
        foreach (string command in Commands)
        {
            string inRedis = Frequencies(expected, command), here = Frequencies(actual, command);
            if (inRedis != here)
                differences.Add($"{command}: {here}, in Redis {inRedis}");
        }
        Assert.Empty(differences);

        static string Frequencies(RespClient client, string command)
        {
            client.Call("FLUSHALL");
            client.Call("SET", "k", "some text");
            client.Call("SET", "n", "1");
            client.Call("SET", "d", "destination");
            client.Call(command.Split(' '));
            return string.Join(' ', "knd".Select(key => client.Call("OBJECT", "FREQ", key.ToString()).Text));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Policy_is_chosen_at_run_time(int shards)
    {
        using var server = new FastKvProcess(shards);
        using ServerProcess redis = ServerProcess.Start(ServerKind.Redis);
        using RespClient fastKv = server.Connect(), expected = redis.Connect();
        foreach (string command in (string[])
            ["SET k v", "OBJECT FREQ k", "OBJECT IDLETIME k", "CONFIG SET maxmemory-policy allkeys-lfu lfu-log-factor 0 lfu-decay-time 0", "SET new v",
             "OBJECT FREQ new", "OBJECT IDLETIME new", "GET new", "GET new", "GET new", "OBJECT FREQ new", "OBJECT FREQ nothing", "CLIENT NO-EVICT off", "DEL k",
             "CONFIG SET maxmemory-policy allkeys-lru", "SET k v", "OBJECT FREQ k", "OBJECT IDLETIME k"])
        {
            string inRedis = expected.Call(command.Split(' ')).ToString(), here = fastKv.Call(command.Split(' ')).ToString();

            // How many seconds ago that was depends on the machine; that there are seconds does not.
            if (command.Contains("IDLETIME", StringComparison.Ordinal) && inRedis.StartsWith(':'))
                Assert.StartsWith(":", here);
            else
                Assert.Equal((command, inRedis), (command, here));
        }
        fastKv.Call("CONFIG", "SET", "maxmemory-policy", "volatile-lfu");
        fastKv.Call("SET", "quiet", "v");
        fastKv.Call("CLIENT", "NO-TOUCH", "ON");
        for (int i = 0; i < 10; i++)
            fastKv.Call("GET", "quiet");
        Assert.Equal("5", fastKv.Call("OBJECT", "FREQ", "quiet").Text);
        fastKv.Call("TOUCH", "quiet");
        Assert.Equal("6", fastKv.Call("OBJECT", "FREQ", "quiet").Text);
    }

    [Fact]
    public void Counter_is_logarithmic_and_decays()
    {
        var options = new ServerOptions { LfuLogFactor = 10, LfuDecayTime = 1 };
        const ulong Seed = 42;
        var random = new RandomSource(Seed);
        long now = 1_750_000_000_000;
        uint bits = AccessFrequency.Initial(now);
        Assert.Equal(5, AccessFrequency.CounterOf(bits, now, options));

        // redis.conf: with factor 10, 1000 hits bring a new key to 18, 100,000 to 142, a million to 255.
        int[] after = new int[4];
        int[] hits = [1_000, 100_000, 1_000_000, 10_000_000];
        for (int i = 1, step = 0; step < hits.Length; i++)
        {
            bits = AccessFrequency.Touched(bits, now, options, ref random);
            if (i == hits[step])
                after[step++] = AccessFrequency.CounterOf(bits, now, options);
        }
        Assert.InRange(after[0], 13, 23);
        Assert.InRange(after[1], 125, 160);
        Assert.Equal([255, 255], after[2..]);

        Assert.Equal(255, AccessFrequency.CounterOf(bits, now + MinuteMs - 1 - now % MinuteMs, options));
        Assert.Equal(245, AccessFrequency.CounterOf(bits, now + 10 * MinuteMs, options));
        Assert.Equal(0, AccessFrequency.CounterOf(bits, now + 300 * MinuteMs, options));
        options.LfuDecayTime = 5;
        Assert.Equal(253, AccessFrequency.CounterOf(bits, now + 10 * MinuteMs, options));
        options.LfuDecayTime = 0;
        Assert.Equal(255, AccessFrequency.CounterOf(bits, now + 1000 * MinuteMs, options));
    }
}
