using System.Text;
using FastKv.Tests.Introspection;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Sessions;

/// <summary>CLIENT REPLY and RESET beside redis-server: which replies of a pipeline arrive, to the byte.</summary>
public sealed class ClientReplyTests(ServerTriple servers) : IClassFixture<ServerTriple>
{
    private const int PatienceMs = 60_000;

    // One command per line in one write. Keys x1, x2, x3 lie on different shards of three.
    private static readonly string[] Scripts =
    [
        "CLIENT REPLY SKIP|ECHO a|ECHO b",
        "CLIENT REPLY SKIP|CLIENT REPLY SKIP|ECHO a|ECHO b",
        "CLIENT REPLY SKIP|ECHO a|CLIENT REPLY SKIP|ECHO b|ECHO c",
        "CLIENT REPLY SKIP|GET app:x1|GET app:x2|GET app:x3",
        "CLIENT REPLY SKIP|SET app:x1 v|GET app:x1|CLIENT REPLY SKIP|GET app:x2|GET app:x3|GET app:x1|DEL app:x1",
        "CLIENT REPLY SKIP|MGET app:x1 app:x2 app:x3|ECHO b",
        "CLIENT REPLY SKIP|RENAME app:x1 app:x2|ECHO b",
        "CLIENT REPLY SKIP|NOSUCH|ECHO b",
        "CLIENT REPLY SKIP|GET|ECHO b",
        "CLIENT REPLY SKIP|CLIENT REPLY NEVER|ECHO b",
        "CLIENT REPLY SKIP|CLIENT REPLY ON|ECHO b",
        "CLIENT REPLY SKIP|CLIENT REPLY OFF|ECHO a|CLIENT REPLY ON|ECHO b",
        "CLIENT REPLY OFF|CLIENT REPLY SKIP|ECHO a|CLIENT REPLY ON|ECHO b",
        "CLIENT REPLY OFF|ECHO a|RESET|ECHO b",
        "CLIENT REPLY OFF|MGET app:x1 app:x2 app:x3|GET app:x2|RESET|ECHO b",
        "CLIENT REPLY SKIP|RESET|ECHO b",
        "MULTI|CLIENT REPLY OFF|EXEC|RESET|ECHO b",
        "MULTI|CLIENT REPLY SKIP|ECHO a|EXEC|ECHO b|ECHO c",
        "MULTI|CLIENT REPLY SKIP|CLIENT REPLY ON|EXEC|ECHO b|ECHO c",
        "MULTI|CLIENT REPLY SKIP|GET app:x1|GET app:x2|EXEC|ECHO b|ECHO c",
        "MULTI|CLIENT REPLY SKIP|GET app:x1|GET app:x2|EXEC|GET app:x3|ECHO c",
        "CLIENT REPLY SKIP|MULTI|GET app:x1|GET app:x2|EXEC|ECHO b",
        "MULTI|GET app:x1|CLIENT REPLY SKIP|DISCARD|ECHO b|ECHO c",
    ];

    /// <summary>With a memory limit, or for a user who may not do everything, commands take another way through the server.</summary>
    [Theory]
    [InlineData(1, "open")]
    [InlineData(1, "maxmemory")]
    [InlineData(1, "user")]
    [InlineData(3, "open")]
    [InlineData(3, "maxmemory")]
    [InlineData(3, "user")]
    public void The_replies_that_arrive_are_those_of_redis_server(int shards, string gate)
    {
        foreach (string script in Scripts)
        {
            // Commands before it move the script over the bounds of the batches in which a server takes them.
            foreach (int before in (int[])[0, 13, 14, 15, 16])
            {
                string expected = Run(servers.Redis, gate, before, script);
                string actual = Run(servers.FastKv(shards), gate, before, script);
                Assert.True(expected == actual, $"{script} behind {before}:\n{expected}\n{actual}");
            }
        }
        Assert.EndsWith("$1\r\nb\r\n+OK\r\n", Run(servers.Redis, gate, 0, Scripts[0]), StringComparison.Ordinal);
        Assert.EndsWith("+RESET\r\n$1\r\nb\r\n+OK\r\n", Run(servers.Redis, gate, 0, "CLIENT REPLY OFF|ECHO a|RESET|ECHO b"), StringComparison.Ordinal);
    }

    /// <summary>The reply that is skipped comes when the wait ends, however it ends.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_command_that_blocks_has_its_reply_skipped(int shards)
    {
        foreach (string mode in (string[])["CLIENT REPLY SKIP", "CLIENT REPLY OFF", "PING"])
        {
            foreach (string key in (string[])["q1", "q2", "q3"])
            {
                string[] commands =
                [
                    $"BLPOP {key} 0", $"BLPOP {key} other more 0", $"BLMOVE {key} {{{key}}}d LEFT LEFT 0", $"BLMOVE {key} away LEFT LEFT 0", $"BLPOP {key} 0.05",
                ];
                foreach (string command in commands)
                {
                    foreach (string end in (string[])["push", "unblock", "there", "timeout"])
                    {
                        if (command.EndsWith("0.05", StringComparison.Ordinal) != (end == "timeout"))
                            continue;
                        string expected = RunBlocked(servers.Redis, mode, command, key, end);
                        string actual = RunBlocked(servers.FastKv(shards), mode, command, key, end);
                        Assert.True(expected == actual, $"{mode}, {command}, {end}:\n{expected}\n{actual}");
                    }
                }
            }
        }
        Assert.Equal("+PONG\r\n+OK\r\n+PONG\r\n+OK\r\n", RunBlocked(servers.Redis, "CLIENT REPLY SKIP", "BLPOP q1 0", "q1", "push"));
    }

    private static string Run(ServerProcess server, string gate, int before, string script)
    {
        using RespClient control = server.Connect(), client = server.Connect();
        if (gate == "maxmemory")
            control.Call("CONFIG", "SET", "maxmemory", "1gb");
        if (gate == "user")
        {
            control.Call("ACL", "SETUSER", "app", "on", "nopass", "~app:*", "&*", "+@all");
            Assert.Equal("OK", client.Call("AUTH", "app", "x").Text);
        }
        client.SendRaw(string.Concat(Enumerable.Repeat("PING\r\n", before)) + script.Replace("|", "\r\n", StringComparison.Ordinal) + "\r\nQUIT\r\n");
        string replies = Encoding.Latin1.GetString(client.ReadToEnd());
        control.Call("CONFIG", "SET", "maxmemory", "0");
        control.Call("ACL", "DELUSER", "app");
        return replies;
    }

    private static string RunBlocked(ServerProcess server, string mode, string command, string key, string end)
    {
        using RespClient control = server.Connect(), client = server.Connect();
        control.Call("FLUSHALL");
        string id = client.Call("CLIENT", "ID").Text;
        if (end == "there")
            control.Call("RPUSH", key, "v", "w");
        client.SendRaw($"{mode}\r\n{command}\r\nPING\r\n");
        if (end is "push" or "unblock")
        {
            long until = Environment.TickCount64 + PatienceMs;
            while (!control.Call("INFO", "clients").Text.Contains("blocked_clients:1\r", StringComparison.Ordinal))
                Assert.True(Environment.TickCount64 < until, "the client does not block");
        }
        if (end == "push")
            control.Call("RPUSH", key, "v");
        else if (end == "unblock")
            control.Call("CLIENT", "UNBLOCK", id, "ERROR");

        // What is sent here comes behind the wait; with replies off, its end would not show otherwise.
        client.SendRaw("CLIENT REPLY ON\r\nPING\r\nQUIT\r\n");
        return Encoding.Latin1.GetString(client.ReadToEnd());
    }
}
