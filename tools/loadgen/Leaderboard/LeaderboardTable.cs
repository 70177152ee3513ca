// The study's figures for people and as JSON. Control plane.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FastKv.LoadGen.Reports;

namespace FastKv.LoadGen.Leaderboard;

/// <summary>The JSON of a study.</summary>
internal sealed record LeaderboardFile(DateTime Utc, string Machine, LeaderboardPlan Plan, LeaderboardRow[] Servers);

/// <summary>Names and shapes of the JSON, generated at compile time.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(LeaderboardFile))]
internal sealed partial class LeaderboardJson : JsonSerializerContext;

/// <summary>Rows of text.</summary>
internal static class LeaderboardTable
{
    /// <summary>Head of <see cref="LatencyRows"/>.</summary>
    public static readonly string[] LatencyHead = ["", "server", "offered/s", "achieved/s", "p50 µs", "p99 µs", "p99.9 µs", "max µs"];

    /// <summary>Head of <see cref="ServerRows"/>.</summary>
    public static readonly string[] ServerHead = ["", "players loaded/s", "RSS B/player", "used_memory B/player", "CPU at this load", "kept up"];

    /// <summary>A row per query and server.</summary>
    public static IEnumerable<string[]> LatencyRows(LeaderboardRow[] servers)
        => Enumerable.Range(0, servers[0].Lanes.Length).SelectMany(lane => servers.Select(s => LatencyRowOf(s, s.Lanes[lane])));

    /// <summary>A row per server.</summary>
    public static IEnumerable<string[]> ServerRows(LeaderboardRow[] servers) => servers.Select(s => (string[])
    [
        Name(s), Text(s.Players / s.LoadSeconds, "N0"), Text(s.ResidentBytesPerPlayer, "F1"), Text(s.UsedBytesPerPlayer, "F1"),
        double.IsNaN(s.ServerCpuShare) ? "n/a" : Text(100 * s.ServerCpuShare, "F0") + "%", s.KeptUp ? "yes" : "**no**",
    ]);

    /// <summary>What cannot be read off the tables.</summary>
    public static IEnumerable<string> Remarks(LeaderboardRow[] servers) => servers.Where(s => !s.KeptUp).Select(s =>
        $"{Name(s)} does not keep up with {Text(s.Lanes[0].OfferedPerSecond, "N0")} updates/s: it achieved "
        + $"{Text(s.Lanes[0].AchievedPerSecond, "N0")}/s, and its latencies are those of a queue that grows.");

    /// <summary>Both tables.</summary>
    public static void Write(TextWriter output, LeaderboardPlan plan, LeaderboardRow[] servers)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{plan.Players:N0} players in one sorted set; open loop: {plan.UpdatesPerSecond:N0} updates/s (ZADD and ZINCRBY, {plan.Pipeline} a write), "
            + $"{plan.QueriesPerSecond:N0}/s of each query, for {plan.Seconds} s."));
        output.WriteLine();
        WriteTable(output, [LatencyHead, .. LatencyRows(servers)]);
        output.WriteLine();
        WriteTable(output, [ServerHead, .. ServerRows(servers)]);
        foreach (string remark in Remarks(servers))
            output.WriteLine("\n" + remark);
    }

    /// <summary>All figures as JSON.</summary>
    public static void WriteJson(string file, LeaderboardPlan plan, LeaderboardRow[] servers)
        => JsonFile.Write(file, JsonSerializer.Serialize(
            new LeaderboardFile(DateTime.UtcNow, Machine.Describe(), plan, servers), LeaderboardJson.Default.LeaderboardFile));

    private static string Name(LeaderboardRow server) => $"{server.Server.Name} {server.Server.Version}".Trim();

    private static string[] LatencyRowOf(LeaderboardRow server, LaneRow lane) =>
    [
        lane.Name, Name(server), Text(lane.OfferedPerSecond, "N0"), Text(lane.AchievedPerSecond, "N0"), Text(lane.Latency.P50, "N0"),
        Text(lane.Latency.P99, "N0"), Text(lane.Latency.P999, "N0"), Text(lane.Latency.Max, "N0"),
    ];

    private static string Text(double value, string format) => double.IsNaN(value) ? "n/a" : value.ToString(format, CultureInfo.InvariantCulture);

    private static void WriteTable(TextWriter output, string[][] rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(r => r[column].Length))];
        for (int i = 0; i < rows.Length; i++)
        {
            output.WriteLine("| " + string.Join(" | ", rows[i].Select((cell, column) => column < 1 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))) + " |");
            if (i == 0)
                output.WriteLine("|" + string.Join("|", widths.Select((width, column) => new string('-', width + 1) + (column == 0 ? "-" : ":"))) + "|");
        }
    }
}
