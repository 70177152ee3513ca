// What a server says of itself. Control plane.
using System.Globalization;
using FastKv.LoadGen.Load;

namespace FastKv.LoadGen.Servers;

/// <summary>Name, version and process of a server, from INFO.</summary>
/// <param name="Name">redis, fastkv, valkey or whatever the server calls itself.</param>
/// <param name="Version">Its version.</param>
/// <param name="ProcessId">0 when it does not say.</param>
internal sealed record ServerFacts(string Name, string Version, int ProcessId)
{
    private static readonly string[] s_names = ["valkey", "garnet", "dragonfly", "redis"];

    /// <summary>Asks the server. Fields that it does not give are empty.</summary>
    public static ServerFacts Ask(ControlClient client)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in client.Call("INFO", "server").Split("\r\n"))
        {
            int colon = line.IndexOf(':');
            if (colon > 0)
                fields[line[..colon]] = line[(colon + 1)..];
        }
        string name = fields.GetValueOrDefault("server_name") ?? s_names.FirstOrDefault(n => fields.ContainsKey(n + "_version")) ?? "";
        string version = fields.GetValueOrDefault(name + "_version") ?? fields.GetValueOrDefault("redis_version", "");
        _ = int.TryParse(fields.GetValueOrDefault("process_id"), out int processId);
        return new ServerFacts(name, version, processId);
    }

    /// <summary>Where the server gives no name, its process has one.</summary>
    public ServerFacts WithProcess(int processId)
    {
        if (Name.Length > 0)
            return this;
        return this with { Name = processId == 0 ? "server" : File.ReadAllText($"/proc/{processId}/comm").Trim() };
    }

    /// <summary>Resident memory of a process in bytes, from /proc.</summary>
    public static long ResidentBytes(int processId)
    {
        foreach (string line in File.ReadLines($"/proc/{processId}/status"))
        {
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                return long.Parse(line.AsSpan(6, line.Length - 8).Trim(), CultureInfo.InvariantCulture) * 1024;
        }
        throw new LoadException($"Process {processId} does not tell its memory");
    }
}
