using FastKv.Structures.Encoding;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// <c>sanitize-dump-payload</c> says whose payloads Redis looks through: everybody's, those of users without <c>skip-sanitize-payload</c>, or nobody's. Here
/// all of them are looked through. What Redis refuses is refused with its words; what it lets pass unseen, and may fall over later, is refused as well.
/// </summary>
public sealed class SanitizeTests
{
    private const string Refused = "ERR Bad data format";

    [Theory]
    [InlineData(ServerKind.FastKv1, "yes", "default", true)]
    [InlineData(ServerKind.FastKv3, "yes", "trusted", true)]
    [InlineData(ServerKind.FastKv1, "clients", "default", true)]
    [InlineData(ServerKind.FastKv3, "clients", "plain", true)]
    [InlineData(ServerKind.FastKv1, "clients", "trusted", false)]
    [InlineData(ServerKind.FastKv3, "no", "default", false)]
    [InlineData(ServerKind.FastKv1, "no", "plain", false)]
    public void Damaged_payloads_are_refused_as_in_redis(ServerKind kind, string setting, string user, bool looksThrough)
    {
        using var server = ServerProcess.Start(kind);
        using var redis = ServerProcess.Start(ServerKind.Redis);
        using var ours = Connect(server, setting, user);
        using var theirs = Connect(redis, setting, user);
        foreach ((string what, byte[] value) in Sound())
        {
            Assert.Equal("OK", Restore(theirs, value, what).Text);
            Assert.Equal("OK", Restore(ours, value, what).Text);
        }
        foreach ((string what, byte[] value) in Damaged())
        {
            Assert.Equal((what, Refused), (what, Restore(theirs, value, what).Text));
            Assert.Equal((what, Refused), (what, Restore(ours, value, what).Text));
        }
        foreach ((string what, byte[] value) in DamagedWithin())
        {
            Assert.Equal((what, looksThrough ? Refused : "OK"), (what, Restore(theirs, value, what).Text));
            Assert.Equal((what, Refused), (what, Restore(ours, value, what).Text));
            theirs.Call("DEL", what);
        }
        Assert.Equal(theirs.Call("DBSIZE").Integer, ours.Call("DBSIZE").Integer);
        Assert.Equal(Sound().Count(), ours.Call("DBSIZE").Integer);
        redis.AssertAlive();
        server.AssertAlive();
    }

    [Theory]
    [InlineData("no")]
    [InlineData("yes")]
    [InlineData("clients")]
    public void A_key_that_is_replaced_stays_if_the_payload_is_damaged(string setting)
    {
        using var server = ServerProcess.Start(ServerKind.FastKv3);
        using var client = Connect(server, setting, "trusted");
        client.Call("SET", "k", "before");
        foreach ((string what, byte[] value) in Damaged().Concat(DamagedWithin()))
        {
            Assert.Equal((what, Refused), (what, client.CallBytes("RESTORE"u8.ToArray(), "k"u8.ToArray(), "0"u8.ToArray(), Payload(value), "REPLACE"u8.ToArray()).Text));
            Assert.Equal("before", client.Call("GET", "k").Text);
        }
    }

    [Fact]
    public void The_setting_is_told_and_changed_as_in_redis()
    {
        string[][] session =
        [
            ["CONFIG", "GET", "sanitize-dump-payload"], ["CONFIG", "SET", "sanitize-dump-payload", "clients"], ["CONFIG", "GET", "sanitize-dump-payload"],
            ["CONFIG", "SET", "sanitize-dump-payload", "YES"], ["CONFIG", "GET", "sanitize-dump-payload"], ["CONFIG", "SET", "sanitize-dump-payload", "some"],
            ["ACL", "SETUSER", "a", "skip-sanitize-payload"], ["ACL", "LIST"], ["ACL", "SETUSER", "a", "sanitize-payload"], ["ACL", "LIST"],
        ];
        using var server = ServerProcess.Start(ServerKind.FastKv1);
        using var redis = ServerProcess.Start(ServerKind.Redis);
        using var ours = server.Connect();
        using var theirs = redis.Connect();
        foreach (string[] command in session)
            Assert.Equal(System.Text.Encoding.Latin1.GetString(theirs.Call(command).Raw), System.Text.Encoding.Latin1.GetString(ours.Call(command).Raw));
    }

    private static RespClient Connect(ServerProcess server, string setting, string user)
    {
        var client = server.Connect();
        Assert.Equal("OK", client.Call("CONFIG", "SET", "sanitize-dump-payload", setting).Text);
        Assert.Equal("OK", client.Call("ACL", "SETUSER", "trusted", "on", "nopass", "~*", "+@all", "skip-sanitize-payload").Text);
        Assert.Equal("OK", client.Call("ACL", "SETUSER", "plain", "on", "nopass", "~*", "+@all").Text);
        if (user != "default")
            Assert.Equal("OK", client.Call("AUTH", user, "x").Text);
        return client;
    }

