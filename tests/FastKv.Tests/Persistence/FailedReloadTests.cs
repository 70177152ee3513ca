using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>A DEBUG RELOAD or DEBUG LOADAOF that fails has done nothing: what the server has is still what its append-only file says, and no block is lost.</summary>
public sealed class FailedReloadTests
{
    [Theory]
    [InlineData(1, "NOSAVE", "NOFLUSH")]
    [InlineData(3, "NOSAVE", "NOFLUSH")]
    public void A_key_that_is_there_already(int shards, params string[] options)
    {
        using var folder = new TemporaryFolder();
        using var server = new FastKvProcess(shards, "--dir", folder.Path, "--appendonly", "yes", "--appendfsync", "always");
        using RespClient client = server.Connect();
        Fill(client);
        Assert.Equal("OK", client.Call("SAVE").Text);
        Assert.Equal("OK", client.Call("SET", "k2", "v").Text);
        AssertUnchanged(client, ["DEBUG", "RELOAD", .. options]);
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE").Text);
        Assert.Equal("v", client.Call("GET", "k2").Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Keys_of_the_file_come_to_those_that_are_there(int shards)
    {
        using var server = new FastKvProcess(shards);
        using RespClient client = server.Connect();
        Fill(client);
        string digest = client.Call("DEBUG", "DIGEST").Text;
        Assert.Equal("OK", client.Call("SAVE").Text);
        Assert.Equal("OK", client.Call("FLUSHALL").Text);
        Assert.Equal("OK", client.Call("SET", "k2", "v").Text);
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH").Text);
        Assert.Equal(1, client.Call("DEL", "k2").Integer);
        Assert.Equal(digest, client.Call("DEBUG", "DIGEST").Text);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(3, true)]
    [InlineData(3, false)]
    public void A_damaged_snapshot(int shards, bool flushes)
    {
        using var folder = new TemporaryFolder();
        using var server = new FastKvProcess(shards, "--dir", folder.Path, "--appendonly", "yes", "--appendfsync", "always");
        using RespClient client = server.Connect();
        Fill(client);
        Assert.Equal("OK", client.Call("SAVE").Text);
        byte[] file = File.ReadAllBytes(folder.File);
        File.WriteAllBytes(folder.File, file[..^30]);
        Assert.Equal("OK", client.Call("SET", "k2", "v", "EX", "1000").Text);
        AssertUnchanged(client, flushes ? ["DEBUG", "RELOAD", "NOSAVE"] : ["DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE"]);
        File.WriteAllBytes(folder.File, file);
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.True(client.Call("GET", "k2").IsNull);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_append_only_file_that_cannot_be_loaded(int shards)
    {
        using var folder = new TemporaryFolder();
        using var server = new FastKvProcess(shards, "--dir", folder.Path, "--appendonly", "yes", "--appendfsync", "always");
        using RespClient client = server.Connect();
        Fill(client);
        string last = Directory.GetFiles(Path.Combine(folder.Path, "appendonlydir"), "*.incr.aof").Order(StringComparer.Ordinal).Last();
        byte[] content = File.ReadAllBytes(last);
        File.AppendAllText(last, "*1\r\n$3\r\nFOO\r\n");
        AssertUnchanged(client, ["DEBUG", "LOADAOF"]);
        using (FileStream file = File.OpenWrite(last))
            file.SetLength(content.Length);
        string digest = client.Call("DEBUG", "DIGEST").Text;
        Assert.Equal("OK", client.Call("DEBUG", "LOADAOF").Text);
        Assert.Equal(digest, client.Call("DEBUG", "DIGEST").Text);
    }

    private static void Fill(RespClient client)
    {
        for (int i = 0; i < 50; i++)
        {
            client.Call("SET", $"key:{i}", $"value {i}", "PX", "100000000");
            client.Call("HSET", $"hash:{i}", "a", $"{i}", "b", new string('x', 200));
            client.Call("RPUSH", $"list:{i}", "a", "b", "c");
        }
        client.Call("HPEXPIRE", "hash:1", "100000000", "FIELDS", "1", "a");
        client.Call("SELECT", "3");
        client.Call("XADD", "stream", "1-1", "f", "v");
        client.Call("SELECT", "0");
    }

    private static void AssertUnchanged(RespClient client, string[] command)
    {
        string digest = client.Call("DEBUG", "DIGEST").Text, keyspace = Keyspace(client);
        Assert.True(client.Call(command).IsError, string.Join(' ', command));
        Assert.Equal(digest, client.Call("DEBUG", "DIGEST").Text);
        Assert.Equal(keyspace, Keyspace(client));
    }

    /// <summary>How many keys there are and how many expire.</summary>
    private static string Keyspace(RespClient client) =>
        string.Join('\n', client.Call("INFO", "keyspace").Text.Split("\r\n").Select(line => line.Split(",avg_ttl")[0]));
}
