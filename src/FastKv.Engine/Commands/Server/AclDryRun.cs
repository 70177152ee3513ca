using FastKv.Engine.Acl;

namespace FastKv.Engine.Commands.Server;

/// <summary>ACL DRYRUN: what a user would be told. Control plane.</summary>
internal static unsafe class AclDryRun
{
    [Command("ACL|DRYRUN", Arity = -4, Flags = AclCommands.Admin, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "7.0.0",
        Summary = "Returns whether the user can execute the given command without executing the command.", Complexity = "O(1).",
        Syntax = "username command [arg...]")]
    internal static void DryRun(ref CommandContext context)
    {
        var reply = context.Reply;
        if (context.Client.Loop.Server.Acl.Find(AclCommands.Text(context[2])) is not { } user)
        {
            reply.Error("ERR User '"u8, CommandRules.Shown(context[2]), "' not found"u8);
            return;
        }
        var arguments = context.Arguments + 3;
        int count = context.Count - 3;
        var renamed = context.Client.Loop.Server.RenamedCommands;
        var command = renamed is null ? CommandTable.Find(context[3]) : renamed.Find(arguments->Pointer, arguments->Length);
        if (command is { Subcommands.Length: > 0 } && count > 1)
            command = CommandTable.FindSubcommand(command, arguments[1].Span);
        if (command is null)
        {
            reply.Error("ERR Command '"u8, CommandRules.Shown(context[3]), "' not found"u8);
            return;
        }
        if (!CommandRules.HasArity(command, count))
        {
            CommandRules.WrongArity(ref context, command);
            return;
        }
        var verdict = user.Permissions.Check(command, arguments, count, out int position);
        if (verdict == AclVerdict.Allowed)
        {
            reply.Ok();
            return;
        }
        string what = verdict == AclVerdict.Command ? command.Name : AclCommands.Text(arguments[position].Span);
        string text = verdict switch
        {
            AclVerdict.Key => $"This user has no permissions to access the '{what}' key",
            AclVerdict.Channel => $"This user has no permissions to access the '{what}' channel",
            _ => $"This user has no permissions to run the '{what}' command",
        };
        reply.BulkString(AclCommands.Bytes(text));
    }
}
