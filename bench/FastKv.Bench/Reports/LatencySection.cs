// Latency at equal offered load, one connection, and medium load. Control plane.
using System.Diagnostics;
using System.Globalization;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using FastKv.LoadGen.Servers;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Reports;

/// <summary>What a client waits for, and what waiting clients cost.</summary>
internal static class LatencySection
{
    /// <summary>Offered load as a share of what redis-server reaches.</summary>
    private const double LoadShare = 0.7;

    /// <summary>p99 in an open loop: both servers get the same requests at the same times.</summary>
    public static SectionReport RunEqualLoad(ReportSettings settings)
    {
        var report = new SectionReport("latency", "Latency at equal offered load, P=1");
        var rows = new List<string[]> { new[] { "GET, open loop", "requests/s", "redis p50 / p99 / p99.9 µs", "FastKv p50 / p99 / p99.9 µs", "p99 ratio" } };
        var cells = new List<CellRow>();
        int[] connectionCounts = [50, 500];
        foreach (int connections in connectionCounts)
        {
            LoadOptions closed = Compared.Options(settings) with { Connections = connections };
            CompareRow probe = Compared.Run(closed, settings.Redis, settings.FastKv(1), 1, [1], ["get"]);
            double rate = Math.Round(LoadShare * Compared.Rate(probe.Cells[0].A) / 1000) * 1000;
            CompareRow result = Compared.Run(closed with { RatePerSecond = rate }, settings.Redis, settings.FastKv(1), settings.Rounds, [1], ["get"]);
            CellRow cell = result.Cells[0];
            cells.Add(cell);
            report.Raw[$"latency-{connections}"] = result;
            rows.Add([$"{connections} connections", Number(rate, "N0"), Quantiles(cell.A), Quantiles(cell.B), Number(1 / cell.P99Ratio, "F2")]);
            report.AtMost($"p99 at {connections} connections, FastKv over redis-server", 1 / cell.P99Ratio, 1.0);
        }
        report.Paragraph($"Requests leave at fixed times ({LoadShare * 100:F0}% of the rate that redis-server reaches in a closed loop), and latency counts "
            + "from when a request was due, so a stall is charged for all that it delays (no coordinated omission).");
        report.Table([.. rows]);
        report.Add("latency-p99", new BarChart("p99 at equal offered load", "µs", [.. connectionCounts.Select(c => $"{c} connections")],
        [
            new BarSeries("redis-server", [.. cells.Select(c => Compared.P99(c.A))]),
            new BarSeries("FastKv", [.. cells.Select(c => Compared.P99(c.B))]),
        ]));
        return report;
    }

    /// <summary>
    /// One connection that waits for each reply, with a client that sleeps while it waits, and one that polls; and what is the most that a server can reach
    /// there (<see cref="FloorServer"/>).
    /// </summary>
    public static SectionReport RunOneConnection(ReportSettings settings)
    {
        const double RatioMin = 2.0;
        var report = new SectionReport("one", "One connection, P=1");
        var cells = new List<(string Name, bool IsPolling, CellRow Cell)>();
        foreach (bool busy in (bool[])[false, true])
        {
            LoadOptions options = Compared.Options(settings) with { Connections = 1, BusyPoll = busy };
            CompareRow result = Compared.Run(options, settings.Redis, settings.FastKv(1), settings.Rounds, [1], ["get", "set"], settings.Floor);
            report.Raw[busy ? "one-polling" : "one-sleeping"] = result;
            foreach (CellRow cell in result.Cells)
            {
                string what = $"{cell.Command.ToUpperInvariant()}, client {(busy ? "polls" : "sleeps")}";
                cells.Add((what, busy, cell));
                report.AtLeast($"One connection, {what}: requests/s, FastKv over redis-server", cell.ThroughputRatio, RatioMin);
            }
        }
        report.Table(
        [
            ["", "redis requests/s", "FastKv requests/s", "floor requests/s", "FastKv : redis", "floor : redis", "FastKv : floor",
                "redis p50 µs", "FastKv p50 µs", "floor p50 µs"],
            .. cells.Select(c => OneConnectionRow(c.Name, c.Cell)),
        ]);
        report.Paragraph(FloorText([.. cells.Select(c => (c.IsPolling, c.Cell))], RatioMin));
        report.Add("one-connection", new BarChart("One connection, P=1: over redis-server", "times the requests/s", [.. cells.Select(c => c.Name)],
            [
                new BarSeries("FastKv", [.. cells.Select(c => c.Cell.ThroughputRatio)]),
                new BarSeries("floor: one recv, one send", [.. cells.Select(c => FloorRatio(c.Cell))]),
            ],
            [.. cells.Select(_ => RatioMin)]));
        return report;
    }

    private static double FloorRatio(CellRow cell) => Compared.Rate(cell.Floor!) / Compared.Rate(cell.A);

