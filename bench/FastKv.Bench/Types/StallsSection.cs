// What everybody else waits for while a large value goes. Control plane.
using System.Diagnostics;
using System.Globalization;
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Servers;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Types;

/// <summary>Makes a value of ten million elements, copies it, and lets the copy go in each way there is, while another client sends PING without pause.</summary>
internal static class StallsSection
{
    private const double TurnLimitMs = 25;
    private const string StallsField = "stalls=";
    private const int ElementsPerCommand = 16;
    private const string Value = "{v}:copy", Original = "{v}:base", Other = "{v}:other";

    private static readonly LargeValue[] Values =
    [
        new("list", "RPUSH {v}:base " + Repeat("{bytes:8}"), "LPOP"),
        new("hash", "HSET {v}:base " + Repeat("{text:8} {bytes:8}"), null),
        new("set", "SADD {v}:base " + Repeat("{text:8}"), "SPOP"),
        new("sorted set", "ZADD {v}:base " + Repeat("{int:1G} m:{text:8}"), "ZPOPMIN"),
        new("stream", "XADD {v}:base * " + string.Join(' ', Enumerable.Range(1, 4).Select(i => $"f{i} {{bytes:8}}")), null),
    ];

    private static readonly Way[] Ways =
    [
        new("DEL", [["DEL", Value]]),
        new("UNLINK", [["UNLINK", Value]]),
        new("RENAME onto", [["SET", Other, "x"], ["RENAME", Other, Value]]),
        new("SET onto", [["SET", Value, "x"]]),
        new("expired", [["PEXPIRE", Value, "200"]]),
        new("popped, 1000 at a time", []),
        new("FLUSHALL", [["FLUSHALL"]]),
    ];

