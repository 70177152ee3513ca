// Settings of the host that cost latency or lose writes (control plane): said at start, and by --check-system.
using System.Globalization;
using FastKv.Engine.Configuration;

namespace FastKv.Server;

/// <summary>Looks at the host's settings.</summary>
internal static class SystemCheck
{
    private const string Overcommit = "/proc/sys/vm/overcommit_memory";
    private const string ListenBacklog = "/proc/sys/net/core/somaxconn";
    private const string HugePages = "/sys/kernel/mm/transparent_hugepage/enabled";
    private const string RingsDisabled = "/proc/sys/kernel/io_uring_disabled";

    /// <summary>The warnings that belong in the log at start.</summary>
    internal static IEnumerable<string> Warnings(ServerOptions options)
    {
        if (Backlog(options.TcpBacklog) is { } backlog)
            yield return "WARNING: " + backlog;
    }

    /// <summary>Prints one line per check, as <c>redis-server --check-system</c> does; returns whether all passed.</summary>
    internal static bool Run(TextWriter output)
    {
        bool passed = Print(output, "overcommit", Value(Overcommit) == "2"
            ? "vm.overcommit_memory is 2: large reservations of address space may be refused. Set it to 0 or 1."
            : null);
        passed &= Print(output, "transparent-huge-pages", Value(HugePages).Contains("[never]", StringComparison.Ordinal)
            ? "Transparent huge pages are off: random reads of large data sets are slower. 'madvise' is enough."
            : null);
        passed &= Print(output, "somaxconn", Backlog(511));
        passed &= Print(output, "io_uring", Value(RingsDisabled) is "" or "0"
            ? null
            : "kernel.io_uring_disabled is set: the server will use epoll, which costs about a tenth more CPU.");
        return passed;
    }

    private static string? Backlog(int wanted)
        => int.TryParse(Value(ListenBacklog), NumberStyles.None, CultureInfo.InvariantCulture, out int limit) && limit < wanted
            ? $"The TCP backlog setting of {wanted} cannot be enforced because {ListenBacklog} is set to the lower value of {limit}."
            : null;

    private static bool Print(TextWriter output, string name, string? problem)
    {
        output.Write(problem is null ? $"[{name}]...OK\n" : $"[{name}]...WARNING: {problem}\n");
        return problem is null;
    }

    private static string Value(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
