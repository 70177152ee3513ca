// The options that both commands have. Control plane.
using System.CommandLine;
using System.CommandLine.Parsing;
using FastKv.LoadGen.Load;
using FastKv.Network;

namespace FastKv.LoadGen.Arguments;

/// <summary>Adds options to a command and reads them back.</summary>
internal sealed class LoadArguments
{
    private readonly Option<int> _connections = Number("--connections", "-c", 50, 1, 1_000_000, "Connections in all");
    private readonly Option<int> _threads = Number("--threads", "-T", 1, 1, 256, "Worker threads; each has its share of the connections");
    private readonly Option<long> _keys = Amount("--keys", "-k", "1M", 1, KeySource.KeysMax, "Size of the key space (1M, 100k)");
    private readonly Option<string> _keyPrefix = Text("--key-prefix", "key:", "In front of the key number in get, set, ...");
    private readonly Option<int> _keySize = Number("--key-size", "-K", 16, 1, 4096, "Bytes of a key: the prefix and the number with leading zeros");
    private readonly Option<int> _valueSize = Number("--value-size", "-V", 16, 0, 512 * 1024 * 1024, "Bytes of a value");
    private readonly Option<string> _distribution = Text("--distribution", "uniform", "How keys are drawn");
    private readonly Option<double> _theta = new("--theta") { Description = "Skew of the Zipfian distribution", DefaultValueFactory = _ => 0.99 };
    private readonly Option<double> _duration = new("--duration", "-d") { Description = "Seconds to measure (default 5; compare: 2 a round)" };
    private readonly Option<double> _warmUp = new("--warm-up") { Description = "Seconds before that are not measured", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _rate = Rate();
    private readonly Option<bool> _preload = new("--preload") { Description = "Set every key first" };
    private readonly Option<string[]> _preloadCommand = new("--preload-command")
    {
        Description = "Command template to run first, for keys 0, 1, 2, ...; may be repeated",
    };

    private readonly Option<long> _preloadCount = Amount("--preload-count", null, "0", 1, 1_000_000_000_000, "Times to run each of them (default: --keys)");
    private readonly Option<bool> _preloadOrdered = new("--preload-ordered") { Description = "Over one connection, so that {seq} arrives in order" };
    private readonly Option<bool> _busyPoll = new("--busy-poll") { Description = "Do not sleep while waiting for replies" };
    private readonly Option<long> _seed = Amount("--seed", null, "1", 0, long.MaxValue, "Of the random sequences");
    private readonly Option<string> _clientCore = new("--client-core") { Description = "Core, or cores (0,1), to pin the worker threads to" };
    private readonly Option<string> _ioEngine = Text("--io-engine", "auto", "Event loop of this program");
    private readonly Option<string> _user = new("--user") { Description = "For AUTH" };
    private readonly Option<string> _password = new("--password", "-a") { Description = "For AUTH; better in the variable REDISCLI_AUTH" };
    private readonly Option<int> _database = Number("--db", null, 0, 0, int.MaxValue, "For SELECT");
    private readonly Option<bool> _resp3 = new("--resp3", "-3") { Description = "Speak RESP3" };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress line" };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        _distribution.AcceptOnlyFromAmong("uniform", "zipfian", "sequential");
        _ioEngine.AcceptOnlyFromAmong("auto", "io_uring", "epoll");
        Option[] all =
        [
            _connections, _threads, _keys, _keyPrefix, _keySize, _valueSize, _distribution, _theta, _duration, _warmUp, _rate, _preload, _preloadCommand,
            _preloadCount, _preloadOrdered, _busyPoll, _seed, _clientCore, _ioEngine, _user, _password, _database, _resp3, _quiet,
        ];
        foreach (Option option in all)
            command.Add(option);
    }

