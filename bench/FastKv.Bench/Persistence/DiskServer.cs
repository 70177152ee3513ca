// A server with files. Control plane.
using System.Diagnostics;
using System.Globalization;
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Servers;

namespace FastKv.Bench.Persistence;

/// <summary>A kind of server: how it is started, by name.</summary>
/// <param name="Name">As in tables.</param>
/// <param name="Command">Without the folder.</param>
internal sealed record ServerKind(string Name, string Command)
{
    /// <summary>redis-server.</summary>
    public static ServerKind Redis(ReportSettings settings) => new("redis-server", settings.Redis);

    /// <summary>FastKv.</summary>
    public static ServerKind FastKv(ReportSettings settings, int shards) =>
        new(shards == 1 ? "FastKv" : $"FastKv, {shards} shards", settings.FastKv(shards));

    /// <summary>Whether it forks.</summary>
    public bool IsRedis => Name == "redis-server";
}

/// <summary>A running one, with a client for questions.</summary>
internal sealed class DiskServer : IDisposable
{
    private const int PatienceMs = 900_000;

    // A look is a connection, which costs the server something: not too many of them.
    private const int LookMs = 10;

    private readonly ServerProcess _process;

    private DiskServer(ServerProcess process, double readySeconds)
    {
        _process = process;
        ReadySeconds = readySeconds;
        Control = new ControlClient(process.Address.EndPoint);
    }

    /// <summary>From the start of the process to the first PONG after loading.</summary>
    public double ReadySeconds { get; }

    /// <summary>For questions.</summary>
    public ControlClient Control { get; }

    /// <summary>Where it listens.</summary>
    public ServerAddress Address => _process.Address;

    /// <summary>VmRSS.</summary>
    public long ResidentBytes => ServerFacts.ResidentBytes(Address.ProcessId);

    /// <summary>Starts it in a folder and waits until it has loaded what is there.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="folder">Its working directory.</param>
    /// <param name="arguments">More of them.</param>
    public static DiskServer Start(ServerKind kind, string folder, string arguments = "")
    {
        long start = Stopwatch.GetTimestamp();
        var process = ServerProcess.Start($"{kind.Command} --dir {folder} {arguments}", -1, PatienceMs, LookMs);
        return new DiskServer(process, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>A field of INFO.</summary>
    public double Info(string section, string field) => MemoryFigures.InfoNumber(Control, section, field);

    /// <summary>DBSIZE.</summary>
    public long Keys => long.Parse(Control.Require("DBSIZE").AsSpan(1).Trim(), CultureInfo.InvariantCulture);

    /// <summary>Runs a phase over so many connections on the client's core; an error reply is an exception.</summary>
    public void Run(LoadOptions options, params LoadPhase[] phases)
    {
        using var group = new LoadGroup(options.Recipe(Address), options.Connections, 1, options.ClientCores);
        foreach (LoadPhase phase in phases)
            Check(group.Run(phase));
    }

    /// <summary>BGSAVE, from the command to the end of rdb_bgsave_in_progress; seconds.</summary>
    public double SaveInBackground()
    {
        const int lookMs = 5;
        long start = Stopwatch.GetTimestamp();
        Control.Require("BGSAVE");
        while (IsSaving)
            Thread.Sleep(lookMs);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (!Control.Call("INFO", "persistence").Contains("rdb_last_bgsave_status:ok", StringComparison.Ordinal))
            throw new LoadException("BGSAVE failed");
        return seconds;
    }

    /// <summary>Whether a BGSAVE is under way.</summary>
    public bool IsSaving => Info("persistence", "rdb_bgsave_in_progress") > 0;

    /// <summary>Ends it, after what a clean end takes (no snapshot: there are no save points).</summary>
    public void Dispose()
    {
        Control.Dispose();
        _process.Dispose();
    }

    /// <summary>No figure is of errors.</summary>
    public static PhaseResult Check(PhaseResult result) =>
        result.Errors > 0 ? throw new LoadException($"{result.Errors} error replies: {result.FirstError}") : result;
}
