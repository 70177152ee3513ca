// What a report is to measure, and how long. Control plane.
namespace FastKv.Bench.Reports;

/// <summary>Settings of a run; the quick ones show that everything works, their figures are noise.</summary>
internal sealed record ReportSettings
{
    /// <summary>Short stretches and few keys.</summary>
    public bool Quick { get; init; }

    /// <summary>Folder of the report.</summary>
    public required string Output { get; init; }

    /// <summary>FastKv's executable.</summary>
    public required string Server { get; init; }

    /// <summary>Another build's executable to compare with; null: none was given.</summary>
    public string? Baseline { get; init; }

    /// <summary>Core of the servers.</summary>
    public int ServerCore { get; init; }

    /// <summary>Core of the client.</summary>
    public int ClientCore { get; init; } = 1;

    /// <summary>Alternating rounds per cell.</summary>
    public int Rounds => Quick ? 2 : 5;

    /// <summary>Seconds per round and server.</summary>
    public double RoundSeconds => Quick ? 0.3 : 2;

    /// <summary>Seconds before the rounds of a cell, per server: after them the hot path is compiled with full optimisation (tiered compilation).</summary>
    public double WarmUpSeconds => Quick ? 0.5 : 3;

    /// <summary>The usual key space.</summary>
    public long Keys => Quick ? 100_000 : 1_000_000;

    /// <summary>The key space that does not fit a cache or a TLB.</summary>
    public long ManyKeys => Quick ? 200_000 : 10_000_000;

    /// <summary>Elements of the values that are deleted and timed, and players of the leaderboard.</summary>
    public long ManyElements => Elements ?? (Quick ? 200_000 : 10_000_000);

    /// <summary>Another number of them than the usual.</summary>
    public long? Elements { get; init; }

    /// <summary>Keys of the persistence report, instead of the usual number.</summary>
    public long? DataKeysChosen { get; init; }

    /// <summary>Keys that are saved and loaded.</summary>
    public long DataKeys => DataKeysChosen ?? (Quick ? 200_000 : 10_000_000);

    /// <summary>The only data that sections with several kinds of them are measured with; null: all.</summary>
    public string? DataChosen { get; init; }

    /// <summary>Folder under which the servers' files lie for the time of the report.</summary>
    public string DataFolder { get; init; } = Path.GetTempPath();

    /// <summary>Operations of the allocation report.</summary>
    public long AllocationOperations => Quick ? 2_000_000 : 50_000_000;

    /// <summary>Starts of each server.</summary>
    public int Starts => Quick ? 3 : 11;

    /// <summary>The command that starts FastKv on the server's core.</summary>
    public string FastKv(int shards) => shards == 1 ? FastKv(1, ServerCore.ToString()) : FastKv(shards, $"{ServerCore},{ClientCore}");

    /// <summary>The command that starts redis-server on the server's core.</summary>
    public string Redis => RivalServers.Redis.Start(ServerCore);

    /// <summary>The command that starts the floor (see <see cref="FloorServer"/>), this program, on the server's core.</summary>
    public string Floor => $"taskset -c {ServerCore} {ThisProgram} {FloorServer.CommandName} {{port}}";

    /// <summary>How this program was started: by its own executable, or by dotnet.</summary>
    private static string ThisProgram
    {
        get
        {
            string executable = Environment.ProcessPath!;
            string assembly = Environment.GetCommandLineArgs()[0];
            return Path.GetFileNameWithoutExtension(executable) == "dotnet" ? $"{executable} {assembly}" : executable;
        }
    }

    /// <summary>redis-server in FastKv's place, to try the report out: then all ratios are about 1.</summary>
    private bool IsStandIn => Path.GetFileName(Server) == "redis-server";

    private string FastKv(int shards, string cores) =>
        $"taskset -c {cores} {Server} --port {{port}} --bind 127.0.0.1 {(IsStandIn ? "" : $"--shards {shards}")} --save '' --loglevel warning";
}
