using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Strings;

/// <summary>proto-max-bulk-len bounds values, bit offsets and LCS; what is allowed at the bound is as in redis-server 7.0.15.</summary>
public sealed class StringLimitTests(StringLimitTests.Fixture server) : IClassFixture<StringLimitTests.Fixture>
{
    private const string TooLong = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    private const string BadOffset = "-ERR bit offset is not an integer or out of range";
    private const string LcsTooLarge = "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";

    private readonly RespClient _client = server.Emptied();

    [Fact]
    public void ValuesGrowToTheLimit()
    {
        Expect(TooLong, "SETRANGE", "k", "1048576", "x");
        Expect(":1048576", "SETRANGE", "k", "1048575", "x");
        Expect(TooLong, "APPEND", "k", "x");
        Expect(":1048576", "APPEND", "k", "");
        Expect(TooLong, "SETRANGE", "k", "9223372036854775807", "x");
        Expect(TooLong, "SETRANGE", "new", "9223372036854775807", "x");
        Expect(":0", "EXISTS", "new");
    }

    [Fact]
    public void BitsLieWithinTheLimit()
    {
        Expect(BadOffset, "SETBIT", "k", "8388608", "1");
        Expect(":0", "SETBIT", "k", "8388607", "1");
        Expect(":1048576", "STRLEN", "k");
        Expect(BadOffset, "GETBIT", "k", "8388608");
        Expect(BadOffset, "BITFIELD", "k", "SET", "u8", "8388608", "1");

        // Only a field's first bit is checked.
        Expect("*1\r\n:2", "BITFIELD", "k", "SET", "u8", "8388601", "1");
        Expect(":1048577", "STRLEN", "k");
    }

    [Fact]
    public void LcsIsBoundedAsIfItKeptATable()
    {
        _client.Call("SETRANGE", "a", "511", "x");
        _client.Call("SETRANGE", "b", "509", "x");
        Expect(":510", "LCS", "a", "b", "LEN");
        Assert.Equal(510, _client.Call("LCS", "a", "b").Payload!.Length);
        _client.Call("SETRANGE", "b", "511", "x");
        Expect(LcsTooLarge, "LCS", "a", "b", "LEN");
        Expect(LcsTooLarge, "LCS", "a", "b");
    }

    private void Expect(string expected, params string[] command) => StringServer.Expect(_client, expected, command);

    /// <summary>A server with the smallest limit that Redis allows.</summary>
    public sealed class Fixture() : StringServer(ServerKind.FastKv1, "--proto-max-bulk-len", "1mb");
}
