using FastKv.Engine.Commands.Server.Information;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Server;

/// <summary>INFO: which sections which words bring, and figures that follow from what was done before.</summary>
public sealed class InfoTests(InfoTests.Fixture fixture) : IClassFixture<InfoTests.Fixture>
{
    // Code that is not optimised may allocate a little for each command; the steady state of a Release build allocates nothing.
#if DEBUG
    private const long BytesPerCommandMax = 1024;
#else
    private const long BytesPerCommandMax = 0;
#endif

    [Theory]
    [InlineData("foo")]
    [InlineData("server", "foo", "SERVER")]
    [InlineData("keyspace", "clients")]
    [InlineData("default", "foo")]
    [InlineData("all")]
    [InlineData("everything")]
    [InlineData("commandstats", "modules")]
    [InlineData]
    public void Sections_are_redis_s_in_its_order(params string[] words)
    {
        string[] Titles(ServerProcess server)
        {
            using RespClient client = server.Connect();
            string text = client.Call(["INFO", .. words]).Text;
            return text.Split("\r\n").Where(line => line.StartsWith('#')).ToArray();
        }

        Assert.Equal(Titles(fixture.Redis), Titles(fixture.FastKv).Where(title => title != "# Runtime"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Nothing_known_is_an_empty_text(int protocol)
    {
        using RespClient redis = fixture.Redis.Connect(), fastKv = fixture.FastKv.Connect();
        redis.Call("HELLO", protocol.ToString());
        fastKv.Call("HELLO", protocol.ToString());
        Assert.Equal(redis.Call("INFO", "nothing").Raw, fastKv.Call("INFO", "nothing").Raw);
        Assert.Equal(redis.Call("INFO", "cluster").Raw, fastKv.Call("INFO", "cluster").Raw);
    }

    [Fact]
    public void Figures_follow_the_commands()
    {
        using RespClient client = fixture.FastKv.Connect();
        client.Call("FLUSHALL");
        client.Call("CONFIG", "RESETSTAT");
        client.Call("SELECT", "3");
        for (int i = 0; i < 100; i++)
            client.Call("SET", $"key:{i}", "value", "PX", "1000000");
        client.Call("PERSIST", "key:1");
        client.Call("GET", "key:1");
        client.Call("GET", "nothing");
        var info = Fields(client, "everything");
        Assert.Matches("^keys=100,expires=99,avg_ttl=9[0-9]{5},subexpiry=0$", info["db3"]);
        Assert.StartsWith("calls=100,", info["cmdstat_set"]);
        Assert.StartsWith("calls=2,", info["cmdstat_get"]);
        Assert.Equal("1", info["keyspace_hits"]);
        Assert.Equal("1", info["keyspace_misses"]);
        Assert.Equal("3", info["shards"]);
        Assert.Equal(100, Enumerable.Range(0, 3).Sum(shard => long.Parse(ShardField(info, shard, "keys"))));
    }

    [Fact]
    public void The_runtime_section_does_not_add_to_what_it_reports()
    {
        using RespClient client = fixture.FastKv.Connect();
        long Allocated() => long.Parse(Fields(client, "runtime")["gc_allocated_bytes"]);
        for (int i = 0; i < 20; i++)
            Allocated();

        // The least of several differences: another thread of the process (timers, tiering) may allocate at any time.
        long difference = Enumerable.Range(0, 20).Min(_ => -(Allocated() - Allocated()));
        Assert.InRange(difference, 0, BytesPerCommandMax);
    }

    [Fact]
    public void Text_is_formatted_as_redis_does()
    {
        var text = InfoText.Rent();
        text.Section("A"u8);
        text.Bytes("small"u8, 1023);
        text.Bytes("large"u8, 965800);
        text.Section("B"u8);
        text.Percent("share"u8, 99.826);
        text.Line("seconds"u8, 0.00829, 6);
        Assert.Equal(
            "# A\r\nsmall:1023\r\nsmall_human:1023B\r\nlarge:965800\r\nlarge_human:943.16K\r\n\r\n# B\r\nshare:99.83%\r\nseconds:0.008290\r\n"u8,
            text.Written);
    }

    private static string ShardField(Dictionary<string, string> info, int shard, string name) =>
        info[$"shard{shard}"].Split(',').Select(pair => pair.Split('=')).Single(pair => pair[0] == name)[1];

    private static Dictionary<string, string> Fields(RespClient client, string section) =>
        client.Call("INFO", section).Text.Split("\r\n").Where(line => line.Contains(':')).Select(line => line.Split(':', 2)).ToDictionary(p => p[0], p => p[1]);

    /// <summary>Both servers.</summary>
    public sealed class Fixture : IDisposable
    {
        /// <summary>The real one.</summary>
        public ServerProcess Redis { get; } = ServerProcess.Start(ServerKind.Redis);

        /// <summary>FastKv on three shards.</summary>
        public ServerProcess FastKv { get; } = ServerProcess.Start(ServerKind.FastKv3);

        /// <inheritdoc/>
        public void Dispose()
        {
            Redis.Dispose();
            FastKv.Dispose();
        }
    }
}
