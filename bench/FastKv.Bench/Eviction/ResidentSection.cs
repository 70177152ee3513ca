// What is resident under maxmemory while a larger stream is written. Control plane.
using System.Diagnostics;
using System.Globalization;
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Servers;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Eviction;

/// <summary>Writes small values, then values whose sizes shift, and watches VmRSS.</summary>
internal static class ResidentSection
{
    private const long LimitBytes = 512L << 20;
    private const double ResidentLimit = 1.15;
    private const double StreamFactor = 3;

    /// <summary>A thousand clients may have sent a command of 64 KB almost to its end before the next is run, which makes room for them.</summary>
    private const double UsedLimit = 1.1;

    private const int SampleMs = 500;

    /// <summary>Both kinds of streams.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        double seconds = settings.Quick ? 30 : 600;
        var report = new SectionReport("rss", $"Resident memory under maxmemory 512mb, {seconds:N0} s");
        var rows = new List<string[]> { new[] { "values", "written GB", "SET/s", "highest RSS MB", "over the limit", "highest used_memory MB", "evicted keys", "errors" } };
        foreach ((string name, SizePhase[] phases) in (ReadOnlySpan<(string, SizePhase[])>)[("small", SizePhase.Small), ("shifting", SizePhase.Shifting)])
        {
            if (settings.DataChosen is { } only && only != name)
                continue;
            Outcome outcome = Measure(settings, phases, seconds);
            double ratio = outcome.Resident.Max() / LimitBytes;
            rows.Add(
            [
                name, Number(outcome.WrittenBytes / 1e9, "F1"), Number(outcome.Sets / seconds, "N0"), Number(outcome.Resident.Max() / (1 << 20), "F0"),
                $"**{Number(ratio, "F3")}**", Number(outcome.Used.Max() / (1 << 20), "F0"), Number(outcome.Evicted, "N0"), Number(outcome.Errors, "N0"),
            ]);
            report.AtMost($"{name} values: highest RSS over maxmemory", ratio, ResidentLimit);
            report.AtMost($"{name} values: highest used_memory over maxmemory", outcome.Used.Max() / LimitBytes, UsedLimit);
            report.AtLeast($"{name} values: written over maxmemory", (double)outcome.WrittenBytes / LimitBytes, StreamFactor);
            report.Raw[name] = outcome;
            report.Add(name, new TimeChart($"Resident memory, {name} values", "MB", SampleMs / 1000.0,
                [
                    new LineSeries("VmRSS", [.. outcome.Resident.Select(b => b / (1 << 20))]),
                    new LineSeries("used_memory", [.. outcome.Used.Select(b => b / (1 << 20))]),
                ],
                LimitBytes * ResidentLimit / (1 << 20)));
        }
        report.Paragraph(string.Join(" ", ["Random keys out of 20 million. Small: 100 bytes. Shifting, a sixth of the time each:",
            string.Join(", ", SizePhase.Shifting.Select(p => p.Name)) + "."]));
        report.Table([.. rows]);
        return report;
    }

    private static Outcome Measure(ReportSettings settings, SizePhase[] phases, double seconds)
    {
        using var server = ServerProcess.Start(
            settings.FastKv(1) + string.Create(CultureInfo.InvariantCulture, $" --maxmemory {LimitBytes} --maxmemory-policy allkeys-lru"), -1);
        using var control = new ControlClient(server.Address.EndPoint);
        using var writers = new Writers(server.Address.EndPoint, settings.ClientCore, phases, seconds);
        List<double> resident = [], used = [];
        var clock = Stopwatch.StartNew();
        while (!writers.IsDone)
        {
            MemoryFigures figures = MemoryFigures.Read(control, server.Address.ProcessId);
            resident.Add(figures.ResidentBytes);
            used.Add(figures.UsedBytes);
            long ahead = (resident.Count * SampleMs) - clock.ElapsedMilliseconds;
            Thread.Sleep((int)Math.Max(1, ahead));
        }
        if (writers.Failure is { } failure)
            throw new LoadException(failure.Message);
        double evicted = MemoryFigures.InfoNumber(control, "stats", "evicted_keys");
        return new Outcome([.. resident], [.. used], writers.WrittenBytes, writers.Sets, writers.Errors, evicted);
    }

    private sealed record Outcome(double[] Resident, double[] Used, long WrittenBytes, long Sets, long Errors, double Evicted);
}
