namespace FastKv.Engine.Commands.Server;

/// <summary>TIME and ROLE: small facts that clients poll. Data plane: they allocate nothing.</summary>
internal static class ServerState
{
    [Command("TIME", Arity = 1, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast, Group = CommandGroup.Server,
        Route = CommandRoute.Connection, Since = "2.6.0", Summary = "Returns the server time.", Complexity = "O(1)", Tips = ["nondeterministic_output"])]
    internal static void Time(ref CommandContext context)
    {
        // Not the turn's time: whoever asks for microseconds wants them as they are now.
        long now = context.Client.Loop.Server.Clock.UnixMicroseconds;
        context.Reply.ArrayHeader(2);
        context.Reply.BulkInteger(now / 1_000_000);
        context.Reply.BulkInteger(now % 1_000_000);
    }

    [Command("ROLE", Arity = 1, Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast, Group = CommandGroup.Server,
        Categories = AclCategories.Admin | AclCategories.Dangerous, Route = CommandRoute.Connection, Since = "2.8.12",
        Summary = "Returns the replication role.", Complexity = "O(1)")]
    internal static void Role(ref CommandContext context)
    {
        context.Reply.ArrayHeader(3);
        context.Reply.BulkString("master"u8);
        context.Reply.Integer(0);
        context.Reply.ArrayHeader(0);
    }
}
