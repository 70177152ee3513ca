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
        AssertTouches(client, "TOUCH", keys[0]);
        client.Call("CLIENT", "NO-TOUCH", "OFF");
        AssertTouches(client, "GET", keys[1]);
        Assert.True(Idle(client, keys[2]) >= 1, "not read since");
    }

    // The clock of accesses counts seconds: one may begin between the two commands, but not each time. What is not touched is idle for longer and longer.
    private static void AssertTouches(RespClient client, string command, string key)
    {
        byte[] both = [.. RespClient.Encode(command, key), .. RespClient.Encode("OBJECT", "IDLETIME", key)];
        Assert.Contains(Enumerable.Range(0, 20).Select(_ => client.Pipeline(both, 2)[1].Integer), idle => idle == 0);
    }

    private static long Idle(RespClient client, string key) => long.Parse(client.Call("OBJECT", "IDLETIME", key).Text);
}
