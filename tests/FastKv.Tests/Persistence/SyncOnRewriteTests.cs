using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary><c>no-appendfsync-on-rewrite</c>: while a rewrite is going on nothing is synced every second; without it everything is.</summary>
public sealed class SyncOnRewriteTests
{
    /// <param name="setting">Its value.</param>
    /// <param name="waitMs">For how long a client waits for a sync: more than a second, or as long as it takes.</param>
    /// <param name="synced">What it is told then.</param>
    [Theory]
    [InlineData("yes", "2500", 0)]
    [InlineData("no", "0", 1)]
    public void Nothing_is_synced_during_a_rewrite_if_so_configured(string setting, string waitMs, int synced)
    {
        using var server = new HeldServer("rdbcompression no\nappendonly yes\nappendfsync everysec", held: "temp-rewriteaof");
        using RespClient client = server.Connect();
        Assert.Equal("OK", client.Call("CONFIG", "SET", "no-appendfsync-on-rewrite", setting).Text);
        Assert.Equal(setting, client.Call("CONFIG", "GET", "no-appendfsync-on-rewrite").Items![1].Text);
        server.Hold();
        Assert.StartsWith("Background", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
        Assert.Equal("OK", client.Call("SET", "k", "v").Text);
        Assert.Equal(synced, client.Call("WAITAOF", "1", "0", waitMs).Items![0].Integer);
        Assert.Contains("aof_rewrite_in_progress:1\r\n", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
        server.LetGo();
        HeldServer.Await(client, "aof_rewrite_in_progress:0");
        Assert.Equal(1, client.Call("WAITAOF", "1", "0", "0").Items![0].Integer);
    }
}
