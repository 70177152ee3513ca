using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Introspection;

/// <summary>CLIENT PAUSE beside redis-server: what is held and what is not, and that nothing expires meanwhile.</summary>
public sealed class PauseTests(ServerTriple servers) : IClassFixture<ServerTriple>
{
    private const int LongMs = 60_000;

    /// <summary>A pause of everything, which only its time ends: what is not held is answered within half of it on any machine.</summary>
    private const int PauseMs = 5000;

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(3, 2)]
    [InlineData(3, 3)]
    public void What_write_holds_is_what_redis_server_holds(int shards, int protocol)
    {
        string expected = WhileWritesPause(servers.Redis, protocol);
        Assert.Contains("SET k w: held", expected, StringComparison.Ordinal);
        Assert.Equal(expected, WhileWritesPause(servers.FastKv(shards), protocol));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_all_holds_is_what_redis_server_holds(int shards)
    {
        string WhileAllPause(ServerProcess server)
        {
            string text = "";
            var held = new List<RespClient>();
            string[] commands = ["PING", "CLIENT UNPAUSE", "GET k", "SET k v", "HELLO", "QUIT", "NOSUCH", "GET", "RESET", "MULTI", "INFO nothing"];
            foreach (string _ in commands)
                held.Add(server.Connect());
            using RespClient control = server.Connect();

            // Which of GET and SET comes first when the pause ends is the server's own affair.
            control.Call("SET", "k", "v");
            var watch = Stopwatch.StartNew();
            control.Call("CLIENT", "PAUSE", PauseMs.ToString());
            for (int i = 0; i < commands.Length; i++)
                held[i].Send(commands[i].Split(' '));
            bool[] isLate = AreLate(held, watch);
            for (int i = 0; i < commands.Length; i++)
            {
                text += $"{commands[i]}: {(isLate[i] ? "held, " : "")}{(commands[i] == "HELLO" ? held[i].Read().Type : held[i].Read())}\n";
                held[i].Dispose();
            }
            return text;
        }

        string expected = WhileAllPause(servers.Redis);
        Assert.Contains("CLIENT UNPAUSE: held, ", expected, StringComparison.Ordinal);
        Assert.Equal(expected, WhileAllPause(servers.FastKv(shards)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Nothing_expires_while_clients_pause(int shards)
    {
        foreach (ServerProcess server in (ServerProcess[])[servers.Redis, servers.FastKv(shards)])
        {
            using RespClient client = server.Connect();
            for (int lifetimeMs = 1500; ; lifetimeMs *= 2)
            {
                Assert.True(lifetimeMs < LongMs, "the keys never live until the pause begins");
                client.Call("FLUSHALL");
                for (int i = 0; i < 50; i++)
                    client.Call("SET", "k" + i, "v", "PX", lifetimeMs.ToString());
                client.Call("CONFIG", "RESETSTAT");
                client.Call("CLIENT", "PAUSE", LongMs.ToString(), "WRITE");
                if (client.Call("PTTL", "k0").Integer > 0)
                    break;
                client.Call("CLIENT", "UNPAUSE");
            }
            while (client.Call("PTTL", "k49").Text != "-2")
                Thread.Sleep(10);
            for (int i = 0; i < 50; i++)
                Assert.True(client.Call("GET", "k" + i).IsNull);
            Assert.Equal("0", client.Call("EXISTS", "k1", "k2", "k3").Text);

            // Half a second is what the active expiry takes to look at everything.
            Thread.Sleep(700);
            Assert.Equal("50", client.Call("DBSIZE").Text);
            Assert.Contains("expired_keys:0\r", client.Call("INFO", "stats").Text, StringComparison.Ordinal);
            client.Call("CLIENT", "UNPAUSE");
            for (int i = 0; i < 50; i++)
                client.Call("GET", "k" + i);
            Assert.Equal("0", client.Call("DBSIZE").Text);
        }
    }

    /// <summary>What stands behind CLIENT PAUSE in the same pipeline is held as well, wherever in a batch of commands that is.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_rest_of_the_pipeline_is_held(int shards)
    {
        string[] scripts =
        [
            "CLIENT PAUSE 60000 WRITE|SET k v|GET k",
            "CLIENT PAUSE 60000 WRITE|GET k|SET k v|PING|GET k",
            "CLIENT PAUSE 60000 WRITE|PING|MSET k v a b c d|GET k",
            "CLIENT PAUSE 60000 WRITE|MULTI|PING|EXEC|SET k v|GET k",
            "CLIENT PAUSE 60000 WRITE|CLIENT UNPAUSE|SET k v|GET k",
            "CLIENT PAUSE 60000 WRITE|GET k|CLIENT UNPAUSE|CLIENT PAUSE 60000 WRITE|SET k v|GET k",
            "MULTI|CLIENT PAUSE 60000 WRITE|SET a b|EXEC|GET a|SET k v|GET k",
        ];
        foreach (string script in scripts)
        {
            // Among them those that put CLIENT PAUSE at the end of a batch.
            foreach (int before in (int[])[0, 1, 12, 13, 14, 15, 16, 31])
            {
                string expected = HoldRest(servers.Redis, script, before), actual = HoldRest(servers.FastKv(shards), script, before);
                Assert.True(expected == actual, $"{script} behind {before}:\n{expected}\n{actual}");
            }
        }
        Assert.Contains("held, k is $(nil)", HoldRest(servers.Redis, scripts[0], 0), StringComparison.Ordinal);
    }

    /// <summary>The same for a pause of everything, which only its time ends.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_pause_of_all_holds_its_own_client(int shards)
    {
        foreach (ServerProcess server in (ServerProcess[])[servers.Redis, servers.FastKv(shards)])
        {
            using RespClient client = server.Connect();
            var watch = Stopwatch.StartNew();
            client.SendRaw("PING\r\nCLIENT PAUSE 2000\r\nPING\r\nECHO a\r\nQUIT\r\n");
            Assert.Equal("+PONG\r\n", Encoding.Latin1.GetString(client.Read().Raw));
            Assert.Equal("+OK\r\n", Encoding.Latin1.GetString(client.Read().Raw));
            Assert.Equal("+PONG\r\n", Encoding.Latin1.GetString(client.Read().Raw));

            // What is slow makes it later still.
            Assert.InRange(watch.ElapsedMilliseconds, 1000, long.MaxValue);
            Assert.Equal("$1\r\na\r\n+OK\r\n", Encoding.Latin1.GetString(client.ReadToEnd()));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Errors_equal_those_of_redis_server(int shards)
    {
        string[] lines =
        [
            "CLIENT PAUSE", "CLIENT PAUSE x", "CLIENT PAUSE -1", "CLIENT PAUSE 1 BOTH", "CLIENT PAUSE 1 ALL x", "CLIENT PAUSE 0 ALL", "CLIENT PAUSE 0 WRITE",
            "CLIENT UNPAUSE", "CLIENT UNPAUSE x", "CLIENT PAUSE 99999999999999999999",
        ];
        using RespClient redis = servers.Redis.Connect(), fastKv = servers.FastKv(shards).Connect();
        Assert.Equal(ServerTriple.Run(redis, lines), ServerTriple.Run(fastKv, lines));
    }

    private static string WhileWritesPause(ServerProcess server, int protocol)
    {
        string[] commands =
        [
            "GET k", "SET k w", "MGET k a b", "MSET a 1 b 2", "PFCOUNT h", "GET", "NOSUCH", "BLPOP q 0", "EXPIRE k 10", "DEL a b c", "INFO nothing", "SUNION s t",
            "SINTERSTORE d s t", "PING", "CLIENT GETNAME", "CONFIG GET nothing", "KEYS nothing", "FLUSHALL",
        ];
        using RespClient control = server.Connect();
        control.Call("FLUSHALL");
        control.Call("SET", "k", "v");
        RespClient[] clients = commands.Select(_ => ServerTriple.Connect(server, protocol)).ToArray();
        using RespClient reading = ServerTriple.Connect(server, protocol), writing = ServerTriple.Connect(server, protocol);
        control.Call("CLIENT", "PAUSE", LongMs.ToString(), "WRITE");
        string text = "";
        bool[] held = new bool[commands.Length];
        for (int i = 0; i < commands.Length; i++)
        {
            clients[i].Send(commands[i].Split(' '));
            held[i] = IsHeld(clients[i], control, held.Count(isHeld => isHeld));
            text += $"{commands[i]}: {(held[i] ? "held" : clients[i].Read())}\n";
        }
        text += ServerTriple.Run(reading, "MULTI", "GET k", "EXEC");
        writing.Call("MULTI");
        writing.Send("SET", "k", "z");
        text += IsHeld(writing, control, held.Count(isHeld => isHeld)) ? "SET within MULTI: held\n" : "SET within MULTI: not held\n";
        string info = control.Call("INFO", "clients").Text;
        text += info[info.IndexOf("blocked_clients", StringComparison.Ordinal)..].Split('\r')[0] + "\n";
        text += $"{control.Call("CLIENT", "LIST").Text.Split('\n').Count(line => line.Contains(" flags=b", StringComparison.Ordinal))} blocked\n";
        control.Call("CLIENT", "UNPAUSE");
        text += writing.Read() + ServerTriple.Run(writing, "DISCARD");
        for (int i = 0; i < commands.Length; i++)
        {
            // What is held runs in an order of the server's own; each has its reply.
            if (held[i] && commands[i] != "BLPOP q 0")
                text += $"{commands[i]}: {clients[i].Read().Type}\n";
            clients[i].Dispose();
        }
        return text;
    }

    /// <summary>Whether the pipeline is held in its midst, what it has done until then, and what its client is told in the end.</summary>
    private static string HoldRest(ServerProcess server, string script, int before)
    {
        using RespClient control = server.Connect(), client = server.Connect();
        control.Call("DEL", "k", "a", "c");
        string pings = string.Concat(Enumerable.Repeat("PING\r\n", before));
        client.SendRaw($"{pings}{script.Replace("|", "\r\n", StringComparison.Ordinal)}\r\nECHO end\r\n");
        string text = "", state;
        do
        {
            text += Take(client);
            state = text.EndsWith("$3\r\nend\r\n", StringComparison.Ordinal) ? "done" : Blocked(control) == "1" ? "held" : "";
        }
        while (state.Length == 0);
        state += $", k is {control.Call("GET", "k")}\n";
        control.Call("CLIENT", "UNPAUSE");
        client.SendRaw("QUIT\r\n");
        return state + text + Encoding.Latin1.GetString(client.ReadToEnd());
    }

    private static string Blocked(RespClient control) =>
        control.Call("INFO", "clients").Text.Split("\r\n").Single(line => line.StartsWith("blocked_clients:", StringComparison.Ordinal)).Split(':')[1];

    /// <summary>The bytes that have arrived.</summary>
    private static string Take(RespClient client)
    {
        byte[] bytes = new byte[client.Socket.Available];
        return Encoding.Latin1.GetString(bytes, 0, bytes.Length == 0 ? 0 : client.Socket.Receive(bytes));
    }

    /// <summary>Whether the command that the client has sent during a pause of writes is held, besides those of others; else its answer is there.</summary>
    private static bool IsHeld(RespClient client, RespClient control, int others)
    {
        bool isAnswered = false;
        Patience.Until(
            () => (isAnswered = client.Socket.Poll(0, SelectMode.SelectRead)) || Blocked(control) == (others + 1).ToString(),
            "the command is neither answered nor held");
        return !isAnswered;
    }

    // Of those who have sent their command during a pause of everything, in which nobody can be asked: whose answer comes when the pause ends. The others'
    // comes at once, which on a slow machine may be long after, but far from half of the pause.
    private static bool[] AreLate(IReadOnlyList<RespClient> clients, Stopwatch sincePause)
    {
        var late = new bool?[clients.Count];
        while (late.Contains(null))
        {
            for (int i = 0; i < late.Length; i++)
            {
                if (late[i] is null && clients[i].Socket.Poll(0, SelectMode.SelectRead))
                    late[i] = sincePause.ElapsedMilliseconds > PauseMs / 2;
            }
            Assert.True(sincePause.ElapsedMilliseconds < LongMs, "no end of the pause");
            Thread.Sleep(5);
        }
        return [.. late.Select(isLate => isLate!.Value)];
    }
}
