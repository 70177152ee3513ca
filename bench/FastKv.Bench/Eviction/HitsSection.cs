// Hit ratios at the same maxmemory. Control plane.
using System.Globalization;
using FastKv.Bench.Reports;
using FastKv.LoadGen.Servers;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Eviction;

/// <summary>Replays traces against FastKv and redis-server under each policy.</summary>
internal static class HitsSection
{
    private const ulong Seed = 20_261_121;
    private const int PipelineLength = 64;

    /// <summary>Times the hit ratio of redis-server that FastKv's has to reach: less is noise of the samples.</summary>
    private const double RatioMin = 1.0;

    private static readonly string[] Policies = ["allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-ttl"];

    /// <summary>All policies and traces.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        long keys = settings.Quick ? 1 << 19 : 1 << 21;
        long requests = settings.Quick ? 1_000_000 : 6_000_000;
        string limit = settings.Quick ? "16mb" : "64mb";
        var report = new SectionReport("hits", $"Hit ratio, {keys:N0} keys, maxmemory {limit}");
        var rows = new List<string[]> { new[] { "policy", "trace", "redis-server hits %", "FastKv hits %", "ratio", "redis-server keys", "FastKv keys" } };
        var groups = new List<string>();
        List<double> redisHits = [], fastKvHits = [];
        var raw = new List<object>();
        foreach (string policy in Policies)
        {
            foreach (Trace trace in Trace.All)
            {
                Outcome redis = Measure(settings.Redis, limit, policy, trace, keys, requests);
                Outcome fastKv = Measure(settings.FastKv(1), limit, policy, trace, keys, requests);
                string ratio = $"**{Number(fastKv.Hits / redis.Hits, "F3")}**";
                rows.Add([policy, trace.Name, Percent(redis.Hits), Percent(fastKv.Hits), ratio, Count(redis.Keys), Count(fastKv.Keys)]);
                report.AtLeast($"Hit ratio, {policy}, {trace.Name}: FastKv over redis-server", fastKv.Hits / redis.Hits, RatioMin);
                groups.Add($"{policy} {trace.Name}");
                redisHits.Add(redis.Hits * 100);
                fastKvHits.Add(fastKv.Hits * 100);
                raw.Add(new { policy, trace = trace.Name, redis, fastKv });
            }
        }
        report.Raw["hits"] = raw;
        report.Paragraph($"{Count(requests)} requests; values of 32 to 256 bytes, by key; with volatile-ttl each key has a time to live of 10 minutes to 2 hours, by "
            + "key. zipfian: exponent 0.99. scan-heavy: half of the requests read 1,000 keys in a row. mix: a fifth do, and every 500,000 requests other keys "
            + "become popular.");
        report.Table([.. rows]);
        report.Add("hits", new BarChart("Hit ratio at the same maxmemory", "%", [.. groups],
            [new BarSeries("redis-server", [.. redisHits]), new BarSeries("FastKv", [.. fastKvHits])]));
        return report;
    }

    private static Outcome Measure(string start, string limit, string policy, Trace trace, long keys, long requests)
    {
        using var server = ServerProcess.Start($"{start} --maxmemory {limit} --maxmemory-policy {policy}", -1);
        using var control = new ControlClient(server.Address.EndPoint);
        using var client = new CacheClient(server.Address.EndPoint, policy.StartsWith("volatile", StringComparison.Ordinal));
        var batch = new long[PipelineLength];
        int filled = 0;
        long asked = 0, counted = 0, hits = 0;
        foreach (long key in trace.Keys(keys, requests, Seed))
        {
            batch[filled++] = key;
            if (filled < batch.Length)
                continue;
            filled = 0;
            int found = client.Ask(batch);
            asked += batch.Length;
            if (asked <= requests / 3)
                continue;
            counted += batch.Length;
            hits += found;
        }
        long present = long.Parse(control.Require("DBSIZE").AsSpan(1).Trim(), CultureInfo.InvariantCulture);
        return new Outcome((double)hits / counted, present, MemoryFigures.Read(control, server.Address.ProcessId));
    }

    private static string Percent(double share) => Number(share * 100, "F2");

    private static string Count(long keys) => keys.ToString("N0", CultureInfo.InvariantCulture);

    private sealed record Outcome(double Hits, long Keys, MemoryFigures Memory);
}
