// How the eviction report is measured, in words. Control plane.
using FastKv.Bench.Reports;

namespace FastKv.Bench.Eviction;

/// <summary>The method text of the eviction report.</summary>
internal static class EvictionMethod
{
    /// <summary>For people.</summary>
    public static string Text(ReportSettings settings) =>
        "Hits: one cache-aside client replays the same trace against each server, started afresh with the same `maxmemory`: GETs in pipelines, then SETs of "
        + "what was missing. The first third of the trace warms up and is not counted. Memory: 1,000 connections on 8 threads write as fast as they can "
        + $"under `maxmemory 512mb`, `allkeys-lru`; VmRSS is read twice a second. Server core {settings.ServerCore}, client core {settings.ClientCore}.";
}
