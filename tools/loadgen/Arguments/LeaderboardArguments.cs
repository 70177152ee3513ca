// The command line of the leaderboard study. Control plane.
using System.CommandLine;
using FastKv.LoadGen.Comparing;
using FastKv.LoadGen.Leaderboard;

namespace FastKv.LoadGen.Arguments;

/// <summary>fastkv-loadgen leaderboard [options].</summary>
internal sealed class LeaderboardArguments
{
    private readonly Option<string?> _a = new("--server", "-s", "--a") { Description = "A running server: host:port[,pid] or path[,pid]" };
    private readonly Option<string?> _b = new("--b") { Description = "Another one" };
    private readonly Option<string?> _startA = new("--start", "--start-a") { Description = "Starts the server: \"fastkv-server --port {port}\"" };
    private readonly Option<string?> _startB = new("--start-b") { Description = "Starts another one, after the first has ended" };
    private readonly Option<long> _players = LoadArguments.Amount("--players", null, "10M", 1, 100_000_000, "Members of the sorted set");
    private readonly Option<long> _rate = LoadArguments.Amount("--rate", null, "100k", 1, 1_000_000_000, "Updates per second, open loop");
    private readonly Option<long> _queryRate = LoadArguments.Amount("--query-rate", null, "500", 1, 1_000_000, "Queries of each kind per second");
    private readonly Option<int> _pipeline = LoadArguments.Number("--pipeline", "-P", 16, 1, 1000, "Updates per write");
    private readonly Option<double> _duration = new("--duration", "-d") { Description = "Seconds to measure", DefaultValueFactory = _ => 30 };
    private readonly Option<double> _warmUp = new("--warm-up") { Description = "Seconds before that", DefaultValueFactory = _ => 5 };
    private readonly Option<int> _serverCore = LoadArguments.Number("--server-core", null, -1, -1, 1023, "Core for servers that are started here");
    private readonly Option<int> _clientCore = LoadArguments.Number("--client-core", null, -1, -1, 1023, "Core for this program");
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress" };
    private readonly Option<string?> _json = new("--json") { Description = "Write the figures to this file; - is standard output" };

    /// <summary>Makes the command.</summary>
    public LeaderboardArguments()
    {
        Command = new Command("leaderboard", "A study: millions of players in one sorted set, updates at a fixed rate, and beside them the latency of rank, "
            + "top-100 and neighbour queries.")
        {
            _a, _b, _startA, _startB, _players, _rate, _queryRate, _pipeline, _duration, _warmUp, _serverCore, _clientCore, _quiet, _json,
        };
        Command.SetAction(parsed => Failures.Report(() => Run(parsed)));
    }

    /// <summary>The command.</summary>
    public Command Command { get; }

    private int Run(ParseResult parsed)
    {
        var plan = new LeaderboardPlan
        {
            Players = parsed.GetValue(_players),
            UpdatesPerSecond = parsed.GetValue(_rate),
            QueriesPerSecond = parsed.GetValue(_queryRate),
            Pipeline = parsed.GetValue(_pipeline),
            Seconds = parsed.GetValue(_duration),
            WarmUpSeconds = parsed.GetValue(_warmUp),
            ServerCore = parsed.GetValue(_serverCore),
            ClientCore = parsed.GetValue(_clientCore),
            Quiet = parsed.GetValue(_quiet),
        };
        ServerChoice[] choices =
        [
            new(parsed.GetValue(_a), parsed.GetValue(_startA)),
            new(parsed.GetValue(_b), parsed.GetValue(_startB)),
        ];
        choices = [.. choices.Where(c => c.Address is not null || c.StartCommand is not null)];
        if (choices.Length == 0)
            choices = [new ServerChoice("127.0.0.1:6379", null)];
        LeaderboardRow[] rows = [.. choices.Select(c => LeaderboardStudy.Run(plan, c))];
        LeaderboardTable.Write(Console.Out, plan, rows);
        if (parsed.GetValue(_json) is { } json)
            LeaderboardTable.WriteJson(json, plan, rows);
        return 0;
    }
}
