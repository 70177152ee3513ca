// What a second shard costs and brings, and what more cores would bring. Control plane.
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Reports;

/// <summary>One shard on one core against two shards on two cores, of which the client uses one as well.</summary>
internal static class ShardsSection
{
    private const double CostLimit = 1.60;
    private const double LatencyLimit = 1.15;

    /// <summary>Cost, latency, throughput and the model.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("shards", "Two shards against one");
        LoadOptions options = Compared.Options(settings);
        (string one, string two) = (settings.FastKv(1), settings.FastKv(2));
        CompareRow many = Compared.Run(options, one, two, settings.Rounds, [1, 16, 64], ["get", "set"]);
        CompareRow pipelined = Compared.Run(options with { Connections = 1 }, one, two, settings.Rounds, [1, 16, 64], ["get", "set"]);
        (report.Raw["shards-50"], report.Raw["shards-1"]) = (many, pipelined);
        report.Paragraph("Random keys, so about half of all commands belong to the other shard. One shard has the server's core to itself; two shards also "
            + "use the client's core, where they and the client take turns: CPU per operation is comparable, throughput of two shards is not (see the model). "
            + "With one connection both servers spin for replies to come, which counts as CPU time of their operations.");
        report.Table(
        [
            ["", "1 shard µs/op", "2 shards µs/op", "2 : 1", "1 shard requests/s", "2 shards requests/s", "1 shard p50 µs", "2 shards p50 µs"],
            .. many.Cells.Select(c => Row("50 connections", c)), .. pipelined.Cells.Select(c => Row("1 connection", c)),
        ]);
        report.Add("shards-cost", new BarChart("CPU time per operation, 50 connections", "µs", [.. many.Cells.Select(Compared.Name)],
        [
            new BarSeries("1 shard", [.. many.Cells.Select(c => Compared.Cpu(c.A))]),
            new BarSeries("2 shards", [.. many.Cells.Select(c => Compared.Cpu(c.B))]),
        ]));
        foreach (CellRow cell in many.Cells.Concat(pipelined.Cells).Where(c => c.Pipeline == 16))
        {
            string connections = many.Cells.Contains(cell) ? "50 connections" : "1 connection";
            report.AtMost($"{Compared.Name(cell)}, {connections}: CPU per operation, 2 shards over 1", 1 / cell.CpuRatio, CostLimit);
        }
        foreach (CellRow cell in pipelined.Cells.Where(c => c.Pipeline == 1))
            report.AtMost($"{Compared.Name(cell)}, 1 connection: p50, 2 shards over 1", Compared.P50(cell.B) / Compared.P50(cell.A), LatencyLimit);
        ShardModel.Write(report, many);
        return report;
    }

    private static string[] Row(string load, CellRow cell) =>
    [
        $"{Compared.Name(cell)}, {load}",
        Number(Compared.Cpu(cell.A), "F3"), Number(Compared.Cpu(cell.B), "F3"), Number(1 / cell.CpuRatio, "F2"),
        Number(Compared.Rate(cell.A), "N0"), Number(Compared.Rate(cell.B), "N0"),
        Number(Compared.P50(cell.A), "F1"), Number(Compared.P50(cell.B), "F1"),
    ];
}
