// How the cost of operations grows with the size of the value, by BenchmarkDotNet, in process. Control plane.
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using FastKv.Bench.Commands;
using FastKv.Bench.Reports;
using FastKv.LoadGen.Servers;
using Perfolizer.Horology;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Types;

/// <summary>Times each operation on values of 10^2 to 10^7 elements.</summary>
internal static class GrowthSection
{
    /// <summary>
    /// From ten thousand elements to the most: what cache misses may cost. Over these three decades an operation of O(sqrt n) would cost 32 times as much, one of
    /// O(n) a thousand times.
    /// </summary>
    private const double ConstantFactorMax = 8;

    /// <summary>As above; log n itself grows by 1.75, and each level adds misses.</summary>
    private const double LogarithmicFactorMax = 12;

    private const int BaseIndex = 1;
    private const int WarmUpIterations = 3, Iterations = 9, IterationMs = 100;

    /// <summary>All families.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        if (settings.Quick)
            GrowthBenchmarks.Sizes = [100, 10_000, 100_000];
        long[] sizes = GrowthBenchmarks.Sizes;
        var report = new SectionReport("growth", "How cost grows with size");
        report.Paragraph(FormattableString.Invariant($"""
            Nanoseconds per command by BenchmarkDotNet, without sockets: from the request's bytes through parser, dispatch and handler to the reply's bytes, for random elements of one
            value of n elements, in batches of {RequestBlock.BatchRequests}. Medians of {Iterations} iterations of {IterationMs} ms after {WarmUpIterations} that are not counted, in one
            process, pinned to one core (`--filter '*Growth*'` runs them by themselves). O(1) and O(log n) are what the Redis documentation states.
            """));
        BenchmarkReport[] measured = OnClientCore(settings, Measure);
        foreach (GrowthFamily family in GrowthFamilies.All)
        {
            BenchmarkReport[] own = [.. measured.Where(r => CaseOf(r).Family == family)];
            double[][] figures = [.. family.Operations.Select(operation => sizes.Select(size => Median(own, operation, size)).ToArray())];
            Write(report, family, sizes, figures);
        }
        long allocated = measured.Max(r => r.GcStats.GetBytesAllocatedPerOperation(r.BenchmarkCase) ?? long.MaxValue);
        report.AtMost("Most bytes that a command allocates on the managed heap", allocated, 0);
        return report;
    }

    private static BenchmarkReport[] Measure()
    {
        string folder = Directory.CreateTempSubdirectory("fastkv-growth").FullName;
        try
        {
            Job job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithUnrollFactor(1).WithWarmupCount(WarmUpIterations).WithIterationCount(Iterations)
                .WithIterationTime(TimeInterval.FromMilliseconds(IterationMs));
            IConfig config = ManualConfig.CreateEmpty().AddJob(job).AddLogger(ConsoleLogger.Default).AddColumnProvider(DefaultColumnProviders.Instance)
                .WithArtifactsPath(folder);
            return [.. BenchmarkRunner.Run<GrowthBenchmarks>(config).Reports];
        }
        finally
        {
            GrowthBenchmarks.GiveBack();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static GrowthCase CaseOf(BenchmarkReport report) => (GrowthCase)report.BenchmarkCase.Parameters[nameof(GrowthBenchmarks.Case)];

    /// <summary>NaN when it could not be measured.</summary>
    private static double Median(BenchmarkReport[] reports, GrowthOperation operation, long size)
        => reports.SingleOrDefault(r => CaseOf(r).Operation == operation && CaseOf(r).Count == size)?.ResultStatistics?.Median ?? double.NaN;

    private static void Write(SectionReport report, GrowthFamily family, long[] sizes, double[][] figures)
    {
        string[] names = [.. family.Operations.Select(o => o.Name)];
        report.Raw[family.Name] = new { sizes, operations = names, nanoseconds = figures };
        report.Table(
        [
            [family.Name, "documented", .. sizes.Select(s => Number(s, "N0")), $"{sizes[^1]:N0} : {sizes[BaseIndex]:N0}"],
            .. family.Operations.Select((operation, i) => (string[])
            [
                operation.Name, operation.Bound == GrowthBound.Constant ? "O(1)" : "O(log n)", .. figures[i].Select(f => Number(f, "F0")),
                Number(figures[i][^1] / figures[i][BaseIndex], "F2"),
            ]),
        ]);
        report.Add("growth-" + family.Name.Replace(' ', '-'), new LineChart(
            $"{family.Name}: time per command", "ns", [.. sizes.Select(s => (double)s)], [.. names.Select((name, i) => new LineSeries(name, figures[i]))]));
        for (int i = 0; i < family.Operations.Length; i++)
            report.AtMost(TargetName(family, family.Operations[i], sizes), figures[i][^1] / figures[i][BaseIndex], Limit(family.Operations[i]));
    }

    private static string TargetName(GrowthFamily family, GrowthOperation operation, long[] sizes)
        => FormattableString.Invariant($"{family.Name}, {operation.Name}: cost at {sizes[^1]:N0} elements over that at {sizes[BaseIndex]:N0}");

    private static double Limit(GrowthOperation operation) => operation.Bound == GrowthBound.Constant ? ConstantFactorMax : LogarithmicFactorMax;

    private static BenchmarkReport[] OnClientCore(ReportSettings settings, Func<BenchmarkReport[]> run)
    {
        int[] before = CpuAffinity.OfCurrentThread();
        CpuAffinity.PinCurrentThread([settings.ClientCore]);
        try
        {
            return run();
        }
        finally
        {
            CpuAffinity.PinCurrentThread(before);
        }
    }
}
