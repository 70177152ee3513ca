// How long it takes until a file is loaded. Control plane.
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Persistence;

/// <summary>The same files, written by redis-server, in redis-server and in FastKv with one and two shards.</summary>
internal static class LoadSection
{
    private const double Mega = 1e6;
    private const double RatioMin = 1.5;

    // The kernel takes 0.2 to 2.4 s of a load for new memory (perf-reports/README.md): the median of three rounds varies by a tenth.
    private const int Rounds = 7;
    private const string NoAutoRewrite = "--auto-aof-rewrite-percentage 0";

    /// <summary>RDB files of both sets; append-only directories of the strings, with and without preamble.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("load", FormattableString.Invariant($"Loading {settings.DataKeys:N0} keys"));
        using var folder = new WorkFolder(settings.DataFolder);
        report.Paragraph("From the start of the process to the first PONG, which servers refuse while they load; then DBSIZE is compared. "
            + "Each server gets a copy of the same files, which redis-server has written, from the page cache, in turns. "
            + "AOF: base of all keys (as RDB, or as commands), and an increment that overwrites a tenth of them. Memory: VmRSS right after.");
        ServerKind redis = ServerKind.Redis(settings);
        ServerKind[] kinds = [redis, ServerKind.FastKv(settings, 1), ServerKind.FastKv(settings, 2)];
        var bars = new Dictionary<string, Dictionary<string, double>>();
        var rows = new List<string[]>
        {
            new[]
            {
                "", "MB", "redis s", "FastKv s", "2 shards s", "FastKv MB/s", "keys/s", "ratio", "ratio, 2 shards", "redis RSS MB", "FastKv RSS MB",
                "2 shards RSS MB",
            },
        };
        foreach (Source source in Sources())
        {
            Console.Error.WriteLine($"{DateTime.UtcNow:HH:mm:ss}   {source.Name}: writing");
            (string files, long keys) = source.Make(settings, folder, redis);
            long bytes = WorkFolder.Bytes(files);
            Dictionary<string, Loaded[]> loads = Measure(settings, folder, kinds, files, source.Arguments, keys);
            Directory.Delete(files, recursive: true);
            Note(report, rows, source.Name, bytes, keys, kinds, loads);
            bars[source.Name] = kinds.ToDictionary(k => k.Name, k => Seconds(loads[k.Name]));
        }
        report.Table([.. rows]);
        report.Add("load-time", new BarChart("Time to load", "s", [.. bars.Keys],
            [.. kinds.Select(k => new BarSeries(k.Name, [.. bars.Values.Select(b => b[k.Name])]))]));
        return report;
    }

    private static Source[] Sources() =>
    [
        new("RDB, strings", "", (s, f, k) => MakeSnapshot(s, f, k, Dataset.Small)),
        new("RDB, mixed", "", (s, f, k) => MakeSnapshot(s, f, k, Dataset.Mixed)),
        new("AOF, RDB preamble", $"--appendonly yes --aof-use-rdb-preamble yes {NoAutoRewrite}", (s, f, k) => MakeLog(s, f, k, "yes")),
        new("AOF, commands", $"--appendonly yes --aof-use-rdb-preamble no {NoAutoRewrite}", (s, f, k) => MakeLog(s, f, k, "no")),
    ];

    private static (string Folder, long Keys) MakeSnapshot(ReportSettings settings, WorkFolder folder, ServerKind kind, Dataset data)
    {
        string files = folder.Empty("source");
        using DiskServer server = DiskServer.Start(kind, files);
        data.FillInto(server, settings);
        server.SaveInBackground();
        return (files, server.Keys);
    }

    private static (string Folder, long Keys) MakeLog(ReportSettings settings, WorkFolder folder, ServerKind kind, string preamble)
    {
        string files = folder.Empty("source");
        using DiskServer server = DiskServer.Start(kind, files, $"--appendonly no --appendfsync no --aof-use-rdb-preamble {preamble} {NoAutoRewrite}");
        Dataset.Small.FillInto(server, settings);

        // Switched on when the keys are there: all of them are in the base.
        server.Control.Require("CONFIG", "SET", "appendonly", "yes");
        while (server.Info("persistence", "aof_rewrite_in_progress") > 0 || server.Info("persistence", "aof_rewrite_scheduled") > 0)
            Thread.Sleep(20);
        LoadOptions options = Dataset.Small.Options(settings);
        server.Run(options, options.PreloadPhase(new PreloadStep(Dataset.Small.Write, settings.DataKeys / 10)));
        return (files, server.Keys);
    }

    private static Dictionary<string, Loaded[]> Measure(
        ReportSettings settings, WorkFolder folder, ServerKind[] kinds, string files, string arguments, long keys)
    {
        var loads = kinds.ToDictionary(k => k.Name, _ => new List<Loaded>());
        int rounds = settings.Quick ? 1 : Rounds;
        for (int round = 0; round < rounds; round++)
        {
            foreach (ServerKind kind in round % 2 == 0 ? kinds : kinds.Reverse())
            {
                string copy = folder.Copy(files, "load");
                using DiskServer server = DiskServer.Start(kind, copy, arguments);
                if (server.Keys != keys || server.Info("persistence", "loading") != 0)
                    throw new LoadException($"{kind.Name} has {server.Keys} keys after loading {keys}");
                loads[kind.Name].Add(new Loaded(server.ReadySeconds, server.ResidentBytes));
                Console.Error.WriteLine(FormattableString.Invariant($"{DateTime.UtcNow:HH:mm:ss}   {kind.Name}: {server.ReadySeconds:F2} s"));
            }
        }
        return loads.ToDictionary(l => l.Key, l => l.Value.ToArray());
    }

    private static void Note(
        SectionReport report, List<string[]> rows, string name, long bytes, long keys, ServerKind[] kinds, Dictionary<string, Loaded[]> loads)
    {
        report.Raw[name] = loads;
        double[] seconds = [.. kinds.Select(k => Seconds(loads[k.Name]))];
        rows.Add(
        [
            name, Number(bytes / Mega, "N0"), .. seconds.Select(s => Number(s, "F2")), Number(bytes / Mega / seconds[1], "N0"), Number(keys / seconds[1], "N0"),
            $"**{Number(seconds[0] / seconds[1], "F2")}**", Number(seconds[0] / seconds[2], "F2"),
            .. kinds.Select(k => Number(Medians.Of(loads[k.Name], l => l.ResidentBytes / Mega), "N0")),
        ]);
        report.AtLeast($"Load, {name}: FastKv with one shard over redis-server", seconds[0] / seconds[1], RatioMin);
    }

    private static double Seconds(Loaded[] loads) => Medians.Of(loads, l => l.Seconds);

    private sealed record Loaded(double Seconds, long ResidentBytes);

    private sealed record Source(string Name, string Arguments, Func<ReportSettings, WorkFolder, ServerKind, (string Folder, long Keys)> Make);
}
