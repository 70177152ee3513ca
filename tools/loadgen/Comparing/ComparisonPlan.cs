// What a comparison is to do. Control plane.
using FastKv.LoadGen.Load;

namespace FastKv.LoadGen.Comparing;

/// <summary>A server as the user names it: one that runs, or a command that starts one.</summary>
/// <param name="Address">host:port[,pid] or null.</param>
/// <param name="StartCommand">Command line with <c>{port}</c>, or null.</param>
internal sealed record ServerChoice(string? Address, string? StartCommand);

/// <summary>Two servers, and a cell for each command and pipeline depth.</summary>
internal sealed record ComparisonPlan(
    LoadOptions Options, ServerChoice A, ServerChoice B, int ServerCore, int Rounds, int[] Pipelines, string[] Commands)
{
    /// <summary>A third server that takes part in every round and holds no keys: what the machine and the client leave to any server. Null: none.</summary>
    public ServerChoice? Floor { get; init; }

    /// <summary>Run before each round (and warm-up) and not measured: what the round will consume is put back, or what it has piled up removed.</summary>
    public PreloadStep[] BeforeRound { get; init; } = [];

    /// <summary>Requests of a round, if these end it rather than the time; 0 else.</summary>
    public long RequestsPerRound { get; init; }
}
