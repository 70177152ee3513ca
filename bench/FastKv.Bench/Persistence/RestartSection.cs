// A restart as users see it: each server with the files that it has written itself. Control plane.
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Persistence;

/// <summary>Ten million keys, from RDB and from AOF.</summary>
internal static class RestartSection
{
    private const double Mega = 1e6;
    private const string Log = "--appendonly yes --appendfsync everysec --auto-aof-rewrite-percentage 0";

    /// <summary>Both servers, both kinds of files.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("restart", FormattableString.Invariant($"Restart with {settings.DataKeys:N0} keys"));
        using var folder = new WorkFolder(settings.DataFolder);
        report.Paragraph("Strings of 16 bytes, written by the server itself: as a snapshot (BGSAVE), or as an append-only file with one SET per key "
            + "(everysec, not rewritten). Then it is ended and started again: time to the first PONG, memory before and after.");
        ServerKind[] kinds = [ServerKind.Redis(settings), ServerKind.FastKv(settings, 1), ServerKind.FastKv(settings, 2)];
        var rows = new List<string[]> { new[] { "", "file MB", "restart s", "keys/s", "RSS before MB", "RSS after MB", "used_memory after MB" } };
        var seconds = new Dictionary<string, double>();
        foreach ((string name, string arguments) in (ReadOnlySpan<(string, string)>)[("RDB", ""), ("AOF", Log)])
        {
            foreach (ServerKind kind in kinds)
            {
                Outcome o = Measure(settings, folder, kind, arguments);
                seconds[name + kind.Name] = o.Seconds;
                report.Raw[$"{name} {kind.Name}"] = o;
                rows.Add(
                [
                    $"{name}, {kind.Name}", Number(o.FileBytes / Mega, "N0"), Number(o.Seconds, "F2"), Number(o.Keys / o.Seconds, "N0"),
                    Number(o.ResidentBefore / Mega, "N0"), Number(o.ResidentAfter / Mega, "N0"), Number(o.UsedAfter / Mega, "N0"),
                ]);
                Console.Error.WriteLine($"{DateTime.UtcNow:HH:mm:ss}   {string.Join(' ', rows[^1])}");
            }
            report.AtMost($"Restart from {name}: FastKv over redis-server", seconds[name + kinds[1].Name] / seconds[name + kinds[0].Name], 1.0);
        }
        report.Table([.. rows]);
        return report;
    }

    private static Outcome Measure(ReportSettings settings, WorkFolder folder, ServerKind kind, string arguments)
    {
        string files = folder.Empty("restart");
        long keys, before;
        using (DiskServer server = DiskServer.Start(kind, files, arguments))
        {
            Dataset.Small.FillInto(server, settings);
            if (arguments.Length == 0)
                server.SaveInBackground();
            keys = server.Keys;
            before = server.ResidentBytes;
        }
        using DiskServer again = DiskServer.Start(kind, files, arguments);
        if (again.Keys != keys)
            throw new LoadException($"{kind.Name} has {again.Keys} keys after the restart, {keys} before");
        return new Outcome(again.ReadySeconds, keys, WorkFolder.Bytes(files), before, again.ResidentBytes, again.Info("memory", "used_memory"));
    }

    private sealed record Outcome(double Seconds, long Keys, long FileBytes, long ResidentBefore, long ResidentAfter, double UsedAfter);
}
