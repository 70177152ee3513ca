using System.Text;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Server;

// Control plane. COMMAND and its subcommands: the command table as clients see it.

/// <summary>COMMAND, COMMAND COUNT, LIST, INFO, DOCS, GETKEYS, GETKEYSANDFLAGS, HELP.</summary>
internal static unsafe class CommandCommands
{
    private const string ForAll = "O(N) where N is the total number of commands";
    private const string ForNamed = "O(N) where N is the number of commands asked for";

    [Command("COMMAND", Arity = -1, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server, Categories = AclCategories.Connection,
        Route = CommandRoute.Connection, Since = "2.8.13", Summary = "Describes all commands.", Complexity = ForAll,
        Tips = ["nondeterministic_output_order"], Differs = "commands come in the order of their names")]
    public static void All(ref CommandContext c) => WriteInfo(c.Reply, TopLevel());

    [Command("COMMAND|COUNT", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server, Categories = AclCategories.Connection,
        Route = CommandRoute.Connection, Since = "2.8.13", Summary = "Counts the commands, without subcommands.", Complexity = "O(1)")]
    public static void Count(ref CommandContext c) => c.Reply.Integer(TopLevel().Count);

    [Command("COMMAND|LIST", Arity = -2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server, Categories = AclCategories.Connection,
        Route = CommandRoute.Connection, Since = "7.0.0", Summary = "Lists the names of commands and subcommands.", Complexity = ForAll,
        Syntax = "[FILTERBY filterby(MODULE module-name | ACLCAT category | PATTERN pattern)]", Tips = ["nondeterministic_output_order"])]
    public static void List(ref CommandContext c)
    {
        Func<CommandDescriptor, bool> isListed;
        if (c.Count == 2)
        {
            isListed = _ => true;
        }
        else if (c.Count != 5 || !c.Is(2, "FILTERBY"u8))
        {
            c.Reply.Error(Errors.Syntax);
            return;
        }
        else if (c.Is(3, "MODULE"u8))
        {
            isListed = _ => false;
        }
        else if (c.Is(3, "ACLCAT"u8))
        {
            var category = CommandNames.Category(c[4]);
            isListed = command => (command.Categories & category) != 0;
        }
        else if (c.Is(3, "PATTERN"u8))
        {
            byte[] pattern = c[4].ToArray();
            isListed = command => Glob.IsMatch(pattern, Encoding.UTF8.GetBytes(command.Name), ignoreCase: true);
        }
        else
        {
            c.Reply.Error(Errors.Syntax);
            return;
        }
        var listed = CommandTable.All.Where(isListed).ToList();
        c.Reply.ArrayHeader(listed.Count);
        foreach (var command in listed)
            c.Reply.Bulk(command.Name);
    }

    [Command("COMMAND|INFO", Arity = -2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server, Categories = AclCategories.Connection,
        Route = CommandRoute.Connection, Since = "2.8.13", Summary = "Describes the named commands, or all.", Complexity = ForNamed,
        Syntax = "[command-name...]", History = ["7.0.0: Allowed to be called with no argument to get info on all commands."],
        Tips = ["nondeterministic_output_order"])]
    public static void Info(ref CommandContext c)
    {
        if (c.Count == 2)
        {
            WriteInfo(c.Reply, TopLevel());
            return;
        }
        c.Reply.ArrayHeader(c.Count - 2);
        for (int i = 2; i < c.Count; i++)
        {
            if (CommandTable.FindByFullName(c[i]) is { } command)
                CommandInfoReply.Write(c.Reply, command);
            else
                c.Reply.Null();
        }
    }

    [Command("COMMAND|DOCS", Arity = -2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server, Categories = AclCategories.Connection,
        Route = CommandRoute.Connection, Since = "7.0.0", Summary = "Documents the named commands, or all.", Complexity = ForNamed,
        Syntax = "[command-name...]", Tips = ["nondeterministic_output_order"])]
    public static void Docs(ref CommandContext c)
    {
        var asked = new List<CommandDescriptor>();
        for (int i = 2; i < c.Count; i++)
        {
            if (CommandTable.FindByFullName(c[i]) is { } command)
                asked.Add(command);
        }
        if (c.Count == 2)
            asked = TopLevel();
        c.Reply.MapHeader(asked.Count);
        foreach (var command in asked)
            CommandDocsReply.Write(c.Reply, command);
    }

