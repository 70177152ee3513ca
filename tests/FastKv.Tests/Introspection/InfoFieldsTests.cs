using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Introspection;

/// <summary>INFO everything beside redis-server: its fields in its sections and its order, and figures that follow from what was done.</summary>
public sealed class InfoFieldsTests(ServerTriple servers) : IClassFixture<ServerTriple>
{
    /// <summary>Sections whose fields depend on what was called.</summary>
    private static readonly string[] Varying = ["Commandstats", "Latencystats", "Errorstats"];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Fields_stand_where_redis_server_has_them(int shards)
    {
        var expected = Sections(servers.Redis);
        var actual = Sections(servers.FastKv(shards));
        Assert.Equal(expected.Select(section => section.Title), actual.Select(section => section.Title).Where(title => title != "Runtime"));
        foreach (var (title, fields) in expected.Where(section => !Varying.Contains(section.Title)))
        {
            var own = actual.Single(section => section.Title == title).Fields;
            Assert.Equal(fields, own.Where(fields.Contains));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Figures_of_clients_follow_what_they_do(int shards)
    {
        using RespClient client = servers.FastKv(shards).Connect(), watching = servers.FastKv(shards).Connect(), blocked = servers.FastKv(shards).Connect();
        client.Call("FLUSHALL");
        watching.Call("WATCH", "a", "b", "c");
        blocked.Send("BLPOP", "q", "r", "1000");
        while (Field(client, "clients", "blocked_clients") != "1")
            Thread.Sleep(5);
        Assert.Equal("1", Field(client, "clients", "watching_clients"));
        Assert.Equal("3", Field(client, "clients", "total_watched_keys"));
        Assert.Equal("1", Field(client, "clients", "clients_in_timeout_table"));
        Assert.Equal("2", Field(client, "clients", "total_blocking_keys"));
        string list = client.Call("CLIENT", "LIST").Text;
        Assert.Matches(@" flags=b db=0 [^\n]* argv-mem=11 [^\n]* cmd=blpop ", list);
        Assert.Matches(@" watch=3 [^\n]* cmd=watch ", list);
        Assert.Matches(@" argv-mem=10 [^\n]* events=r cmd=client\|list ", list);
        watching.Call("MULTI");
        watching.Call("SET", "a", new string('x', 1000));
        Assert.Matches(@" flags=x [^\n]* multi=1 [^\n]* multi-mem=[1-9]\d{3,} ", client.Call("CLIENT", "LIST").Text);
        client.Call("RPUSH", "q", "x");
        blocked.Read();
    }

    /// <summary>Keys whose loss ends a wait are those of XREADGROUP; each counts once, however many wait for it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Keys_that_end_waits_by_their_loss_are_counted(int shards)
    {
        using RespClient client = servers.FastKv(shards).Connect(), list = servers.FastKv(shards).Connect();
        using RespClient first = servers.FastKv(shards).Connect(), second = servers.FastKv(shards).Connect();
        client.Call("FLUSHALL");
        client.Call("XGROUP", "CREATE", "{s}1", "g", "$", "MKSTREAM");
        client.Call("XGROUP", "CREATE", "{s}2", "g", "$", "MKSTREAM");
        list.Send("BLPOP", "{s}3", "1000");
        first.Send("XREADGROUP", "GROUP", "g", "a", "BLOCK", "0", "STREAMS", "{s}1", "{s}2", ">", ">");
        second.Send("XREADGROUP", "GROUP", "g", "b", "BLOCK", "0", "STREAMS", "{s}2", ">");
        while (Field(client, "clients", "blocked_clients") != "3")
            Thread.Sleep(5);
        Assert.Equal("3", Field(client, "clients", "total_blocking_keys"));
        Assert.Equal("2", Field(client, "clients", "total_blocking_keys_on_nokey"));
        client.Call("DEL", "{s}2");
        Assert.StartsWith("UNBLOCKED", first.Read().Text, StringComparison.Ordinal);
        Assert.StartsWith("UNBLOCKED", second.Read().Text, StringComparison.Ordinal);
        client.Call("XADD", "{s}1", "*", "f", "v");
        client.Call("RPUSH", "{s}3", "x");
        list.Read();
        while (Field(client, "clients", "blocked_clients") != "0")
            Thread.Sleep(5);
        Assert.Equal("0", Field(client, "clients", "total_blocking_keys"));
        Assert.Equal("0", Field(client, "clients", "total_blocking_keys_on_nokey"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Figures_of_the_event_loop_grow(int shards)
    {
        using RespClient client = servers.FastKv(shards).Connect();
        client.Call("CONFIG", "RESETSTAT");
        client.Call("DEBUG", "SLEEP", "0.05");
        Assert.True(long.Parse(Field(client, "stats", "eventloop_duration_sum")) >= 50_000);
        Assert.True(long.Parse(Field(client, "stats", "eventloop_duration_cmd_sum")) >= 50_000);
        Assert.True(long.Parse(Field(client, "stats", "eventloop_cycles")) > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Memory_stats_have_redis_server_s_names(int shards)
    {
        string[] Names(ServerProcess server)
        {
            using RespClient client = server.Connect();
            client.Call("SET", "k", "v");
            return client.Call("MEMORY", "STATS").Items!.Where((_, i) => i % 2 == 0).Select(name => name.Text).ToArray();
        }

        string[] expected = Names(servers.Redis);
        Assert.Equal(expected, Names(servers.FastKv(shards)).Where(expected.Contains));
    }

    private static string Field(RespClient client, string section, string name) =>
        client.Call("INFO", section).Text.Split("\r\n").Single(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..];

    private static List<(string Title, List<string> Fields)> Sections(ServerProcess server)
    {
        using RespClient client = server.Connect();
        client.Call("SET", "k", "v", "EX", "1000");
        var sections = new List<(string, List<string> Fields)>();
        foreach (string line in client.Call("INFO", "everything").Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# ", StringComparison.Ordinal))
                sections.Add((line[2..], []));
            else
                sections[^1].Fields.Add(line.Split(':')[0]);
        }
        return sections;
    }
}
