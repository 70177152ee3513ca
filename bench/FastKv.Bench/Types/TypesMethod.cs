// How the data types are measured, for the report. Control plane.
using System.Globalization;
using FastKv.Bench.Reports;

namespace FastKv.Bench.Types;

/// <summary>The text under "Method".</summary>
internal static class TypesMethod
{
    /// <summary>For a run with these settings.</summary>
    public static string Text(ReportSettings settings) => string.Create(CultureInfo.InvariantCulture, $$"""
        **Method.** FastKv is the published ReadyToRun build with one shard, redis-server runs without persistence; both with their default configuration.
        The server is pinned to core {{settings.ServerCore}}, the client to core {{settings.ClientCore}}: our own load generator (`tools/loadgen`), one thread, in the reporting process.
        CPU time is the kernel's account of the server's process in nanoseconds (user and system, all threads), divided by replies.
        Both servers of a comparison are driven in alternating rounds of {{settings.RoundSeconds}} s (or of as many requests as the table says), the order turning each
        round; every command begins on fresh servers with its own data and {{settings.WarmUpSeconds}} s of the same load per server that is not measured. Figures are medians of
        {{settings.Rounds}} rounds, ratios the medians of the rounds' ratios.
        In the commands `{text:8}` is one of as many random-looking texts as there are elements, `{bytes:8}` a fresh one (letters and digits: no server can keep
        either as a number), `{int:n}` a uniformly random number below n, `{key}` a uniformly random key number.
        """);
}
