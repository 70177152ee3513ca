namespace FastKv.Engine.Commands.Server;

/// <summary>SAVE, BGSAVE and LASTSAVE. They hold all partitions for an instant (SAVE: until the file is written). Control plane.</summary>
internal static class SaveCommands
{
    [Command("SAVE", Arity = 1, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading | CommandFlags.NoMulti,
        Group = CommandGroup.Server, Route = CommandRoute.Everywhere, Since = "1.0.0", Summary = "Synchronously saves the database(s) to disk.",
        Complexity = "O(N) where N is the total number of keys in all databases")]
    internal static void Save(ref CommandContext context)
    {
        var saving = context.Client.Loop.Server.Saving;
        if (saving.Current is not null)
            context.Reply.Error(Errors.SaveInProgress);
        else if (saving.Save())
            context.Reply.Ok();
        else
            context.Reply.Error(Errors.Unspecified);
    }

    [Command("BGSAVE", Arity = -1, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading, Group = CommandGroup.Server,
        Route = CommandRoute.Everywhere, Since = "1.0.0", Summary = "Asynchronously saves the database(s) to disk.", Complexity = "O(1)",
        Syntax = "[SCHEDULE@3.2.2]", History = ["3.2.2: Added the `SCHEDULE` option."])]
    internal static void BackgroundSave(ref CommandContext context)
    {
        if (context.Count > 2 || (context.Count == 2 && !context.Is(1, "SCHEDULE"u8)))
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        var server = context.Client.Loop.Server;
        if (server.Saving.Current is not null)
        {
            context.Reply.Error(Errors.SaveInProgress);
        }
        else if (!context.IsInTransaction && server.Saving.TryBegin())
        {
            context.Reply.SimpleString("Background saving started"u8);
        }
        else if (server.Aof.IsRewriting && !context.IsInTransaction && context.Count == 1)
        {
            context.Reply.Error(Errors.RewriteBeforeSave);
        }
        else
        {
            // A transaction is to end first, a rewrite that the client knows of, or the rest of a save that was given up.
            server.Saving.IsScheduled = true;
            context.Reply.SimpleString("Background saving scheduled"u8);
        }
    }

    [Command("LASTSAVE", Arity = 1, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast, Group = CommandGroup.Server,
        Categories = AclCategories.Admin | AclCategories.Dangerous, Route = CommandRoute.Connection, Since = "1.0.0",
        Summary = "Returns the Unix timestamp of the last successful save to disk.", Complexity = "O(1)", Tips = ["nondeterministic_output"])]
    internal static void LastSave(ref CommandContext context) => context.Reply.Integer(context.Client.Loop.Server.Saving.LastSaveMs / 1000);
}
