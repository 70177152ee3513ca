using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Eviction;

/// <summary>Commands are refused where redis-server refuses them, with its errors.</summary>
public sealed class OutOfMemoryTests
{
    /// <summary>Commands that would end the server, change its role or turn the connection into another kind.</summary>
    private static readonly HashSet<string> Excluded =
    [
        "shutdown", "monitor", "subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe", "sync", "psync", "replicaof", "slaveof",
        "failover", "debug", "save", "bgsave", "bgrewriteaof", "quit", "reset", "restore-asking", "multi", "client|reply", "client|kill", "client|pause",
    ];

    public static TheoryData<int> Shards => new(1, 3);

    /// <summary>SET and others, in MULTI and EXEC, with policies that find nothing to evict, or all.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void Replies_are_those_of_redis(int shards)
    {
        string[] script =
        [
            "SET a 1", "CONFIG SET maxmemory 1", "SET a 2", "GET a", "INCR a", "APPEND a x", "LPUSH l a", "DEL a", "EXISTS a", "MULTI", "SET a 2", "EXEC", "MULTI", "GET a",
            "EXEC", "MULTI", "DISCARD", "MULTI", "PING", "GET a", "EXEC", "CONFIG SET maxmemory 0", "MULTI", "SET a 5", "CONFIG SET maxmemory 1", "SET c 1", "EXEC",
            "CONFIG SET maxmemory 0", "GET a", "GET c", "WATCH a", "MULTI", "INCR a", "EXEC", "MULTI", "GET a", "EXEC", "CONFIG SET maxmemory-policy volatile-lru",
            "CONFIG SET maxmemory 1", "SET a 1", "MSET a 1 b 2", "EXPIRE a 100", "SET z 1", "GET a", "CONFIG SET maxmemory-policy allkeys-lru", "SET q 1", "GET q", "DBSIZE",
            "CONFIG SET maxmemory 0", "SET q 1", "GET q", "MULTI", "NOSUCH", "EXEC", "CONFIG SET maxmemory-policy noeviction",
        ];
        using var redis = new RedisServerProcess();
        using var fastKv = new FastKvProcess(shards);
        using RespClient redisClient = redis.Connect(), fastKvClient = fastKv.Connect();
        foreach (string command in script)
        {
            string expected = redisClient.Call(command.Split(' ')).ToString();
            Assert.Equal($"{command} → {expected}", $"{command} → {fastKvClient.Call(command.Split(' '))}");
        }
        Assert.Equal(0, fastKv.Stop());
    }

    /// <summary>EXEC is refused for what it would run, when memory has run out since it was queued; the transaction is over, and its watches with it.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void Exec_is_refused_when_memory_has_run_out_meanwhile(int shards)
    {
        using var redis = new RedisServerProcess();
        using var fastKv = new FastKvProcess(shards);
        using RespClient redisClient = redis.Connect(), fastKvClient = fastKv.Connect(), redisOther = redis.Connect(), fastKvOther = fastKv.Connect();
        foreach (string command in (string[])["SET k 1", "WATCH k", "MULTI", "SET a 1", "SET b 2", "SET c 3", "!CONFIG SET maxmemory 1", "EXEC", "EXEC", "MULTI", "!CONFIG SET maxmemory 0",
            "GET k", "!CONFIG SET maxmemory 1", "EXEC", "DBSIZE", "!CONFIG SET maxmemory 0", "MULTI", "GET k", "!CONFIG SET maxmemory 1", "EXEC", "DISCARD"])
        {
            bool isOther = command[0] == '!';
            string[] words = command.TrimStart('!').Split(' ');
            string expected = (isOther ? redisOther : redisClient).Call(words).ToString();
            Assert.Equal($"{command} → {expected}", $"{command} → {(isOther ? fastKvOther : fastKvClient).Call(words)}");
        }
        Assert.Equal(0, fastKv.Stop());
    }

