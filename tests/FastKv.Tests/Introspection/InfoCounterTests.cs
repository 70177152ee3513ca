using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Introspection;

/// <summary>Fields of INFO that count what happens now and then: they count it, and CONFIG RESETSTAT takes back what it takes back in Redis.</summary>
public sealed class InfoCounterTests
{
    private const int PatienceMs = 60_000;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Denials_are_counted_by_their_reason(int shards)
    {
        using var server = new FastKvProcess(shards);
        using RespClient admin = server.Connect(), client = server.Connect();
        Assert.Equal(["0", "0", "0", "0"], Denials(admin));
        admin.Call("ACL", "SETUSER", "u", "on", ">p", "~a*", "resetchannels", "+get", "+mget", "+publish", "+multi", "+exec", "+auth");
        Assert.StartsWith("WRONGPASS", client.Call("AUTH", "u", "wrong").Text);
        Assert.StartsWith("WRONGPASS", client.Call("AUTH", "nobody", "p").Text);
        Assert.StartsWith("WRONGPASS", client.Call("HELLO", "3", "AUTH", "u", "wrong").Text);
        Assert.Equal("OK", client.Call("AUTH", "u", "p").Text);
        client.Call("GET", "a");
        foreach (string command in (string[])["SET a 1", "DEL a b", "GET b", "MGET a b", "PUBLISH c m", "MULTI", "GET b", "EXEC"])
            client.Call(command.Split(' '));
        Assert.Equal(["3", "2", "3", "1"], Denials(admin));

        // One entry may stand for several, and there need be none.
        admin.Call("CONFIG", "SET", "acllog-max-len", "0");
        client.Call("SET", "a", "1");
        client.Call("SET", "a", "1");
        admin.Call("ACL", "LOG", "RESET");
        admin.Call("CONFIG", "RESETSTAT");
        Assert.Equal(["3", "4", "3", "1"], Denials(admin));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Fields_that_expire_and_hashes_that_have_such_are_counted(int shards)
    {
        using var server = new FastKvProcess(shards);
        using RespClient client = server.Connect();
        client.Call("SET", "s", "v");
        Assert.EndsWith(",subexpiry=0", Field(client, "keyspace", "db0"));
        client.Call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
        for (int i = 0; i < 5; i++)
        {
            client.Call("HSET", "h" + i, "f1", "v", "f2", "v", "f3", "v");
            if (i > 0)
                client.Call("HPEXPIRE", "h" + i, i < 3 ? "1" : "1000000", "FIELDS", "2", "f1", "f2");
        }
        client.Call("SELECT", "1");
        client.Call("HSET", "h", "f1", "v");
        client.Call("HPEXPIRE", "h", "1", "FIELDS", "1", "f1");
        Assert.EndsWith(",subexpiry=4", Field(client, "keyspace", "db0"));
        Assert.EndsWith(",subexpiry=1", Field(client, "keyspace", "db1"));
        Assert.Equal("0", Field(client, "stats", "expired_subkeys"));
        client.Call("DEBUG", "SET-ACTIVE-EXPIRE", "1");
        Await(() => Field(client, "stats", "expired_subkeys") == "5", "two fields of two hashes, and a hash as a whole");
        client.Call("CONFIG", "RESETSTAT");
        Assert.Equal("0", Field(client, "stats", "expired_subkeys"));
        client.Call("SELECT", "0");
        client.Call("DEL", "h1", "h2", "h3", "h4");
        Assert.EndsWith(",subexpiry=0", Field(client, "keyspace", "db0"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Stale_keys_and_slices_whose_time_was_up_are_noted(int shards)
    {
        const int keys = 60_000, batch = 1000;
        using var server = new FastKvProcess(shards);
        using RespClient client = server.Connect();
        client.Call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
        for (int i = 0; i < keys; i += batch)
            client.Pipeline(Enumerable.Range(i, batch).SelectMany(key => RespClient.Encode("SET", "k" + key, "v", "PX", "1")).ToArray(), batch);
        client.Call("CONFIG", "RESETSTAT");
        Assert.Equal(("0", "0.00"), (Field(client, "stats", "expired_time_cap_reached_count"), Field(client, "stats", "expired_stale_perc")));
        client.Call("DEBUG", "SET-ACTIVE-EXPIRE", "1");
        Await(() => client.Call("DBSIZE").Integer == 0, "not all keys expire");
        Await(() => Field(client, "stats", "expired_stale_perc") != "0.00", "no key was stale");
        Assert.NotEqual("0", Field(client, "stats", "expired_time_cap_reached_count"));
        Assert.Equal(keys.ToString(), Field(client, "stats", "expired_keys"));

        // Another shard's sweep may end a moment later than it has removed the last key.
        Await(
            () =>
            {
                client.Call("CONFIG", "RESETSTAT");
                return Field(client, "stats", "expired_time_cap_reached_count") == "0" && Field(client, "stats", "expired_stale_perc") == "0.00";
            },
            "the figures are not reset");
    }

    /// <summary>As many as in Redis when that looks through payloads; here all are looked through.</summary>
    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Payloads_that_were_looked_through_are_counted(ServerKind kind)
    {
        using ServerProcess redis = ServerProcess.Start(ServerKind.Redis, "--sanitize-dump-payload", "yes"), fastKv = ServerProcess.Start(kind);
        using RespClient theirs = redis.Connect(), ours = fastKv.Connect();
        string[] many = [.. Enumerable.Range(0, 3000).Select(i => "element:" + i)];
        theirs.Call("SET", "string", "v");
        theirs.Call(["RPUSH", "list", .. many]);
        theirs.Call("HSET", "small-hash", "f", "v");
        theirs.Call(["HSET", "large-hash", .. many]);
        theirs.Call("SADD", "integers", "1", "2", "3");
        theirs.Call("SADD", "set", "a", "b");
        theirs.Call("ZADD", "small-sorted", "1", "a");
        theirs.Call(["ZADD", "large-sorted", .. many.SelectMany((member, i) => (string[])[i.ToString(), member])]);
        for (int i = 1; i <= 250; i++)
            theirs.Call("XADD", "stream", i + "-1", "f", "v");
        long most = 0;
        foreach (string key in (string[])["string", "list", "small-hash", "large-hash", "integers", "set", "small-sorted", "large-sorted", "stream"])
        {
            string payload = theirs.Call("DUMP", key).Text;
            foreach (RespClient client in (RespClient[])[theirs, ours])
                Assert.Equal("OK", client.Call("RESTORE", key + ":copy", "0", payload).Text);
            string expected = Field(theirs, "stats", "dump_payload_sanitizations");
            Assert.Equal((key, expected), (key, Field(ours, "stats", "dump_payload_sanitizations")));
            most = Math.Max(most, long.Parse(expected));
        }
        Assert.True(most > 6, "a list and a stream have several");
        foreach (RespClient client in (RespClient[])[theirs, ours])
        {
            client.Call("CONFIG", "RESETSTAT");
            Assert.Equal("0", Field(client, "stats", "dump_payload_sanitizations"));
        }
    }

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Resetstat_takes_back_rates_and_what_was_freed_lazily(ServerKind kind)
    {
        const int commands = 5000, rateMin = 500;
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient client = server.Connect();
        client.Call(["SADD", "set", .. Enumerable.Range(0, 50_000).Select(i => "member:" + i)]);
        long peak = long.Parse(Field(client, "memory", "used_memory_peak"));
        client.Call("UNLINK", "set");
        Await(() => Field(client, "memory", "lazyfreed_objects") == "1", "the set is not freed");
        byte[] pipeline = Enumerable.Range(0, commands).SelectMany(i => RespClient.Encode("GET", "key:" + i)).ToArray();
        byte[] reset = [.. RespClient.Encode("CONFIG", "RESETSTAT"), .. RespClient.Encode("INFO", "stats")];
        Await(
            () =>
            {
                Await(
                    () =>
                    {
                        client.Pipeline(pipeline, commands);
                        return long.Parse(Field(client, "stats", "instantaneous_ops_per_sec")) > rateMin;
                    },
                    "no rate is shown");

                // A sample that is taken a millisecond after the reset makes a high rate of its one command.
                return long.Parse(Value(client.Pipeline(reset, 2)[1].Text, "instantaneous_ops_per_sec")) <= rateMin / 5;
            },
            "the rate is not taken back");
        Assert.Equal("0", Field(client, "memory", "lazyfreed_objects"));
        Assert.True(long.Parse(Field(client, "memory", "used_memory_peak")) >= peak, "the peak is not a figure that is reset");
        Assert.True(long.Parse(Field(client, "memory", "used_memory")) < peak - (256 << 10), "less is used than at the peak");
    }

    private static string[] Denials(RespClient client) =>
        [.. ((string[])["auth", "cmd", "key", "channel"]).Select(reason => Field(client, "stats", "acl_access_denied_" + reason))];

    private static string Field(RespClient client, string section, string name) => Value(client.Call("INFO", section).Text, name);

    private static string Value(string info, string name) =>
        info.Split("\r\n").Single(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..];

    private static void Await(Func<bool> isSo, string what)
    {
        for (long until = Environment.TickCount64 + PatienceMs; !isSo(); Thread.Sleep(5))
            Assert.True(Environment.TickCount64 < until, what);
    }
}
