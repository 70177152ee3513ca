using FastKv.LoadGen.Comparing;
using FastKv.LoadGen.Leaderboard;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.LoadGen;

/// <summary>The study runs against both servers, and its figures are about what was asked for.</summary>
public sealed class LeaderboardTests
{
    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    public void A_small_study_answers_every_query(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        var plan = new LeaderboardPlan
        {
            Players = 5000,
            UpdatesPerSecond = 2000,
            QueriesPerSecond = 50,
            Seconds = 1,
            WarmUpSeconds = 0,
            Quiet = true,
        };
        LeaderboardRow row = LeaderboardStudy.Run(plan, new ServerChoice($"127.0.0.1:{server.Port}", null));
        Assert.Equal(5000, row.Players);
        Assert.Equal(4, row.Lanes.Length);
        Assert.All(row.Lanes, lane => Assert.True(lane.Completed > 0 && lane.Latency.P50 > 0, lane.Name));
        using RespClient client = server.Connect();
        Assert.Equal(5000, client.Call("ZCARD", "board").Integer);
        Assert.True(row.UsedBytesPerPlayer > 0);
    }
}
