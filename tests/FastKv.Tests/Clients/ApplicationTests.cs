using System.Globalization;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Clients;

/// <summary>
/// Applications with the libraries that they use: tests/clients/applications.js. Each runs against redis-server (which proves the script) and against FastKv on
/// one and on three shards.
/// </summary>
public sealed class ApplicationTests
{
    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Redlock_over_three_servers_that_pause(ServerKind kind) => Run(kind, "redlock", servers: 3);

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Sessions_of_express_in_connect_redis(ServerKind kind) => Run(kind, "sessions");

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Rate_limiter_flexible(ServerKind kind) => Run(kind, "limiter");

    private static void Run(ServerKind kind, string application, int servers = 1)
    {
        var processes = new List<ServerProcess>();
        try
        {
            for (int i = 0; i < servers; i++)
                processes.Add(ServerProcess.Start(kind));
            string[] ports = [.. processes.Select(process => process.Port.ToString(CultureInfo.InvariantCulture))];
            string output = Script.Run("node", ["applications.js", application, .. ports]);
            Assert.Equal("ok", output.Trim().Split('\n')[^1].Trim());
        }
        finally
        {
            processes.ForEach(process => process.Dispose());
        }
    }
}
