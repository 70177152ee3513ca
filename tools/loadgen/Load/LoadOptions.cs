// What the user asks for. Control plane.
using System.Text;
using FastKv.LoadGen.Servers;
using FastKv.Network;

namespace FastKv.LoadGen.Load;

/// <summary>A command that is run many times before the load.</summary>
/// <param name="Command">Template.</param>
/// <param name="Requests">How often.</param>
/// <param name="Keys">Key numbers 0 to this, in order, round and round; as many as requests when 0.</param>
/// <param name="Ordered">Over one connection, so that the server sees <c>{seq}</c> rise.</param>
internal sealed record PreloadStep(string Command, long Requests, long Keys = 0, bool Ordered = false);

/// <summary>The options that single runs and comparisons share.</summary>
internal sealed record LoadOptions
{
    /// <summary>Connections over all threads.</summary>
    public int Connections { get; init; } = 50;

    /// <summary>Worker threads.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Size of the key space.</summary>
    public long Keys { get; init; } = 1_000_000;

    /// <summary>In front of the key number, in the short commands (get, set, ...).</summary>
    public string KeyPrefix { get; init; } = "key:";

    /// <summary>Bytes of prefix and number together.</summary>
    public int KeyBytes { get; init; } = 16;

    /// <summary>Bytes of a value.</summary>
    public int ValueBytes { get; init; } = 16;

    /// <summary>How keys are drawn.</summary>
    public KeyDistribution Distribution { get; init; }

    /// <summary>Skew of the Zipfian distribution.</summary>
    public double Theta { get; init; } = 0.99;

    /// <summary>Time to measure; 0 when only the number of requests counts.</summary>
    public double DurationSeconds { get; init; } = 5;

    /// <summary>Time before, not measured.</summary>
    public double WarmUpSeconds { get; init; } = 1;

    /// <summary>Open loop; 0 is closed loop.</summary>
    public double RatePerSecond { get; init; }

    /// <summary>Set every key first.</summary>
    public bool Preload { get; init; }

    /// <summary>Run these first, one after another; with <see cref="Preload"/>, behind that.</summary>
    public PreloadStep[] PreloadSteps { get; init; } = [];

    /// <summary>Do not sleep while waiting.</summary>
    public bool BusyPoll { get; init; }

    /// <summary>Of all random sequences.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Cores for the worker threads.</summary>
    public int[] ClientCores { get; init; } = [];

    /// <summary>Event loop.</summary>
    public IoEngine IoEngine { get; init; }

    /// <summary>For AUTH; empty for the default user.</summary>
    public string User { get; init; } = "";

    /// <summary>For AUTH; empty for none.</summary>
    public string Password { get; init; } = "";

    /// <summary>For SELECT.</summary>
    public int Database { get; init; }

    /// <summary>RESP3 by HELLO 3.</summary>
    public bool Resp3 { get; init; }

    /// <summary>No progress line.</summary>
    public bool Quiet { get; init; }

    /// <summary>Digits that the key number has.</summary>
    public int KeyDigits => KeyBytes - Encoding.UTF8.GetByteCount(KeyPrefix);

    /// <summary>Commands that each connection begins with.</summary>
    public IEnumerable<string[]> SetupCommands()
    {
        if (Password.Length > 0)
            yield return User.Length > 0 ? ["AUTH", User, Password] : ["AUTH", Password];
        if (Resp3)
            yield return ["HELLO", "3"];
        if (Database != 0)
            yield return ["SELECT", Database.ToString()];
    }

    /// <summary>How workers connect to a server.</summary>
    public ConnectionRecipe Recipe(ServerAddress address)
    {
        string[][] commands = [.. SetupCommands()];
        byte[] bytes = [.. commands.SelectMany(c => ControlClient.Encode(c))];
        return new ConnectionRecipe(address.EndPoint, bytes, commands.Length, IoEngine);
    }

    /// <summary>A client for questions, logged in like the workers.</summary>
    public ControlClient OpenControl(ServerAddress address)
    {
        var client = new ControlClient(address.EndPoint);
        foreach (string[] command in SetupCommands())
            client.Require(command);
        return client;
    }

    /// <summary>
    /// A template of a command as given: one word of <c>get</c>, <c>set</c>, <c>incr</c>, <c>del</c> and the like stands for the command with its key
    /// (and value); anything else is taken as it is.
    /// </summary>
    public RequestTemplate Template(string command)
    {
        string key = KeyPrefix + "{key}";
        string text = command.Trim().ToLowerInvariant() switch
        {
            "get" or "incr" or "del" or "exists" or "ttl" or "type" or "strlen" or "lpop" or "rpop" or "spop" => $"{command.Trim().ToUpperInvariant()} {key}",
            "set" or "append" or "getset" or "setnx" or "lpush" or "rpush" or "sadd" => $"{command.Trim().ToUpperInvariant()} {key} {{value}}",
            _ => command,
        };
        return RequestTemplate.Parse(text, new TemplateSizes(KeyDigits, ValueBytes));
    }

    /// <summary>The phase that sets every key once.</summary>
    public LoadPhase PreloadPhase() => new()
    {
        Commands = [(Template("set"), 1)],
        Keys = Keys,
        Pipeline = 64,
        Requests = Keys,
        IsPreload = true,
    };

    /// <summary>The phase of a step.</summary>
    public LoadPhase PreloadPhase(PreloadStep step) => new()
    {
        Commands = [(Template(step.Command), 1)],
        Keys = step.Keys > 0 ? step.Keys : Math.Max(step.Requests, 1),
        Pipeline = step.Ordered ? 512 : 64,
        Requests = step.Requests,
        ConnectionsMax = step.Ordered ? 1 : 0,
        IsPreload = true,
        Seed = Seed + 17,
    };

    /// <summary>All that is to be run before the load.</summary>
    public LoadPhase[] PreloadPhases() => [.. Preload ? [PreloadPhase()] : Array.Empty<LoadPhase>(), .. PreloadSteps.Select(PreloadPhase)];

    /// <summary>A phase of the load itself.</summary>
    public LoadPhase Phase((RequestTemplate, double)[] commands, int pipeline, double seconds, long requests, ulong seed) => new()
    {
        Commands = commands,
        Distribution = Distribution,
        Keys = Keys,
        Theta = Theta,
        Pipeline = pipeline,
        DurationSeconds = seconds,
        Requests = requests,
        RatePerSecond = RatePerSecond,
        BusyPoll = BusyPoll,
        Seed = seed,
    };
}
