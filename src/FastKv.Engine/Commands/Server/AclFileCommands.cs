namespace FastKv.Engine.Commands.Server;

/// <summary>ACL LOAD and ACL SAVE: the users and the file that <c>aclfile</c> names. Control plane.</summary>
internal static class AclFileCommands
{
    [Command("ACL|LOAD", Arity = 2, Flags = AclCommands.Admin, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "Reload the ACLs from the configured ACL file", Complexity = AclCommands.PerUser)]
    internal static void Load(ref CommandContext context)
    {
        if (!HasFile(ref context))
            return;
        if (context.Client.Loop.Server.Acl.Load(context.Client) is { } errors)
            context.Reply.Error("ERR "u8, AclCommands.Bytes(errors), default);
        else
            context.Reply.Ok();
    }

    [Command("ACL|SAVE", Arity = 2, Flags = AclCommands.Admin, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "Save the current ACL rules in the configured ACL file", Complexity = AclCommands.PerUser)]
    internal static void Save(ref CommandContext context)
    {
        if (!HasFile(ref context))
            return;
        var server = context.Client.Loop.Server;
        if (server.Acl.Save() is { } error)
        {
            server.Log.Warning("Writing ACL file for ACL SAVE: " + error);
            context.Reply.Error(Errors.AclNotSaved);
            return;
        }
        context.Reply.Ok();
    }

    private static bool HasFile(ref CommandContext context)
    {
        if (context.Client.Loop.Server.Acl.FilePath.Length > 0)
            return true;
        context.Reply.Error(Errors.AclNoFile);
        return false;
    }
}