    [Command("COMMAND|GETKEYS", Arity = -4, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server,
        Categories = AclCategories.Connection, Route = CommandRoute.Connection, Since = "2.8.13", Summary = "Picks the keys out of a whole command.",
        Complexity = "O(N) where N is the number of arguments to the command")]
    public static void GetKeys(ref CommandContext c) => ReplyKeys(ref c, withFlags: false);

    [Command("COMMAND|GETKEYSANDFLAGS", Arity = -4, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server,
        Categories = AclCategories.Connection, Route = CommandRoute.Connection, Since = "7.0.0",
        Summary = "Picks the keys out of a whole command, and says how it uses each.", Complexity = "O(N) where N is the number of arguments to the command")]
    public static void GetKeysAndFlags(ref CommandContext c) => ReplyKeys(ref c, withFlags: true);

    [Command("COMMAND|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server, Categories = AclCategories.Connection,
        Route = CommandRoute.Connection, Since = "5.0.0", Summary = "Lists the subcommands.", Complexity = "O(1)")]
    public static void Help(ref CommandContext c) => ContainerHelp.Reply(ref c, "COMMAND"u8, """
        (no subcommand)
            Return details about all Redis commands.
        COUNT
            Return the total number of commands in this Redis server.
        LIST
            Return a list of all commands in this Redis server.
        INFO [<command-name> ...]
            Return details about multiple Redis commands.
            If no command names are given, documentation details for all
            commands are returned.
        DOCS [<command-name> ...]
            Return documentation details about multiple Redis commands.
            If no command names are given, documentation details for all
            commands are returned.
        GETKEYS <full-command>
            Return the keys from a full Redis command.
        GETKEYSANDFLAGS <full-command>
            Return the keys and the access flags from a full Redis command.
        """u8);

    private static List<CommandDescriptor> TopLevel() => [.. CommandTable.All.Where(command => command.Parent is null)];

    private static void WriteInfo(ReplyWriter reply, List<CommandDescriptor> commands)
    {
        reply.ArrayHeader(commands.Count);
        foreach (var command in commands)
            CommandInfoReply.Write(reply, command);
    }

    private static void ReplyKeys(ref CommandContext c, bool withFlags)
    {
        var arguments = c.Arguments + 2;
        int count = c.Count - 2;
        var command = CommandTable.Find(arguments[0].Span);
        if (command is { Subcommands.Length: > 0 } && count > 1)
            command = CommandTable.FindSubcommand(command, arguments[1].Span);
        if (command is null)
        {
            c.Reply.Error("ERR Invalid command specified"u8);
            return;
        }
        if (!command.KeySpecs.Any(spec => (spec.Access & KeyAccess.NotKey) == 0))
        {
            c.Reply.Error("ERR The command has no key arguments"u8);
            return;
        }
        if (command.Arity >= 0 ? count != command.Arity : count < -command.Arity)
        {
            c.Reply.Error("ERR Invalid number of arguments specified for command"u8);
            return;
        }

        var positions = new int[count];
        var specs = new byte[count];
        int keys = KeyExtractor.Extract(command, arguments, count, positions, specs);
        if (keys <= 0)
        {
            if ((command.Flags & CommandFlags.NoMandatoryKeys) != 0)
                c.Reply.ArrayHeader(0);
            else
                c.Reply.Error("ERR Invalid arguments specified for command"u8);
            return;
        }
        keys = Math.Min(keys, count);
        c.Reply.ArrayHeader(keys);
        for (int i = 0; i < keys; i++)
        {
            if (withFlags)
                c.Reply.ArrayHeader(2);
            c.Reply.BulkString(arguments[positions[i]].Span);
            if (withFlags)
                CommandInfoReply.WriteAccess(c.Reply, VariableAccess.Of(command, command.KeySpecs[specs[i]], arguments, count));
        }
    }
}
