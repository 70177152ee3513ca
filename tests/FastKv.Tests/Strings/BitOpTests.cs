using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Strings;

/// <summary>BITOP, with the operations of Redis 8.2, against a model that goes byte by byte.</summary>
public abstract class BitOpTests(StringServer server)
{
    private readonly RespClient _client = server.Emptied();

    [Theory]
    [InlineData("AND")]
    [InlineData("OR")]
    [InlineData("XOR")]
    [InlineData("NOT")]
    [InlineData("DIFF")]
    [InlineData("DIFF1")]
    [InlineData("ANDOR")]
    [InlineData("ONE")]
    public void EqualsTheModel(string operation)
    {
        int seed = 20261121 + operation.Length;
        var random = new Random(seed);
        int[] lengths = [0, 1, 7, 16, 31, 64, 100, 4095, 4097, 9000];
        for (int round = 0; round < 60; round++)
        {
            int count = operation == "NOT" ? 1 : random.Next(2, round % 10 == 0 ? 90 : 6);
            var sources = new byte[count][];
            var keys = new string[count];
            for (int i = 0; i < count; i++)
            {
                sources[i] = Draw(random, lengths[random.Next(lengths.Length)]);
                keys[i] = "s" + i;
                _client.CallBytes("SET"u8.ToArray(), Encoding.ASCII.GetBytes(keys[i]), sources[i]);
            }
            byte[] expected = Model(operation, sources);

            // The destination may be a source.
            string destination = round % 3 == 0 ? keys[^1] : "d";
            Assert.Equal(expected.Length, _client.Call(["BITOP", operation, destination, .. keys]).Integer);
            RespFrame result = _client.Call("GET", destination);
            Assert.True(expected.Length == 0 ? result.IsNull : result.Payload.AsSpan().SequenceEqual(expected), $"seed {seed}, round {round}");
        }
    }

    [Fact]
    public void Errors()
    {
        StringServer.Expect(_client, "-ERR BITOP DIFF must be called with at least two source keys.", "BITOP", "diff", "d", "a");
        StringServer.Expect(_client, "-ERR BITOP DIFF1 must be called with at least two source keys.", "BITOP", "DIFF1", "d", "a");
        StringServer.Expect(_client, "-ERR BITOP ANDOR must be called with at least two source keys.", "BITOP", "AndOr", "d", "a");
        StringServer.Expect(_client, ":0", "BITOP", "ONE", "d", "a");
    }

    /// <summary>Random bytes, or digits, which the server keeps as an integer.</summary>
    private static byte[] Draw(Random random, int length)
    {
        if (random.Next(5) == 0)
            return Encoding.ASCII.GetBytes(random.NextInt64(-1_000_000, long.MaxValue).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Model(string operation, byte[][] sources)
    {
        var result = new byte[sources.Max(s => s.Length)];
        for (int i = 0; i < result.Length; i++)
        {
            for (int bit = 1; bit < 256; bit <<= 1)
            {
                bool first = Has(sources[0], i, bit);
                int others = sources.Skip(1).Count(s => Has(s, i, bit));
                int all = others + (first ? 1 : 0);
                bool set = operation switch
                {
                    "AND" => all == sources.Length,
                    "OR" => all > 0,
                    "XOR" => all % 2 == 1,
                    "NOT" => !first,
                    "DIFF" => first && others == 0,
                    "DIFF1" => !first && others > 0,
                    "ANDOR" => first && others > 0,
                    _ => all == 1,
                };
                if (set)
                    result[i] |= (byte)bit;
            }
        }
        return result;
    }

    private static bool Has(byte[] source, int index, int bit) => index < source.Length && (source[index] & bit) != 0;
}

/// <summary>On one shard.</summary>
public sealed class BitOpOneShardTests(BitOpOneShardTests.Fixture server) : BitOpTests(server), IClassFixture<BitOpOneShardTests.Fixture>
{
    /// <summary>The server.</summary>
    public sealed class Fixture() : StringServer(ServerKind.FastKv1);
}

/// <summary>On three shards.</summary>
public sealed class BitOpThreeShardsTests(BitOpThreeShardsTests.Fixture server) : BitOpTests(server), IClassFixture<BitOpThreeShardsTests.Fixture>
{
    /// <summary>The server.</summary>
    public sealed class Fixture() : StringServer(ServerKind.FastKv3);
}
