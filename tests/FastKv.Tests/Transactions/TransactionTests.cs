using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Transactions;

/// <summary>What transactions promise when several clients are at it; replies and errors are compared with redis-server's by the differential tests.</summary>
public sealed class TransactionTests
{
    public static TheoryData<int> Shards => new(1, 3);

    /// <summary>Compare and set through WATCH over keys of several shards: no increment is lost, and nobody sees the keys differ.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void Contended_increments_are_not_lost(int shards)
    {
        const int Clients = 4, Increments = 300;
        string[] keys = ["a", "b", "c", "d"];
        using var server = new FastKvProcess(shards);
        int torn = 0;
        Thread[] threads = Enumerable.Range(0, Clients).Select(_ => new Thread(() =>
        {
            using RespClient client = server.Connect();
            for (int done = 0; done < Increments;)
            {
                client.Call(["WATCH", .. keys]);
                string[] values = client.Call(["MGET", .. keys]).Items!.Select(item => item.Text).ToArray();
                if (values.Distinct().Count() != 1)
                    Interlocked.Increment(ref torn);
                string next = ((values[0].Length == 0 ? 0 : long.Parse(values[0])) + 1).ToString();
                client.Call("MULTI");
                foreach (string key in keys)
                    client.Call("SET", key, next);
                if (!client.Call("EXEC").IsNull)
                    done++;
            }
        })).ToArray();
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.True(thread.Join(TimeSpan.FromSeconds(300)), "a client hangs");
        using RespClient reader = server.Connect();
        foreach (string key in keys)
            Assert.Equal(Clients * Increments, reader.Call("GET", key).Text is { Length: > 0 } text ? int.Parse(text) : 0);
        Assert.Equal(0, torn);
        Assert.Equal(0, server.Stop());
    }

    /// <summary>Any change by another client breaks a watch, whatever command makes it; a command that changes nothing does not.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void Every_kind_of_change_breaks_a_watch(int shards)
    {
        (string Prepare, string Change, bool Breaks)[] cases =
        [
            ("", "SET k v", true), ("SET k v", "SET k v", true), ("SET k 1", "INCR k", true), ("SET k v", "APPEND k x", true), ("SET k v", "SETRANGE k 0 x", true),
            ("SET k v", "DEL k", true), ("", "DEL k", false), ("SET k v", "EXPIRE k 100", true), ("SET k v EX 100", "PERSIST k", true), ("SET k v", "GET k", false),
            ("SET k v", "RENAME k other", true), ("SET other v", "RENAME other k", true), ("SET other v", "COPY other k", true), ("SET k v", "MOVE k 1", true),
            ("SET k v", "FLUSHALL", true), ("", "FLUSHALL", false), ("SET k v", "SWAPDB 0 1", true), ("", "SETBIT k 7 1", true), ("", "BITOP NOT k none", false),
            ("", "RPUSH k a", true), ("RPUSH k a b", "LPOP k", true), ("RPUSH k a b", "LSET k 0 c", true), ("RPUSH k a b", "LTRIM k 0 0", true),
            ("RPUSH k a", "LRANGE k 0 -1", false), ("RPUSH k a", "LREM k 0 z", false), ("RPUSH other a", "LMOVE other k LEFT LEFT", true),
            ("", "HSET k f v", true), ("HSET k f v", "HDEL k f", true), ("HSET k f v", "HDEL k g", false), ("HSET k f 1", "HINCRBY k f 1", true),
            ("HSET k f v", "HEXPIRE k 100 FIELDS 1 f", true), ("", "SADD k m", true), ("SADD k m", "SADD k m", false), ("SADD k m n", "SPOP k", true),
            ("SADD other m", "SMOVE other k m", true), ("SADD other m", "SUNIONSTORE k other", true), ("", "ZADD k 1 m", true), ("ZADD k 1 m", "ZADD k 1 m", false),
            ("ZADD k 1 m", "ZINCRBY k 1 m", true), ("ZADD k 1 m 2 n", "ZPOPMIN k", true), ("ZADD other 1 m", "ZRANGESTORE k other 0 -1", true),
            ("", "XADD k 1-1 f v", true), ("XADD k 1-1 f v", "XDEL k 1-1", true), ("XADD k 1-1 f v", "XTRIM k MAXLEN 5", false), ("", "PFADD k a", true),
            ("PFADD k a", "PFADD k a", false), ("", "GEOADD k 1 2 m", true), ("RPUSH other 2 1", "SORT other STORE k", true), ("SET k v", "GETEX k EX 10", true),
            ("", "MSET a 1 k 2 z 3", true), ("SET k v", "GETDEL k", true),
        ];
        using var server = new FastKvProcess(shards);
        using var redis = new RedisServerProcess();
        foreach (var (prepare, change, breaks) in cases)
        {
            bool isNewer = change.StartsWith("HEXPIRE", StringComparison.Ordinal);
            Assert.True(breaks == Broken(server, prepare, change), $"{prepare} / {change}");
            Assert.True(isNewer || breaks == Broken(redis, prepare, change), $"redis: {prepare} / {change}");
        }
        Assert.True(BrokenByTime(server), "the time to live ends");
        Assert.True(BrokenByTime(redis), "redis: the time to live ends");
        Assert.Equal(0, server.Stop());
    }

    private static bool Broken(ServerProcess server, string prepare, string change)
    {
        using RespClient client = server.Connect();
        using RespClient other = server.Connect();
        other.Call("FLUSHALL");
        if (prepare.Length > 0)
            other.Call(prepare.Split(' '));
        client.Call("WATCH", "k");
        other.Call(change.Split(' '));
        client.Call("MULTI");
        client.Call("PING");
        return client.Call("EXEC").IsNull;
    }

    // The key is there when it is watched, and nobody touches it from then on: the server's own clock says when its time is over.
    private static bool BrokenByTime(ServerProcess server)
    {
        using RespClient client = server.Connect();
        using RespClient other = server.Connect();
        for (int lifetimeMs = 50; ; lifetimeMs *= 2)
        {
            Assert.True(lifetimeMs < 60_000, "the key never lives to be watched");
            other.Call("FLUSHALL");
            other.Call("SET", "k", "v", "PX", lifetimeMs.ToString());
            RespFrame[] watched = client.Pipeline([.. RespClient.Encode("WATCH", "k"), .. RespClient.Encode("PEXPIRETIME", "k")], 2);
            if (watched[1].Integer < 0)
            {
                client.Call("UNWATCH");
                continue;
            }
            while (UnixMs(other) <= watched[1].Integer)
                Thread.Sleep(5);
            other.Call("PING");
            client.Call("MULTI");
            client.Call("PING");
            return client.Call("EXEC").IsNull;
        }
    }

    private static long UnixMs(RespClient client)
    {
        RespFrame[] time = client.Call("TIME").Items!;
        return (time[0].Integer * 1000) + (time[1].Integer / 1000);
    }
}
