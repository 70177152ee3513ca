// The command line of a single run. Control plane.
using System.CommandLine;
using System.Net.Sockets;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using FastKv.LoadGen.Servers;
using FastKv.Network;

namespace FastKv.LoadGen.Arguments;

/// <summary>fastkv-loadgen [options].</summary>
internal sealed class RunArguments
{
    /// <summary>The load ran, but some replies were errors: scripts should not take its figures for good ones.</summary>
    private const int ExitWithErrors = 2;

    private readonly LoadArguments _load = new();
    private readonly Option<string> _server = new("--server", "-s")
    {
        Description = "host:port, port, or path of a Unix socket, with ,pid behind it or not",
        DefaultValueFactory = _ => "127.0.0.1:6379",
    };

    private readonly Option<int> _pipeline = LoadArguments.Number("--pipeline", "-P", 1, 1, 100_000, "Requests per write");
    private readonly Option<string[]> _command = new("--command", "-C")
    {
        Description = "get, set, incr, ... or a template such as \"ZADD z {int:1M} m{key}\" (see README); may be repeated (default set and get)",
    };

    private readonly Option<string?> _ratio = new("--ratio")
    {
        Description = "Weights of the commands in their order (default 1:9 without --command, else equal)",
    };

    private readonly Option<long> _requests = LoadArguments.Amount("--requests", "-n", "0", 1, 1_000_000_000_000, "Requests to send, instead of a duration");
    private readonly Option<string?> _json = new("--json") { Description = "Write the result to this file; - is standard output" };

    /// <summary>Makes the root command.</summary>
    /// <param name="subcommands">What else the program does.</param>
    public RunArguments(params Command[] subcommands)
    {
        Command = new RootCommand("Load generator for Redis and everything that speaks its protocol.")
        {
            _server, _pipeline, _command, _ratio, _requests, _json,
        };
        _load.AddTo(Command);
        foreach (Command subcommand in subcommands)
            Command.Add(subcommand);
        Command.SetAction(parsed => Failures.Report(() => Run(parsed)));
    }

    /// <summary>The root command.</summary>
    public RootCommand Command { get; }

    /// <summary>The commands and weights that a command line means.</summary>
    /// <exception cref="FormatException">The ratio does not fit.</exception>
    internal static (RequestTemplate Template, double Weight)[] Mix(LoadOptions options, string[] commands, string? ratio)
    {
        if (commands.Length == 0)
        {
            commands = ["set", "get"];
            ratio ??= "1:9";
        }
        double[] weights = Lists.Weights(ratio, commands.Length);
        return [.. commands.Select((c, i) => (options.Template(c), weights[i])).Where(c => c.Item2 > 0)];
    }

    private static PhaseResult Preload(LoadGroup group, LoadPhase phase, Action<long, double> progress)
    {
        PhaseResult result = group.Run(phase, progress);
        return result.Errors == 0 ? result : throw new LoadException($"{phase.Commands[0].Template.Text}: {result.FirstError}");
    }

    private int Run(ParseResult parsed)
    {
        LoadOptions options = _load.Read(parsed, defaultSeconds: 5);
        ServerAddress address = ServerAddress.Parse(parsed.GetValue(_server)!);
        var commands = Mix(options, parsed.GetValue(_command) ?? [], parsed.GetValue(_ratio));
        long requests = parsed.GetValue(_requests);
        double seconds = requests > 0 ? 0 : options.DurationSeconds;
        int pipeline = parsed.GetValue(_pipeline);

        using ControlClient control = options.OpenControl(address);
        ServerFacts facts = ServerFacts.Ask(control);
        int processId = ServerCpu.ProcessOf(address, facts);
        facts = facts.WithProcess(processId);
        using var group = new LoadGroup(options.Recipe(address), options.Connections, options.Threads, options.ClientCores);
        using var progress = new ProgressLine(options.Quiet);
        foreach (LoadPhase phase in options.PreloadPhases())
            progress.Show($"preload {phase.Commands[0].Template.Text}", p => Preload(group, phase, p));
        if (options.WarmUpSeconds > 0)
            progress.Show("warm-up", p => group.Run(options.Phase(commands, pipeline, options.WarmUpSeconds, 0, options.Seed + 1), p));
        var cpu = ServerCpu.Start(processId);
        PhaseResult result = progress.Show("measure", p => group.Run(options.Phase(commands, pipeline, seconds, requests, options.Seed), p));
        progress.Clear();
        var report = new RunReport(result, cpu.Stop(), facts, address.Text, group.EngineName, pipeline, options, commands);
        report.WriteText(Console.Out);
        if (parsed.GetValue(_json) is { } file)
            report.WriteJson(file);
        return result.Errors > 0 ? ExitWithErrors : 0;
    }
}

/// <summary>Turns the expected failures of a run into a line for the user and exit code 1; anything else is a bug and shows its stack.</summary>
internal static class Failures
{
    /// <summary>Runs the action.</summary>
    public static int Report(Func<int> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (error is LoadException or FormatException or SocketException or NetworkException or IOException)
        {
            Console.Error.WriteLine($"fastkv-loadgen: {error.Message}");
            return 1;
        }
    }
}
