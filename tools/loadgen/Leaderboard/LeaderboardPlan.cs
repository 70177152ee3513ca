// What the leaderboard study does. Control plane.
namespace FastKv.LoadGen.Leaderboard;

/// <summary>Players, load and queries.</summary>
internal sealed record LeaderboardPlan
{
    /// <summary>Of the leaderboard; at most as many as eight digits count.</summary>
    public long Players { get; init; } = 10_000_000;

    /// <summary>Score updates per second, offered at fixed times whether or not earlier ones are answered.</summary>
    public double UpdatesPerSecond { get; init; } = 100_000;

    /// <summary>Updates that a game server sends at a time.</summary>
    public int Pipeline { get; init; } = 16;

    /// <summary>Queries of each kind per second, offered in the same way, one by one.</summary>
    public double QueriesPerSecond { get; init; } = 500;

    /// <summary>Time measured.</summary>
    public double Seconds { get; init; } = 30;

    /// <summary>The same load before that, not measured.</summary>
    public double WarmUpSeconds { get; init; } = 5;

    /// <summary>Core of the client; -1 for none.</summary>
    public int ClientCore { get; init; } = -1;

    /// <summary>Core to start the servers on; -1 for none.</summary>
    public int ServerCore { get; init; } = -1;

    /// <summary>No progress on standard error.</summary>
    public bool Quiet { get; init; }

    /// <summary>Of the random sequences.</summary>
    public ulong Seed { get; init; } = 1;
}
