using FastKv.Engine.Configuration;

namespace FastKv.Engine.Commands.Server;

/// <summary>SHUTDOWN. It ends the server and does not reply: the client sees its connection close. Control plane.</summary>
internal static class Shutdown
{
    [Command("SHUTDOWN", Arity = -1,
        Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.NoMulti | CommandFlags.AllowBusy,
        Group = CommandGroup.Server, Categories = AclCategories.Admin | AclCategories.Dangerous, Route = CommandRoute.Everywhere, Since = "1.0.0",
        Summary = "Synchronously saves the database(s) to disk and shuts down the server.",
        Complexity = "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
        Syntax = "[NOSAVE | SAVE] [NOW@7.0.0] [FORCE@7.0.0] [ABORT@7.0.0]",
        History = ["7.0.0: Added the `NOW`, `FORCE` and `ABORT` modifiers."])]
    internal static void Run(ref CommandContext context)
    {
        var flags = ShutdownFlags.Default;
        bool isAbort = false;
        for (int i = 1; i < context.Count; i++)
        {
            if (context.Is(i, "NOSAVE"u8))
                flags |= ShutdownFlags.NoSave;
            else if (context.Is(i, "SAVE"u8))
                flags |= ShutdownFlags.Save;
            else if (context.Is(i, "NOW"u8))
                flags |= ShutdownFlags.Now;
            else if (context.Is(i, "FORCE"u8))
                flags |= ShutdownFlags.Force;
            else if (context.Is(i, "ABORT"u8))
                isAbort = true;
            else
                flags |= ShutdownFlags.Save | ShutdownFlags.NoSave;
        }
        const ShutdownFlags contradiction = ShutdownFlags.Save | ShutdownFlags.NoSave;
        if ((flags & contradiction) == contradiction || (isAbort && flags != ShutdownFlags.Default))
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        if (isAbort)
        {
            // A shutdown that can be aborted is one that waits for replicas.
            context.Reply.Error(Errors.NoShutdownInProgress);
            return;
        }
        if (context.Client.Loop.Server.TryEnd(flags))
            context.Client.CloseAfterReply();
        else
            context.Reply.Error(Errors.ShutdownFailed);
    }
}
