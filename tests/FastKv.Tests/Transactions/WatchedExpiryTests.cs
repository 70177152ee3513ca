using FastKv.Tests.Introspection;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Transactions;

/// <summary>Watched keys that expire while clients pause, when nothing is removed, beside redis-server.</summary>
public sealed class WatchedExpiryTests(ServerTriple servers) : IClassFixture<ServerTriple>
{
    private const string Pause = "c CLIENT PAUSE 100000 WRITE", Expire = "wait", Go = "c CLIENT UNPAUSE";

    // Steps of three clients; "wait" until k has expired. It is read by the others only, for what a reader sees is no question here.
    private static readonly string[][] Scripts =
    [
        ["c SET k v PX 300", "a WATCH k", Pause, Expire, "a MULTI", "a PING", "a EXEC", "a MULTI", "a PING", "a EXEC", Go],
        ["c SET k v PX 300", "a WATCH k", Pause, Expire, "a MULTI", "a GET x1", "a GET x2", "a GET x3", "a EXEC", Go],
        ["c SET k v PX 300", "a WATCH x1 k x2 x3", Pause, Expire, "a MULTI", "a PING", "a EXEC", Go],
        ["c SET k v PX 300", "a WATCH k", Pause, Expire, Go, "a MULTI", "a PING", "a EXEC"],
        ["c SET k v PX 300", Pause, Expire, "a WATCH k", "a MULTI", "a PING", "a EXEC", Go],
        ["c SET k v PX 300", Pause, Expire, "a WATCH k", Go, "a MULTI", "a PING", "a EXEC"],
        ["c SET k v PX 300", Pause, Expire, "a WATCH x1 k x2 x3", Go, "a MULTI", "a SET x1 1", "a SET x2 1", "a EXEC"],
        ["c SET k v PX 300", Pause, Expire, "a WATCH k", Go, "c GET k", "a MULTI", "a PING", "a EXEC"],
        ["c SET k v PX 300", Pause, Expire, "a WATCH k", Go, "c DEL k", "a MULTI", "a PING", "a EXEC"],
        ["c SET k v PX 300", Pause, Expire, "a WATCH k", Go, "c SET k w", "a MULTI", "a PING", "a EXEC"],
        ["c SET k v PX 300", Pause, Expire, "a WATCH k", Go, "c GET k", "c SET k w", "a MULTI", "a PING", "a EXEC"],
        ["c SET k v PX 300", "a WATCH k", Pause, Expire, "b WATCH k", "b MULTI", "b PING", "a MULTI", "a PING", "a EXEC", "b EXEC", Go],
        ["c SET k v PX 300", "a WATCH k", Pause, Expire, "b WATCH k", Go, "a MULTI", "a PING", "a EXEC", "b MULTI", "b PING", "b EXEC"],
        ["c SET k v PX 300", Pause, Expire, "a WATCH k", Go, "c FLUSHALL", "a MULTI", "a PING", "a EXEC"],
        ["c SET k v PX 300", Pause, Expire, "a WATCH k", Go, "c SWAPDB 0 1", "a MULTI", "a PING", "a EXEC"],
        ["c SET k v PX 300", "d SET k v", Pause, Expire, "a WATCH k", Go, "c SWAPDB 0 1", "a MULTI", "a PING", "a EXEC"],
        ["c SET k v PX 300", "d SET k v PX 100", Pause, Expire, "a WATCH k", Go, "c SWAPDB 0 1", "a MULTI", "a PING", "a EXEC"],
        ["d SET k v PX 300", Pause, "wait1", "a WATCH k", Go, "c SWAPDB 0 1", "a MULTI", "a PING", "a EXEC"],
        ["d SET k v PX 300", "c SET k v", Pause, "wait1", "a WATCH k", Go, "c SWAPDB 0 1", "a MULTI", "a PING", "a EXEC"],
        ["c SET k v PX 300", Pause, Expire, "a WATCH k", "a UNWATCH", "a WATCH k", Go, "c SET k w", "a MULTI", "a PING", "a EXEC"],
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Transactions_go_through_as_in_redis_server(int shards)
    {
        // The key's shard is now the client's own, now another one.
        string[] keys = shards == 1 ? ["k"] : ["k", "k1", "k2"];
        string[] expected = [.. Scripts.Select(script => Run(servers.Redis, script, "k"))];
        Assert.Contains("a EXEC: *(nil)", expected[0], StringComparison.Ordinal);
        Assert.Contains("a EXEC: *[1]", expected[5], StringComparison.Ordinal);
        foreach (string key in keys)
        {
            for (int i = 0; i < Scripts.Length; i++)
                Assert.Equal(expected[i], Run(servers.FastKv(shards), Scripts[i], key));
        }
    }

    /// <summary>
    /// When a pause has ended by its time, its traces are cleared a moment later. A transaction that runs in between, and overwrites a key which has expired,
    /// must not leave it in the table twice.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_key_that_expired_in_a_pause_and_is_set_right_after_it_exists_once(int shards)
    {
        ServerProcess server = servers.FastKv(shards);
        using RespClient client = server.Connect(), other = server.Connect();
        for (int i = 0; i < 30; i++)
        {
            foreach (string key in (string[])["k", "k1", "k2"])
            {
                client.Call("FLUSHALL");
                client.Call("MULTI");
                client.Call("SET", key, "w");
                client.Call("SET", "other", "w");
                other.Call("SET", key, "v", "PX", "4");
                other.Call("CLIENT", "PAUSE", "6", "WRITE");
                Thread.Sleep(8);
                Assert.Equal(2, client.Call("EXEC").Items!.Length);
                Assert.Equal("2", client.Call("DBSIZE").Text);
                Assert.Equal("2", client.Call("DEL", key, "other").Text);
                Assert.Equal("0", client.Call("DBSIZE").Text);
            }
        }
    }

    private static string Run(ServerProcess server, string[] script, string key)
    {
        for (int factor = 1; ; factor *= 2)
        {
            Assert.True(factor < 100, "the keys never live until the pause begins");
            if (TryRun(server, script, key, factor) is { } text)
                return text;
        }
    }

    // Null: a key had expired before the pause began, on a machine that was slow just then; with more time to live it is another try.
    private static string? TryRun(ServerProcess server, string[] script, string key, int factor)
    {
        string text = "";
        using RespClient a = server.Connect(), b = server.Connect(), c = server.Connect(), d = server.Connect();
        c.Call("FLUSHALL");
        d.Call("SELECT", "1");

        // Those in whose database the key has a time to live.
        var mortal = new List<RespClient>();
        foreach (string step in script)
        {
            if (step is "wait" or "wait1")
            {
                while ((step == "wait" ? c : d).Call("PTTL", key).Text != "-2")
                    Thread.Sleep(1);
                continue;
            }
            RespClient client = step[0] switch { 'a' => a, 'b' => b, 'c' => c, _ => d };
            string[] words = [.. step[2..].Split(' ').Select(word => word == "k" ? key : word)];
            if (words is [.., "PX", var lifetimeMs])
            {
                words[^1] = (int.Parse(lifetimeMs) * factor).ToString();
                mortal.Add(client);
            }
            text += $"{step}: {client.Call(words)}\n";
            if (step == Pause && mortal.Any(owner => owner.Call("PTTL", key).Integer < 0))
            {
                c.Call("CLIENT", "UNPAUSE");
                return null;
            }
        }
        return text;
    }
}
