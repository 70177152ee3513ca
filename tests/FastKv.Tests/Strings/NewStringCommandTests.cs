using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Strings;

/// <summary>
/// String commands and options newer than redis-server 7.0, against what the Redis documentation and Redis's own tests say of them. What 7.0 has
/// is compared with the real server (Differential).
/// </summary>
public abstract class NewStringCommandTests(StringServer server)
{
    private const string HelloDigest = "9555e8555c62dcfd";
    private const string WrongDigest = "9555e8555c62dcfe";

    private readonly RespClient _client = server.Emptied();

    [Theory]
    [InlineData("IFEQ", "hello", true)]
    [InlineData("ifeq", "hellO", false)]
    [InlineData("IFNE", "hello", false)]
    [InlineData("IfNe", "other", true)]
    [InlineData("IFDEQ", HelloDigest, true)]
    [InlineData("IFDEQ", "9555E8555C62DCFD", true)]
    [InlineData("IFDEQ", WrongDigest, false)]
    [InlineData("IFDEQ", "zzzzzzzzzzzzzzzz", false)]
    [InlineData("IFDNE", HelloDigest, false)]
    [InlineData("IFDNE", WrongDigest, true)]
    public void ComparisonsDecideAboutSetAndDelEx(string condition, string compared, bool holds)
    {
        _client.Call("SET", "k", "hello", "EX", "1000");
        Expect(holds ? "+OK" : "$-1", "SET", "k", "world", condition, compared, "KEEPTTL");
        Expect(holds ? "world" : "hello", "GET", "k");
        Assert.InRange(_client.Call("TTL", "k").Integer, 1, 1000);

        _client.Call("SET", "k", "hello");
        Expect("hello", "SET", "k", "world", condition, compared, "GET");
        Expect(holds ? "world" : "hello", "GET", "k");

        _client.Call("SET", "k", "hello");
        Expect(holds ? ":1" : ":0", "DELEX", "k", condition, compared);
        Expect(holds ? ":0" : ":1", "EXISTS", "k");
    }

    [Theory]
    [InlineData("IFEQ", false)]
    [InlineData("IFNE", true)]
    [InlineData("IFDEQ", false)]
    [InlineData("IFDNE", true)]
    public void ComparisonsWithNothing(string condition, bool sets)
    {
        // A digest of the wrong length is no error where there is nothing to compare it with.
        Expect("$-1", "SET", "k", "v", condition, "short", "GET");
        Expect(sets ? ":1" : ":0", "EXISTS", "k");
        _client.Call("DEL", "k");
        Expect(sets ? "+OK" : "$-1", "SET", "k", "v", condition, "short");
        _client.Call("DEL", "k");
        Expect(":0", "DELEX", "k", condition, "short");
    }

    [Theory]
    [InlineData("IFDEQ", "")]
    [InlineData("IFDNE", "555e8555c62dcfd")]
    [InlineData("IFDEQ", "09555e8555c62dcfd")]
    public void DigestsHave16Digits(string condition, string digest)
    {
        _client.Call("SET", "k", "hello");
        Expect("-ERR must be exactly 16 hexadecimal characters", "SET", "k", "v", condition, digest);
        Expect("-ERR must be exactly 16 hexadecimal characters", "SET", "k", "v", condition, digest, "GET");
        Expect("-ERR must be exactly 16 hexadecimal characters", "DELEX", "k", condition, digest);
        Expect("hello", "GET", "k");
    }

    [Theory]
    [InlineData("IFEQ a NX")]
    [InlineData("XX IFEQ a")]
    [InlineData("IFEQ a IFNE a")]
    [InlineData("IFDEQ 9555e8555c62dcfd IFEQ a")]
    [InlineData("IFEQ")]
    [InlineData("GET IFDNE")]
    public void ConditionsExcludeEachOther(string options) => Expect("-ERR syntax error", ["SET", "k", "v", .. options.Split(' ')]);

    [Fact]
    public void IntegersCompareAsText()
    {
        _client.Call("SET", "k", "12345");
        Expect("$-1", "SET", "k", "1", "IFEQ", "012345");
        Expect("+OK", "SET", "k", "1", "IFEQ", "12345");
        Expect(":1", "DELEX", "k", "IFNE", "01");
    }

    [Theory]
    [InlineData("hello", HelloDigest)]
    [InlineData("Hello world", "b6acb9d84a38ff74")]
    [InlineData("", "2d06800538d394c2")]
    [InlineData("123", "404a763b3f4c8c9a")]
    [InlineData("v8", "0cc76dbb41381419")]
    [InlineData("v8lf0c11xh8ymlqztfd3eeq16kfn4sspw7fqmnuuq3k3t75em5wdizgcdw7uc26nnf961u2jkfzkjytls2kwlj7626sd", "00006c38adf31777")]
    public void DigestIsXxh3(string value, string digest)
    {
        _client.Call("SET", "k", value);
        Expect(digest, "DIGEST", "k");
    }

