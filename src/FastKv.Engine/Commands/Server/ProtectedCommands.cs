using FastKv.Engine.Clients;
using FastKv.Engine.Configuration;

namespace FastKv.Engine.Commands.Server;

/// <summary>Which of the commands that the configuration may forbid a command is.</summary>
internal enum ProtectedCommand
{
    /// <summary>None of them, or it is allowed.</summary>
    None,

    /// <summary>DEBUG, by <c>enable-debug-command</c>.</summary>
    Debug,

    /// <summary>MODULE LOAD and the like, by <c>enable-module-command</c>; never allowed, since there are no modules.</summary>
    Module,
}

/// <summary>
/// Commands that only certain clients may call, if any. A client with an open gate is told by the handler, others before the call, so that the command is not
/// queued in a transaction. Control plane, but for the look at a command's name.
/// </summary>
internal static class ProtectedCommands
{
    /// <summary>What forbids the command to the client.</summary>
    public static ProtectedCommand Find(Client client, CommandDescriptor command)
    {
        if ((command.Flags & CommandFlags.Admin) == 0)
            return ProtectedCommand.None;
        if (command.Name is "debug")
            return IsAllowed(client.Loop.Server.Options.EnableDebugCommand, client) ? ProtectedCommand.None : ProtectedCommand.Debug;
        return command.Name is "module|load" or "module|loadex" or "module|unload" ? ProtectedCommand.Module : ProtectedCommand.None;
    }

    /// <summary>Replies the error.</summary>
    public static void Reply(ref CommandContext context, ProtectedCommand found) =>
        context.Reply.Error(found == ProtectedCommand.Debug ? Errors.DebugNotAllowed : Errors.ModuleNotAllowed);

    private static bool IsAllowed(ProtectedAction action, Client client) => action switch
    {
        ProtectedAction.Yes => true,
        ProtectedAction.Local => LocalClient.Is(client),
        _ => false,
    };
}
