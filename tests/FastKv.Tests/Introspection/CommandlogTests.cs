using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Introspection;

/// <summary>COMMANDLOG: large requests and replies are found wherever a command runs, with their exact sizes; small ones, and what is off, are not.</summary>
public sealed class CommandlogTests(ServerTriple servers) : IClassFixture<ServerTriple>
{
    private const int Large = 1 << 20;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Large_ones_are_found_wherever_they_run(int shards)
    {
        using RespClient client = Begin(shards), other = servers.FastKv(shards).Connect();
        client.Call("CLIENT", "SETNAME", "writer");
        string value = new('x', Large);
        for (int i = 0; i < 6; i++)
            Assert.Equal("OK", client.Call("SET", $"k{i}", value).Text);
        Assert.Equal(6, Length(client, "large-request"));
        var entry = client.Call("COMMANDLOG", "GET", "1", "large-request").Items![0].Items!;
        Assert.Equal(RespClient.Encode("SET", "k5", value).Length, entry[2].Integer);
        Assert.Equal(["SET", "k5", new string('x', 128) + $"... ({Large - 128} more bytes)"], entry[3].Items!.Select(item => item.Text));
        Assert.Equal("writer", entry[5].Text);
        Assert.Equal(0, Length(client, "large-reply"));

        // One among small ones, in one batch.
        string[] names = [.. Enumerable.Range(0, 40).Select(i => $"small{i}")];
        byte[] batch = [.. names.SelectMany(name => RespClient.Encode("SET", name, "v")), .. RespClient.Encode("GET", "k3"),
            .. names.SelectMany(name => RespClient.Encode("GET", name)), .. RespClient.Encode("SETRANGE", "k2", "1", value),
            .. names.SelectMany(name => RespClient.Encode("GET", name))];
        client.Pipeline(batch, (3 * names.Length) + 2);
        Assert.Equal("GET k3", Newest(client, "large-reply", out long bytes));
        Assert.Equal($"${Large}\r\n".Length + Large + 2, bytes);
        Assert.Equal("SETRANGE k2 1", Newest(client, "large-request", out _));
        Assert.Equal((7, 1), (Length(client, "large-request"), Length(client, "large-reply")));

        // Over several shards, and with all of them held.
        client.Call("MSET", "{a}1", value, "{b}1", "1", "{c}1", "1");
        Assert.StartsWith("MSET {a}1", Newest(client, "large-request", out _), StringComparison.Ordinal);
        client.Call("MGET", "{a}1", "{b}1", "{c}1");
        Assert.Equal("MGET {a}1 {b}1 {c}1", Newest(client, "large-reply", out bytes));
        Assert.Equal($"*3\r\n${Large}\r\n".Length + Large + 2 + (2 * "$1\r\n1\r\n".Length), bytes);
        client.Call("RPUSH", "list", value, "y");
        client.Call("SORT", "list", "BY", "nosort");
        Assert.StartsWith("SORT list", Newest(client, "large-reply", out _), StringComparison.Ordinal);
        client.Call("MSETNX", "{d}2", value, "{e}2", "1", "{f}2", "1");
        Assert.StartsWith("MSETNX {d}2", Newest(client, "large-request", out _), StringComparison.Ordinal);

        // In a transaction: when it is queued, and when it is answered. EXEC itself is in no log.
        client.Call("MULTI");
        client.Call("SET", "{a}2", value);
        client.Call("GET", "{a}1");
        client.Call("GET", "{b}1");
        client.Call("EXEC");
        Assert.StartsWith("SET {a}2", Newest(client, "large-request", out _), StringComparison.Ordinal);
        Assert.Equal("GET {a}1", Newest(client, "large-reply", out _));

        // What is served later.
        client.Send("BLPOP", "queue", "0");
        while (!other.Call("INFO", "clients").Text.Contains("blocked_clients:1\r", StringComparison.Ordinal))
            Thread.Sleep(5);
        other.Call("RPUSH", "queue", value);
        client.Read();
        Assert.Equal("BLPOP queue 0", Newest(client, "large-reply", out _));
        Assert.Equal((12, 5), (Length(client, "large-request"), Length(client, "large-reply")));
        client.Call("FLUSHALL");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Thresholds_are_exact_and_may_be_off(int shards)
    {
        using RespClient client = Begin(shards);
        string value = new('v', 500);
        int request = RespClient.Encode("SET", "key", value).Length, reply = "$500\r\n".Length + value.Length + 2;
        foreach ((int threshold, int logged) in (ReadOnlySpan<(int, int)>)[(0, 1), (-1, 0), (1, 0)])
        {
            Set(client, "commandlog-request-larger-than", threshold < 0 ? -1 : request + threshold);
            Set(client, "commandlog-reply-larger-than", threshold < 0 ? -1 : reply + threshold);
            Reset(client);
            client.Call("SET", "key", value);
            client.Call("GET", "key");
            Assert.Equal((logged, logged), (Length(client, "large-request"), Length(client, "large-reply")));
        }

        // All of them, as many as there is room for, the newest first.
        Set(client, "commandlog-request-larger-than", 0);
        Set(client, "commandlog-large-request-max-len", 3);
        for (int i = 0; i < 5; i++)
            client.Call("SET", $"key{i}", "v");
        Assert.Equal(3, Length(client, "large-request"));
        var entries = client.Call("COMMANDLOG", "GET", "-1", "LARGE-REQUEST").Items!;
        Assert.Equal(["COMMANDLOG LEN large-request", "SET key4 v", "SET key3 v"], entries.Select(Text));
        Assert.Equal([1, 1], entries.Zip(entries.Skip(1), (newer, older) => newer.Items![0].Integer - older.Items![0].Integer));
        Set(client, "commandlog-large-request-max-len", 0);
        client.Call("SET", "key", "v");
        Assert.Equal(0, Length(client, "large-request"));
        client.Call("DEL", "key", "key0", "key1", "key2", "key3", "key4");
        Restore(client);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Its_answers(int shards)
    {
        using RespClient client = Begin(shards);
        const string type = "ERR type should be one of the following: slow, large-request, large-reply";
        Assert.Equal(type, client.Call("COMMANDLOG", "LEN", "x").Text);
        Assert.Equal(type, client.Call("COMMANDLOG", "RESET", "x").Text);
        Assert.Equal(type, client.Call("COMMANDLOG", "GET", "1", "x").Text);
        Assert.Equal("ERR count should be greater than or equal to -1", client.Call("COMMANDLOG", "GET", "-2", "x").Text);
        Assert.Equal("ERR count should be greater than or equal to -1", client.Call("COMMANDLOG", "GET", "x", "slow").Text);
        Assert.True(client.Call("COMMANDLOG", "GET", "1").IsError);
        Assert.True(client.Call("COMMANDLOG", "LEN").IsError);
        Assert.Equal("COMMANDLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", client.Call("COMMANDLOG", "HELP").Items![0].Text);

        // The log of what took long is SLOWLOG's, under both names.
        Assert.Equal("OK", client.Call("CONFIG", "SET", "commandlog-execution-slower-than", "0").Text);
        Assert.Equal("0", client.Call("CONFIG", "GET", "slowlog-log-slower-than").Items![1].Text);
        client.Call("ECHO", "hello");
        Assert.Equal("ECHO hello", Text(client.Call("SLOWLOG", "GET", "1").Items![0]));
        client.Call("CONFIG", "SET", "slowlog-log-slower-than", "-1", "commandlog-slow-execution-max-len", "100");
        Assert.Equal("100", client.Call("CONFIG", "GET", "slowlog-max-len").Items![1].Text);
        Assert.Equal(client.Call("SLOWLOG", "GET", "-1").Items!.Select(Text), client.Call("COMMANDLOG", "GET", "-1", "slow").Items!.Select(Text));
        Assert.Equal(client.Call("SLOWLOG", "LEN").Integer, client.Call("COMMANDLOG", "LEN", "slow").Integer);
        Assert.Equal("OK", client.Call("COMMANDLOG", "RESET", "slow").Text);
        Assert.Equal(0, client.Call("SLOWLOG", "LEN").Integer);
        client.Call("CONFIG", "SET", "slowlog-log-slower-than", "10000", "slowlog-max-len", "128");
    }

    private static void Restore(RespClient client) => client.Call("CONFIG", "SET", "commandlog-request-larger-than", $"{Large}", "commandlog-reply-larger-than",
        $"{Large}", "commandlog-large-request-max-len", "128", "commandlog-large-reply-max-len", "128");

    private static void Reset(RespClient client)
    {
        // The reply one first: with a threshold of nothing the other's would be in it.
        Assert.Equal("OK", client.Call("COMMANDLOG", "RESET", "large-reply").Text);
        Assert.Equal("OK", client.Call("COMMANDLOG", "RESET", "large-request").Text);
    }

    private static void Set(RespClient client, string name, long value) => Assert.Equal("OK", client.Call("CONFIG", "SET", name, $"{value}").Text);

    private static long Length(RespClient client, string type) => client.Call("COMMANDLOG", "LEN", type).Integer;

    private static string Text(RespFrame entry) => string.Join(' ', entry.Items![3].Items!.Select(item => item.Text));

    /// <summary>The arguments of the newest entry that are short, and its bytes.</summary>
    private static string Newest(RespClient client, string type, out long bytes)
    {
        var entry = client.Call("COMMANDLOG", "GET", "1", type).Items![0].Items!;
        bytes = entry[2].Integer;
        return string.Join(' ', entry[3].Items!.Select(item => item.Text).Where(text => text.Length < 100));
    }

    private RespClient Begin(int shards)
    {
        RespClient client = servers.FastKv(shards).Connect();
        client.Call("FLUSHALL");
        Restore(client);
        Reset(client);
        return client;
    }
}
