// Resident memory per key, and what is left after FLUSHALL. Control plane.
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Servers;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Reports;

/// <summary>Fills a fresh server with 16-byte keys and values, with and without a TTL, and empties it.</summary>
internal static class MemorySection
{
    private const double Mebi = 1024 * 1024;
    private const double PlainLimit = 50;
    private const double TtlLimit = 60;
    private const double LeftOverLimitMb = 20;

    /// <summary>The issue counts megabytes of a million bytes.</summary>
    private const double Mega = 1e6;

    /// <summary>Both servers, each twice.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("memory", $"Memory, {settings.ManyKeys:N0} keys");
        Fill redis = Measure(settings, settings.Redis, withTtl: false), redisTtl = Measure(settings, settings.Redis, withTtl: true);
        Fill plain = Measure(settings, settings.FastKv(1), withTtl: false), ttl = Measure(settings, settings.FastKv(1), withTtl: true);
        report.Raw["memory"] = new { redis, redisTtl, plain, ttl };
        report.Paragraph("Resident memory (VmRSS) of a fresh server before and after setting each key once, and in the seconds after FLUSHALL, once no object waits to be freed.");
        report.Table(
            ["", "before MiB", "filled MiB", "bytes/key", "after FLUSHALL MiB", "left over MB"],
            Row("redis-server", redis), Row("redis-server, TTL", redisTtl), Row("FastKv", plain), Row("FastKv, TTL", ttl));
        report.Add("memory", new BarChart("Resident memory per key, 16 B + 16 B", "bytes", ["no TTL", "with TTL"],
            [new BarSeries("redis-server", [redis.BytesPerKey, redisTtl.BytesPerKey]), new BarSeries("FastKv", [plain.BytesPerKey, ttl.BytesPerKey])],
            [PlainLimit, TtlLimit]));
        report.AtMost("RSS growth per key", plain.BytesPerKey, PlainLimit, "B");
        report.AtMost("RSS growth per key with a TTL", ttl.BytesPerKey, TtlLimit, "B");
        report.AtMost("RSS left over after FLUSHALL", plain.LeftOver / Mega, LeftOverLimitMb, "MB");
        report.AtMost("RSS left over after FLUSHALL, keys with a TTL", ttl.LeftOver / Mega, LeftOverLimitMb, "MB");
        return report;
    }

    private static Fill Measure(ReportSettings settings, string start, bool withTtl)
    {
        using var server = ServerProcess.Start(start, -1);
        LoadOptions options = Compared.Options(settings) with { Keys = settings.ManyKeys };
        using var control = new ControlClient(server.Address.EndPoint);
        long before, filled;
        using (var group = new LoadGroup(options.Recipe(server.Address), options.Connections, 1, options.ClientCores))
        {
            before = ServerFacts.ResidentBytes(server.Address.ProcessId);
            LoadPhase phase = options.PreloadPhase();
            if (withTtl)
                phase = phase with { Commands = [(options.Template($"SET {options.KeyPrefix}{{key}} {{value}} EX 100000"), 1)] };
            PhaseResult result = group.Run(phase);
            if (result.Errors > 0)
                throw new LoadException(result.FirstError ?? "errors");
            filled = ServerFacts.ResidentBytes(server.Address.ProcessId);
        }
        string size = control.Require("DBSIZE").Trim();
        if (size != $":{settings.ManyKeys}")
            throw new LoadException($"{settings.ManyKeys} keys were set, DBSIZE is {size}");
        control.Require("FLUSHALL");
        AwaitFreed(control);
        return new Fill(before, filled, LowestAfter(server.Address.ProcessId), settings.ManyKeys);
    }

    /// <summary>Entries are freed in slices, and chunks of memory are empty only when nearly all entries are gone.</summary>
    private static void AwaitFreed(ControlClient control)
    {
        const int Looks = 100;
        const int LookMs = 100;
        for (int i = 0; i < Looks && MemoryFigures.InfoNumber(control, "memory", "lazyfree_pending_objects") > 0; i++)
            Thread.Sleep(LookMs);
    }

    private static long LowestAfter(int processId)
    {
        const int Looks = 50;
        const int LookMs = 200;
        long lowest = long.MaxValue;
        for (int i = 0; i < Looks; i++)
        {
            Thread.Sleep(LookMs);
            long now = ServerFacts.ResidentBytes(processId);
            if (i > Looks / 5 && now >= lowest)
                break;
            lowest = Math.Min(lowest, now);
        }
        return lowest;
    }

    private static string[] Row(string name, Fill fill) =>
    [
        name, Number(fill.Before / Mebi, "F1"), Number(fill.Filled / Mebi, "F1"), $"**{Number(fill.BytesPerKey, "F1")}**",
        Number(fill.Flushed / Mebi, "F1"), Number(fill.LeftOver / Mega, "F1"),
    ];

    /// <summary>Resident bytes at three moments.</summary>
    private sealed record Fill(long Before, long Filled, long Flushed, long Keys)
    {
        public double BytesPerKey => (double)(Filled - Before) / Keys;

        public long LeftOver => Flushed - Before;
    }
}
