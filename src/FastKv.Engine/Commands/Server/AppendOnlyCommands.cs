namespace FastKv.Engine.Commands.Server;

/// <summary>BGREWRITEAOF. Control plane.</summary>
internal static class AppendOnlyCommands
{
    [Command("BGREWRITEAOF", Arity = 1, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading, Group = CommandGroup.Server,
        Categories = AclCategories.Admin | AclCategories.Dangerous, Route = CommandRoute.Everywhere, Since = "1.0.0",
        Summary = "Asynchronously rewrites the append-only file to disk.", Complexity = "O(1)")]
    internal static void Rewrite(ref CommandContext context)
    {
        var aof = context.Client.Loop.Server.Aof;
        if (aof.IsRewriting)
        {
            context.Reply.Error(Errors.RewriteInProgress);
            return;
        }

        // Within a transaction its effects so far would come to stand behind a base that has them already.
        bool isBegun = false;
        if (!context.IsInTransaction && aof.BeginRewrite(out isBegun) != 0)
        {
            context.Reply.Error(Errors.RewriteFailed);
            return;
        }

        // One that has begun may be over by now: its base is written by another thread.
        if (!isBegun)
            aof.ScheduleRewrite();
        context.Reply.SimpleString(isBegun ? "Background append only file rewriting started"u8
            : "Background append only file rewriting scheduled"u8);
    }
}
