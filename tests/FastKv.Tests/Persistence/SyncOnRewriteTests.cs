using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// <c>no-appendfsync-on-rewrite</c>: while a rewrite or a save in the background is going on nothing is synced, and WAITAOF says so; without it everything is.
/// </summary>
public sealed class SyncOnRewriteTests
{
    /// <param name="policy"><c>appendfsync</c>.</param>
    /// <param name="command">What is going on.</param>
    /// <param name="setting">The parameter's value.</param>
    /// <param name="waitMs">For how long a client waits for a sync: more than a second, or as long as it takes.</param>
    /// <param name="synced">What it is told then.</param>
    [Theory]
    [InlineData("everysec", "BGREWRITEAOF", "yes", "2500", 0)]
    [InlineData("everysec", "BGREWRITEAOF", "no", "0", 1)]
    [InlineData("everysec", "BGSAVE", "yes", "2500", 0)]
    [InlineData("everysec", "BGSAVE", "no", "0", 1)]
    [InlineData("always", "BGREWRITEAOF", "yes", "500", 0)]
    [InlineData("always", "BGREWRITEAOF", "no", "0", 1)]
    [InlineData("always", "BGSAVE", "yes", "500", 0)]
    [InlineData("always", "BGSAVE", "no", "0", 1)]
    public void Nothing_is_synced_meanwhile_if_so_configured(string policy, string command, string setting, string waitMs, int synced)
    {
        using var server = new HeldServer($"rdbcompression no\nappendonly yes\nappendfsync {policy}", HeldDuring(command));
        using RespClient client = server.Connect();
        Assert.Equal("OK", client.Call("CONFIG", "SET", "no-appendfsync-on-rewrite", setting).Text);
        Assert.Equal(setting, client.Call("CONFIG", "GET", "no-appendfsync-on-rewrite").Items![1].Text);
        server.Hold();
        Assert.StartsWith("Background", client.Call(command).Text, StringComparison.Ordinal);

        // Acknowledged though it is not on the disk, even with always.
        Assert.Equal("OK", client.Call("SET", "k", "v").Text);
        Assert.Equal(synced, client.Call("WAITAOF", "1", "0", waitMs).Items![0].Integer);
        Assert.Equal(synced, client.Call("WAITAOF", "0", "0", "0").Items![0].Integer);
        string going = command == "BGSAVE" ? "rdb_bgsave_in_progress" : "aof_rewrite_in_progress";
        Assert.Contains($"{going}:1\r\n", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);

        // What was written is synced when that has ended, even if nothing more is.
        server.LetGo();
        HeldServer.Await(client, $"{going}:0");
        Assert.Equal(1, client.Call("WAITAOF", "1", "0", "0").Items![0].Integer);
    }

    /// <summary>The end of the server, and of the log, sync in any case.</summary>
    [Theory]
    [InlineData("always")]
    [InlineData("everysec")]
    public void What_is_turned_off_is_synced_before(string policy)
    {
        using var server = new HeldServer($"rdbcompression no\nappendonly yes\nappendfsync {policy}\nno-appendfsync-on-rewrite yes", HeldDuring("BGSAVE"));
        using RespClient client = server.Connect();
        server.Hold();
        Assert.StartsWith("Background", client.Call("BGSAVE").Text, StringComparison.Ordinal);
        Assert.Equal("OK", client.Call("SET", "k", "v").Text);
        int syncs = server.SyncsOf("incr");
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "no").Text);
        Assert.True(server.SyncsOf("incr") > syncs, "it is not synced");
    }

    private static string HeldDuring(string command) => command == "BGSAVE" ? $"temp-{Environment.ProcessId}.rdb" : "temp-rewriteaof";
}
