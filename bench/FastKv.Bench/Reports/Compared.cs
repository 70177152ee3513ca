// Comparisons in alternating rounds, as `fastkv-loadgen compare` runs them, and their figures. Control plane.
using FastKv.LoadGen.Comparing;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Reports;

/// <summary>Runs comparisons and picks medians.</summary>
internal static class Compared
{
    /// <summary>The options that all comparisons start from: 16-byte keys and values, one client thread on its own core.</summary>
    public static LoadOptions Options(ReportSettings settings) => new()
    {
        Connections = 50,
        Keys = settings.Keys,
        DurationSeconds = settings.RoundSeconds,
        WarmUpSeconds = settings.WarmUpSeconds,
        Preload = true,
        ClientCores = [settings.ClientCore],
        Quiet = Console.IsErrorRedirected,
    };

    /// <summary>Starts A and B (and a floor, which takes part in every round) and runs all cells.</summary>
    public static CompareRow Run(LoadOptions options, string startA, string startB, int rounds, int[] pipelines, string[] commands, string? startFloor = null)
    {
        // The servers pin themselves (taskset in their command lines), for they do not all get the same cores.
        const int NoCore = -1;
        var plan = new ComparisonPlan(options, new ServerChoice(null, startA), new ServerChoice(null, startB), NoCore, rounds, pipelines, commands)
        {
            Floor = startFloor is null ? null : new ServerChoice(null, startFloor),
        };
        using var comparison = new Comparison(plan);
        return comparison.Run();
    }

    /// <summary>Server CPU per request, microseconds.</summary>
    public static double Cpu(RoundRow[] rounds) => Medians.Of(rounds, r => r.ServerCpuPerRequest);

    /// <summary>Part of it in user mode, microseconds.</summary>
    public static double UserCpu(RoundRow[] rounds) => Medians.Of(rounds, r => r.ServerCpuPerRequest * (r.ServerUserShare ?? double.NaN));

    /// <summary>Requests per second.</summary>
    public static double Rate(RoundRow[] rounds) => Medians.Of(rounds, r => r.RequestsPerSecond);

    /// <summary>Median latency, microseconds.</summary>
    public static double P50(RoundRow[] rounds) => Medians.Of(rounds, r => r.Latency.P50);

    /// <summary>99th percentile, microseconds.</summary>
    public static double P99(RoundRow[] rounds) => Medians.Of(rounds, r => r.Latency.P99);

    /// <summary>99.9th percentile, microseconds.</summary>
    public static double P999(RoundRow[] rounds) => Medians.Of(rounds, r => r.Latency.P999);

    /// <summary>Smallest and largest ratio of the rounds.</summary>
    public static string Spread(CellRow cell)
    {
        double[] ratios = cell.CpuRatios;
        return $"{Number(ratios.Min(), "F2")}–{Number(ratios.Max(), "F2")}";
    }

    /// <summary>A short name of a cell.</summary>
    public static string Name(CellRow cell) => $"{cell.Command.ToUpperInvariant()} P={cell.Pipeline}";
}