    /// <summary>Both servers.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("stalls", FormattableString.Invariant($"Values of {settings.ManyElements:N0} elements go"));
        report.Paragraph("The longest PING of another connection, in milliseconds, from the moment the value is let go until the server has freed it (no lazily freed "
            + "object pending, and used_memory as before): it bounds the longest turn from above. Behind it, in parentheses, FastKv's own count of turns over 25 ms (INFO runtime). "
            + "A stream has a quarter as many entries, of 4 fields; popped are lists, sets and sorted sets.");
        var rows = new List<string[]> { (string[])["", .. Ways.Select(w => w.Name)] };
        var raw = new Dictionary<string, Dictionary<string, Stall>>();
        foreach (LargeValue value in Values)
        {
            foreach ((string name, string start) in (ReadOnlySpan<(string, string)>)[("redis", settings.Redis), ("FastKv", settings.FastKv(1))])
            {
                string what = $"{value.Name}, {name}";
                try
                {
                    Dictionary<string, Stall> stalls = Measure(settings, start, value);
                    raw[what] = stalls;
                    rows.Add([what, .. Ways.Select(w => stalls.TryGetValue(w.Name, out Stall? s) ? Cell(s) : "")]);
                }
                catch (LoadException error)
                {
                    // One type that cannot be measured does not cost the others their figures.
                    report.Paragraph($"{what} was not measured: {error.Message}");
                }
            }
            Stall[] own = [.. raw.GetValueOrDefault($"{value.Name}, FastKv")?.Values ?? Enumerable.Empty<Stall>()];
            report.AtMost($"Longest PING while a {value.Name} goes", own.Length == 0 ? double.NaN : own.Max(s => s.LongestPingMs), TurnLimitMs, "ms");
        }
        report.Raw["stalls"] = raw;
        report.Table([.. rows]);
        return report;
    }

    private static string Repeat(string element) => string.Join(' ', Enumerable.Repeat(element, ElementsPerCommand));

    private static Dictionary<string, Stall> Measure(ReportSettings settings, string start, LargeValue value)
    {
        using var server = ServerProcess.Start(start, -1);
        using var control = new ControlClient(server.Address.EndPoint);
        LoadOptions options = Compared.Options(settings) with { Connections = 4 };
        using (var group = new LoadGroup(options.Recipe(server.Address), options.Connections, 1, options.ClientCores))
        {
            PhaseResult result = group.Run(options.PreloadPhase(new PreloadStep(value.Fill, settings.ManyElements / ElementsPerCommand * (value.Name == "stream" ? 4 : 1),
                settings.ManyElements)));
            if (result.Errors > 0)
                throw new LoadException(result.FirstError ?? "errors");
        }
        var stalls = new Dictionary<string, Stall>();
        foreach (Way way in Ways)
        {
            if (way.Commands.Length == 0 && value.PopCommand is null)
                continue;
            stalls[way.Name] = Measure(settings, server, control, value, way);
            Console.Error.WriteLine(FormattableString.Invariant($"  {value.Name} {way.Name}: {stalls[way.Name].LongestPingMs:F1} ms"));
        }
        return stalls;
    }

    private static Stall Measure(ReportSettings settings, ServerProcess server, ControlClient control, LargeValue value, Way way)
    {
        bool isFlush = way.Name == "FLUSHALL";
        double usedBefore = MemoryFigures.InfoNumber(control, "memory", "used_memory");
        if (!isFlush)
            control.Require("COPY", Original, Value, "REPLACE");
        foreach (string[] command in way.Commands.SkipLast(1))
            control.Require(command);
        double stallsBefore = Stalls(control);
        using var pinger = new Pinger(server.Address, settings.ClientCore);
        long startTime = Stopwatch.GetTimestamp();
        if (way.Commands.Length > 0)
            control.Require(way.Commands[^1]);
        else
            PopAll(control, value.PopCommand!);
        double commandMs = Stopwatch.GetElapsedTime(startTime).TotalMilliseconds;
        AwaitFreed(settings, control, isFlush ? 0 : usedBefore, isFlush);
        double goneMs = Stopwatch.GetElapsedTime(startTime).TotalMilliseconds;
        double longest = pinger.Stop();
        double stalls = Stalls(control) - stallsBefore;
        if (!isFlush)
            control.Require("DEL", Value, Other);
        return new Stall(longest, commandMs, goneMs, stalls);
    }

    private static void PopAll(ControlClient control, string command)
    {
        string reply;
        do
            reply = control.Require(command, Value, "1000");
        while (!reply.StartsWith("*-1", StringComparison.Ordinal) && !reply.StartsWith("*0", StringComparison.Ordinal) && !reply.StartsWith('_'));
    }

    private static void AwaitFreed(ReportSettings settings, ControlClient control, double usedBefore, bool isFlush)
    {
        const double Slack = 4e6; // Rehashing, buffers.
        const int LookMs = 20;
        long end = Environment.TickCount64 + (settings.Quick ? 3_000 : 30_000);
        while (Environment.TickCount64 < end)
        {
            Thread.Sleep(LookMs);
            bool isPending = MemoryFigures.InfoNumber(control, "memory", "lazyfree_pending_objects") > 0;
            double used = MemoryFigures.InfoNumber(control, "memory", "used_memory");
            if (!isPending && (isFlush || used < usedBefore + Slack))
                break;
        }
        Thread.Sleep(LookMs);
    }

    /// <summary>Turns over 25 ms, over the shards; NaN when the server does not tell.</summary>
    private static double Stalls(ControlClient control)
    {
        double sum = double.NaN;
        foreach (string part in control.Call("INFO", "runtime").Split([',', '\r', '\n', ':']))
        {
            if (part.StartsWith(StallsField, StringComparison.Ordinal))
                sum = (double.IsNaN(sum) ? 0 : sum) + double.Parse(part.AsSpan(StallsField.Length), CultureInfo.InvariantCulture);
        }
        return sum;
    }

    private static string Cell(Stall stall)
    {
        string longest = Number(stall.LongestPingMs, "F1");
        string marked = stall.LongestPingMs > TurnLimitMs ? $"**{longest}**" : longest;
        return double.IsNaN(stall.Stalls) ? marked : $"{marked} ({Number(stall.Stalls, "F0")})";
    }

    /// <summary>A value, how it is made and how it is popped.</summary>
    private sealed record LargeValue(string Name, string Fill, string? PopCommand);

    /// <summary>A way to let a value go; the last command does it.</summary>
    private sealed record Way(string Name, string[][] Commands);

    /// <summary>What came of it.</summary>
    private sealed record Stall(double LongestPingMs, double CommandMs, double GoneMs, double Stalls);
}
