using FastKv.Tests.Strings;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Lists;

/// <summary>What lists do since Redis 7.2 otherwise than redis-server 7.0: encodings, and arguments at the edge of their range.</summary>
public sealed class NewListTests(NewListTests.Server server) : IClassFixture<NewListTests.Server>
{
    private readonly RespClient _client = server.Emptied();

    [Fact]
    public void SmallListsAreListpacksAndReturnToThatAtHalfTheLimit()
    {
        Push(600, 10);
        Expect("listpack", "OBJECT", "ENCODING", "k");
        Push(200, 10);
        Expect("quicklist", "OBJECT", "ENCODING", "k");
        Expect("+OK", "LTRIM", "k", "0", "500");
        Expect("quicklist", "OBJECT", "ENCODING", "k");
        Expect("+OK", "LTRIM", "k", "0", "200");
        Expect("listpack", "OBJECT", "ENCODING", "k");
        Expect(":202", "RPUSH", "k", new string('x', 8192));
        Expect("quicklist", "OBJECT", "ENCODING", "k");
        Expect(new string('x', 8192), "RPOP", "k");
        Expect("listpack", "OBJECT", "ENCODING", "k");
    }

    [Fact]
    public void TheLimitMayBeANumberOfElements()
    {
        _client.Call("CONFIG", "SET", "list-max-listpack-size", "3");
        Expect(":3", "RPUSH", "k", "a", "b", "c");
        Expect("listpack", "OBJECT", "ENCODING", "k");
        Expect(":4", "LINSERT", "k", "BEFORE", "b", "x");
        Expect("quicklist", "OBJECT", "ENCODING", "k");
        Expect(":1", "LREM", "k", "0", "a");
        Expect("quicklist", "OBJECT", "ENCODING", "k");
        Expect("+OK", "LTRIM", "k", "0", "0");
        Expect("listpack", "OBJECT", "ENCODING", "k");
        _client.Call("CONFIG", "SET", "list-max-listpack-size", "-2");
    }

    [Theory]
    [InlineData("inf")]
    [InlineData("1e400")]
    [InlineData("9223372036854776")]
    [InlineData("9223372036854775")]
    public void TimeoutsBeyondTheClockAreOutOfRange(string timeout) => Expect("-ERR timeout is out of range", "BLPOP", "none", timeout);

    [Theory]
    [InlineData("-inf")]
    [InlineData("-0.001")]
    [InlineData("-1e400")]
    public void TimeoutsBelowZeroAreNegative(string timeout) => Expect("-ERR timeout is negative", "BLPOP", "none", timeout);

    [Fact]
    public void TheMostNegativeRankIsOutOfRange() =>
        Expect("-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807", "LPOS", "k", "a", "RANK", "-9223372036854775808");

    private void Push(int count, int length)
    {
        for (int i = 0; i < count; i++)
            _client.Call("RPUSH", "k", new string('e', length));
    }

    private void Expect(string expected, params string[] command) => StringServer.Expect(_client, expected, command);

    /// <summary>One shard.</summary>
    public sealed class Server() : StringServer(ServerKind.FastKv1);
}
