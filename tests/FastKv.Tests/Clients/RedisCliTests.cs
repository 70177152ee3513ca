using System.Text;
using System.Text.RegularExpressions;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Clients;

/// <summary>Each mode of redis-cli that needs only the commands built so far.</summary>
public sealed class RedisCliTests
{
    /// <summary>Servers to run against.</summary>
    public static TheoryData<ServerKind> Kinds => [ServerKind.Redis, ServerKind.FastKv1, ServerKind.FastKv3];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Commands_on_the_command_line(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        Assert.Equal("PONG", Cli(server, "PING").Trim());
        Assert.Equal("OK", Cli(server, "SET", "k", "v w").Trim());
        Assert.Equal("v w", Cli(server, "GET", "k").Trim());
        Assert.Equal("\"v w\"", Cli(server, "--no-raw", "GET", "k").Trim());
        Assert.Equal("{\"proto\":3}", "{" + Regex.Match(Cli(server, "--json", "-3", "HELLO", "3"), "\"proto\":3").Value + "}");
        Assert.Equal("OK", Script.Run("redis-cli", ["-s", server.SocketPath, "SET", "u", "1"]).Trim());
        Assert.Equal("hello", Script.Run("redis-cli", ["-p", server.Port.ToString(), "-x", "ECHO"], "hello"u8.ToArray()).Trim());
        Assert.Equal(["1", "2", "3"], Cli(server, "-r", "3", "INCR", "n").Trim().Split('\n').Select(l => l.Trim()));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Interactive_on_a_terminal(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        string seen = Script.Run("/usr/bin/python3", ["redis_cli_interactive.py", server.Port.ToString()]);
        foreach (string expected in (string[])["PONG", "\"hello world\"", "\"proto\" => (integer) 3", "(error) ERR value is not an integer or out of range",
            $":{server.Port}[3]>", "summary:", "(integer) 3"])
            Assert.Contains(expected, seen, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Scan_bigkeys_memkeys(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient client = server.Connect();
        for (int i = 0; i < 2000; i++)
            client.Call("SET", "key:" + i, new string('x', i % 50));
        client.Call("SET", "biggest", new string('x', 1000));
        string[] found = Cli(server, "--scan", "--pattern", "key:1*").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => "key:" + i).Where(k => k.StartsWith("key:1", StringComparison.Ordinal)).Order(), found.Distinct()
            .Order());
        string big = Cli(server, "--bigkeys", "-i", "0.001");
        Assert.Contains("Biggest string found '\"biggest\"' has 1000 bytes", big, StringComparison.Ordinal);
        Assert.Contains("Sampled 2001 keys", big, StringComparison.Ordinal);
        Assert.Contains("Biggest string found '\"biggest\"' has", Cli(server, "--memkeys"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Stat_and_latency(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        // It runs until it is stopped; line buffering lets its lines out before that. How long it takes to begin depends on the machine.
        string stat = "";
        for (int milliseconds = 1500; milliseconds < 60_000 && !stat.Contains("\n0 ", StringComparison.Ordinal); milliseconds *= 3)
            stat = Script.RunFor(milliseconds, "stdbuf", "-oL", "redis-cli", "-p", server.Port.ToString(), "--stat", "-i", "0.2");
        Assert.Contains("keys       mem      clients", stat, StringComparison.Ordinal);
        Assert.Matches(@"\n0 +[0-9.]+[BKMG] +\d+ +\d+ +\d+ +\(\+\d+\) +\d+", stat);
        string latency = Cli(server, "--latency", "--raw", "-i", "1").Trim();
        Assert.Matches(@"^\d+ \d+ [0-9.]+ \d+$", latency);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Pipe_inserts_many_keys(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using var input = new MemoryStream();
        for (int i = 0; i < 10_000; i++)
            input.Write(RespClient.Encode("SET", "pipe:" + i, "value:" + i));
        input.Write(Encoding.ASCII.GetBytes("INCR pipe:1\r\n"));
        // Its exit code says that one reply was an error.
        string output = Script.Run("redis-cli", ["-p", server.Port.ToString(), "--pipe"], input.ToArray(), expectedExitCode: 1);
        Assert.Contains("errors: 1, replies: 10001", output, StringComparison.Ordinal);
        Assert.Equal("10000", Cli(server, "DBSIZE").Trim());
    }

    [Theory]
    [InlineData(ServerKind.Redis, 1)]
    [InlineData(ServerKind.Redis, 16)]
    [InlineData(ServerKind.FastKv1, 1)]
    [InlineData(ServerKind.FastKv1, 16)]
    [InlineData(ServerKind.FastKv3, 1)]
    [InlineData(ServerKind.FastKv3, 16)]
    public void Redis_benchmark(ServerKind kind, int pipeline)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        string output = Script.Run("redis-benchmark", ["-p", server.Port.ToString(), "-t", "ping_inline,ping_mbulk,set,get,incr,mset", "-n", "20000", "-r",
            "1000", "-P", pipeline.ToString(), "-q"]);
        foreach (string name in (string[])["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)"])
            Assert.Matches(Regex.Escape(name) + @": [0-9.]+ requests per second", output);
        Assert.DoesNotContain("error", output, StringComparison.OrdinalIgnoreCase);
        server.AssertAlive();
    }

    private static string Cli(ServerProcess server, params string[] arguments) => Script.Run("redis-cli", ["-p", server.Port.ToString(), .. arguments]);
}
