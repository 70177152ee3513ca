using System.Text;
using FastKv.Engine.Acl;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Server;

// Control plane. Names and rules are Latin-1 text, a char per byte.

/// <summary>ACL: the users and their rules. Denials are in <see cref="AclLogCommand"/>, the file in <see cref="AclFileCommands"/>.</summary>
[CommandContainer("ACL", Group = CommandGroup.Server, Since = "6.0.0", Summary = "A container for Access List Control commands ",
    Complexity = "Depends on subcommand.")]
internal static class AclCommands
{
    /// <summary>Flags of the subcommands that anybody may call, and of those for administrators.</summary>
    internal const CommandFlags Open = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale;
    internal const CommandFlags Admin = Open | CommandFlags.Admin;

    internal const string PerUser = "O(N). Where N is the number of configured users.";

    [Command("ACL|SETUSER", Arity = -3, Flags = Admin, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "Modify or create the rules for a specific ACL user", Complexity = "O(N). Where N is the number of rules provided.",
        Syntax = "username [rule...]", History = ["6.2.0: Added Pub/Sub channel patterns.", "7.0.0: Added selectors and key based permissions."])]
    internal static void SetUser(ref CommandContext context)
    {
        string name = Text(context[2]);
        if (SelectorRules.HasSpaces(name))
        {
            context.Reply.Error(Errors.AclBadUserName);
            return;
        }
        var words = new List<string>(context.Count - 3);
        for (int i = 3; i < context.Count; i++)
            words.Add(Text(context[i]));
        if (UserRules.Merge(words, out int unmatched) is not { } rules)
        {
            context.Reply.Error("ERR Unmatched parenthesis in acl selector starting at '"u8, CommandRules.Shown(context[unmatched + 3]), "'."u8);
            return;
        }
        if (context.Client.Loop.Server.Acl.Set(name, rules, context.Client) is { } wrong)
        {
            context.Reply.Error(
                "ERR Error in ACL SETUSER modifier '"u8, CommandRules.Shown(Bytes(wrong.Rule)), "': "u8, Bytes(wrong.Error.Text()), default);
            return;
        }
        context.Reply.Ok();
    }

    [Command("ACL|DELUSER", Arity = -3, Flags = Admin, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "Remove the specified ACL users and the associated rules", Complexity = "O(1) amortized time considering the typical user.",
        Syntax = "username...")]
    internal static void DeleteUsers(ref CommandContext context)
    {
        for (int i = 2; i < context.Count; i++)
        {
            if (CommandRules.Shown(context[i]).SequenceEqual("default"u8))
            {
                context.Reply.Error(Errors.AclDefaultUserRemains);
                return;
            }
        }
        long deleted = 0;
        for (int i = 2; i < context.Count; i++)
            deleted += context.Client.Loop.Server.Acl.Remove(Text(context[i]), context.Client) ? 1 : 0;
        context.Reply.Integer(deleted);
    }

    [Command("ACL|GETUSER", Arity = 3, Flags = Admin, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "Get the rules for a specific ACL user",
        Complexity = "O(N). Where N is the number of password, command and pattern rules that the user has.", Syntax = "username",
        History =
        [
            "6.2.0: Added Pub/Sub channel patterns.",
            "7.0.0: Added selectors and changed the format of key and channel patterns from a list to their rule representation.",
        ])]
    internal static void GetUser(ref CommandContext context)
    {
        var reply = context.Reply;
        if (context.Client.Loop.Server.Acl.Find(Text(context[2]))?.Rules is not { } rules)
        {
            reply.Null();
            return;
        }
        reply.MapHeader(6);
        reply.Bulk("flags");
        var flags = RuleText.Flags(rules);
        reply.SetHeader(flags.Count);
        foreach (string flag in flags)
            reply.Bulk(flag);
        reply.Bulk("passwords");
        reply.ArrayHeader(rules.Passwords.Count);
        foreach (string password in rules.Passwords)
            reply.Bulk(password);
        WriteSelector(reply, rules.Selectors[0]);
        reply.Bulk("selectors");
        reply.ArrayHeader(rules.Selectors.Count - 1);
        foreach (var selector in rules.Selectors.Skip(1))
        {
            reply.MapHeader(3);
            WriteSelector(reply, selector);
        }
    }

