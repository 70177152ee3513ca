using FastKv.Tests.Clients;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Tracking;

/// <summary>An application that caches what it reads and has the server tell it of changes, through a client library: against redis-server, too, which proves it.</summary>
public sealed class CacheAsideTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Ioredis(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        string seed = TestEnvironment.DifferentialSeed.ToString();
        output.WriteLine($"seed {seed}");
        Assert.Equal("ok", Script.Run("node", ["cache_aside_ioredis.js", server.Port.ToString(), seed]).Trim());
    }
}