    private static RespFrame Restore(RespClient client, byte[] value, string key) =>
        client.CallBytes("RESTORE"u8.ToArray(), System.Text.Encoding.Latin1.GetBytes(key), "0"u8.ToArray(), Payload(value));

    // Of RDB version 10, the checksum right.
    private static byte[] Payload(byte[] value)
    {
        byte[] body = [.. value, 10, 0];
        return [.. body, .. BitConverter.GetBytes(Crc64.Append(0, body))];
    }

    private static IEnumerable<(string, byte[])> Sound()
    {
        yield return ("a string", [0, .. LegacyValues.Text("value")]);
        yield return ("a hash", [16, .. LegacyValues.Text(LegacyValues.Listpack("f", "v", "g", "15"))]);
        yield return ("a sorted set", [17, .. LegacyValues.Text(LegacyValues.Listpack("one", "1", "two", "2.5"))]);
        yield return ("a list", [18, 1, 2, .. LegacyValues.Text(LegacyValues.Listpack("a", "b"))]);
        yield return ("an intset", [11, .. LegacyValues.Text(LegacyValues.Intset(2, 1, 5, 9))]);
        yield return ("bytes behind a value", [0, .. LegacyValues.Text("value"), 1, 2, 3]);
    }

    // What Redis sees when it makes the value.
    private static IEnumerable<(string, byte[])> Damaged()
    {
        byte[] listpack = LegacyValues.Listpack("f", "v", "g", "15");
        yield return ("an unknown type", [100, .. LegacyValues.Text("value")]);
        yield return ("a string that ends early", [0, 60, .. "value"u8]);
        yield return ("a string of no encoding", [0, 0xC9, 1]);
        yield return ("compressed bytes that are none", [0, 0xC3, 3, 20, 0xE0, 0xFF, 0xFF]);
        yield return ("a listpack that says another length", [16, .. LegacyValues.Text([(byte)(listpack[0] + 1), .. listpack[1..]])]);
        yield return ("a listpack without an end", [16, .. LegacyValues.Text([.. listpack[..^1], 254])]);
        yield return ("a listpack that is no more than a part of a header", [16, .. LegacyValues.Text("abc")]);
        yield return ("an empty hash", [4, 0]);
        yield return ("an empty hash of a listpack", [16, .. LegacyValues.Text(LegacyValues.Listpack())]);
        yield return ("an empty set", [2, 0]);
        yield return ("an empty sorted set", [5, 0]);
        yield return ("an empty list", [18, 0]);
        yield return ("a list of an unknown kind of node", [18, 1, 7, .. LegacyValues.Text(LegacyValues.Listpack("a"))]);
        yield return ("a score that is no number", [5, 1, .. LegacyValues.Text("a"), .. BitConverter.GetBytes(double.NaN)]);
        yield return ("an intset that is too short", [11, .. LegacyValues.Text(LegacyValues.Intset(2, 1, 5, 9)[..^1])]);
        yield return ("an intset of no width", [11, .. LegacyValues.Text(LegacyValues.Intset(3, 1))]);
        yield return ("a hash that ends early", [4, 2, .. LegacyValues.Text("f"), .. LegacyValues.Text("v")]);
        yield return ("a ziplist whose field comes twice", [13, .. LegacyValues.Text(LegacyValues.Ziplist("f", "v", "f", "w"))]);
        yield return ("a value that is not there", [0]);
    }

    // What it sees only if it looks through the elements.
    private static IEnumerable<(string, byte[])> DamagedWithin()
    {
        byte[] listpack = LegacyValues.Listpack("f", "v", "g", "15");
        byte[] beyond = (byte[])listpack.Clone();
        beyond[6] = 0xBF;
        yield return ("a hash whose field comes twice", [16, .. LegacyValues.Text(LegacyValues.Listpack("f", "v", "f", "w"))]);
        yield return ("a hash whose field has no value", [16, .. LegacyValues.Text(LegacyValues.Listpack("f", "v", "g"))]);
        yield return ("a sorted set whose member comes twice", [17, .. LegacyValues.Text(LegacyValues.Listpack("one", "1", "one", "2"))]);
        yield return ("an intset that does not ascend", [11, .. LegacyValues.Text(LegacyValues.Intset(2, 5, 1))]);
        yield return ("an intset whose member comes twice", [11, .. LegacyValues.Text(LegacyValues.Intset(2, 5, 5))]);
        yield return ("a listpack whose element is longer than it", [18, 1, 2, .. LegacyValues.Text(beyond)]);
    }
}
