// Server CPU time per operation, FastKv against redis-server (and others). Control plane.
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Reports;

/// <summary>The main table: GET and SET by pipeline depth.</summary>
internal static class CpuSection
{
    /// <summary>What the ratio has to be, by depth, with a million keys.</summary>
    private static readonly Dictionary<int, double> RatioTargets = new() { [1] = 1.25, [16] = 2.7, [64] = 4.5 };

    private const double ManyKeysTarget = 5.0;

    /// <summary>GET and SET at depths 1, 16 and 64 over a million keys.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("cpu", $"CPU time per operation, {settings.Keys:N0} keys");
        LoadOptions options = Compared.Options(settings);
        CompareRow result = Compared.Run(options, settings.Redis, settings.FastKv(1), settings.Rounds, [1, 16, 64], ["get", "set"]);
        Write(report, result, "cpu", RatioTargets.GetValueOrDefault);
        foreach (RivalServer rival in RivalServers.Others)
        {
            if (!rival.IsPresent)
                continue;
            CompareRow other = Compared.Run(options, rival.Start(settings.ServerCore), settings.FastKv(1), settings.Rounds, [1, 16, 64], ["get", "set"]);
            Write(report, other, $"cpu-{rival.Name}", null);
        }
        string missing = string.Join(", ", RivalServers.Others.Where(r => !r.IsPresent).Select(r => r.Name));
        if (missing.Length > 0)
            report.Paragraph($"Not installed here, so not measured: {missing}. memcached does not speak RESP, and the load generator nothing else.");
        return report;
    }

    /// <summary>GET and SET at depth 64 over so many keys that each is a cache miss.</summary>
    public static SectionReport RunManyKeys(ReportSettings settings)
    {
        var report = new SectionReport("many-keys", $"CPU time per operation, {settings.ManyKeys:N0} keys");
        LoadOptions options = Compared.Options(settings) with { Keys = settings.ManyKeys };
        CompareRow result = Compared.Run(options, settings.Redis, settings.FastKv(1), settings.Rounds, [64], ["get", "set"]);
        Write(report, result, "many-keys", _ => ManyKeysTarget);
        return report;
    }

    private static void Write(SectionReport report, CompareRow result, string key, Func<int, double>? target)
    {
        string rival = $"{result.A.Name} {result.A.Version}";
        report.Raw[key] = result;
        string[][] rows =
        [
            ["", $"{rival} µs/op (user)", "FastKv µs/op (user)", "ratio (rounds)", "requests/s, ratio", "target"],
            .. result.Cells.Select(cell => Row(cell, target)),
        ];
        report.Table(rows);
        string[] groups = [.. result.Cells.Select(Compared.Name)];
        double[] ratios = [.. result.Cells.Select(c => c.CpuRatio)];
        double[]? marks = target is null ? null : [.. result.Cells.Select(c => target(c.Pipeline))];
        string title = $"CPU time per operation: {result.A.Name} over FastKv";
        report.Add($"{key}-ratio", new BarChart(title, "times", groups, [new BarSeries("ratio", ratios)], marks));
        report.Add($"{key}-time", new BarChart("Server CPU time per operation", "µs", groups,
        [
            new BarSeries(result.A.Name, [.. result.Cells.Select(c => Compared.Cpu(c.A))]),
            new BarSeries("FastKv", [.. result.Cells.Select(c => Compared.Cpu(c.B))]),
        ]));
        if (target is null)
            return;
        foreach (CellRow cell in result.Cells)
            report.AtLeast($"{report.Title}: {Compared.Name(cell)}, {result.A.Name} over FastKv", cell.CpuRatio, target(cell.Pipeline));
    }

    private static string[] Row(CellRow cell, Func<int, double>? target) =>
    [
        Compared.Name(cell),
        $"{Number(Compared.Cpu(cell.A), "F3")} ({Number(Compared.UserCpu(cell.A), "F3")})",
        $"{Number(Compared.Cpu(cell.B), "F3")} ({Number(Compared.UserCpu(cell.B), "F3")})",
        $"**{Number(cell.CpuRatio, "F2")}** ({Compared.Spread(cell)})",
        Number(cell.ThroughputRatio, "F2"),
        target is null ? "" : $"≥ {Number(target(cell.Pipeline), "0.0#")}",
    ];
}
