// The command line of a comparison. Control plane.
using System.CommandLine;
using FastKv.LoadGen.Comparing;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;

namespace FastKv.LoadGen.Arguments;

/// <summary>fastkv-loadgen compare [options].</summary>
internal sealed class CompareArguments
{
    private readonly LoadArguments _load = new();
    private readonly Option<string?> _a = new("--a") { Description = "First server, the baseline: host:port[,pid] or path[,pid]" };
    private readonly Option<string?> _b = new("--b") { Description = "Second server" };
    private readonly Option<string?> _startA = new("--start-a") { Description = "Starts the first server: \"redis-server --port {port} --save ''\"" };
    private readonly Option<string?> _startB = new("--start-b") { Description = "Starts the second server" };
    private readonly Option<int> _serverCore = LoadArguments.Number("--server-core", null, -1, -1, 1023, "Core to pin both servers to");
    private readonly Option<int> _rounds = LoadArguments.Number("--rounds", "-r", 5, 1, 1000, "Rounds per cell; each drives both servers");
    private readonly Option<string> _pipelines = new("--pipelines", "-P") { Description = "Pipeline depths", DefaultValueFactory = _ => "1,16,64" };
    private readonly Option<string> _commands = new("--commands") { Description = "Short commands: get,set,incr,...", DefaultValueFactory = _ => "get,set" };
    private readonly Option<string[]> _command = new("--command", "-C") { Description = "Command template, instead of --commands; may be repeated" };
    private readonly Option<string[]> _beforeRound = new("--before-round")
    {
        Description = "Command template to run --before-round-count times before each round, not measured; may be repeated",
    };

    private readonly Option<long> _beforeRoundCount =
        LoadArguments.Amount("--before-round-count", null, "1", 1, 1_000_000_000_000, "Times to run each of them");
    private readonly Option<long> _requests = LoadArguments.Amount("--requests", "-n", "0", 1, 1_000_000_000_000, "Requests per round, instead of a duration");
    private readonly Option<string?> _json = new("--json") { Description = "Write all rounds to this file" };
    private readonly Option<string?> _report = new("--report") { Description = "Write the table with machine and command to this Markdown file" };

    /// <summary>Makes the command.</summary>
    public CompareArguments()
    {
        Command = new Command("compare", "Drives two servers in alternating rounds and prints CPU time per request, throughput and latency, with ratios.")
        {
            _a, _b, _startA, _startB, _serverCore, _rounds, _pipelines, _commands, _command, _beforeRound,
            _beforeRoundCount, _requests, _json, _report,
        };
        _load.AddTo(Command);
        Command.SetAction(parsed => Failures.Report(() => Run(parsed)));
    }

    /// <summary>The command.</summary>
    public Command Command { get; }

    private int Run(ParseResult parsed)
    {
        LoadOptions options = _load.Read(parsed, defaultSeconds: 2);
        string[] templates = parsed.GetValue(_command) ?? [];
        if (templates.Length == 0)
            templates = parsed.GetValue(_commands)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var plan = new ComparisonPlan(
            options,
            new ServerChoice(parsed.GetValue(_a), parsed.GetValue(_startA)),
            new ServerChoice(parsed.GetValue(_b), parsed.GetValue(_startB)),
            parsed.GetValue(_serverCore),
            parsed.GetValue(_rounds),
            Lists.Numbers(parsed.GetValue(_pipelines)!),
            templates)
        {
            BeforeRound = [.. (parsed.GetValue(_beforeRound) ?? []).Select(c => new PreloadStep(c, parsed.GetValue(_beforeRoundCount)))],
            RequestsPerRound = parsed.GetValue(_requests),
        };
        using var comparison = new Comparison(plan);
        CompareRow result = comparison.Run();
        CompareTable.Write(Console.Out, result);
        if (parsed.GetValue(_json) is { } json)
            CompareTable.WriteJson(json, result);
        if (parsed.GetValue(_report) is { } report)
            CompareTable.WriteReport(report, result);
        return 0;
    }
}
