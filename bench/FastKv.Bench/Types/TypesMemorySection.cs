// Memory per element of each type. Control plane.
using System.Globalization;
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Servers;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Types;

/// <summary>Fills a fresh server with one value of a million elements (or many small ones).</summary>
internal static class TypesMemorySection
{
    private const double LargeLimit = 0.6;
    private const double SmallLimit = 0.7;

    /// <summary>So few that the servers' buffers for them do not count.</summary>
    private const int Connections = 4;

    private const int WarmUpRequests = 1_000;

    // Code that runs once in a hundred elements (a segment of a table that grows) is to be compiled by then as well: with 4 rounds of 1,000 some of it was not,
    // and its compiler's memory made small hashes look by up to 6 B larger.
    private const int WarmUpRounds = 12;
    private const int WarmUpPauseMs = 500;

    /// <summary>All kinds of elements.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        long million = settings.Keys;
        var report = new SectionReport("memory", $"Memory per element, {million:N0} elements");
        Filling[] fillings = Fillings(million);
        var rows = new List<string[]>
        {
            new[] { "", "redis RSS B", "FastKv RSS B", "ratio", "redis used_memory B", "FastKv used_memory B", "ratio", "limit", "command" },
        };
        var measured = new List<(Filling Filling, Growth Redis, Growth FastKv)>();
        foreach (Filling filling in fillings)
        {
            try
            {
                Growth redis = Measure(settings, settings.Redis, filling), fastKv = Measure(settings, settings.FastKv(1), filling);
                measured.Add((filling, redis, fastKv));
                rows.Add(Row(filling, redis, fastKv));
                report.AtMost($"{filling.Name}: RSS growth, FastKv over redis", fastKv.Resident / redis.Resident, filling.Limit);
                report.AtMost($"{filling.Name}: used_memory growth, FastKv over redis", fastKv.Used / redis.Used, filling.Limit);
            }
            catch (LoadException error)
            {
                // One type that cannot be measured does not cost the others their figures.
                report.Paragraph($"{filling.Name} was not measured: {error.Message}");
                report.AtMost($"{filling.Name}: RSS growth, FastKv over redis", double.NaN, filling.Limit);
            }
        }
        report.Raw["memory"] = measured.Select(m => new { m.Filling.Name, m.Filling.Step.Command, m.Redis, m.FastKv }).ToArray();
        report.Paragraph("Growth of resident memory (VmRSS) and of used_memory (INFO) of a fresh server from before the first element to 7 s after the last, "
            + "divided by elements (small hashes: by hashes). The data are random letters and digits that nothing can shorten, but where numbers are named. "
            + "redis-server's hash tables are at 95% of their size at a million elements, its best case. "
            + "A list of 8-byte elements takes 10 bytes of each in redis-server (8 of data, 2 of its listpack): 0.6 of that would be less than the data.");
        report.Table([.. rows]);
        if (measured.Count > 0)
        {
            report.Add("memory", new BarChart("Resident memory per element", "bytes", [.. measured.Select(m => m.Filling.Name)],
                [new BarSeries("redis-server", [.. measured.Select(m => m.Redis.Resident)]), new BarSeries("FastKv", [.. measured.Select(m => m.FastKv.Resident)])],
                [.. measured.Select(m => m.Filling.Limit * m.Redis.Resident)]));
        }
        return report;
    }

    private static Filling[] Fillings(long million)
    {
        string n = million.ToString(CultureInfo.InvariantCulture);
        long tenMillion = 10 * million;
        string fields = string.Join(' ', Enumerable.Range(1, 5).Select(i => $"f{i} {{bytes:8}}"));
        return
        [
            new("hash field, 8 + 8 B", new PreloadStep("HSET v {text:8} {bytes:8}", million), ["HLEN", "v"], LargeLimit),
            new("set member, 8 B", new PreloadStep("SADD v {text:8}", million), ["SCARD", "v"], LargeLimit),
            new("sorted-set member, 10 B", new PreloadStep($"ZADD v {{int:{n}}} m:{{text:8}}", million), ["ZCARD", "v"], LargeLimit),
            new("list element, 8 B", new PreloadStep("RPUSH v {bytes:8}", million), ["LLEN", "v"], LargeLimit),
            new("list, random 8-digit numbers", new PreloadStep(
                string.Create(CultureInfo.InvariantCulture, $"RPUSH v {{int:{tenMillion}..{(10 * tenMillion) - 1}}}"), million), ["LLEN", "v"], LargeLimit),
            new("list, consecutive ids", new PreloadStep("RPUSH v {seq}", million, 1, Ordered: true), ["LLEN", "v"], LargeLimit),
            new("stream entry, 2 fields of 8 B", new PreloadStep("XADD v * f1 {bytes:8} f2 {bytes:8}", million), ["XLEN", "v"], LargeLimit),
            new("small hash, 5 fields", new PreloadStep($"HSET h:{{key}} {fields}", million / 10), ["DBSIZE"], SmallLimit),
        ];
    }

    private static Growth Measure(ReportSettings settings, string start, Filling filling)
    {
        using var server = ServerProcess.Start(start, -1);
        using var control = new ControlClient(server.Address.EndPoint);
        LoadOptions options = Compared.Options(settings) with { Connections = Connections };
        using var group = new LoadGroup(options.Recipe(server.Address), options.Connections, 1, options.ClientCores);

        // The buffers of connections and the code that is compiled (twice, the second time a while after many calls) grow once: not during the measurement. What
        // a server keeps of the memory that this took would not count as growth: it is asked to give it back.
        for (int i = 0; i < WarmUpRounds; i++)
        {
            group.Run(options.PreloadPhase(filling.Step with { Requests = WarmUpRequests }));
            Thread.Sleep(WarmUpPauseMs);
            _ = MemoryFigures.Read(control, server.Address.ProcessId);
            control.Require("FLUSHALL");
        }
        control.Require("MEMORY", "PURGE");
        var before = MemoryFigures.Settled(control, server.Address.ProcessId);
        PhaseResult result = group.Run(options.PreloadPhase(filling.Step));
        if (result.Errors > 0)
            throw new LoadException(result.FirstError ?? "errors");
        var after = MemoryFigures.Settled(control, server.Address.ProcessId);
        string count = control.Require(filling.CountCommand).Trim();
        if (count != string.Create(CultureInfo.InvariantCulture, $":{filling.Step.Requests}"))
            throw new LoadException($"{filling.Step.Requests} elements were added, {filling.CountCommand[0]} is {count}");
        double elements = filling.Step.Requests;
        return new Growth((after.ResidentBytes - before.ResidentBytes) / elements, (after.UsedBytes - before.UsedBytes) / elements);
    }

    private static string[] Row(Filling filling, Growth redis, Growth fastKv) =>
    [
        filling.Name, Number(redis.Resident, "F1"), Number(fastKv.Resident, "F1"), $"**{Number(fastKv.Resident / redis.Resident, "F2")}**",
        Number(redis.Used, "F1"), Number(fastKv.Used, "F1"), $"**{Number(fastKv.Used / redis.Used, "F2")}**", $"≤ {Number(filling.Limit, "F1")}",
        $"`{filling.Step.Command}`",
    ];

    /// <summary>What is filled in, and how to count it.</summary>
    private sealed record Filling(string Name, PreloadStep Step, string[] CountCommand, double Limit);

    /// <summary>Bytes per element.</summary>
    private sealed record Growth(double Resident, double Used);
}
