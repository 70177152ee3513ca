// The configuration of a running server (control plane): CONFIG GET, SET and REWRITE, and the start from file and command line.
using System.Text;
using FastKv.Engine.Logging;
using FastKv.Structures;

namespace FastKv.Engine.Configuration;

/// <summary>
/// Reads, shows, changes and rewrites the configuration. Names and values are Latin-1 text, a char per byte
/// (<see cref="Encoding.Latin1"/> carries bytes to it and back). One thread at a time; <see cref="Options"/> may be read by all.
/// </summary>
public sealed class ServerConfig
{
    private const int HzMin = 1;
    private const int HzMax = 500;
    private const long ReplBacklogBytesMin = 16 * 1024;

    private readonly ServerLog log;
    private readonly Dictionary<ConfigParameter, Func<string?>> effects = [];
    private readonly ConfigReader reader;

    /// <summary>Makes a configuration of defaults.</summary>
    /// <param name="log">Where warnings about the configuration go.</param>
    /// <param name="commandExists">Tells rename-command whether a command is known; without it every name passes.</param>
    public ServerConfig(ServerLog log, Func<string, bool>? commandExists = null)
    {
        this.log = log;
        Options = new ServerOptions();
        foreach (ConfigParameter parameter in ConfigTable.Parameters)
            parameter.Initialize(Options);
        reader = new ConfigReader(Options, log, commandExists);
        Apply("hz", () =>
        {
            Options.Hz = ClampHz(Options.Hz);
            return null;
        });
        Apply("repl-backlog-size", () =>
        {
            Options.ReplBacklogSize = Math.Max(Options.ReplBacklogSize, ReplBacklogBytesMin);
            return null;
        });
        Apply("loglevel", () =>
        {
            log.Level = Options.LogLevel;
            return null;
        });
    }

    /// <summary>The values.</summary>
    public ServerOptions Options { get; }

    /// <summary>Absolute path of the configuration file (an ordinary string, not Latin-1 text), or null when there is none.</summary>
    public string? ConfigFile { get; private set; }

    /// <summary>The <c>user</c> lines that <see cref="Rewrite"/> writes in place of those in the file; null: those stay.</summary>
    internal Func<IReadOnlyList<string>>? UserLines { get; set; }

    /// <summary>Raised after a successful <see cref="Set"/> with the names that were given, on the thread that set them.</summary>
    public event Action<IReadOnlyList<string>>? Changed;

    /// <summary>Reads the configuration at start.</summary>
    /// <param name="file">The configuration file, or null.</param>
    /// <param name="standardInput">What standard input held, or null if it is not a source.</param>
    /// <param name="commandLine">Lines made of command line options (Latin-1 text), or null.</param>
    /// <exception cref="ConfigFileException">The configuration is not usable.</exception>
    public void Load(string? file, byte[]? standardInput = null, string? commandLine = null)
    {
        ConfigFile = file is null ? null : Path.GetFullPath(file);
        reader.Read(ConfigFile is null ? null : ConfigText.FromPath(ConfigFile), standardInput, commandLine);
        log.Level = Options.LogLevel;
        log.FilePath = Options.LogFile is null ? null : ConfigText.ToPath(Options.LogFile);
    }

    /// <summary>
    /// Registers what a change of a parameter has to bring about. It runs after all values of a CONFIG SET are in place, once per change;
    /// a text it returns refuses the change: all values go back, and the effects run again for the old ones.
    /// </summary>
    public void Apply(string name, Func<string?> effect)
    {
        if (!ConfigTable.TryFind(name, out ConfigName found))
            throw new ArgumentException("Not a parameter: " + name, nameof(name));
        effects[found.Parameter] = effect;
    }

