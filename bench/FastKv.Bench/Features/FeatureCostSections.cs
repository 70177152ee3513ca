// What transactions and permissions cost, and what features cost that are off. Control plane.
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Features;

/// <summary>Comparisons of CPU time per operation.</summary>
internal static class FeatureCostSections
{
    private const int CommandsPerTransaction = 10;
    private const double TransactionTarget = 2.0;
    private const double PermissionsTarget = 1.15;
    private const double OffTarget = 1.03;

    // A few percent show in many rounds only, and short ones, so that what the machine does beside hits both servers alike.
    private const int BaselineRounds = 41;
    private const double BaselineRoundSeconds = 1;

    /// <summary>MULTI, ten SETs, EXEC in one write, against redis-server.</summary>
    public static SectionReport RunTransactions(ReportSettings settings)
    {
        var report = new SectionReport("transactions", $"MULTI of {CommandsPerTransaction} commands on one shard");
        string command = "MULTI ; " + string.Join(" ; ", Enumerable.Repeat("SET key:{key} {value}", CommandsPerTransaction)) + " ; EXEC";
        CompareRow result = Compared.Run(Compared.Options(settings), settings.Redis, settings.FastKv(1), settings.Rounds, [1, 4], [command]);
        Write(report, "transactions", result, "redis-server", "FastKv", cell => $"transactions P={cell.Pipeline}");
        report.Paragraph("An operation is one of the twelve requests of a transaction, MULTI and EXEC included.");
        foreach (CellRow cell in result.Cells)
            report.AtLeast($"CPU time per operation, {cell.Pipeline} transactions at a time: redis over FastKv", cell.CpuRatio, TransactionTarget);
        return report;
    }

    /// <summary>GET and SET for a user who may do everything, and for one whose keys are checked against a pattern.</summary>
    public static SectionReport RunPermissions(ReportSettings settings)
    {
        var report = new SectionReport("acl", "A user with key patterns");
        string restricted = settings.FastKv(1) + " --user default on nopass ~k* ~app:{*}:x +@all";
        CompareRow result = Compared.Run(Compared.Options(settings), restricted, settings.FastKv(1), settings.Rounds, [16], ["get", "set"]);
        Write(report, "acl", result, "with patterns", "without", Compared.Name);
        foreach (CellRow cell in result.Cells)
            report.AtMost($"CPU time per operation, {Compared.Name(cell)}: with key patterns over without", cell.CpuRatio, PermissionsTarget);
        return report;
    }

    /// <summary>GET and SET of this server against another build of it, given by --baseline.</summary>
    public static SectionReport RunAgainstBaseline(ReportSettings settings)
    {
        var report = new SectionReport("baseline", "Against another build");
        if (settings.Baseline is null)
        {
            report.Paragraph("Not measured: no --baseline was given.");
            return report;
        }
        string baseline = settings.FastKv(1).Replace(settings.Server, settings.Baseline, StringComparison.Ordinal);
        LoadOptions options = Compared.Options(settings);
        if (!settings.Quick)
            options = options with { DurationSeconds = BaselineRoundSeconds };
        CompareRow result = Compared.Run(options, settings.FastKv(1), baseline, settings.Quick ? settings.Rounds : BaselineRounds, [1, 16, 64], ["get", "set"]);
        report.Paragraph(FormattableString.Invariant($"{result.Rounds} rounds of {options.DurationSeconds} s."));
        Write(report, "baseline", result, "this build", "baseline", Compared.Name);
        foreach (CellRow cell in result.Cells)
            report.AtMost($"CPU time per operation, {Compared.Name(cell)}: this build over the baseline", cell.CpuRatio, OffTarget);
        return report;
    }

    private static void Write(SectionReport report, string key, CompareRow result, string a, string b, Func<CellRow, string> name)
    {
        report.Raw[key] = result;
        report.Table(
        [
            ["", $"{a} µs/op (user)", $"{b} µs/op (user)", "ratio (rounds)", "requests/s, ratio"],
            .. result.Cells.Select(cell => new[]
            {
                name(cell),
                $"{Number(Compared.Cpu(cell.A), "F3")} ({Number(Compared.UserCpu(cell.A), "F3")})",
                $"{Number(Compared.Cpu(cell.B), "F3")} ({Number(Compared.UserCpu(cell.B), "F3")})",
                $"**{Number(cell.CpuRatio, "F2")}** ({Compared.Spread(cell)})",
                Number(cell.ThroughputRatio, "F2"),
            }),
        ]);
    }
}
