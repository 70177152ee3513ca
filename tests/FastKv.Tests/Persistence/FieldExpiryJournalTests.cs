using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>What the append-only file says of fields that expire: each of them once, however many there are and however often their hash is changed meanwhile.</summary>
public sealed class FieldExpiryJournalTests
{
    private const int Fields = 20_000;
    private const int Batch = 500;

    [Theory]
    [InlineData(400)]
    [InlineData(Fields)]
    public void A_field_that_expires_is_told_once(int fields)
    {
        using var folder = new TemporaryFolder();
        using var server = new AofServer(folder.Path, isFastKv: true, "--shards", "1", "--enable-debug-command", "yes");
        using RespClient client = server.Connect();
        Fill(client, fields);
        client.Call(["HSET", "h", "stays", "0"]);

        // Changes of a hash that has more due fields than one slice removes.
        for (int i = 0; i < 200; i++)
            client.Call("HINCRBY", "h", "stays", "1");
        Eventually(() => client.Call("HLEN", "h").Text == "1");
        AwaitFile(client);
        Assert.Equal(fields, Told(folder, "HDEL"));
        server.KillAndRestart();
        using RespClient again = server.Connect();
        Assert.Equal("stays 200", string.Join(' ', again.Call("HGETALL", "h").Items!.Select(item => item.Text)));
    }

    /// <summary>With the expiry asleep, what a command names is still due, and gone for it; so it must be where the command is repeated.</summary>
    [Fact]
    public void A_due_field_that_a_command_names_is_gone_before_it()
    {
        using var folder = new TemporaryFolder();
        using var server = new AofServer(folder.Path, isFastKv: true, "--shards", "1", "--enable-debug-command", "yes");
        using RespClient client = server.Connect();
        client.Call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
        foreach (string key in (string[])["small", "large"])
        {
            client.Call("HSET", key, "count", "100", "kept", "old", "other", "1", "float", "8.5", "stays", "s");
            if (key == "large")
                client.Call("HSET", key, "long", new string('x', 100));
            client.Call("HPEXPIRE", key, "1", "FIELDS", "4", "count", "kept", "other", "float");
        }
        Thread.Sleep(20);
        foreach (string key in (string[])["small", "large"])
        {
            Assert.Equal("5", client.Call("HINCRBY", key, "count", "5").Text);
            Assert.Equal("1", client.Call("HSETNX", key, "kept", "new").Text);
            Assert.Equal("0.5", client.Call("HINCRBYFLOAT", key, "float", "0.5").Text);
            Assert.Equal("-2", client.Call("HPERSIST", key, "FIELDS", "2", "other", "none").Items![0].Text);
        }
        string[] before = [.. Sorted(client, "small"), .. Sorted(client, "large")];
        AwaitFile(client);
        server.KillAndRestart();
        using RespClient again = server.Connect();
        Assert.Equal(before, (string[])[.. Sorted(again, "small"), .. Sorted(again, "large")]);
        Assert.Contains("count=5", before);
    }

    /// <summary>A reading command that finds a field due removes it, which is told like any other removal.</summary>
    [Theory]
    [InlineData("1")]
    [InlineData("3")]
    public void A_due_field_that_is_read_is_told_once(string shards)
    {
        using var folder = new TemporaryFolder();
        using var server = new AofServer(folder.Path, isFastKv: true, "--shards", shards, "--enable-debug-command", "yes");
        using RespClient client = server.Connect();
        client.Call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
        client.Call("HSET", "h", "a", "1", "b", "2", "c", "3", "d", "4", "stays", "s");
        client.Call("HSET", "gone", "f", "v");
        client.Call("HPEXPIRE", "h", "1", "FIELDS", "4", "a", "b", "c", "d");
        client.Call("HPEXPIRE", "gone", "1", "FIELDS", "1", "f");
        Thread.Sleep(20);
        client.Call("HGET", "h", "a");
        client.Call("MULTI");
        client.Call("HMGET", "h", "a", "b", "stays", "b");
        client.Call("HSTRLEN", "gone", "f");
        client.Call("EXEC");
        client.Call("HEXISTS", "h", "c");
        client.Call("HSETNX", "h", "d", "new");
        AwaitFile(client);
        Assert.Equal(5, Told(folder, "HDEL"));
        string[] before = [.. Sorted(client, "h")];
        Assert.Equal(["d=new", "stays=s"], before);
        server.KillAndRestart();
        using RespClient again = server.Connect();
        Assert.Equal(before, Sorted(again, "h"));
        Assert.Equal("1", again.Call("DBSIZE").Text);
    }

