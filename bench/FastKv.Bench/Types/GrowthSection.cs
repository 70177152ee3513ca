// How the cost of operations grows with the size of the value, in process. Control plane, but for the loop that is timed.
using System.Runtime.CompilerServices;
using FastKv.Bench.Commands;
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Servers;
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
    private const int Passes = 5;

    /// <summary>All families.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        long[] sizes = settings.Quick ? [100, 10_000, 100_000] : [100, 10_000, 1_000_000, 10_000_000];
        int requests = settings.Quick ? 1 << 14 : 1 << 18;
        var report = new SectionReport("growth", "How cost grows with size");
        report.Paragraph(FormattableString.Invariant($"""
            Nanoseconds of CPU time per command in this process, without sockets: from the request's bytes through parser, dispatch and handler to the reply's bytes, on one value of n
            elements, in batches of {RequestBlock.BatchRequests}. This is a timing loop of its own (the median of {Passes} passes over {requests:N0} requests for random elements, after one that
            is not counted); the same operations are BenchmarkDotNet suites (`--filter '*Growth*'`). O(1) and O(log n) are what the Redis documentation states.
            """));
        foreach (GrowthFamily family in GrowthFamilies.All)
        {
            try
            {
                double[][] figures = OnClientCore(settings, () => Measure(family, sizes, requests));
                Write(report, family, sizes, figures);
            }
            catch (LoadException error)
            {
                // One structure that cannot be measured does not cost the others their figures.
                report.Paragraph($"{family.Name} was not measured: {error.Message}");
                foreach (GrowthOperation operation in family.Operations)
                    report.AtMost(TargetName(family, operation, sizes), double.NaN, Limit(operation));
            }
        }
        return report;
    }

    private static double[][] Measure(GrowthFamily family, long[] sizes, int requests)
    {
        double[][] figures = [.. family.Operations.Select(_ => new double[sizes.Length])];

        // Until the code is compiled with full optimisation: the first size would pay for it else.
        using (var warm = new GrowthEngine(family, sizes[0]))
        {
            foreach (GrowthOperation operation in family.Operations)
                Time(warm, operation, requests);
        }
        for (int size = 0; size < sizes.Length; size++)
        {
            using var engine = new GrowthEngine(family, sizes[size]);
            for (int i = 0; i < family.Operations.Length; i++)
                figures[i][size] = Time(engine, family.Operations[i], requests);
            Console.Error.WriteLine(FormattableString.Invariant($"  {family.Name} {sizes[size]:N0}: {string.Join(", ", figures.Select(f => f[size].ToString("F0")))} ns"));
        }
        return figures;
    }

    private static double Time(GrowthEngine engine, GrowthOperation operation, int requests)
    {
        using RequestBlock block = engine.Requests(operation, requests);
        var passes = new double[Passes];
        engine.Run(block);
        for (int pass = 0; pass < Passes; pass++)
            passes[pass] = TimePass(engine, block) / requests;
        return passes.Order().ElementAt(Passes / 2);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double TimePass(GrowthEngine engine, RequestBlock block)
    {
        long start = CpuClock.CurrentThreadNs();
        engine.Run(block);
        return CpuClock.CurrentThreadNs() - start;
    }

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

    private static double[][] OnClientCore(ReportSettings settings, Func<double[][]> run)
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