    /// <summary>Each command that both know is refused by both, or by neither, outside of MULTI.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void Each_command_is_refused_as_in_redis(int shards)
    {
        using var redis = new RedisServerProcess();
        using var fastKv = new FastKvProcess(shards);
        using (RespClient client = redis.Connect())
            client.Call("CONFIG", "SET", "maxmemory", "1");
        using (RespClient client = fastKv.Connect())
            client.Call("CONFIG", "SET", "maxmemory", "1");
        int compared = 0, refused = 0;
        foreach ((string name, long arity) in Commands(redis))
        {
            string[] words = [.. name.Split('|'), .. Enumerable.Repeat("1", (int)Math.Abs(arity) - name.Split('|').Length)];
            using RespClient redisClient = redis.Connect(), fastKvClient = fastKv.Connect();
            string ours = fastKvClient.Call(words).Text;
            if (ours.StartsWith("ERR unknown", StringComparison.Ordinal))
                continue;
            bool isRefused = redisClient.Call(words).Text.StartsWith("OOM ", StringComparison.Ordinal);
            Assert.True(isRefused == ours.StartsWith("OOM ", StringComparison.Ordinal), $"{string.Join(' ', words)} → {ours}");
            compared++;
            refused += isRefused ? 1 : 0;
        }
        Assert.True(compared > 200, $"{compared} commands");
        Assert.True(refused > 50, $"{refused} refused");
    }

    /// <summary>A policy for volatile keys leaves others alone, and finds few volatile ones among many others.</summary>
    [Theory]
    [InlineData("volatile-lru", 1)]
    [InlineData("volatile-lfu", 3)]
    [InlineData("volatile-random", 1)]
    [InlineData("volatile-random", 3)]
    [InlineData("volatile-ttl", 1)]
    public void Volatile_policies_take_volatile_keys_only(string policy, int shards)
    {
        const int Persistent = 20_000, Volatile = 40;
        using var server = new FastKvProcess(shards, "--maxmemory-policy", policy);
        using RespClient client = server.Connect();
        EvictionServer.Set(client, Enumerable.Range(0, Persistent).Select(i => ($"p{i}", "value", 0L)));
        client.Call("HSET", "fields", "f", "v");
        client.Call("HEXPIRE", "fields", "1000", "FIELDS", "1", "f");
        client.Call("CONFIG", "SET", "maxmemory", "1");
        Assert.Equal("OOM command not allowed when used memory > 'maxmemory'.", client.Call("SET", "x", "1").Text);
        Assert.Equal(0, EvictionServer.Info(client, "stats", "evicted_keys"));

        client.Call("CONFIG", "SET", "maxmemory", "0");
        EvictionServer.Set(client, Enumerable.Range(0, Volatile).Select(i => ($"v{i}", "value", 1000L)));
        client.Call("CONFIG", "SET", "maxmemory", "1");
        Patience.Until(() => EvictionServer.Info(client, "stats", "evicted_keys") >= Volatile, "not all keys go that may go");
        Assert.Equal("OOM command not allowed when used memory > 'maxmemory'.", client.Call("SET", "x", "1").Text);
        Assert.Equal(Volatile, EvictionServer.Info(client, "stats", "evicted_keys"));
        Assert.Equal(Persistent + 1, client.Call("DBSIZE").Integer);
        long current = EvictionServer.Info(client, "stats", "current_eviction_exceeded_time");
        Assert.InRange(current, 1, EvictionServer.Info(client, "stats", "total_eviction_exceeded_time"));
        Assert.Equal(0, server.Stop());
    }

    private static List<(string Name, long Arity)> Commands(ServerProcess redis)
    {
        using RespClient client = redis.Connect();
        var commands = new List<(string Name, long Arity)>();
        foreach (RespFrame info in client.Call("COMMAND").Items!)
        {
            RespFrame[] described = info.Items![9].Items is { Length: > 0 } subcommands ? subcommands : [info];
            commands.AddRange(described.Select(frame => (frame.Items![0].Text.ToLowerInvariant(), frame.Items[1].Integer)));
        }
        return [.. commands.Where(command => !Excluded.Contains(command.Name))];
    }
}
