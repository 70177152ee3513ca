// How persistence is measured, for the report. Control plane.
using System.Globalization;
using FastKv.Bench.Reports;

namespace FastKv.Bench.Persistence;

/// <summary>The text under "Method".</summary>
internal static class PersistenceMethod
{
    /// <summary>For a run with these settings.</summary>
    public static string Text(ReportSettings settings) => string.Create(CultureInfo.InvariantCulture, $"""
        **Method.** FastKv is the published ReadyToRun build. The server is pinned to core {settings.ServerCore} with all its threads and children
        (with two shards: to cores {settings.ServerCore} and {settings.ClientCore}), the client to core {settings.ClientCore}: our own load generator
        (`tools/loadgen`), one thread, in the reporting process. So what a snapshot or a log costs besides the shard's own work (the thread that writes
        the file; redis-server's child) is taken from the core that serves. CPU time is the kernel's account of the server's process in nanoseconds,
        all threads. Servers take turns, so that what the machine does beside hits both.
        Files lie in {settings.DataFolder} ({WorkFolder.Describe(settings.DataFolder)}), and are read from the page cache, except for FastKv's snapshots: it writes them past the cache, so they are read from the disk.
        Both servers have the same configuration: rdbcompression and rdbchecksum yes, and what the tables say.
        """);
}