    /// <summary>The options as given.</summary>
    /// <param name="parsed">Of the command line.</param>
    /// <param name="defaultSeconds">Time to measure when none is given.</param>
    /// <exception cref="FormatException">Two of them contradict each other.</exception>
    public LoadOptions Read(ParseResult parsed, double defaultSeconds)
    {
        double duration = parsed.GetResult(_duration) is null ? defaultSeconds : parsed.GetValue(_duration);
        long preloadCount = parsed.GetValue(_preloadCount), keys = parsed.GetValue(_keys);
        bool isOrdered = parsed.GetValue(_preloadOrdered);
        var options = new LoadOptions
        {
            Connections = parsed.GetValue(_connections),
            Threads = parsed.GetValue(_threads),
            Keys = keys,
            KeyPrefix = parsed.GetValue(_keyPrefix)!,
            KeyBytes = parsed.GetValue(_keySize),
            ValueBytes = parsed.GetValue(_valueSize),
            Distribution = Enum.Parse<KeyDistribution>(parsed.GetValue(_distribution)!, ignoreCase: true),
            Theta = parsed.GetValue(_theta),
            DurationSeconds = duration,
            WarmUpSeconds = parsed.GetValue(_warmUp),
            RatePerSecond = parsed.GetValue(_rate),
            Preload = parsed.GetValue(_preload),
            PreloadSteps = [.. (parsed.GetValue(_preloadCommand) ?? []).Select(c => new PreloadStep(c, preloadCount > 0 ? preloadCount : keys, keys, isOrdered))],
            BusyPoll = parsed.GetValue(_busyPoll),
            Seed = (ulong)parsed.GetValue(_seed),
            ClientCores = Lists.Numbers(parsed.GetValue(_clientCore) ?? ""),
            IoEngine = Enum.Parse<IoEngine>(parsed.GetValue(_ioEngine)!.Replace("_", "", StringComparison.Ordinal), ignoreCase: true),
            User = parsed.GetValue(_user) ?? "",
            Password = parsed.GetValue(_password) ?? Environment.GetEnvironmentVariable("REDISCLI_AUTH") ?? "",
            Database = parsed.GetValue(_database),
            Resp3 = parsed.GetValue(_resp3),
            Quiet = parsed.GetValue(_quiet),
        };
        Check(options);
        return options;
    }

    /// <summary>An integer with bounds.</summary>
    public static Option<int> Number(string name, string? alias, int defaultValue, int min, int max, string description)
    {
        Option<int> option = alias is null ? new(name) : new(name, alias);
        option.Description = description;
        option.DefaultValueFactory = _ => defaultValue;
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out int value) && (value < min || value > max))
                result.AddError($"{name} is {min} to {max}.");
        });
        return option;
    }

    /// <summary>A whole number that may be written with k, M or G.</summary>
    public static Option<long> Amount(string name, string? alias, string defaultText, long min, long max, string description)
    {
        Option<long> option = alias is null ? new(name) : new(name, alias);
        option.Description = description;
        option.DefaultValueFactory = _ => Quantity.TryParse(defaultText, out double value) ? (long)value : 0;
        option.CustomParser = result => (long)ParseAmount(result, name, min, max);
        return option;
    }

    /// <summary>A text with a default.</summary>
    public static Option<string> Text(string name, string defaultValue, string description)
        => new(name) { Description = description, DefaultValueFactory = _ => defaultValue };

    private static Option<double> Rate() => new("--rate")
    {
        Description = "Open loop: requests per second, answered or not; latency counts from the time each was due",
        CustomParser = result => ParseAmount(result, "--rate", 0, 1e12),
    };

    private static double ParseAmount(ArgumentResult result, string name, double min, double max)
    {
        if (Quantity.TryParse(result.Tokens[0].Value, out double value) && value >= min && value <= max)
            return value;
        result.AddError($"{name} is a number from {min} to {max}, with k, M or G behind it or not.");
        return 0;
    }

    private static void Check(LoadOptions options)
    {
        if (options.KeyDigits is < 1 or > DigitWriter.DigitsMax)
            throw new FormatException($"--key-size leaves 1 to {DigitWriter.DigitsMax} digits for the number behind --key-prefix, not {options.KeyDigits}.");
        if (options.Keys > Math.Pow(10, options.KeyDigits))
            throw new FormatException($"{options.KeyDigits} digits are too few for {options.Keys} keys: raise --key-size.");
        if (options.Theta is < 0 or > 10 || options.DurationSeconds < 0 || options.WarmUpSeconds < 0)
            throw new FormatException("--theta is 0 to 10; --duration and --warm-up are not negative.");
    }
}