    [Fact]
    public void DelExWithoutConditionAndItsErrors()
    {
        Expect("$-1", "DIGEST", "k");
        Expect(":0", "DELEX", "k");
        Expect(":0", "DELEX", "k", "FOO", "x");
        Expect("-ERR wrong number of arguments for 'delex' command", "DELEX", "k", "IFEQ");
        _client.Call("SET", "k", "v");
        Expect("-ERR wrong number of arguments for 'delex' command", "DELEX", "k", "IFEQ", "v", "x");
        Expect("-ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE", "DELEX", "k", "EX", "v");
        Expect(":1", "DELEX", "k");
    }

    [Fact]
    public void MSetExSetsAllOrNone()
    {
        Expect(":1", "MSETEX", "3", "a", "1", "b", "2", "c", "3", "EX", "1000");
        Assert.All(["a", "b", "c"], key => Assert.InRange(_client.Call("TTL", key).Integer, 1, 1000));
        Expect(":0", "MSETEX", "2", "c", "x", "d", "x", "NX");
        Expect(":0", "MSETEX", "2", "c", "x", "d", "x", "xx");
        Expect("3", "GET", "c");
        Expect(":0", "EXISTS", "d");
        Expect(":1", "MSETEX", "3", "a", "4", "b", "5", "c", "6", "KEEPTTL", "XX");
        Assert.All(["a", "b", "c"], key => Assert.InRange(_client.Call("TTL", key).Integer, 1, 1000));
        Expect(":1", "MSETEX", "3", "a", "7", "b", "8", "a", "9", "XX");
        Expect("9", "GET", "a");
        Expect(":-1", "TTL", "a");
        Expect(":1", "MSETEX", "2", "d", "1", "e", "1", "PXAT", "99999999999999", "NX");
        Expect(":99999999999999", "PEXPIRETIME", "e");
        Expect(":1", "MSETEX", "2", "d", "1", "a", "1", "EXAT", "1");
        Expect(":0", "EXISTS", "d", "a");
    }

    [Theory]
    [InlineData("-ERR invalid numkeys value", "a 1 EX 10")]
    [InlineData("-ERR invalid numkeys value", "0 a 1")]
    [InlineData("-ERR invalid numkeys value", "-1 a 1")]
    [InlineData("-ERR invalid numkeys value", "2147483648 a 1")]
    [InlineData("-ERR wrong number of key-value pairs", "2147483647 a 1")]
    [InlineData("-ERR wrong number of key-value pairs", "2 a 1 b")]
    [InlineData("-ERR syntax error", "1 a 1 b")]
    [InlineData("-ERR syntax error", "1 a 1 NX XX")]
    [InlineData("-ERR syntax error", "1 a 1 EX 10 PX 5000")]
    [InlineData("-ERR syntax error", "2 a 1 b 2 KEEPTTL EX 10")]
    [InlineData("-ERR syntax error", "2 a 1 b 2 IFEQ x")]
    [InlineData("-ERR syntax error", "1 a 1 EX")]
    [InlineData("-ERR value is not an integer or out of range", "1 a 1 EX x")]
    [InlineData("-ERR invalid expire time in 'msetex' command", "1 a 1 EX 0")]
    [InlineData("-ERR wrong number of arguments for 'msetex' command", "1 a")]
    public void MSetExErrors(string error, string arguments)
    {
        Expect(error, ["MSETEX", .. arguments.Split(' ')]);
        Expect(":0", "EXISTS", "a", "b");
    }

    private void Expect(string expected, params string[] command) => StringServer.Expect(_client, expected, command);
}

/// <summary>On one shard.</summary>
public sealed class NewStringCommandOneShardTests(NewStringCommandOneShardTests.Fixture server)
    : NewStringCommandTests(server), IClassFixture<NewStringCommandOneShardTests.Fixture>
{
    /// <summary>The server.</summary>
    public sealed class Fixture() : StringServer(ServerKind.FastKv1);
}

/// <summary>On three shards: commands of several keys span them.</summary>
public sealed class NewStringCommandThreeShardsTests(NewStringCommandThreeShardsTests.Fixture server)
    : NewStringCommandTests(server), IClassFixture<NewStringCommandThreeShardsTests.Fixture>
{
    /// <summary>The server.</summary>
    public sealed class Fixture() : StringServer(ServerKind.FastKv3);
}
