using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Introspection;

/// <summary>SLOWLOG beside redis-server: with a threshold of 0 both log the same commands in the same order, with the same arguments.</summary>
public sealed class SlowlogTests(ServerTriple servers) : IClassFixture<ServerTriple>
{
    private const long DefaultThresholdUs = 10_000;

    private static readonly string[] Script =
    [
        "PING", "SET a v", "AUTH x", "AUTH u p", "AUTH u p q", "HELLO 2 AUTH default x SETNAME named", "HELLO 9 AUTH default x", "HELLO 2 AUTH default",
        "CONFIG SET maxmemory 0 masterauth secret", "CONFIG SET masterauth x", "MULTI", "SET a 1", "GET", "DISCARD", "MULTI", "SET a 1", "INCR b", "DBSIZE",
        "MGET a b", "KEYS *", "RENAME a c", "EXEC", "EXEC", "NOSUCH x", "GET", "LPUSH b 1", "CLIENT ID", "DEBUG SLEEP 0", "SELECT 3", "get b", "BLPOP none 0.02",
        "MGET a b c d", "MSET a 1 b 2 c 3", "DEL a b", "EXISTS a b c d", "KEYS *", "DBSIZE", "RENAME c d", "COPY c d", "SORT none", "XADD s 1-1 f v",
        "XREAD STREAMS s 0", "XREAD BLOCK 20 STREAMS s $", "MULTI", "XREAD BLOCK 20 STREAMS s $", "EXEC", "LRANGE none 0 -1", "FLUSHDB", "WAIT 0 0", "WAIT 1 20", "SHUTDOWN ABORT", "MODULE LOAD x", "CLUSTER INFO", "LATENCY RESET",
        "MONITOR x", "SLOWLOG LEN", "SLOWLOG GET 0", "COMMAND COUNT", "READONLY", "REPLCONF a b", "RESET",
    ];

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(3, 2)]
    [InlineData(3, 3)]
    public void With_a_threshold_of_zero_all_commands_are_logged(int shards, int protocol) =>
        Assert.Equal(Log(servers.Redis, protocol), Log(servers.FastKv(shards), protocol));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Answers_equal_those_of_redis_server(int shards)
    {
        string[] lines =
        [
            "SLOWLOG HELP", "SLOWLOG", "SLOWLOG NOSUCH", "SLOWLOG GET -2", "SLOWLOG GET x", "SLOWLOG GET 1 2", "SLOWLOG LEN 1", "SLOWLOG RESET x",
            "CONFIG SET slowlog-log-slower-than -1", "SLOWLOG RESET", "SLOWLOG LEN", "SLOWLOG GET", "SLOWLOG GET -1", "CONFIG SET slowlog-log-slower-than -2",
            "CONFIG SET slowlog-log-slower-than 0", "PING", "PING", "CONFIG SET slowlog-max-len 2", "SLOWLOG LEN", "CONFIG SET slowlog-max-len 0", "PING",
            "SLOWLOG LEN", "CONFIG SET slowlog-log-slower-than 100000000 slowlog-max-len 128", "SLOWLOG LEN", "SLOWLOG RESET",
        ];
        using RespClient redis = servers.Redis.Connect(), fastKv = servers.FastKv(shards).Connect();
        Assert.Equal(ServerTriple.Run(redis, lines), ServerTriple.Run(fastKv, lines));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_blocked_command_is_logged_when_it_is_served(int shards)
    {
        string Served(ServerProcess server)
        {
            using RespClient waiting = server.Connect(), serving = server.Connect();
            waiting.Call("CLIENT", "SETNAME", "waiting");
            serving.Call("FLUSHALL");
            Begin(serving);
            waiting.Send("BLPOP", "queue", "0");
            while (!serving.Call("INFO", "clients").Text.Contains("blocked_clients:1", StringComparison.Ordinal))
                Thread.Sleep(5);
            serving.Call("RPUSH", "queue", "x");
            waiting.Read();
            return End(serving, entry => !entry.StartsWith("INFO", StringComparison.Ordinal));
        }

        string expected = Served(servers.Redis);
        Assert.Contains("BLPOP queue 0 | waiting", expected, StringComparison.Ordinal);
        Assert.Equal(expected, Served(servers.FastKv(shards)));
    }

    /// <summary>Of a usually short command only a sample is timed; one that is long against its nature is found all the same, in a batch of short ones.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    public void A_command_that_was_not_timed_is_found(int shards, bool isInTransaction)
    {
        using RespClient client = servers.FastKv(shards).Connect();
        client.Call("FLUSHALL");
        client.Call("SET", "{k}large", new string('x', 64 << 20));
        for (int i = 0; i < 300; i++)
            client.Call("GET", "{k}small");
        client.Call("CONFIG", "SET", "slowlog-log-slower-than", "1000");
        client.Call("SLOWLOG", "RESET");
        var commands = new List<string[]>();
        for (int i = 0; i < 14; i++)
            commands.Add(["GET", i == 7 ? "{k}large" : "{k}small"]);
        if (isInTransaction)
            commands = [["MULTI"], .. commands, ["EXEC"]];

        // One in 128 is timed, so of several tries most find the unexplained time.
        byte[] batch = [.. commands.SelectMany(command => RespClient.Encode(command))];
        for (int i = 0; i < 4; i++)
            client.Pipeline(batch, commands.Count);
        client.Call("CONFIG", "SET", "slowlog-log-slower-than", DefaultThresholdUs.ToString());
        string log = End(client, _ => true);
        Assert.True(log.Split("GET {k}large").Length - 1 >= 4, log);
        client.Call("FLUSHALL");
    }

    [Theory]
    [InlineData("DEBUG SLEEP 0.03", 1)]
    [InlineData("DEBUG SLEEP 0.03", 3)]
    [InlineData("KEYS *[^x]*[^x]*[^x]*y", 1)]
    [InlineData("KEYS *[^x]*[^x]*[^x]*y", 3)]
    [InlineData("SORT list BY nosuch:* GET #", 1)]
    [InlineData("SORT list BY nosuch:* GET #", 3)]
    [InlineData("LRANGE list 0 -1", 1)]
    [InlineData("LRANGE list 0 -1", 3)]
    public void Slow_commands_are_logged_with_client_and_duration(string command, int shards)
    {
        using RespClient client = servers.FastKv(shards).Connect();
        client.Call("FLUSHALL");
        for (int i = 0; i < 200; i++)
            client.Call(["RPUSH", "list", .. Enumerable.Range(0, 1000).Select(n => $"{(i * 1000) + n}")]);
        client.Call(["MSET", .. Enumerable.Range(0, 20_000).SelectMany(n => new[] { $"key:{n}:which:has:some:length", "v" })]);
        client.Call("CLIENT", "SETNAME", "slow");
        client.Call("CONFIG", "SET", "slowlog-log-slower-than", "1000");
        client.Call("SLOWLOG", "RESET");
        client.Call(command.Split(' '));
        client.Call("CONFIG", "SET", "slowlog-log-slower-than", DefaultThresholdUs.ToString());
        var entry = client.Call("SLOWLOG", "GET", "-1").Items!.Single(item => string.Join(' ', item.Items![3].Items!.Select(word => word.Text)) == command);
        Assert.True(entry.Items![2].Integer >= 1000);
        Assert.Equal("slow", entry.Items[5].Text);
        Assert.Equal(client.Socket.LocalEndPoint!.ToString(), entry.Items[4].Text);
    }

    private static string Log(ServerProcess server, int protocol)
    {
        using RespClient client = ServerTriple.Connect(server, protocol);
        client.Call("FLUSHALL");
        Begin(client);
        foreach (string line in Script)
            client.Call(line.Replace("HELLO 2", "HELLO " + protocol, StringComparison.Ordinal).Split(' '));
        foreach (int keys in (int[])[40, 31, 30])
            client.Call(["DEL", .. Enumerable.Range(0, keys).Select(i => "k" + i)]);
        client.CallBytes("SET"u8.ToArray(), Encoding.ASCII.GetBytes(new string('k', 129)), [.. Enumerable.Repeat((byte)0xFF, 128)]);
        return End(client, _ => true);
    }

    private static void Begin(RespClient client)
    {
        client.Call("CONFIG", "SET", "slowlog-log-slower-than", "-1");
        client.Call("SLOWLOG", "RESET");
        client.Call("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "1000");
    }

    /// <summary>The log, newest first; the ids must fall by one.</summary>
    private static string End(RespClient client, Func<string, bool> isWanted)
    {
        var entries = client.Call("SLOWLOG", "GET", "-1").Items!;
        client.Call("CONFIG", "SET", "slowlog-log-slower-than", DefaultThresholdUs.ToString(), "slowlog-max-len", "128");
        var text = new StringBuilder();
        for (int i = 0; i < entries.Length; i++)
        {
            var fields = entries[i].Items!;
            Assert.Equal(entries[0].Items![0].Integer - i, fields[0].Integer);
            string line = string.Join(' ', fields[3].Items!.Select(word => word.Text)) + " | " + fields[5].Text;
            if (isWanted(line))
                text.Append(line).Append('\n');
        }
        return text.ToString();
    }
}
