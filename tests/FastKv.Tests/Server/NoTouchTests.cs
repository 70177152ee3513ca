using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Server;

/// <summary>CLIENT NO-TOUCH: reading leaves a key's idle time alone, TOUCH does not.</summary>
public sealed class NoTouchTests
{
    /// <summary>Keys of all shards, alone and (COPY) several at once.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Reading_leaves_the_access_clock(int shards)
    {
        using var server = new FastKvProcess(shards);
        using RespClient client = server.Connect();
        string[] keys = ["a", "b", "c", "d", "e", "f"];
        foreach (string key in keys)
            client.Call("SET", key, "v");
        Thread.Sleep(2100);
        Assert.Equal("OK", client.Call("CLIENT", "NO-TOUCH", "ON").Text);
        foreach (string key in keys)
        {
            client.Call("GET", key);
            client.Call("COPY", key, "copy of " + key);
            Assert.True(Idle(client, key) >= 1, "read without a touch");
        }
        client.Call("TOUCH", keys[0]);
        Assert.Equal(0, Idle(client, keys[0]));
        client.Call("CLIENT", "NO-TOUCH", "OFF");
        client.Call("GET", keys[1]);
        Assert.True(Idle(client, keys[1]) <= 1, "read with a touch");
        Assert.True(Idle(client, keys[2]) >= 1, "not read since");
    }

    private static long Idle(RespClient client, string key) => long.Parse(client.Call("OBJECT", "IDLETIME", key).Text);
}
