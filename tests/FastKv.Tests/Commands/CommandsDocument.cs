using System.Text;
using FastKv.Engine.Commands;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Commands;

/// <summary>
/// The text of docs/COMMANDS.md: all commands of Redis up to 8.4 (RedisCommands.tsv: name, group, since), each with what the command table says about it.
/// </summary>
internal static class CommandsDocument
{
    private static readonly string[] s_groups =
    [
        "connection", "generic", "string", "bitmap", "hash", "list", "set", "sorted-set", "stream", "geo", "hyperloglog", "vector-set", "pubsub",
        "transactions", "scripting", "server", "cluster",
    ];

    /// <summary>Where the document lies.</summary>
    public static string FilePath => Path.Combine(TestEnvironment.RepositoryRoot, "docs", "COMMANDS.md");

    /// <summary>All commands of Redis, by name.</summary>
    public static Dictionary<string, (string Group, string Since)> RedisCommands() =>
        File.ReadAllLines(Path.Combine(TestEnvironment.RepositoryRoot, "tests", "FastKv.Tests", "Commands", "RedisCommands.tsv"))
            .Select(line => line.Split('\t')).ToDictionary(fields => fields[0], fields => (fields[1], fields[2]));

    /// <summary>Writes the document anew.</summary>
    public static string Build()
    {
        var redis = RedisCommands();
        var here = CommandTable.All.ToDictionary(command => command.Name);
        int supported = redis.Keys.Count(here.ContainsKey);
        int differing = redis.Keys.Count(name => here.TryGetValue(name, out var command) && command.Docs.Differs.Length > 0);
        var text = new StringBuilder();
        text.Append($"""
            # Commands

            Of the {redis.Count} commands and subcommands of Redis up to 8.4, FastKv has {supported}; {differing} of them differ in a way worth knowing.
            A command is one method with one attribute: the last column names it, under `src/FastKv.Engine/Commands`.
            The commands of the modules that Redis 8 ships (`JSON.*`, `FT.*`, `TS.*`, `BF.*`, `CF.*`, `CMS.*`, `TOPK.*`, `TDIGEST.*`) are not listed;
            FastKv has none of them.

            This page is written by `FASTKV_UPDATE_DOCS=1 dotnet test tests/FastKv.Tests --filter CommandsDocument`; the same test fails when it is out of date.

            """);
        foreach (string group in s_groups)
            AppendGroup(text, group, [.. redis.Where(pair => pair.Value.Group == group).Select(pair => (pair.Key, pair.Value.Since))], here);
        var own = here.Values.Where(command => !redis.ContainsKey(command.Name)).ToArray();
        if (own.Length > 0)
        {
            text.Append("\n## Beyond Redis\n\nCommands that no version of Redis has; Since is the version of Valkey that brought them.\n\n");
            text.Append("| Command | Since | Summary | Handler |\n|---|---|---|---|\n");
            foreach (var command in own.OrderBy(command => command.Name, StringComparer.Ordinal))
                text.Append($"| {Title(command.Name)} | {command.Docs.Since} | {Cell(command.Docs.Summary)} | {Handler(command)} |\n");
        }
        return text.ToString();
    }

    private static void AppendGroup(StringBuilder text, string group, (string Name, string Since)[] commands, Dictionary<string, CommandDescriptor> here)
    {
        int supported = commands.Count(c => here.ContainsKey(c.Name));
        text.Append($"\n## {char.ToUpperInvariant(group[0])}{group[1..]} ({supported} of {commands.Length})\n\n");
        text.Append("| Command | Since | FastKv | Handler |\n|---|---|---|---|\n");
        foreach (var (name, since) in commands.OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            string status = "missing", handler = "";
            if (here.TryGetValue(name, out var command))
            {
                status = command.Docs.Differs.Length == 0 ? "yes" : "differs: " + Cell(command.Docs.Differs);
                handler = Handler(command);
            }
            text.Append($"| {Title(name)} | {since} | {status} | {handler} |\n");
        }
    }

    private static string Title(string name) => name.Replace('|', ' ').ToUpperInvariant();

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Handler(CommandDescriptor command)
    {
        const string prefix = "FastKv.Engine.Commands.";
        string handler = command.Docs.Handler;
        if (handler.Length == 0)
            return "";
        return "`" + (handler.StartsWith(prefix, StringComparison.Ordinal) ? handler[prefix.Length..] : handler) + "`";
    }
}
