using FastKv.Structures.Encoding;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>Types of values that only other versions of Redis write: what redis-server 7.0 makes of them, and for newer ones what they mean.</summary>
public sealed class LegacyValueTests
{
    private const int NewestOfRedis70 = 19;

    [Fact]
    public void Old_values_load_as_in_redis()
    {
        using var fastKv = ServerProcess.Start(ServerKind.FastKv1);
        using var redis = ServerProcess.Start(ServerKind.Redis);
        using var ours = fastKv.Connect();
        using var theirs = redis.Connect();
        int compared = 0;
        foreach (byte[] value in LegacyValues.All())
        {
            string key = $"type{value[0]}:{compared}";
            Restore(ours, key, value);
            if (value[0] > NewestOfRedis70)
                continue;
            Restore(theirs, key, value);
            DataComparison.AssertEqual(theirs, ours, key, key);
            compared++;
        }
        Assert.True(compared > 15);
    }

    [Fact]
    public void New_values_load_as_documented()
    {
        using var fastKv = ServerProcess.Start(ServerKind.FastKv1);
        using var client = fastKv.Connect();
        foreach (byte[] value in LegacyValues.All().Where(value => value[0] > NewestOfRedis70))
        {
            Restore(client, "k", value);
            switch (value[0])
            {
                case 20:
                    Assert.Equal("3", client.Call("SCARD", "k").Text);
                    Assert.Equal("1", client.Call("SISMEMBER", "k", "2").Text);
                    break;
                case 21:
                    Assert.Equal("2", client.Call("XLEN", "k").Text);
                    Assert.Contains("consumer", client.Call("XPENDING", "k", "group").ToString());
                    break;
                default:
                    Assert.Equal("w", client.Call("HGET", "k", "g").Text);
                    Assert.Equal("v", client.Call("HGET", "k", "f").Text);
                    long expected = value[0] == 24 ? 4_000_000_000_004 : 4_000_000_000_000;
                    Assert.Equal(expected, client.Call("HPEXPIRETIME", "k", "FIELDS", "2", "g", "f").Items![0].Integer);
                    Assert.Equal(-1, client.Call("HPEXPIRETIME", "k", "FIELDS", "2", "g", "f").Items![1].Integer);
                    break;
            }
        }
    }

    [Fact]
    public void Fields_whose_time_is_over_are_left_out()
    {
        using var fastKv = ServerProcess.Start(ServerKind.FastKv1);
        using var client = fastKv.Connect();
        Restore(client, "some", [23, .. LegacyValues.Text(LegacyValues.Listpack("g", "w", "1000", "f", "v", "0"))]);
        Assert.Equal("1", client.Call("HLEN", "some").Text);
        Assert.Equal("v", client.Call("HGET", "some", "f").Text);
    }

    private static void Restore(RespClient client, string key, byte[] value)
    {
        byte[] payload = [.. value, 10, 0];
        payload = [.. payload, .. BitConverter.GetBytes(Crc64.Append(0, payload))];
        RespFrame reply = client.CallBytes(
            "RESTORE"u8.ToArray(), System.Text.Encoding.ASCII.GetBytes(key), "0"u8.ToArray(), payload, "REPLACE"u8.ToArray());
        Assert.True(reply.Text == "OK", $"type {value[0]}: {reply}");
    }
}
