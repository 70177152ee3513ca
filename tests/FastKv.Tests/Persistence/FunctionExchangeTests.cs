using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// Function libraries of a redis-server are not run here, but none is lost on the way through FastKv: from an append-only file into the next base, which is an RDB
/// file or consists of commands, and back.
/// </summary>
public sealed partial class FunctionExchangeTests
{
    [Theory]
    [InlineData(1, "yes")]
    [InlineData(3, "yes")]
    [InlineData(1, "no")]
    public void Libraries_of_a_base_come_through(int shards, string preamble)
    {
        using var folder = new TemporaryFolder();
        string before = InRedis(folder, preamble, client =>
        {
            Load(client, "one");
            Load(client, "two");
            for (int i = 0; i < 7; i++)
                client.Call("SET", $"k{i}", "v");
            Rewrite(client);
        });
        ThroughFastKv(folder, shards, preamble, log =>
        {
            if (preamble == "yes")
                Assert.Contains("Done loading RDB, keys loaded: 7, keys expired: 0.", log, StringComparison.Ordinal);
        }, keysLoaded: preamble == "yes" ? 7 : 0);
        Assert.Contains("one", before, StringComparison.Ordinal);
        Assert.Equal(before, InRedis(folder, preamble, client => Assert.Equal("OK", client.Call("FCALL", "two_f", "1", "k").Text)));
    }

    [Theory]
    [InlineData(1, "yes")]
    [InlineData(3, "no")]
    public void Changes_of_libraries_in_an_increment_are_followed(int shards, string preamble)
    {
        using var folder = new TemporaryFolder();
        string before = InRedis(folder, preamble, client =>
        {
            Load(client, "old");
            Rewrite(client);
            client.Call("FUNCTION", "FLUSH");
            Load(client, "one");
            Load(client, "two");
            byte[] both = client.Call("FUNCTION", "DUMP").Payload!;
            client.Call("function", "delete", "one");
            Assert.Equal("OK", client.CallBytes("FUNCTION"u8.ToArray(), "RESTORE"u8.ToArray(), both, "REPLACE"u8.ToArray()).Text);
            Load(client, "three");
            Load(client, "three", "redis.log(redis.LOG_NOTICE, 'three')", "REPLACE");
            client.Call("FUNCTION", "DELETE", "two");
            client.Call("MULTI");
            client.Call("SET", "k", "v");
            Load(client, "four", isQueued: true);
            client.Call("EXEC");
        });
        ThroughFastKv(folder, shards, preamble, log => Assert.DoesNotContain("has no effect", log, StringComparison.Ordinal), keysLoaded: 0);
        foreach (string name in (string[])["one", "three", "four", "LOG_NOTICE"])
            Assert.Contains(name, before, StringComparison.Ordinal);
        Assert.Equal(before, InRedis(folder, preamble, client => Assert.Equal("v", client.Call("GET", "k").Text)));
    }

    private static void Load(RespClient client, string name, string code = "", string? replace = null, bool isQueued = false)
    {
        string library = $"#!lua name={name}\n{code}\nredis.register_function('{name}_f', function(keys, args) return redis.call('SET', keys[1], '{name}') end)\n";
        string[] command = replace is null ? ["FUNCTION", "LOAD", library] : ["FUNCTION", "LOAD", replace, library];
        Assert.Equal(isQueued ? "QUEUED" : name, client.Call(command).Text);
    }

    /// <summary>What a redis-server says of its libraries after what a test does, sorted.</summary>
    private static string InRedis(TemporaryFolder folder, string preamble, Action<RespClient> action)
    {
        using var redis = new AofServer(folder.Path, isFastKv: false, "--aof-use-rdb-preamble", preamble);
        string list;
        using (RespClient client = redis.Connect())
        {
            action(client);
            list = string.Join('\n', client.Call("FUNCTION", "LIST", "WITHCODE").Items!.Select(library => Encoding.Latin1.GetString(library.Raw)).Order(StringComparer.Ordinal));
        }
        redis.Shutdown();
        return list;
    }

    private static void ThroughFastKv(TemporaryFolder folder, int shards, string preamble, Action<string> checkLog, long keysLoaded)
    {
        using var server = new AofServer(folder.Path, isFastKv: true, "--shards", $"{shards}", "--aof-use-rdb-preamble", preamble);
        using (RespClient client = server.Connect())
        {
            string loaded = KeysLoaded().Match(client.Call("INFO", "persistence").Text).Groups[1].Value;
            Assert.Equal(keysLoaded, long.Parse(loaded, CultureInfo.InvariantCulture));
            Rewrite(client);
        }
        server.Shutdown();
        checkLog(server.Log);
    }

    private static void Rewrite(RespClient client)
    {
        Assert.StartsWith("Background", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
        HeldServer.Await(client, "aof_rewrite_in_progress:0");
        Assert.Contains("aof_last_bgrewrite_status:ok", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
    }

    [GeneratedRegex("rdb_last_load_keys_loaded:([0-9]+)")]
    private static partial Regex KeysLoaded();
}
