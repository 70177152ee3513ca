// The servers that FastKv is compared with. Control plane.
namespace FastKv.Bench.Reports;

/// <summary>A server that speaks RESP, started without persistence and listening on the loopback interface.</summary>
/// <param name="Name">As in tables.</param>
/// <param name="Program">Executable on PATH.</param>
/// <param name="Arguments">With {port}.</param>
internal sealed record RivalServer(string Name, string Program, string Arguments)
{
    /// <summary>Whether it is installed.</summary>
    public bool IsPresent => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, Program)));

    /// <summary>Command line, pinned to a core.</summary>
    public string Start(int core) => $"taskset -c {core} {Program} {Arguments}";
}

/// <summary>The rivals that are known.</summary>
internal static class RivalServers
{
    private const string RedisArguments = "--port {port} --bind 127.0.0.1 --save '' --appendonly no --loglevel warning";

    /// <summary>The one that targets refer to.</summary>
    public static readonly RivalServer Redis = new("redis-server", "redis-server", RedisArguments);

    /// <summary>Others, measured where present. (memcached is left out: the load generator speaks RESP only.)</summary>
    public static readonly RivalServer[] Others =
    [
        new("valkey-server", "valkey-server", RedisArguments),
        new("garnet", "garnet-server", "--port {port} --bind 127.0.0.1"),
    ];
}
