// A million keys that expire in the same instant: how long until they are gone, and how long anyone waits meanwhile. Control plane.
using System.Diagnostics;
using System.Globalization;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Servers;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Reports;

/// <summary>Sets keys with one PXAT, then watches DBSIZE and the latency of PING.</summary>
internal static class ExpirySection
{
    private const double GoneLimitSeconds = 2;
    private const double TurnLimitMs = 25;
    private const double PatienceSeconds = 30;
    private const string TurnField = "stalls=";

    /// <summary>FastKv and, for comparison, redis-server.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("expiry", $"{settings.Keys:N0} keys expire at once");
        Outcome redis = Measure(settings, settings.Redis);
        Outcome fastKv = Measure(settings, settings.FastKv(1));
        report.Raw["expiry"] = new { redis, fastKv };
        report.Paragraph("All keys have the same PXAT. A client sends PING without pause from a second before that instant until DBSIZE (asked every 10 ms) is "
            + "0: the longest PING bounds the longest turn from above. Stalls are turns over 25 ms as FastKv's watchdog counts them (INFO runtime).");
        report.Table(["", "gone after s", "longest PING ms", "PING p99.9 ms", "stalls"], Row("redis-server", redis), Row("FastKv", fastKv));
        report.AtMost("Expired keys gone after", fastKv.GoneSeconds, GoneLimitSeconds, "s");
        report.AtMost("Longest PING while they expire", fastKv.LongestPingMs, TurnLimitMs, "ms");
        return report;
    }

    private static Outcome Measure(ReportSettings settings, string start)
    {
        using var server = ServerProcess.Start(start, -1);
        using var control = new ControlClient(server.Address.EndPoint);
        using var pinger = new ControlClient(server.Address.EndPoint);
        LoadOptions options = Compared.Options(settings);
        long stallsBefore;
        long dueMs;
        using (var group = new LoadGroup(options.Recipe(server.Address), options.Connections, 1, options.ClientCores))
        {
            // Overwritten once, so that the code is compiled when it counts; then with a time that leaves the load enough room.
            group.Run(options.PreloadPhase());
            dueMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + (settings.Quick ? 5_000 : 20_000);
            string command = string.Create(CultureInfo.InvariantCulture, $"SET {options.KeyPrefix}{{key}} {{value}} PXAT {dueMs}");
            group.Run(options.PreloadPhase() with { Commands = [(options.Template(command), 1)] });
        }
        if (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() > dueMs - 1000)
            throw new LoadException("Setting the keys took longer than their time to live.");
        stallsBefore = Stalls(control);
        while (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() < dueMs - 1000)
            Thread.Sleep(10);
        return Watch(control, pinger, dueMs, stallsBefore);
    }

    private static Outcome Watch(ControlClient control, ControlClient pinger, long dueMs, long stallsBefore)
    {
        var latency = new LatencyHistogram();
        long nextLookMs = dueMs;
        while (true)
        {
            long start = Stopwatch.GetTimestamp();
            pinger.Require("PING");
            latency.Record((long)Stopwatch.GetElapsedTime(start).TotalNanoseconds, 1);
            long nowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            if (nowMs < nextLookMs)
                continue;
            nextLookMs = nowMs + 10;
            bool isGone = control.Require("DBSIZE").StartsWith(":0\r", StringComparison.Ordinal);
            double seconds = (nowMs - dueMs) / 1000.0;
            if (!isGone && seconds < PatienceSeconds)
                continue;
            long stalls = Stalls(control);
            double goneSeconds = isGone ? seconds : double.PositiveInfinity;
            return new Outcome(goneSeconds, latency.MaxNs / 1e6, latency.QuantileNs(0.999) / 1e6, stalls < 0 ? -1 : stalls - stallsBefore);
        }
    }

    /// <summary>Sum over the shards; -1 when the server does not tell.</summary>
    private static long Stalls(ControlClient control)
    {
        long sum = -1;
        foreach (string part in control.Call("INFO", "runtime").Split([',', '\r', '\n', ':']))
        {
            if (part.StartsWith(TurnField, StringComparison.Ordinal))
                sum = Math.Max(sum, 0) + long.Parse(part.AsSpan(TurnField.Length), CultureInfo.InvariantCulture);
        }
        return sum;
    }

    private static string[] Row(string name, Outcome outcome) =>
    [
        name, Number(outcome.GoneSeconds, "F2"), Number(outcome.LongestPingMs, "F2"), Number(outcome.PingP999Ms, "F2"),
        outcome.Stalls < 0 ? "n/a" : outcome.Stalls.ToString(CultureInfo.InvariantCulture),
    ];

    private sealed record Outcome(double GoneSeconds, double LongestPingMs, double PingP999Ms, long Stalls);
}
