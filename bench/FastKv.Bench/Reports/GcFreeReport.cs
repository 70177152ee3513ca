// The report that shows that the data plane allocates nothing: collections and bytes over a long load. Control plane.
using System.Globalization;
using FastKv.Bench.Commands;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Servers;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Reports;

/// <summary>
/// Half of the load runs unwatched, between two readings of INFO runtime; the other half under an EventPipe session, beside an idle stretch that
/// shows what the session itself makes the server allocate. Then each command in process, to the byte.
/// </summary>
internal static class GcFreeReport
{
    private static readonly string[] Fields = ["gc_collections", "gc_allocated_bytes", "gc_heap_bytes", "gc_pause_us_total"];

    /// <summary>Runs all of it.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("gc-free", $"Garbage collection over {settings.AllocationOperations:N0} operations");
        using (var server = ServerProcess.Start(settings.FastKv(1), -1))
            MeasureServer(report, settings, server);
        MeasureCommands(report);
        return report;
    }

    private static void MeasureServer(SectionReport report, ReportSettings settings, ServerProcess server)
    {
        LoadOptions options = Compared.Options(settings);
        using var control = new ControlClient(server.Address.EndPoint);
        using var group = new LoadGroup(options.Recipe(server.Address), options.Connections, 1, options.ClientCores);
        group.Run(options.PreloadPhase());
        (RequestTemplate, double)[] mix = [(options.Template("get"), 0.5), (options.Template("set"), 0.5)];
        group.Run(options.Phase(mix, 64, settings.WarmUpSeconds * 2, 0, 1));

        // The first INFO compiles and allocates what the second does not.
        ReadInfo(control);
        Dictionary<string, long> idleStart = ReadInfo(control);
        Thread.Sleep(settings.Quick ? 500 : 5000);
        Dictionary<string, long> before = ReadInfo(control);
        PhaseResult first = group.Run(options.Phase(mix, 64, 0, settings.AllocationOperations / 2, 2));
        Dictionary<string, long> after = ReadInfo(control);

        int idleSeconds = settings.Quick ? 2 : 10;
        (int idleCollections, Dictionary<string, double> idle) = Watched(server, () => Thread.Sleep(idleSeconds * 1000));
        LoadPhase secondHalf = options.Phase(mix, 64, 0, settings.AllocationOperations / 2, 3);
        PhaseResult? second = null;
        (int collections, Dictionary<string, double> loaded) = Watched(server, () => second = group.Run(secondHalf));
        Dictionary<string, long> end = ReadInfo(control);

        report.Raw["info"] = new { idleStart, before, after, end };
        report.Raw["session"] = new { idleSeconds, idleCollections, idle, collections, loaded, seconds = second!.ElapsedSeconds };
        WriteInfo(report, before, after, end, idleStart, first.Requests);
        WriteSession(report, second, collections, loaded, idleSeconds, idleCollections, idle);
        report.AtMost($"Collections in {first.Requests + second.Requests:N0} operations (GC events, and INFO where given)",
            collections + Math.Max(0, Delta(before, after, "gc_collections")), 0);
        if (after.ContainsKey("gc_allocated_bytes"))
            report.AtMost("Bytes allocated per operation, by INFO", Delta(before, after, "gc_allocated_bytes") / (double)first.Requests, 0.001, "B");
    }

    private static (int Collections, Dictionary<string, double> Counters) Watched(ServerProcess server, Action load)
    {
        using var events = new RuntimeEvents(server.Address.ProcessId);
        load();
        Thread.Sleep(1500); // the counters of the last second
        events.Stop();
        return (events.Collections, events.Counters);
    }

    private static void WriteInfo(
        SectionReport report, Dictionary<string, long> before, Dictionary<string, long> after, Dictionary<string, long> end,
        Dictionary<string, long> idleStart, long requests)
    {
        if (before.Count == 0)
        {
            report.Paragraph("This build's INFO has no section `runtime`.");
            return;
        }
        report.Paragraph(string.Create(CultureInfo.InvariantCulture,
            $"**Unwatched half** ({requests:N0} operations, GET and SET by halves, P=64, 50 connections), from INFO runtime. "
            + $"Between two readings around an idle stretch: {Delta(idleStart, before, "gc_allocated_bytes"):N0} bytes."));
        report.Table(
        [
            ["", "before", "after", "difference", "at the end of the report"],
            .. Fields.Select(f => (string[])[f, Text(before, f), Text(after, f), Number(Delta(before, after, f), "N0"), Text(end, f)]),
        ]);
    }

    private static void WriteSession(
        SectionReport report, PhaseResult load, int collections, Dictionary<string, double> loaded,
        int idleSeconds, int idleCollections, Dictionary<string, double> idle)
    {
        report.Paragraph(string.Create(CultureInfo.InvariantCulture,
            $"**Watched half** ({load.Requests:N0} operations in {load.ElapsedSeconds:F1} s) with an EventPipe session on the server's process. The session's "
            + $"counters are sampled by code in the server that allocates: the idle column has the same session over {idleSeconds} s without load."));
        string[] counters = ["gen-0-gc-count", "gen-1-gc-count", "gen-2-gc-count", "alloc-rate", "time-in-gc", "gc-heap-size"];
        report.Table(
        [
            ["", "under load", "idle"],
            ["GCStart events", collections.ToString(CultureInfo.InvariantCulture), idleCollections.ToString(CultureInfo.InvariantCulture)],
            .. counters.Select(c => (string[])
            [
                c == "alloc-rate" ? "bytes allocated (alloc-rate, summed)" : c, Number(loaded.GetValueOrDefault(c, double.NaN), "#,0.##"),
                Number(idle.GetValueOrDefault(c, double.NaN), "#,0.##"),
            ]),
        ]);
    }

    private static void MeasureCommands(SectionReport report)
    {
        const int Keys = 10_000;
        const int Operations = 1 << 14;
        const int WarmUps = 60; // past the call counts of tiered compilation and its instrumented tier
        using InProcessEngine engine = PreparedEngine.Make(Keys);
        var figures = new Dictionary<string, long>();
        var rows = new List<string[]> { new[] { "command", "family", $"bytes allocated in {Operations:N0} commands" } };
        foreach ((string family, string line) in CommandFamilies.All)
        {
            using RequestBlock? requests = TryPrepare(engine, line, Operations, Keys);
            if (requests is null)
            {
                rows.Add([$"`{line}`", family, "not in this build"]);
                continue;
            }
            for (int i = 0; i < WarmUps; i++)
                engine.Run(requests);
            long before = GC.GetAllocatedBytesForCurrentThread();
            engine.Run(requests);
            figures[line] = GC.GetAllocatedBytesForCurrentThread() - before;
            rows.Add([$"`{line}`", family, figures[line].ToString("N0", CultureInfo.InvariantCulture)]);
        }
        report.Raw["commands"] = figures;
        report.Paragraph("**Each command in process**: bytes that the thread allocated from parser to reply, exactly.");
        report.Table([.. rows]);
        report.AtMost($"Bytes allocated by {figures.Count} commands in process, {Operations:N0} times each", figures.Values.Sum(), 0, "B");
    }

    private static RequestBlock? TryPrepare(InProcessEngine engine, string line, int operations, int keys)
    {
        try
        {
            return PreparedEngine.Requests(engine, line, operations, keys);
        }
        catch (InvalidOperationException error) when (error.Message.Contains("unknown command", StringComparison.Ordinal))
        {
            return null;
        }
    }

    private static Dictionary<string, long> ReadInfo(ControlClient control)
    {
        var fields = new Dictionary<string, long>();
        foreach (string line in control.Call("INFO", "runtime").Split("\r\n"))
        {
            int colon = line.IndexOf(':');
            if (colon > 0 && Fields.Contains(line[..colon]))
                fields[line[..colon]] = long.Parse(line.AsSpan(colon + 1), CultureInfo.InvariantCulture);
        }
        return fields;
    }

    private static long Delta(Dictionary<string, long> before, Dictionary<string, long> after, string field) =>
        after.GetValueOrDefault(field) - before.GetValueOrDefault(field);

    private static string Text(Dictionary<string, long> fields, string field) =>
        fields.TryGetValue(field, out long value) ? value.ToString("N0", CultureInfo.InvariantCulture) : "n/a";
}
