// Server CPU time per operation of each type's hot commands. Control plane.
using FastKv.Bench.Reports;
using FastKv.LoadGen.Comparing;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Types;

/// <summary>One comparison per command, each on fresh servers.</summary>
internal static class TypesCpuSection
{
    private const double RatioTarget = 2.0;
    private const int Pipeline = 16;

    /// <summary>All cases.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("cpu", $"CPU time per operation, P={Pipeline}");
        TypeCase[] cases = TypeCases.All(settings.Keys);
        var cells = new List<(TypeCase Case, CellRow Cell)>();
        var failures = new List<string>();
        foreach (TypeCase one in cases)
        {
            try
            {
                CompareRow result = Run(settings, one);
                report.Raw[one.Name] = result;
                cells.Add((one, result.Cells[0]));
                Console.Error.WriteLine(FormattableString.Invariant($"  {one.Name}: {result.Cells[0].CpuRatio:F2}"));
            }
            catch (LoadException error)
            {
                // One command that cannot be measured does not cost the others their figures.
                failures.Add($"{one.Name} was not measured: {error.Message}");
            }
        }
        report.Table([["", "redis µs/op (user)", "FastKv µs/op (user)", "ratio (rounds)", "requests/s, ratio", $"≥ {Number(RatioTarget, "F1")}", "data"],
            .. cells.Select(c => Row(c.Case, c.Cell))]);
        foreach (string failure in failures)
            report.Paragraph(failure);
        foreach (TypeCase one in cases)
        {
            CellRow? cell = cells.FirstOrDefault(c => c.Case == one).Cell;
            report.AtLeast($"CPU time per operation: {one.Name}, redis over FastKv", cell?.CpuRatio ?? double.NaN, RatioTarget);
        }
        string[] names = [.. cells.Select(c => c.Case.Name)];
        if (names.Length == 0)
            return report;
        report.Add("cpu-ratio", new BarChart("CPU time per operation: redis over FastKv", "times", names,
            [new BarSeries("ratio", [.. cells.Select(c => c.Cell.CpuRatio)])], [.. cells.Select(_ => RatioTarget)]));
        report.Add("cpu-time", new BarChart("Server CPU time per operation", "µs", names,
            [new BarSeries("redis-server", [.. cells.Select(c => Compared.Cpu(c.Cell.A))]), new BarSeries("FastKv", [.. cells.Select(c => Compared.Cpu(c.Cell.B))])]));
        report.Paragraph("The commands: " + string.Join(", ", cases.Select(c => $"`{c.Command}`")) + ".");
        return report;
    }

    private static CompareRow Run(ReportSettings settings, TypeCase one)
    {
        LoadOptions options = Compared.Options(settings) with
        {
            Keys = one.Keys,
            Preload = false,
            PreloadSteps = one.Preload,
            Distribution = one.IsSequential ? KeyDistribution.Sequential : KeyDistribution.Uniform,
        };
        const int NoCore = -1; // The servers pin themselves: taskset in their command lines.
        var plan = new ComparisonPlan(
            options, new ServerChoice(null, settings.Redis), new ServerChoice(null, settings.FastKv(1)), NoCore, settings.Rounds, [Pipeline], [one.Command])
        {
            BeforeRound = one.BeforeRound,
            RequestsPerRound = one.RequestsPerRound,
        };
        using var comparison = new Comparison(plan);
        return comparison.Run();
    }

    private static string[] Row(TypeCase one, CellRow cell) =>
    [
        one.Name,
        $"{Number(Compared.Cpu(cell.A), "F3")} ({Number(Compared.UserCpu(cell.A), "F3")})",
        $"{Number(Compared.Cpu(cell.B), "F3")} ({Number(Compared.UserCpu(cell.B), "F3")})",
        $"**{Number(cell.CpuRatio, "F2")}** ({Compared.Spread(cell)})",
        Number(cell.ThroughputRatio, "F2"),
        cell.CpuRatio >= RatioTarget ? "met" : "**missed**",
        one.Data,
    ];
}