    private static string[] OneConnectionRow(string name, CellRow cell) =>
    [
        name, Number(Compared.Rate(cell.A), "N0"), Number(Compared.Rate(cell.B), "N0"), Number(Compared.Rate(cell.Floor!), "N0"),
        Number(cell.ThroughputRatio, "F2"), Number(FloorRatio(cell), "F2"), Number(Compared.Rate(cell.B) / Compared.Rate(cell.Floor!), "F2"),
        Number(Compared.P50(cell.A), "F1"), Number(Compared.P50(cell.B), "F1"), Number(Compared.P50(cell.Floor!), "F1"),
    ];

    /// <summary>What the floor says about the target, from this run's figures.</summary>
    private static string FloorText((bool IsPolling, CellRow Cell)[] cells, double ratioMin)
    {
        double Mean(bool isPolling, Func<CellRow, double> figure) => cells.Where(c => c.IsPolling == isPolling).Average(c => figure(c.Cell));
        string Both(Func<CellRow, double> figure) =>
            $"{Number(Mean(false, figure), "F2")} times (client sleeps) and {Number(Mean(true, figure), "F2")} times (client polls)";
        string target = Number(ratioMin, "F1");
        string verdict = cells.Max(c => FloorRatio(c.Cell)) < ratioMin
            ? $"So {target} times redis-server's rate is out of reach on this machine for every server that takes one recv and one send for a request, "
                + "whatever it does between them."
            : $"So a server has at most the difference between that and {target} for its own work.";
        string redisUs = Number(Mean(true, c => Compared.P50(c.A)), "F1");
        string fastKvUs = Number(Mean(true, c => Compared.P50(c.B)), "F1");
        string floorUs = Number(Mean(true, c => Compared.P50(c.Floor!)), "F1");
        return "The floor is a server of this program that polls its socket without sleeping, makes one recv and one send for each request, parses nothing "
            + $"and replies `+OK`; it ran in the same rounds, on the same core. Its requests per second are {Both(FloorRatio)} redis-server's; "
            + $"FastKv's are {Both(c => c.ThroughputRatio)}. {verdict} With a client that polls, the median round trip takes {redisUs} µs with redis-server, "
            + $"{fastKvUs} µs with FastKv and {floorUs} µs with the floor, which is the system calls of both sides and the loopback interface.";
    }

    /// <summary>CPU per operation where the client is the bottleneck: redis-benchmark with 50 connections.</summary>
    public static SectionReport RunMediumLoad(ReportSettings settings)
    {
        var report = new SectionReport("medium", "Medium load: redis-benchmark, 50 connections, P=1");
        int requests = settings.Quick ? 20_000 : 300_000;
        (string Name, string Start)[] servers = [("redis-server", settings.Redis), ("FastKv", settings.FastKv(1))];
        var figures = servers.ToDictionary(s => s.Name, _ => new List<double>());
        ServerProcess[] started = [.. servers.Select(s => ServerProcess.Start(s.Start, -1))];
        try
        {
            for (int round = -1; round < settings.Rounds; round++)
            {
                for (int i = 0; i < servers.Length; i++)
                {
                    int turn = round % 2 == 0 ? i : servers.Length - 1 - i;
                    double cost = Benchmark(settings, started[turn], requests);
                    if (round >= 0)
                        figures[servers[turn].Name].Add(cost);
                }
            }
        }
        finally
        {
            foreach (ServerProcess server in started)
                server.Dispose();
        }
        double redis = Medians.Of([.. figures["redis-server"]], f => f);
        double fastKv = Medians.Of([.. figures["FastKv"]], f => f);
        report.Raw["medium"] = figures;
        report.Paragraph($"`redis-benchmark -c 50 -P 1 -t get -n {requests} -r {settings.Keys}` on the client's core; the first round is a warm-up.");
        report.Table(["", "µs/op"], ["redis-server", Number(redis, "F3")], ["FastKv", Number(fastKv, "F3")]);
        report.AtMost("Medium load: CPU per operation, FastKv over redis-server", fastKv / redis, 1.0);
        return report;
    }

    private static double Benchmark(ReportSettings settings, ServerProcess server, int requests)
    {
        var cpu = ServerCpu.Start(server.Address.ProcessId);
        string port = server.Address.Text[(server.Address.Text.LastIndexOf(':') + 1)..];
        string arguments = string.Create(CultureInfo.InvariantCulture,
            $"-c {settings.ClientCore} redis-benchmark -h 127.0.0.1 -p {port} -c 50 -P 1 -t get -n {requests} -r {settings.Keys} -q");
        using var client = Process.Start(new ProcessStartInfo("taskset", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        client.StandardOutput.ReadToEnd();
        client.WaitForExit();
        if (client.ExitCode != 0)
            throw new LoadException("redis-benchmark failed: " + client.StandardError.ReadToEnd());
        return cpu.Stop().MicrosecondsPer(requests);
    }

    private static string Quantiles(RoundRow[] rounds) =>
        $"{Number(Compared.P50(rounds), "F0")} / {Number(Compared.P99(rounds), "F0")} / {Number(Compared.P999(rounds), "F0")}";
}
