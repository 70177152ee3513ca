using System.Text;
using System.Text.RegularExpressions;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Introspection;

/// <summary>MONITOR beside redis-server: what several clients do is shown in the same lines, in the same order.</summary>
public sealed partial class MonitorTests(ServerTriple servers) : IClassFixture<ServerTriple>
{
    private static readonly string[] Script =
    [
        "PING", "AUTH x", "AUTH u p", "AUTH u p q", "HELLO 2", "HELLO 2 AUTH default x", "HELLO 2 SETNAME a", "CONFIG GET port", "MULTI", "SET a 1", "GET", "DISCARD",
        "MULTI", "SET a 1", "INCR b", "CONFIG GET maxmemory", "DBSIZE", "MGET a b", "EXEC", "EXEC", "NOSUCH", "GET", "LPUSH a 1", "CLIENT ID", "CLIENT LIST",
        "CLIENT GETNAME", "DEBUG SLEEP 0", "SELECT 3", "get b", "WATCH q", "MULTI", "PING", "EXEC", "BLPOP none 0.02", "XADD st 5-5 f v",
        "XREAD BLOCK 20 STREAMS st $", "MULTI", "XREAD BLOCK 20 STREAMS st $", "EXEC", "COMMAND COUNT", "MGET a b c d",
        "MSET a 1 b 2", "KEYS nothing*", "DBSIZE", "RENAME a b", "SLOWLOG GET 0", "WAIT 0 0", "WAIT 1 20", "SHUTDOWN ABORT", "INFO nothing", "WATCH z",
        "SET z 1", "MULTI", "GET z", "EXEC", "FLUSHDB", "ROLE", "LASTSAVE", "LATENCY RESET", "READONLY", "REPLCONF a b", "RESET", "QUIT",
    ];

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(3, 2)]
    [InlineData(3, 3)]
    public void Lines_equal_those_of_redis_server(int shards, int protocol)
    {
        string expected = Watch(servers.Redis, protocol);
        Assert.Contains("[3 ADDRESS] \"get\" \"b\"", expected, StringComparison.Ordinal);
        Assert.Equal(expected, Watch(servers.FastKv(shards), protocol));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_monitor_may_do_little(int shards)
    {
        string Answers(ServerProcess server)
        {
            using RespClient client = server.Connect(), other = server.Connect();
            string text = ServerTriple.Run(client, "MULTI", "MONITOR", "EXEC", "MONITOR", "GET a", "SET a 1");

            // A second MONITOR is not answered: the reply that comes is PING's.
            client.Send("MONITOR");
            text += ServerTriple.Run(client, "PING");
            string id = Regex.Match(other.Call("CLIENT", "LIST").Text, @"id=(\d+) [^\n]*flags=O ").Groups[1].Value;
            Assert.NotEqual("", id);
            Assert.Contains("PING", client.Read().ToString(), StringComparison.Ordinal);
            text += ServerTriple.Run(client, "RESET");

            // It is no monitor any more, so what follows is not shown.
            return text + ServerTriple.Run(client, "GET a", "PING");
        }

        Assert.Equal(Addresses().Replace(Answers(servers.Redis), ""), Addresses().Replace(Answers(servers.FastKv(shards)), ""));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Each_monitor_sees_each_command_of_each_client_in_its_order(int shards)
    {
        const int commands = 300;
        ServerProcess server = servers.FastKv(shards);
        using RespClient first = server.Connect(), second = server.Connect();
        first.Call("MONITOR");
        second.Call("MONITOR");
        using RespClient left = server.Connect(), right = server.Connect();
        for (int i = 0; i < commands; i++)
        {
            left.Send("SET", "key:" + i, "left");
            right.Send("SET", "key:" + (commands - i), "right");
        }
        foreach (RespClient monitor in (RespClient[])[first, second])
        {
            var lines = Enumerable.Range(0, 2 * commands).Select(_ => monitor.Read().Text).ToArray();
            Assert.Equal(Enumerable.Range(0, commands), lines.Where(line => line.EndsWith("\"left\"", StringComparison.Ordinal)).Select(KeyOf));
            Assert.Equal(Enumerable.Range(0, commands).Select(i => commands - i), lines.Where(line => line.EndsWith("\"right\"", StringComparison.Ordinal)).Select(KeyOf));
        }

        static int KeyOf(string line) => int.Parse(Regex.Match(line, "key:(\\d+)").Groups[1].Value);
    }

    [Fact]
    public void Unix_sockets_are_shown_by_their_path()
    {
        string Line(ServerProcess server)
        {
            using RespClient monitor = server.Connect();
            monitor.Call("MONITOR");
            using RespClient client = RespClient.Connect(new System.Net.Sockets.UnixDomainSocketEndPoint(server.SocketPath));
            client.Call("ECHO", "\0\u0007\b\t\n\r\"\\\u007f\u00ff ");
            return Times().Replace(monitor.Read().Text, "").Replace(server.SocketPath, "PATH", StringComparison.Ordinal);
        }

        string expected = Line(servers.Redis);
        Assert.Contains("unix:PATH", expected, StringComparison.Ordinal);
        Assert.Equal(expected, Line(servers.FastKv1));
    }

    private static string Watch(ServerProcess server, int protocol)
    {
        using RespClient monitor = ServerTriple.Connect(server, protocol);
        using RespClient client = ServerTriple.Connect(server, protocol);
        using RespClient other = server.Connect();
        other.Call("FLUSHALL");
        monitor.Call("MONITOR");
        for (int i = 0; i < Script.Length; i++)
        {
            client.Call(Script[i].Split(' '));
            if (i % 5 == 0)
                other.Call("INCR", "other:" + i);
        }
        other.Call("ECHO", "the end");
        var text = new StringBuilder();
        string line;
        do
        {
            line = monitor.Read().Text;
            text.Append(Addresses().Replace(Times().Replace(line, ""), "ADDRESS")).Append('\n');
        }
        while (!line.Contains("the end", StringComparison.Ordinal));
        return text.ToString();
    }

    [GeneratedRegex(@"\d{10}\.\d{6} ")]
    private static partial Regex Times();

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex Addresses();
}
