using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Memory;

/// <summary>What a large value occupied goes back to the kernel on another thread than the one that runs commands, and soon.</summary>
public sealed class LargeBlockReleaseTests
{
    private const long MegaByte = 1 << 20;
    private const int PatienceMs = 60_000;

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Large_values_that_go_leave_no_memory_behind(ServerKind kind)
    {
        const int rounds = 40;
        const long bytes = 64 * MegaByte;
        using var server = ServerProcess.Start(kind, "--debug-heap", "no");
        using var client = server.Connect();
        long before = server.RssBytes;
        for (int i = 0; i < rounds; i++)
        {
            // Different keys, so that several shards have a part in it.
            string key = $"key:{i % 4}";
            Assert.Equal(bytes, client.Call("SETRANGE", key, $"{bytes - 1}", "x").Integer);
            Assert.Equal(bytes, client.Call("STRLEN", key).Integer);
            if (i % 2 == 0)
                Assert.Equal("OK", client.Call("SET", key, "small").Text);
            Assert.Equal(1, client.Call("DEL", key).Integer);
            Assert.InRange(server.RssBytes - before, long.MinValue, (1024 + 256) * MegaByte);
        }
        for (int waited = 0; server.RssBytes - before > bytes / 2 && waited < PatienceMs; waited += 50)
            Thread.Sleep(50);
        Assert.InRange(server.RssBytes - before, long.MinValue, bytes / 2);
    }
}
