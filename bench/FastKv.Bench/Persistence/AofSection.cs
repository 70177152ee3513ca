// What the append-only file costs. Control plane.
using System.Globalization;
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using FastKv.LoadGen.Servers;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Persistence;

/// <summary>CPU time per SET with and without, and the rate of group commit.</summary>
internal static class AofSection
{
    private const double EverySecondMax = 1.25;
    private const double CpuRatioMin = 2.0;
    private const double AlwaysRatioMin = 1.0;

    // The cost of everysec is a fifth of what is measured, on a machine that is shared.
    private const int CpuRounds = 15;
    private const string Off = "appendonly no", Second = "everysec", No = "no", Always = "always";

    /// <summary>The three cheap settings at P=16, and always at P=1.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("aof", FormattableString.Invariant($"Cost of the append-only file, {settings.Keys:N0} keys"));
        RunCpu(report, settings);
        RunAlways(report, settings);
        return report;
    }

    private static void RunCpu(SectionReport report, ReportSettings settings)
    {
        string[] modes = [Off, Second, No];
        int count = settings.Quick ? settings.Rounds : CpuRounds;
        Dictionary<string, AofRound[]> rounds = Measure(settings, modes, 16, count);
        string[] names = [ServerKind.Redis(settings).Name, ServerKind.FastKv(settings, 1).Name];
        var rows = new List<string[]>
        {
            new[]
            {
                "SET P=16", "redis µs/op", "FastKv µs/op", "of which loop", "writer threads", "ratio", "FastKv over appendonly no", "redis over appendonly no",
                "requests/s ratio",
            },
        };
        foreach (string mode in modes)
        {
            AofRound[] redis = rounds[names[0] + mode], fastKv = rounds[names[1] + mode];
            double ratio = Ratio(redis, fastKv), over = Ratio(fastKv, rounds[names[1] + Off]);
            rows.Add(
            [
                mode, Number(Cpu(redis), "F3"), Number(Cpu(fastKv), "F3"), Number(Medians.Of(fastKv, r => r.LoopUs), "F3"),
                Number(Medians.Of(fastKv, r => r.CpuUs - r.LoopUs), "F3"), $"**{Number(ratio, "F2")}**", Number(over, "F3"),
                Number(Ratio(redis, rounds[names[0] + Off]), "F3"),
                Number(Medians.Of(fastKv, r => r.RequestsPerSecond) / Medians.Of(redis, r => r.RequestsPerSecond), "F2"),
            ]);
            if (mode == Second)
            {
                report.AtMost("SET P=16 with everysec: CPU per operation over that without AOF", over, EverySecondMax);
                report.AtLeast("SET P=16 with everysec: CPU per operation, redis-server over FastKv", ratio, CpuRatioMin);
            }
        }
        report.Raw["cpu"] = rounds;
        report.Paragraph("Server CPU time per operation, all threads; the loop's share from its own clock (/proc/…/task/…/schedstat). "
            + "50 connections, 16-byte keys and values, "
            + $"{count} rounds of {settings.RoundSeconds} s in turns, after {settings.WarmUpSeconds} s of warm-up each; no automatic rewrite. Ratios are the medians of the "
            + "rounds' ratios.");
        report.Table([.. rows]);
        report.Add("aof-cpu", new BarChart("CPU time per SET, P=16", "µs", modes,
            [.. names.Select(n => new BarSeries(n, [.. modes.Select(m => Cpu(rounds[n + m]))]))]));
    }

    private static void RunAlways(SectionReport report, ReportSettings settings)
    {
        Dictionary<string, AofRound[]> rounds = Measure(settings, [Always], 1, settings.Rounds);
        report.Raw["always"] = rounds;
        AofRound[] redis = rounds[ServerKind.Redis(settings).Name + Always];
        AofRound[] fastKv = rounds[ServerKind.FastKv(settings, 1).Name + Always];
        report.Paragraph("`appendfsync always`, 50 connections, SET, P=1 (every reply waits for the disk):");
        report.Table(["always", "requests/s", "p50 µs", "p99 µs", "µs CPU/op"], Row("redis-server", redis), Row("FastKv", fastKv));
        double ratio = Medians.Of(fastKv, r => r.RequestsPerSecond) / Medians.Of(redis, r => r.RequestsPerSecond);
        report.AtLeast("always, 50 connections: requests/s, FastKv over redis-server", ratio, AlwaysRatioMin);
    }

    private static string[] Row(string name, AofRound[] rounds) =>
    [
        name, Number(Medians.Of(rounds, r => r.RequestsPerSecond), "N0"), Number(Medians.Of(rounds, r => r.P50), "N0"),
        Number(Medians.Of(rounds, r => r.P99), "N0"), Number(Cpu(rounds), "F2"),
    ];

    private static double Cpu(AofRound[] rounds) => Medians.Of(rounds, r => r.CpuUs);

    /// <summary>CPU time of a over that of b.</summary>
    private static double Ratio(AofRound[] a, AofRound[] b) => Medians.Of([.. a.Zip(b, (x, y) => x.CpuUs / y.CpuUs)], r => r);

    private static string Arguments(string mode) =>
        mode == Off ? "--appendonly no" : $"--appendonly yes --appendfsync {mode} --auto-aof-rewrite-percentage 0";

    /// <summary>Both servers in each mode, all side by side, in turns.</summary>
    private static Dictionary<string, AofRound[]> Measure(ReportSettings settings, string[] modes, int pipeline, int count)
    {
        using var folder = new WorkFolder(settings.DataFolder);
        var contenders = new List<AofContender>();
        try
        {
            foreach (string mode in modes)
            {
                foreach (ServerKind kind in (ReadOnlySpan<ServerKind>)[ServerKind.Redis(settings), ServerKind.FastKv(settings, 1)])
                    contenders.Add(new AofContender(settings, kind, mode, folder.Empty($"aof-{contenders.Count}"), Arguments(mode), pipeline));
            }
            foreach (AofContender contender in contenders)
                contender.Run(settings.WarmUpSeconds);
            var rounds = contenders.ToDictionary(c => c.Name, _ => new List<AofRound>());
            for (int round = 0; round < count; round++)
            {
                foreach (AofContender contender in round % 2 == 0 ? contenders : contenders.AsEnumerable().Reverse())
                    rounds[contender.Name].Add(contender.Run(settings.RoundSeconds));
            }
            return rounds.ToDictionary(r => r.Key, r => r.Value.ToArray());
        }
        finally
        {
            foreach (AofContender contender in contenders)
                contender.Dispose();
        }
    }

    /// <summary>What a round cost.</summary>
    private sealed record AofRound(double RequestsPerSecond, double CpuUs, double LoopUs, double P50, double P99);

    /// <summary>A server with its connections.</summary>
    private sealed class AofContender : IDisposable
    {
        /// <summary>Behind which a server writes what is still dirty, so that it does not hit the next one's round.</summary>
        private const int SettleMs = 100;

        private readonly DiskServer _server;
        private readonly LoadGroup _group;
        private readonly LoadOptions _options;
        private readonly int _pipeline;
        private ulong _seed = 1;

        public AofContender(ReportSettings settings, ServerKind kind, string mode, string folder, string arguments, int pipeline)
        {
            Name = kind.Name + mode;
            _pipeline = pipeline;
            _options = Compared.Options(settings);
            _server = DiskServer.Start(kind, folder, arguments);
            _group = new LoadGroup(_options.Recipe(_server.Address), _options.Connections, 1, _options.ClientCores);
            if (mode != Always)
                DiskServer.Check(_group.Run(_options.PreloadPhase()));
        }

        public string Name { get; }

        public AofRound Run(double seconds)
        {
            LoadPhase phase = _options.Phase([(_options.Template("set"), 1)], _pipeline, seconds, 0, _seed++);
            double loopBefore = LoopNs();
            var cpu = ServerCpu.Start(_server.Address.ProcessId);
            PhaseResult result = DiskServer.Check(_group.Run(phase));

            // What the log still has to write belongs to the round.
            Thread.Sleep(SettleMs);
            double cost = cpu.Stop().MicrosecondsPer(result.Requests);
            double loopUs = (LoopNs() - loopBefore) / 1000 / result.Requests;
            return new AofRound(
                result.RequestsPerSecond, cost, loopUs, result.Latency.QuantileNs(0.5) / 1000.0, result.Latency.QuantileNs(0.99) / 1000.0);
        }

        public void Dispose()
        {
            _group.Dispose();
            _server.Dispose();
        }

        /// <summary>CPU time of the threads that serve: the one with most of it is the loop.</summary>
        private double LoopNs()
        {
            double most = 0;
            foreach (string task in Directory.GetDirectories($"/proc/{_server.Address.ProcessId}/task"))
            {
                string name = File.ReadAllText(Path.Combine(task, "comm")).Trim();
                if (name.StartsWith("aof-", StringComparison.Ordinal) || name.StartsWith("bio_", StringComparison.Ordinal))
                    continue;
                string onCpu = File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ')[0];
                most = Math.Max(most, double.Parse(onCpu, CultureInfo.InvariantCulture));
            }
            return most;
        }
    }
}
