// Snapshots: how fast they are, and what clients notice of them. Control plane.
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Persistence;

/// <summary>BGSAVE at rest and under write load.</summary>
internal static class SnapshotSection
{
    private const double Mega = 1e6;
    private const double LatencyLimit = 2.0;
    private const double MemoryLimit = 1.1;

    /// <summary>The rate of the open loop as a share of what redis-server reaches.</summary>
    private const double LoadShare = 0.5;

    // A machine that others share stops a core for a millisecond some times a second, which is where p99.9 lies: what FastKv adds shows in many rounds only. What
    // redis-server adds is a multiple, and its rounds are long.
    private const int RedisRounds = 3;
    private const int FastKvRounds = 11;
    private const int QuickRounds = 2;

    /// <summary>Both sets, both servers.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("snapshot", FormattableString.Invariant($"BGSAVE of {settings.DataKeys:N0} keys"));
        using var folder = new WorkFolder(settings.DataFolder);
        report.Paragraph("At rest: from BGSAVE to the end of rdb_bgsave_in_progress, fsync included, in the median. "
            + "Under load: SET of 16 bytes to the strings of 16 bytes, uniformly drawn, 50 connections, P=1, in phases of half a second behind one another, "
            + "from right before BGSAVE until it has ended; saturating (closed loop) and at half of the rate that redis-server reaches "
            + "(open loop: latency from when a request was due). Without: the same for as long, right before. Medians of the rounds "
            + FormattableString.Invariant($"(redis-server {RedisRounds}, FastKv {FastKvRounds}). ")
            + "Every round counts. Standstill: the longest time for which one of the two cores ran nobody, as a thread of real-time priority on each saw it. "
            + "Memory: highest VmRSS over VmRSS before; redis-server's with what its child had to copy (rdb_last_cow_size).");
        foreach (Dataset data in (ReadOnlySpan<Dataset>)[Dataset.Small, Dataset.Mixed])
        {
            if (settings.DataChosen is { } only && only != data.Name)
                continue;
            Outcome redis = Measure(settings, folder, ServerKind.Redis(settings), data, 0);
            Outcome fastKv = Measure(settings, folder, ServerKind.FastKv(settings, 1), data, redis.RatePerSecond);
            Write(report, data, redis, fastKv);
        }
        return report;
    }

    private static Outcome Measure(ReportSettings settings, WorkFolder folder, ServerKind kind, Dataset data, double rate)
    {
        using DiskServer server = DiskServer.Start(kind, folder.Empty("snapshot"));
        Console.Error.WriteLine($"{DateTime.UtcNow:HH:mm:ss}   {data.Name}, {kind.Name}: filling");
        data.FillInto(server, settings);
        int rounds = settings.Quick ? QuickRounds : kind.IsRedis ? RedisRounds : FastKvRounds;
        double[] idle = [.. Enumerable.Range(0, 1 + Math.Min(rounds, RedisRounds)).Select(_ => server.SaveInBackground()).Skip(1)];
        long fileBytes = WorkFolder.Bytes(Path.Combine(folder.Path, "snapshot"));
        LoadRound[] saturating = Rounds(settings, server, data, 0, rounds);
        if (rate == 0)
            rate = Math.Round(LoadShare * Medians.Of(saturating, r => r.Without.RequestsPerSecond) / 1000) * 1000;
        LoadRound[] limited = Rounds(settings, server, data, rate, rounds);
        string figures = FormattableString.Invariant(
            $"{Medians.Of(idle, s => s):F2} s at rest, p99.9 {P999(saturating):F2}x saturated, {P999(limited):F2}x at {rate:N0}/s");
        Console.Error.WriteLine($"{DateTime.UtcNow:HH:mm:ss}   {data.Name}, {kind.Name}: {figures}");
        double forkMs = server.Info("stats", "latest_fork_usec") / 1000;
        return new Outcome(kind.Name, server.Keys, fileBytes, Medians.Of(idle, s => s), rate, saturating, limited, forkMs);
    }

    private static LoadRound[] Rounds(ReportSettings settings, DiskServer server, Dataset data, double rate, int rounds)
    {
        using var load = new SnapshotLoad(server, settings, data, rate);
        load.RunAlone(settings.WarmUpSeconds);
        double seconds = settings.RoundSeconds * 2;
        var result = new List<LoadRound>();
        for (int i = 0; i < rounds; i++)
        {
            LoadStretch without = load.RunAlone(seconds);
            long before = server.ResidentBytes;
            LoadStretch with = load.RunWithSnapshot();
            double copied = server.Info("persistence", "rdb_last_cow_size");
            double peak = with.PeakBytes + (double.IsNaN(copied) ? 0 : copied);
            result.Add(new LoadRound(without, with, before, peak));
            seconds = Math.Max(seconds, with.Seconds);
        }
        return [.. result];
    }

    private static void Write(SectionReport report, Dataset data, Outcome redis, Outcome fastKv)
    {
        report.Raw[data.Name] = new { redis, fastKv };
        report.Paragraph($"**{data.Name}**: {data.Text}.");
        report.Table(
            ["at rest", "keys", "file MB", "s", "MB/s", "keys/s"],
            Idle(redis), Idle(fastKv));
        var rows = new List<string[]>
        {
            new[]
            {
                "under load", "requests/s without", "with", "p99 µs without", "with", "p99.9 µs without", "with", "ratio", "longest ms without", "with",
                "snapshot s", "memory ratio",
            },
        };
        foreach ((string name, Func<Outcome, LoadRound[]> rounds) in (ReadOnlySpan<(string, Func<Outcome, LoadRound[]>)>)
            [("saturating", o => o.Saturating), (FormattableString.Invariant($"{redis.RatePerSecond:N0}/s"), o => o.Limited)])
        {
            rows.Add(Load($"{name}, redis-server", rounds(redis)));
            rows.Add(Load($"{name}, FastKv", rounds(fastKv)));
            report.AtMost($"{data.Name}, {name}: p99.9 with BGSAVE over without", P999(rounds(fastKv)), LatencyLimit);
            report.AtMost($"{data.Name}, {name}: peak RSS over RSS before", Memory(rounds(fastKv)), MemoryLimit);
        }
        report.Table([.. rows]);
        report.Paragraph(FormattableString.Invariant($"redis-server's last fork stopped it for {redis.ForkMs:F1} ms."));
        report.Table(
            ["the rounds in their order: p99.9 ms without > with BGSAVE (standstill ms)", ""],
            ["saturating, redis-server", Each(redis.Saturating)], ["saturating, FastKv", Each(fastKv.Saturating)],
            ["half rate, redis-server", Each(redis.Limited)], ["half rate, FastKv", Each(fastKv.Limited)]);
        report.AtLeast($"{data.Name}: snapshot speed at rest, FastKv over redis-server", redis.IdleSeconds / fastKv.IdleSeconds, 1.0);
        string[] groups = ["saturating, without", "saturating, with", "half rate, without", "half rate, with"];
        report.Add($"snapshot-{data.Name}", new BarChart($"p99.9 with and without BGSAVE, {data.Name}", "µs", groups,
            [new BarSeries("redis-server", Bars(redis)), new BarSeries("FastKv", Bars(fastKv))]));
    }

    private static double[] Bars(Outcome o) =>
    [
        Medians.Of(o.Saturating, r => r.Without.P999), Medians.Of(o.Saturating, r => r.With.P999),
        Medians.Of(o.Limited, r => r.Without.P999), Medians.Of(o.Limited, r => r.With.P999),
    ];

    private static string[] Idle(Outcome o) =>
    [
        o.Name, Number(o.Keys, "N0"), Number(o.FileBytes / Mega, "N0"), Number(o.IdleSeconds, "F2"), Number(o.FileBytes / Mega / o.IdleSeconds, "N0"),
        Number(o.Keys / o.IdleSeconds, "N0"),
    ];

    private static string[] Load(string name, LoadRound[] rounds)
    {
        string Of(Func<LoadRound, double> figure, string format) => Number(Medians.Of(rounds, figure), format);
        return
        [
            name, Of(r => r.Without.RequestsPerSecond, "N0"), Of(r => r.With.RequestsPerSecond, "N0"), Of(r => r.Without.P99, "N0"), Of(r => r.With.P99, "N0"),
            Of(r => r.Without.P999, "N0"), Of(r => r.With.P999, "N0"), $"**{Number(P999(rounds), "F2")}**", Of(r => r.Without.Max / 1000, "F1"),
            Of(r => r.With.Max / 1000, "F1"), Of(r => r.With.SaveSeconds, "F1"), Number(Memory(rounds), "F3"),
        ];
    }

    private static string Each(LoadRound[] rounds) => string.Join(", ", rounds.Select(r => FormattableString.Invariant(
        $"{r.Without.P999 / 1000:F1} > {r.With.P999 / 1000:F1} ({r.Without.StandstillMs:F1}, {r.With.StandstillMs:F1})")));

    private static double P999(LoadRound[] rounds) => Medians.Of(rounds, r => r.With.P999) / Medians.Of(rounds, r => r.Without.P999);

    private static double Memory(LoadRound[] rounds) => rounds.Max(r => r.PeakBytes / r.ResidentBefore);

    private sealed record LoadRound(LoadStretch Without, LoadStretch With, double ResidentBefore, double PeakBytes);

    private sealed record Outcome(
        string Name, long Keys, long FileBytes, double IdleSeconds, double RatePerSecond, LoadRound[] Saturating, LoadRound[] Limited, double ForkMs);
}