    [Command("ACL|LIST", Arity = 2, Flags = Admin, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "List the current ACL rules in ACL config file format", Complexity = PerUser)]
    internal static void List(ref CommandContext context)
    {
        var lines = context.Client.Loop.Server.Acl.Lines();
        context.Reply.ArrayHeader(lines.Count);
        foreach (string line in lines)
            context.Reply.BulkString(Bytes(line));
    }

    [Command("ACL|USERS", Arity = 2, Flags = Admin, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "List the username of all the configured ACL rules", Complexity = PerUser)]
    internal static void Users(ref CommandContext context)
    {
        var users = context.Client.Loop.Server.Acl.All;
        context.Reply.ArrayHeader(users.Length);
        foreach (var user in users)
            context.Reply.BulkString(Bytes(user.Name));
    }

    [Command("ACL|WHOAMI", Arity = 2, Flags = Open, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "Return the name of the user associated to the current connection", Complexity = "O(1)")]
    internal static void WhoAmI(ref CommandContext context) => context.Reply.BulkString(Bytes(context.Client.Acl.Name));

    [Command("ACL|CAT", Arity = -2, Flags = Open, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "List the ACL categories or the commands inside a category",
        Complexity = "O(1) since the categories and commands are a fixed set.", Syntax = "[categoryname]")]
    internal static void Categories(ref CommandContext context)
    {
        if (context.Count > 3)
        {
            CommandRules.WrongSubcommandSyntax(ref context);
            return;
        }
        if (context.Count == 2)
        {
            context.Reply.ArrayHeader(CommandNames.Categories.Length);
            foreach (var (_, name) in CommandNames.Categories)
                context.Reply.Bulk(name);
            return;
        }
        var category = CommandNames.Category(context[2]);
        if (category == AclCategories.None)
        {
            context.Reply.Error("ERR Unknown category '"u8, CommandRules.Shown(context[2], 128), "'"u8);
            return;
        }
        var commands = CommandTable.All.Where(command => (command.Categories & category) != 0).ToList();
        context.Reply.ArrayHeader(commands.Count);
        foreach (var command in commands)
            context.Reply.Bulk(command.Name);
    }

    [Command("ACL|GENPASS", Arity = -2, Flags = Open, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "Generate a pseudorandom secure password to use for ACL users", Complexity = "O(1)", Syntax = "[bits:integer]")]
    internal static void GeneratePassword(ref CommandContext context)
    {
        const int bitsMax = 4096;
        long bits = 256;
        if (context.Count > 3)
        {
            CommandRules.WrongSubcommandSyntax(ref context);
            return;
        }
        if (context.Count == 3 && !context.TryInteger(2, out bits))
            return;
        if (bits is <= 0 or > bitsMax)
        {
            context.Reply.Error(Errors.AclPasswordBits);
            return;
        }
        context.Reply.Bulk(System.Security.Cryptography.RandomNumberGenerator.GetHexString((int)(bits + 3) / 4, lowercase: true));
    }

    [Command("ACL|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server, Route = CommandRoute.Connection,
        Since = "6.0.0", Summary = "Show helpful text about the different subcommands", Complexity = "O(1)")]
    internal static void Help(ref CommandContext context) => ContainerHelp.Reply(ref context, "ACL"u8, """
        CAT [<category>]
            List all commands that belong to <category>, or all command categories
            when no category is specified.
        DELUSER <username> [<username> ...]
            Delete a list of users.
        DRYRUN <username> <command> [<arg> ...]
            Returns whether the user can execute the given command without executing the command.
        GETUSER <username>
            Get the user's details.
        GENPASS [<bits>]
            Generate a secure 256-bit user password. The optional `bits` argument can
            be used to specify a different size.
        LIST
            Show users details in config file format.
        LOAD
            Reload users from the ACL file.
        LOG [<count> | RESET]
            Show the ACL log entries.
        SAVE
            Save the current config to the ACL file.
        SETUSER <username> <attribute> [<attribute> ...]
            Create or modify a user with the specified attributes.
        USERS
            List all the registered usernames.
        WHOAMI
            Return the current connection username.
        """u8);

    internal static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    internal static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static void WriteSelector(ReplyWriter reply, SelectorRules selector)
    {
        reply.Bulk("commands");
        reply.BulkString(Bytes(RuleText.Commands(selector)));
        reply.Bulk("keys");
        reply.BulkString(Bytes(RuleText.Keys(selector)));
        reply.Bulk("channels");
        reply.BulkString(Bytes(RuleText.Channels(selector)));
    }
}
