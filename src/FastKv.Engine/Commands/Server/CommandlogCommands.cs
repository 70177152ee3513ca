using FastKv.Engine.Monitoring;

namespace FastKv.Engine.Commands.Server;

/// <summary>
/// COMMANDLOG, of Valkey: SLOWLOG's commands for three logs, of what took long and of what was large. Control plane.
/// </summary>
/// <remarks>Source: https://valkey.io/commands/commandlog-get/</remarks>
[CommandContainer("COMMANDLOG", Group = CommandGroup.Server, Since = "8.1.0", Summary = "A container for command log commands.",
    Complexity = "Depends on subcommand.")]
internal static class CommandlogCommands
{
    private const CommandFlags Common = CommandFlags.Admin | CommandFlags.Loading | CommandFlags.Stale;

    [Command("COMMANDLOG|GET", Arity = 4, Flags = Common, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "8.1.0",
        Summary = "Returns the specified command log's entries.", Complexity = "O(N) where N is the number of entries returned",
        Syntax = "count:integer type(SLOW | LARGE-REQUEST | LARGE-REPLY)", Tips = ["request_policy:all_nodes", "nondeterministic_output"])]
    internal static void Get(ref CommandContext context)
    {
        if (SlowlogCommands.TryCount(ref context, out long count) && TryLog(ref context, 3, out var log))
            SlowlogCommands.Reply(context.Reply, log.Newest(count));
    }

    [Command("COMMANDLOG|LEN", Arity = 3, Flags = Common, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "8.1.0",
        Summary = "Returns the number of entries in the specified type of command log.", Complexity = "O(1)",
        Syntax = "type(SLOW | LARGE-REQUEST | LARGE-REPLY)", Tips = ["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"])]
    internal static void Length(ref CommandContext context)
    {
        if (TryLog(ref context, 2, out var log))
            context.Reply.Integer(log.Count);
    }

    [Command("COMMANDLOG|RESET", Arity = 3, Flags = Common, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "8.1.0",
        Summary = "Clears all entries from the specified type of command log.", Complexity = "O(N) where N is the number of entries in the commandlog",
        Syntax = "type(SLOW | LARGE-REQUEST | LARGE-REPLY)", Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"])]
    internal static void Reset(ref CommandContext context)
    {
        if (!TryLog(ref context, 2, out var log))
            return;
        log.Reset();
        context.Reply.Ok();
    }

    [Command("COMMANDLOG|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server,
        Route = CommandRoute.Connection, Since = "8.1.0", Summary = "Shows helpful text about the different subcommands.", Complexity = "O(1)")]
    internal static void Help(ref CommandContext context) => ContainerHelp.Reply(ref context, "COMMANDLOG"u8, """
        GET <count> <type>
            Return top <count> entries of the specified <type> from the commandlog (-1 mean all).
            Entries are made of:
            id, timestamp,
                time in microseconds for type of slow,
                or size in bytes for type of large-request,
                or size in bytes for type of large-reply
            arguments array, client IP and port,
            client name
        LEN <type>
            Return the length of the specified type of commandlog.
        RESET <type>
            Reset the specified type of commandlog.
        """u8);

    private static bool TryLog(ref CommandContext context, int index, out CommandLog log)
    {
        var server = context.Client.Loop.Server;
        log = server.Slowlog;
        if (context.Is(index, "SLOW"u8))
            return true;
        log = server.LargeRequests;
        if (context.Is(index, "LARGE-REQUEST"u8))
            return true;
        log = server.LargeReplies;
        if (context.Is(index, "LARGE-REPLY"u8))
            return true;
        context.Reply.Error(Errors.CommandLogType);
        return false;
    }
}
