using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Hostile;

/// <summary>
/// Tests that load the machine run one after the other and apart from all others, so that neither their memory nor
/// their time is taken from each other.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class HeavyCollection
{
    /// <summary>The collection's name.</summary>
    public const string Name = "heavy";
}

/// <summary>What every hostile test ends with.</summary>
public static class HostileServers
{
    /// <summary>The servers to run against.</summary>
    public static TheoryData<ServerKind> Kinds => [ServerKind.Redis, ServerKind.FastKv1, ServerKind.FastKv3];

    /// <summary>
    /// The server answers PING, all clients but this check's own go away, and its memory comes back to within
    /// <paramref name="slackBytes"/> of what it was. Disposing it afterwards checks for leaks.
    /// </summary>
    public static void AssertRecovered(ServerProcess server, long rssBefore, long slackBytes)
    {
        server.AssertAlive();
        using RespClient client = server.Connect();
        client.Call("FLUSHALL");
        AssertSoon(() => client.Call("INFO", "clients").Text.Contains("connected_clients:1\r\n", StringComparison.Ordinal), () =>
            client.Call("INFO", "clients").Text);
        // redis-server's allocator keeps pages for a while and gives them back on request only in part: the bound is FastKv's.
        client.Call("MEMORY", "PURGE");
        if (server.IsFastKv)
            AssertSoon(() => server.RssBytes < rssBefore + slackBytes, () => $"resident {server.RssBytes >> 20} MB, before {rssBefore >> 20} MB");
    }

    /// <summary>Waits, for at most 20 s, until a condition of the other process holds.</summary>
    public static void AssertSoon(Func<bool> condition, Func<string> describe)
    {
        for (int i = 0; i < 1200; i++)
        {
            if (condition())
                return;
            Thread.Sleep(50);
        }
        Assert.Fail(describe());
    }
}
