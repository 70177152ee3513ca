using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Server;

/// <summary>DEBUG against redis-server, and who may use it.</summary>
public sealed class DebugTests(InfoTests.Fixture fixture) : IClassFixture<InfoTests.Fixture>
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Replies_equal_redis_s(int protocol)
    {
        string[] commands =
        [
            "HELLO " + protocol, "FLUSHALL", "DEBUG POPULATE 100", "DEBUG POPULATE 20 other 7", "DEBUG POPULATE 20 long 100", "DBSIZE", "GET key:7", "GET other:19",
            "GET long:3", "DEBUG POPULATE x", "DEBUG POPULATE -1", "DEBUG POPULATE 1 a b", "DEBUG POPULATE 1 a 2 3", "DEBUG POPULATE", "SET n 12",
            "DEBUG SDSLEN n", "DEBUG SDSLEN nothing", "DEBUG OBJECT nothing", "DEBUG LISTPACK n", "DEBUG LISTPACK nothing", "DEBUG QUICKLIST n", "DEBUG HTSTATS-KEY n",
            "DEBUG HTSTATS 16", "DEBUG HTSTATS x", "DEBUG SLEEP 0", "DEBUG SLEEP", "DEBUG ERROR CODE", "DEBUG LOG x", "DEBUG SET-ACTIVE-EXPIRE 1", "DEBUG nothing", "DEBUG",
            "DEBUG QUICKLIST-PACKED-THRESHOLD 4gb", "DEBUG QUICKLIST-PACKED-THRESHOLD 1kb", "DEBUG QUICKLIST-PACKED-THRESHOLD x", "DEBUG CHANGE-REPL-ID", "DEBUG PROTOCOL x",
            .. "string integer double bignum null array set map attrib verbatim true false".Split(' ').Select(type => "DEBUG PROTOCOL " + type),
        ];
        using RespClient redis = fixture.Redis.Connect(), fastKv = fixture.FastKv.Connect();
        foreach (string command in commands.Skip(1).Prepend(commands[0]))
        {
            RespFrame expected = redis.Call(command.Split(' ')), actual = fastKv.Call(command.Split(' '));
            if (!command.StartsWith("HELLO", StringComparison.Ordinal))
                Assert.True(expected.Raw.AsSpan().SequenceEqual(actual.Raw), $"{command}: {actual}, in Redis {expected}");
        }
    }

    [Fact]
    public void Object_line_has_redis_s_fields()
    {
        foreach (string value in (string[])["hello", "12", "-5", "1000", "100000", "12345678901", new string('x', 15)])
        {
            string[] expected = Line(fixture.Redis, value), actual = Line(fixture.FastKv, value);
            Assert.Equal(expected.Where(IsComparable), actual.Where(IsComparable));
            Assert.Equal(expected.Select(word => word.Split(':')[0]), actual.Select(word => word.Split(':')[0]));
        }

        // Shared integers have one access time for all keys in Redis, so that is not compared either.
        static bool IsComparable(string word) => !word.StartsWith("at:", StringComparison.Ordinal) && !word.StartsWith("lru", StringComparison.Ordinal);

        static string[] Line(ServerProcess server, string value)
        {
            using RespClient client = server.Connect();
            client.Call("SET", "k", value);
            return client.Call("DEBUG", "OBJECT", "k").Text.Split(' ');
        }
    }

    [Theory]
    [InlineData("no", false)]
    [InlineData("local", true)]
    public void Is_refused_unless_enabled(string option, bool allowed)
    {
        using ServerProcess redis = ServerProcess.Start(ServerKind.Redis, "--enable-debug-command", option);
        using ServerProcess fastKv = ServerProcess.Start(ServerKind.FastKv1, "--enable-debug-command", option);
        using RespClient expected = redis.Connect(), actual = fastKv.Connect();
        RespFrame reply = actual.Call("DEBUG", "SLEEP", "0");
        Assert.Equal(expected.Call("DEBUG", "SLEEP", "0").Raw, reply.Raw);
        Assert.Equal(allowed, !reply.IsError);
    }
}
