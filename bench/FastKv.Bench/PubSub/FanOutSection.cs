// Messages from few to many, FastKv against redis-server. Control plane.
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Servers;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.PubSub;

/// <summary>Deliveries per second, and the server's CPU time for one.</summary>
internal static class FanOutSection
{
    private const double DeliveriesTarget = 1_000_000;

    private static readonly FanOutCase[] Cases =
    [
        new(1, 1, 1, 32),
        new(1, 4, 16, 32),
        new(10, 4, 16, 32),
        new(100, 4, 16, 32),
        new(1000, 4, 16, 32),
        new(100, 4, 16, 1024),
    ];

    /// <summary>Alternating rounds on the two servers, which stay up for all cases.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("fan-out", "Pub/Sub: from few to many");
        string[] head = ["", "redis-server deliveries/s", "FastKv deliveries/s", "redis-server ns/delivery", "FastKv ns/delivery", "CPU ratio"];
        report.Table([head, .. OnClientCore(settings, () => Rows(report, settings))]);
        report.Paragraph("""
            All connections of the client are on one thread. A publisher sends its next batch when the last one is answered and the subscribers are not
            far behind. CPU time is the server's over the whole stretch, publishing included, per message that reached a subscriber; medians of
            alternating rounds.
            """);
        return report;
    }

    private static string[][] Rows(SectionReport report, ReportSettings settings)
    {
        using var redis = ServerProcess.Start(settings.Redis, -1);
        using var fastKv = ServerProcess.Start(settings.FastKv(1), -1);
        return [.. Cases.Select(one => Row(report, settings, one, redis, fastKv))];
    }

    private static string[] Row(SectionReport report, ReportSettings settings, FanOutCase one, ServerProcess redis, ServerProcess fastKv)
    {
        ServerProcess[] servers = [redis, fastKv];
        var rounds = new List<FanOutFigures>[] { [], [] };
        for (int round = -1; round < settings.Rounds; round++)
        {
            for (int i = 0; i < servers.Length; i++)
            {
                using var load = new FanOutLoad(servers[i].Address.EndPoint, one);
                FanOutFigures figures = load.Run(round < 0 ? settings.WarmUpSeconds : settings.RoundSeconds, servers[i].Address.ProcessId);
                if (round >= 0)
                    rounds[i].Add(figures);
            }
        }
        FanOutFigures a = Median(rounds[0]), b = Median(rounds[1]);
        report.Raw[one.Name] = new { one, redis = rounds[0], fastKv = rounds[1] };
        if (one.Subscribers == 100 && one.PayloadBytes == 32)
            report.AtLeast($"Fan-out: {one.Name}, deliveries/s", b.DeliveriesPerSecond, DeliveriesTarget);
        double ratio = a.ServerNsPerDelivery / b.ServerNsPerDelivery;
        return
        [
            one.Name,
            Number(a.DeliveriesPerSecond, "N0"),
            Number(b.DeliveriesPerSecond, "N0"),
            Number(a.ServerNsPerDelivery, "N0"),
            Number(b.ServerNsPerDelivery, "N0"),
            $"**{Number(ratio, "F2")}**",
        ];
    }

    private static FanOutFigures Median(List<FanOutFigures> rounds) => new(
        rounds.Select(r => r.DeliveriesPerSecond).Order().ElementAt(rounds.Count / 2),
        rounds.Select(r => r.ServerNsPerDelivery).Order().ElementAt(rounds.Count / 2));

    private static T OnClientCore<T>(ReportSettings settings, Func<T> run)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                CpuAffinity.PinCurrentThread([settings.ClientCore]);
                result = run();
            }
            catch (Exception error)
            {
                // Thrown on by the thread that waits.
                failure = error;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw failure as LoadException ?? new LoadException(failure.ToString());
    }
}