    /// <summary>CONFIG GET: the parameters that match any of the names or patterns, each once, under the name that matched.</summary>
    public IEnumerable<KeyValuePair<string, string>> Get(IReadOnlyList<string> globs)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var result = new List<KeyValuePair<string, string>>();
        foreach (string glob in globs)
        {
            if (glob.AsSpan().IndexOfAny('[', '*', '?') >= 0)
                AddMatches(Encoding.Latin1.GetBytes(glob), seen, result);
            else if (ConfigTable.TryFind(glob, out ConfigName found) && seen.Add(glob))
                result.Add(new(glob, found.Parameter.Get(Options)));
        }
        return result;
    }

    private void AddMatches(byte[] pattern, HashSet<string> seen, List<KeyValuePair<string, string>> result)
    {
        foreach (ConfigParameter parameter in ConfigTable.Parameters)
        {
            if ((parameter.Flags & ConfigFlags.Hidden) != 0)
                continue;
            AddMatch(parameter.Name, parameter);
            if (parameter.Alias is not null)
                AddMatch(parameter.Alias, parameter);
        }

        void AddMatch(string name, ConfigParameter parameter)
        {
            if (!seen.Contains(name) && Glob.IsMatch(pattern, Encoding.Latin1.GetBytes(name), ignoreCase: true) && seen.Add(name))
                result.Add(new(name, parameter.Get(Options)));
        }
    }

    /// <summary>Whether a parameter's value is a secret, to be kept out of slow log and MONITOR.</summary>
    public static bool IsSensitive(string name)
        => ConfigTable.TryFind(name, out ConfigName found) && (found.Parameter.Flags & ConfigFlags.Sensitive) != 0;

    /// <summary>CONFIG SET: all of the values or none.</summary>
    /// <param name="pairs">Names and values.</param>
    /// <param name="isLocalClient">Whether the client is on this machine (for <c>enable-protected-configs local</c>).</param>
    /// <param name="isLoading">Whether a data set is being loaded: some parameters wait for its end.</param>
    /// <returns>Null, or the complete error text with its code.</returns>
    public string? Set(IReadOnlyList<(string name, string value)> pairs, bool isLocalClient = false, bool isLoading = false)
    {
        var found = new ConfigName[pairs.Count];
        for (int i = 0; i < found.Length; i++)
        {
            if (!ConfigTable.TryFind(pairs[i].name, out found[i]))
                return $"ERR Unknown option or number of arguments for CONFIG SET - '{pairs[i].name}'";
            ConfigFlags flags = found[i].Parameter.Flags;
            if ((flags & ConfigFlags.Immutable) != 0)
                return Failure(pairs[i].name, "can't set immutable config");
            if ((flags & ConfigFlags.Protected) != 0 && !IsAllowed(Options.EnableProtectedConfigs, isLocalClient))
                return Failure(pairs[i].name, "can't set protected config");
            if ((flags & ConfigFlags.DenyLoading) != 0 && isLoading)
                return "LOADING Redis is loading the dataset in memory";
            if (Array.IndexOf(found, found[i], 0, i) >= 0)
                return Failure(pairs[i].name, "duplicate parameter");
        }
        return SetAll(found, pairs);
    }

    private string? SetAll(ConfigName[] names, IReadOnlyList<(string Name, string Value)> pairs)
    {
        string[] oldValues = Array.ConvertAll(names, name => name.Parameter.Get(Options));
        var pending = new List<(string Name, Func<string?> Effect)>();
        for (int i = 0; i < names.Length; i++)
        {
            ConfigParameter parameter = names[i].Parameter;
            SetOutcome outcome = parameter.Set(Options, WordsOf(parameter, pairs[i].Value), ConfigSource.Command, out string? error);
            if (outcome == SetOutcome.Rejected)
            {
                Restore(names.AsSpan(0, i), oldValues);
                return Failure(names[i].Name, error);
            }
            if (outcome == SetOutcome.Changed && effects.TryGetValue(parameter, out Func<string?>? effect) && !pending.Exists(p => p.Effect == effect))
                pending.Add((names[i].Name, effect));
        }
        foreach ((string name, Func<string?> effect) in pending)
        {
            if (effect() is not { } refusal)
                continue;
            log.Warning($"Failed applying new configuration. Possibly related to new {name} setting. Restoring previous settings.");
            Restore(names, oldValues);
            foreach ((_, Func<string?> undo) in pending)
            {
                if (undo() is { } again)
                    log.Warning("Failed applying restored failed CONFIG SET command: " + again);
            }
            return Failure(name, refusal);
        }
        Changed?.Invoke(Array.ConvertAll(names, name => name.Parameter.Name));
        return null;
    }

    private void Restore(ReadOnlySpan<ConfigName> names, string[] oldValues)
    {
        for (int i = 0; i < names.Length; i++)
        {
            ConfigParameter parameter = names[i].Parameter;
            if (parameter.Set(Options, WordsOf(parameter, oldValues[i]), ConfigSource.Command, out string? error) == SetOutcome.Rejected)
                log.Warning($"Failed restoring failed CONFIG SET command. Error setting {names[i].Name} to '{oldValues[i]}': {error}");
        }
    }

    private static string[] WordsOf(ConfigParameter parameter, string value)
        => (parameter.Flags & ConfigFlags.MultiArgument) != 0 ? (value.Length == 0 ? [] : value.Split(' ')) : [value];

    private static bool IsAllowed(ProtectedAction action, bool isLocalClient)
        => action == ProtectedAction.Yes || (action == ProtectedAction.Local && isLocalClient);

    private static string Failure(string name, string? reason)
        => $"ERR CONFIG SET failed (possibly related to argument '{name}')" + (reason is null ? "" : " - " + reason);

    /// <summary>CONFIG REWRITE. Returns null, or the complete error text.</summary>
    public string? Rewrite()
    {
        if (ConfigFile is null)
            return "ERR The server is running without a config file";
        string path = ConfigText.FromPath(ConfigFile);
        byte[] old = [];
        string? error = File.Exists(ConfigFile) ? HostFiles.Read(path, out old) : null;
        error ??= HostFiles.Replace(path, Encoding.Latin1.GetBytes(Rewritten(Encoding.Latin1.GetString(old))));
        if (error is null)
        {
            log.Notice("CONFIG REWRITE executed with success.");
            return null;
        }
        log.Warning("CONFIG REWRITE failed: " + error);
        return "ERR Rewriting config file: " + error;
    }

    private string Rewritten(string oldText)
    {
        var rewriter = new ConfigRewriter(oldText);
        foreach (ConfigParameter parameter in ConfigTable.Parameters)
            parameter.Rewrite(Options, rewriter);
        if (UserLines is not null)
        {
            foreach (string line in UserLines())
                rewriter.Put("user", line, force: true);
            rewriter.MarkProcessed("user");
        }
        foreach (IReadOnlyList<string> module in Options.Modules)
            rewriter.Put("loadmodule", "loadmodule " + string.Join(' ', module), force: true);
        return rewriter.Finish();
    }

    /// <summary>The parameters that were set at start to something else than the default, and that no part reads yet.</summary>
    public IReadOnlyList<string> WithoutEffect()
    {
        ServerOptions defaults = new();
        var names = new List<string>();
        foreach (ConfigParameter parameter in ConfigTable.Parameters)
        {
            if (parameter.HasEffect || !reader.Mentioned.Contains(parameter))
                continue;
            parameter.Initialize(defaults);
            if (parameter.Get(defaults) != parameter.Get(Options))
                names.Add(parameter.Name);
        }
        if (Options.Modules.Count > 0)
            names.Add("loadmodule");
        return names;
    }

    internal static int ClampHz(int hz) => Math.Clamp(hz, HzMin, HzMax);
}
