using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Differential;

/// <summary>
/// What tools read to learn about a server: command table, INFO, CONFIG, CLIENT LIST. FastKv must name all that redis-server 7.0.15
/// names, and may name more.
/// </summary>
public sealed class SurfaceTests(DifferentialOneShardTests.Fixture servers) : IClassFixture<DifferentialOneShardTests.Fixture>
{
    private const string Commands =
        "auth hello ping echo quit reset select client del unlink exists type touch rename renamenx copy move randomkey keys scan expire pexpire expireat pexpireat ttl pttl expiretime "
        + "pexpiretime persist object dbsize flushdb flushall swapdb get set setnx setex psetex getset getdel getex mget mset msetnx incr decr incrby decrby incrbyfloat append setrange getrange "
        + "substr strlen lcs setbit getbit bitcount bitpos bitop bitfield bitfield_ro info config time lolwut memory debug shutdown role lastsave command "
        + "lpush rpush lpushx rpushx lpop rpop llen lindex lset lrange ltrim linsert lrem lpos lmove rpoplpush lmpop blpop brpop blmove brpoplpush blmpop "
        + "acl pfadd pfcount pfmerge pfdebug pfselftest geoadd geopos geodist geohash geosearch geosearchstore georadius georadius_ro georadiusbymember "
        + "georadiusbymember_ro sort sort_ro multi exec discard watch unwatch "
        + "hset hmset hsetnx hget hmget hgetall hkeys hvals hlen hstrlen hexists hdel hincrby hincrbyfloat hrandfield hscan "
        + "sadd srem sismember smismember scard smembers smove spop srandmember sinter sintercard sinterstore sunion sunionstore sdiff sdiffstore sscan "
        + "zadd zincrby zrem zcard zscore zmscore zcount zlexcount zrange zrangestore zrangebyscore zrevrangebyscore zrangebylex "
        + "zrevrangebylex zrevrange zremrangebyrank zremrangebyscore zremrangebylex zpopmin zpopmax zmpop bzpopmin bzpopmax bzmpop zrandmember zunion zinter "
        + "zdiff zunionstore zinterstore zdiffstore zintercard zscan xadd xlen xrange xrevrange xdel xtrim xread xsetid xinfo xgroup xreadgroup xack xpending "
        + "xclaim xautoclaim slowlog latency monitor module wait failover replconf psync sync cluster asking readonly readwrite";

    // These depend on how and where the server was started.
    private static readonly string[] StartDependent =
        ["port", "unixsocket", "dir", "pidfile", "logfile", "bind", "maxclients", "save", "tcp-keepalive", "enable-debug-command", "dbfilename",
            "supervised", "daemonize", "proc-title-template"];

    /// <summary>The commands built so far.</summary>
    public static TheoryData<string> CommandNames => new(Commands.Split(' '));

    [Theory]
    [MemberData(nameof(CommandNames))]
    public void Command_info_is_redis_s(string name)
    {
        RespFrame expected = Describe(servers.Expected, name);
        RespFrame actual = Describe(servers.Actual, name);
        Assert.False(actual.IsNull, name + " is unknown");
        AssertPart("name", 0);
        AssertPart("arity", 1);
        Assert.Equal(Names(expected.Items![2]), Names(actual.Items![2]));
        AssertPart("first key", 3);
        AssertPart("last key", 4);
        AssertPart("step", 5);
        Assert.Equal(Names(expected.Items[6]), Names(actual.Items[6]));
        Assert.Equal(expected.Items[8].Items!.Length, actual.Items[8].Items!.Length);

        void AssertPart(string part, int index) =>
            Assert.True(expected.Items![index].Text == actual.Items![index].Text, $"{name}: {part} is {actual.Items[index]}, in Redis {expected.Items[index]}");
    }

    [Fact]
    public void Info_has_redis_s_sections_and_fields()
    {
        string[] expected = InfoNames(servers.Expected);
        string[] actual = InfoNames(servers.Actual);
        Assert.Equal([], expected.Except(actual));
    }

    [Fact]
    public void Config_has_redis_s_names_and_defaults()
    {
        Dictionary<string, string> expected = Config(servers.Expected);
        Dictionary<string, string> actual = Config(servers.Actual);
        Assert.Equal([], expected.Keys.Except(actual.Keys).Order());
        Assert.Equal([], expected.Where(e => !StartDependent.Contains(e.Key) && actual[e.Key] != e.Value)
            .Select(e => $"{e.Key}: {actual[e.Key]}, in Redis {e.Value}"));
    }

    [Fact]
    public void Client_list_has_redis_s_fields_in_order()
    {
        string[] expected = ClientFields(servers.Expected);
        string[] actual = ClientFields(servers.Actual);
        Assert.Equal(expected, actual.Intersect(expected));
    }

    private static RespFrame Describe(ServerProcess server, string name)
    {
        using RespClient client = server.Connect();
        return client.Call("COMMAND", "INFO", name).Items![0];
    }

    private static string[] Names(RespFrame frame) => frame.Items!.Select(i => i.Text).Order(StringComparer.Ordinal).ToArray();

    private static string[] InfoNames(ServerProcess server)
    {
        using RespClient client = server.Connect();
        client.Call("SET", "k", "v");
        string text = client.Call("INFO").Text;
        return text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.StartsWith('#') ? l : l.Split(':')[0])
            .Where(n => !n.StartsWith("errorstat_", StringComparison.Ordinal)).Distinct().ToArray();
    }

    private static Dictionary<string, string> Config(ServerProcess server)
    {
        using RespClient client = server.Connect();
        return client.Call("CONFIG", "GET", "*").Items!.Chunk(2).ToDictionary(p => p[0].Text, p => p[1].Text);
    }

    private static string[] ClientFields(ServerProcess server)
    {
        using RespClient client = server.Connect();
        return client.Call("CLIENT", "LIST").Text.Split('\n')[0].Split(' ').Select(f => f.Split('=')[0]).ToArray();
    }
}
