using System.Text;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>DUMP and RESTORE between FastKv and redis-server, of random values of every type and encoding, both ways.</summary>
public sealed class DumpExchangeTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(ServerKind.FastKv1, "yes")]
    [InlineData(ServerKind.FastKv3, "no")]
    public void Values_survive_the_way_to_redis_and_back(ServerKind kind, string compression)
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var data = new RandomData(seed);
        List<string> keys = data.AddAll("v", rounds: 4);
        using var fastKv = ServerProcess.Start(kind, "--rdbcompression", compression);
        using var redis = ServerProcess.Start(ServerKind.Redis);
        using var ours = fastKv.Connect();
        using var theirs = redis.Connect();
        data.SendTo(ours);
        foreach (string key in keys)
        {
            Move(ours, theirs, key, key);
            DataComparison.AssertEqual(ours, theirs, key, key);
            Assert.Equal(EncodingOf(ours, key), EncodingOf(theirs, key));
            Move(theirs, ours, key, key + ":back");
            DataComparison.AssertEqual(theirs, ours, key, key + ":back");
            Assert.Equal(EncodingOf(ours, key, ofLists: true), EncodingOf(ours, key + ":back", ofLists: true));
        }
        Assert.Equal(DataComparison.DigestOf(theirs), DigestWithoutCopies(ours, keys));
    }

    [Fact]
    public void Values_made_by_redis_load()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var data = new RandomData(seed);
        List<string> keys = data.AddAll("v", rounds: 3);
        using var fastKv = ServerProcess.Start(ServerKind.FastKv3);
        using var redis = ServerProcess.Start(ServerKind.Redis);
        using var ours = fastKv.Connect();
        using var theirs = redis.Connect();
        data.SendTo(theirs);
        foreach (string key in keys)
        {
            Move(theirs, ours, key, key);
            DataComparison.AssertEqual(theirs, ours, key, key);
        }
        Assert.Equal(DataComparison.DigestOf(theirs), DataComparison.DigestOf(ours));
    }

    [Fact]
    public void Fields_keep_their_times()
    {
        using var fastKv = ServerProcess.Start(ServerKind.FastKv1);
        using var client = fastKv.Connect();
        foreach (int fields in new[] { 3, 700, 5000 })
        {
            for (int i = 0; i < fields; i++)
            {
                client.Call("HSET", "h", $"f{i}", $"value {i}");
                if (i % 3 == 0)
                    client.Call("HPEXPIREAT", "h", $"{4_000_000_000_000 + i * 7 % 1000}", "FIELDS", "1", $"f{i}");
            }
            byte[] payload = client.Call("DUMP", "h").Payload!;
            Assert.Equal(12, payload[^10]);
            Assert.Equal("OK", client.CallBytes("RESTORE"u8.ToArray(), "copy"u8.ToArray(), "0"u8.ToArray(), payload, "REPLACE"u8.ToArray()).Text);
            DataComparison.AssertEqual(client, client, "h", "copy");
            for (int i = 0; i < fields; i += 7)
            {
                Assert.Equal(client.Call("HPEXPIRETIME", "h", "FIELDS", "1", $"f{i}").ToString(),
                    client.Call("HPEXPIRETIME", "copy", "FIELDS", "1", $"f{i}").ToString());
            }
            client.Call("DEL", "h");
        }
    }

    private static void Move(RespClient from, RespClient to, string key, string newKey)
    {
        byte[] payload = from.Call("DUMP", key).Payload!;
        long expiry = Math.Max(0, from.Call("PEXPIRETIME", key).Integer);
        var reply = to.CallBytes(B("RESTORE"), B(newKey), B($"{expiry}"), payload, B("REPLACE"), B("ABSTTL"));
        Assert.True(reply.Text == "OK", $"{key}: {reply}; {Convert.ToHexString(payload.AsSpan(0, Math.Min(payload.Length, 2000)))}");
    }

    // Redis 7.0 has no listpacks for lists and sets; and a string that was changed in place becomes an unchanged one.
    private static string EncodingOf(RespClient client, string key, bool ofLists = false) => client.Call("OBJECT", "ENCODING", key).Text switch
    {
        "raw" => "embstr",
        "listpack" or "quicklist" or "hashtable" when !ofLists && client.Call("TYPE", key).Text is "list" or "set" => "any",
        var name => name,
    };

    private static string DigestWithoutCopies(RespClient client, List<string> keys)
    {
        foreach (string key in keys)
            client.Call("DEL", key + ":back");
        return DataComparison.DigestOf(client);
    }

    private static byte[] B(string text) => Encoding.Latin1.GetBytes(text);
}
