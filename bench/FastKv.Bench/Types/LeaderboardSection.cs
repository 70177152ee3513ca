// The leaderboard study of tools/loadgen on both servers. Control plane.
using FastKv.Bench.Reports;
using FastKv.LoadGen.Comparing;
using FastKv.LoadGen.Leaderboard;

namespace FastKv.Bench.Types;

/// <summary>Ten million players, a hundred thousand updates a second, and queries beside them.</summary>
internal static class LeaderboardSection
{
    /// <summary>redis-server, then FastKv.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var plan = new LeaderboardPlan
        {
            Players = settings.ManyElements,
            UpdatesPerSecond = settings.Quick ? 20_000 : 100_000,
            Seconds = settings.Quick ? 1 : 30,
            WarmUpSeconds = settings.Quick ? 0.5 : 5,
            ClientCore = settings.ClientCore,
            Quiet = Console.IsErrorRedirected,
        };
        var report = new SectionReport("leaderboard", FormattableString.Invariant($"Leaderboard study: {plan.Players:N0} players"));
        LeaderboardRow[] rows = [.. ((string[])[settings.Redis, settings.FastKv(1)]).Select(start => LeaderboardStudy.Run(plan, new ServerChoice(null, start)))];
        report.Raw["leaderboard"] = new { plan, rows };
        report.Paragraph(FormattableString.Invariant($"""
            One sorted set. In an open loop on 50 connections, {plan.UpdatesPerSecond:N0} updates a second (ZADD and ZINCRBY of random players, {plan.Pipeline} a write), and beside them
            {plan.QueriesPerSecond:N0} a second of each query, one request at a time on 32 connections per kind, for {plan.Seconds} s. Requests leave at fixed times, and latency
            counts from when one was due. ±10 neighbours is a query of two requests, the second with what the first has found; its latency is that of both.
            """));
        report.Table([LeaderboardTable.LatencyHead, .. LeaderboardTable.LatencyRows(rows)]);
        report.Table([LeaderboardTable.ServerHead, .. LeaderboardTable.ServerRows(rows)]);
        foreach (string remark in LeaderboardTable.Remarks(rows))
            report.Paragraph(remark);
        report.Paragraph("The study is an example of the load generator: `fastkv-loadgen leaderboard --help`.");
        LeaderboardRow redis = rows[0], fastKv = rows[1];
        report.Add("leaderboard-p99", new BarChart("p99 at the offered load", "µs", [.. fastKv.Lanes.Select(l => l.Name.Split(' ')[0] + (l.Name.StartsWith("top", StringComparison.Ordinal) ? " 100" : ""))],
            [new BarSeries("redis-server", [.. redis.Lanes.Select(l => l.Latency.P99)]), new BarSeries("FastKv", [.. fastKv.Lanes.Select(l => l.Latency.P99)])]));
        report.AtLeast("Leaderboard: updates/s achieved by FastKv", fastKv.Lanes[0].AchievedPerSecond, plan.UpdatesPerSecond * 0.99);
        report.AtMost("Leaderboard: RSS per player, FastKv over redis", fastKv.ResidentBytesPerPlayer / redis.ResidentBytesPerPlayer, 0.6);
        foreach ((LaneRow a, LaneRow b) in redis.Lanes.Zip(fastKv.Lanes).Skip(1))
            report.AtMost($"Leaderboard: p99 of {b.Name}, FastKv over redis", b.Latency.P99 / a.Latency.P99, 1);
        return report;
    }
}
