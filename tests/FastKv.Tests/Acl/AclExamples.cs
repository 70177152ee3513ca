using FastKv.Engine.Acl;
using FastKv.Engine.Commands;
using FastKv.Tests.Commands;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Acl;

/// <summary>Calls of every command: with <c>k1 k2 …</c> for arguments, and those of the files of examples.</summary>
internal static unsafe class AclExamples
{
    private const int OptionalArguments = 2;

    private static readonly ILookup<string, string[]> s_written = Written().ToLookup(words => Resolve(words)?.Name ?? "");

    /// <summary>All commands and subcommands that can be called.</summary>
    public static IEnumerable<CommandDescriptor> Commands => CommandTable.All.Where(command => command.IsExecutable);

    /// <summary>The calls of one command.</summary>
    public static List<string[]> Of(CommandDescriptor command)
    {
        var calls = new List<string[]>();
        int least = Math.Abs(command.Arity);
        string[] name = command.Name.Split('|');
        for (int count = least; count <= (command.Arity < 0 ? least + OptionalArguments : least); count++)
            calls.Add([.. name, .. Enumerable.Range(1, Math.Max(0, count - name.Length)).Select(i => $"k{i}")]);
        calls.AddRange(s_written[command.Name]);
        return calls;
    }

    /// <summary>Whether some call of the command names a key.</summary>
    public static bool NamesKey(CommandDescriptor command) => Of(command).Exists(words => Keys(command, words) > 0);

    /// <summary>How many keys a call names.</summary>
    public static int Keys(CommandDescriptor command, string[] words) =>
        CommandRunner.WithArguments(words, (arguments, count) => Math.Max(0, KeyExtractor.Extract(command, arguments, count, default)));

    /// <summary>Whether a command has key arguments at all.</summary>
    public static bool HasKeys(CommandDescriptor command) => CommandNeeds.Of(command.Id).Keys != KeyForm.None;

    private static CommandDescriptor? Resolve(string[] words)
    {
        var command = CommandTable.FindByFullName(words[0]);
        return command is { Subcommands.Length: > 0 } && words.Length > 1 ? CommandTable.FindByFullName($"{words[0]}|{words[1]}") ?? command : command;
    }

    private static IEnumerable<string[]> Written() =>
        ((string[])["tests/FastKv.Tests/Acl/CommandExamples.txt", "tests/FastKv.Tests/Commands/KeyExamples.txt"])
            .SelectMany(file => File.ReadAllLines(Path.Combine(TestEnvironment.RepositoryRoot, file)))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' ').Select(word => word == "\"\"" ? "" : word).ToArray());
}
