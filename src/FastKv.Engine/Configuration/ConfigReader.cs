// Reads redis.conf (control plane): a directive and its words per line, '#' comments, include with patterns. The first thing that is
// wrong ends the start, with the line it is in, in the words Redis uses.
using System.Text;
using FastKv.Engine.Acl;
using FastKv.Engine.Logging;

namespace FastKv.Engine.Configuration;

/// <summary>Carries the lines of files, standard input and command line into <see cref="ServerOptions"/>.</summary>
internal sealed class ConfigReader(ServerOptions options, ServerLog log, Func<string, bool>? commandExists)
{
    private const int IncludeDepthMax = 64;

    // Directives of former versions that mean nothing any more, and are let pass with one argument.
    private static readonly string[] Obsolete = ["list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands"];

    private readonly List<(string From, string To)> renamed = [];
    private readonly List<IReadOnlyList<string>> users = [];
    private readonly List<IReadOnlyList<string>> modules = [];
    private readonly HashSet<ConfigParameter> mentioned = [];
    private int includeDepth;
    private bool hasModuleParameters;

    /// <summary>The parameters that some line has set.</summary>
    public IReadOnlySet<ConfigParameter> Mentioned => mentioned;

    /// <summary>Reads a file (or null), then standard input's content (or null), then the command line's lines, as one text.</summary>
    /// <exception cref="ConfigFileException">Something is wrong with it.</exception>
    public void Read(string? path, byte[]? standardInput, string? commandLine)
    {
        var text = new StringBuilder();
        if (path is not null)
            AppendFiles(path, text);
        if (standardInput is not null)
        {
            log.Notice("Reading config from stdin");
            text.Append(Encoding.Latin1.GetString(standardInput));
        }
        if (commandLine is not null)
            text.Append('\n').Append(commandLine);
        ReadText(text.ToString());
        if (hasModuleParameters && modules.Count == 0)
        {
            throw new ConfigFileException(
                "Module Configuration detected without loadmodule directive or no ApplyConfig call: aborting", isLogLine: true);
        }
        options.RenamedCommands = renamed;
        options.Users = users;
        options.Modules = modules;
    }

    private static void AppendFiles(string path, StringBuilder text)
    {
        bool isPattern = path.AsSpan().IndexOfAny('*', '?', '[') >= 0;
        foreach (string file in isPattern ? HostFiles.Match(path) : [path])
        {
            if (HostFiles.Read(file, out byte[] content) is { } error)
                throw new ConfigFileException($"Fatal error, can't open config file '{ConfigText.ToPath(file)}': {error}", isLogLine: true);
            text.Append(Encoding.Latin1.GetString(content));
        }
    }

    private void ReadText(string text)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = ConfigText.TrimLine(lines[i]);
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (ReadLine(line) is { } error)
                throw new ConfigFileException(Report($"Reading the configuration file, at line {i + 1}\n>>> '{line}'\n", error));
        }
        if (!string.IsNullOrEmpty(options.LogFile) && HostFiles.Append(options.LogFile, []) is { } cannotOpen)
            throw new ConfigFileException(Report("", "Can't open the log file: " + cannotOpen));
        options.Hz = ServerConfig.ClampHz(options.Hz);
    }

    private static string Report(string place, string error)
        => $"\n*** FATAL CONFIG FILE ERROR (Redis {ServerVersion.RedisVersion}) ***\n{place}{error}\n";

    private string? ReadLine(string line)
    {
        if (ConfigText.SplitWords(line) is not { } words)
            return "Unbalanced quotes in configuration line";
        if (words.Count == 0)
            return null;
        string directive = words[0].ToLowerInvariant();
        if (ConfigTable.TryFind(directive, out ConfigName found))
            return SetParameter(found.Parameter, words);
        if (words.Count == 2 && Obsolete.Contains(directive))
            return null;
        return ReadDirective(directive, words);
    }

    private string? SetParameter(ConfigParameter parameter, List<string> words)
    {
        string[] values = [.. words[1..]];
        bool isMulti = (parameter.Flags & ConfigFlags.MultiArgument) != 0;
        if (!isMulti && values.Length != 1)
            return "wrong number of arguments";

        // One quoted word with blanks in it is what CONFIG GET shows, and may be pasted as such.
        if (isMulti && values is [{ Length: > 0 } single])
            values = single.Split(' ');
        mentioned.Add(parameter);
        return parameter.Set(options, values, ConfigSource.File, out string? error) == SetOutcome.Rejected ? error : null;
    }

    private string? ReadDirective(string directive, List<string> words)
    {
        switch (directive)
        {
            case "include" when words.Count == 2:
                return Include(words[1]);
            case "rename-command" when words.Count == 3:
                return Rename(words[1], words[2]);
            case "user" when words.Count >= 2:
                return AddUser(words);
            case "loadmodule" when words.Count >= 2:
                modules.Add(words[1..]);
                return null;
            case "sentinel":
                return words.Count == 1 ? null : "sentinel directive while not in sentinel mode";
            default:
                if (directive.Contains('.', StringComparison.Ordinal))
                    return ReadModuleParameter(words);
                return "Bad directive or wrong number of arguments";
        }
    }

    /// <summary>Commands that are not known are let pass here, and end the start when the users are made.</summary>
    private string? AddUser(List<string> words)
    {
        if (users.Exists(user => user[0] == words[1]))
            return UserError(words[1], RuleError.DuplicateUser);
        if (UserRules.Merge(words[2..], out int unmatched) is not { } rules)
            return UserError(words[unmatched], RuleError.Unknown);
        var user = new UserRules(allChannelsByDefault: false);
        for (int i = 0; i < rules.Count; i++)
        {
            // As in Redis, what is named is the word two before the one that is wrong.
            if (user.Apply(rules[i]) is var error and not (RuleError.None or RuleError.Unknown))
                return UserError(words[i], error);
        }
        users.Add(words[1..]);
        return null;
    }

    private static string UserError(string word, RuleError error) => $"Error in user declaration '{word}': {error.Text()}";

    private string? ReadModuleParameter(List<string> words)
    {
        hasModuleParameters = true;
        return words.Count > 1 ? null : "Module config specified without value";
    }

    private string? Include(string path)
    {
        if (includeDepth == IncludeDepthMax)
            return "Too many nested include directives";
        includeDepth++;
        var text = new StringBuilder();
        AppendFiles(path, text);
        ReadText(text.ToString());
        includeDepth--;
        return null;
    }

    private string? Rename(string from, string to)
    {
        if (commandExists is not null && !commandExists(from))
            return "No such command in rename-command";
        if (to.Length > 0 && commandExists is not null && commandExists(to) && !renamed.Exists(pair => Same(pair.From, to)))
            return "Target command name already exists";
        renamed.Add((from, to));
        return null;
    }

    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);
}