    /// <summary>A base has the time to live of its instant; that a field got more of it later is in the increment.</summary>
    [Theory]
    [InlineData("no")]
    [InlineData("yes")]
    public void A_field_that_got_more_time_after_a_rewrite_is_there(string preamble)
    {
        for (int lifetimeMs = 1500; !HasGotMoreTime(preamble, lifetimeMs); lifetimeMs *= 2)
            Assert.True(lifetimeMs < 60_000, "the fields never live until the rewrite has ended");
    }

    // False: a field had expired by the end of the rewrite, so that it could not get more time.
    private static bool HasGotMoreTime(string preamble, int lifetimeMs)
    {
        using var folder = new TemporaryFolder();
        using var server = new AofServer(folder.Path, isFastKv: true, "--shards", "1", "--aof-use-rdb-preamble", preamble);
        using RespClient client = server.Connect();
        foreach (string key in (string[])["small", "large"])
        {
            client.Call("HSET", key, "kept", "k", "extended", "e", "gone", "g", "other", new string('x', key == "large" ? 100 : 1));
            client.Call("HPEXPIRE", key, $"{lifetimeMs}", "FIELDS", "3", "kept", "extended", "gone");
        }
        Assert.StartsWith("Background", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
        Eventually(() => client.Call("INFO", "persistence").Text.Contains("aof_rewrite_in_progress:0", StringComparison.Ordinal));
        foreach (string key in (string[])["small", "large"])
        {
            string persisted = client.Call("HPERSIST", key, "FIELDS", "1", "kept").Items![0].Text;
            string extended = client.Call("HEXPIRE", key, "1000", "FIELDS", "1", "extended").Items![0].Text;
            if (persisted == "-2" || extended == "-2")
                return false;
            Assert.Equal(("1", "1"), (persisted, extended));
        }
        Eventually(() => client.Call("HLEN", "small").Text == "3" && client.Call("HLEN", "large").Text == "3");
        string[] before = [.. Sorted(client, "small"), .. Sorted(client, "large")];
        AwaitFile(client);
        server.KillAndRestart();
        using RespClient again = server.Connect();
        Assert.Equal(before, (string[])[.. Sorted(again, "small"), .. Sorted(again, "large")]);
        return true;
    }

    private static void AwaitFile(RespClient client) => Assert.Equal("1", client.Call("WAITAOF", "1", "0", "50000").Items![0].Text);

    private static IEnumerable<string> Sorted(RespClient client, string key) =>
        client.Call("HGETALL", key).Items!.Chunk(2).Select(pair => $"{pair[0].Text}={pair[1].Text}").Order(StringComparer.Ordinal);

    private static void Fill(RespClient client, int fields)
    {
        for (int i = 0; i < fields; i += Batch)
        {
            string[] names = [.. Enumerable.Range(i, Math.Min(Batch, fields - i)).Select(n => $"f{n}")];
            client.Call(["HSET", "h", .. names.SelectMany(name => new[] { name, "v" })]);
        }

        // Time enough for all of them to be told: 1, it has a time to live; 2, it would be gone at once.
        long at = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 3000;
        var commands = new List<byte[]>();
        for (int i = 0; i < fields; i += Batch)
        {
            string[] names = [.. Enumerable.Range(i, Math.Min(Batch, fields - i)).Select(n => $"f{n}")];
            commands.Add(RespClient.Encode(["HPEXPIREAT", "h", $"{at}", "FIELDS", $"{names.Length}", .. names]));
        }
        RespFrame[] replies = client.Pipeline([.. commands.SelectMany(command => command)], commands.Count);
        Assert.All(replies.SelectMany(reply => reply.Items!), item => Assert.Equal("1", item.Text));
        Thread.Sleep((int)Math.Max(0, at - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
    }

    private static int Told(TemporaryFolder folder, string command) =>
        Directory.GetFiles(Path.Combine(folder.Path, "appendonlydir"), "*.aof").Sum(file => Encoding.Latin1.GetString(File.ReadAllBytes(file)).Split(command).Length - 1);

    private static void Eventually(Func<bool> condition) => Patience.Until(condition, "it does not happen");
}
