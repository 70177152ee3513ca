using System.Text;
using FastKv.Engine.Monitoring;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Server;

/// <summary>SLOWLOG: the commands that took long. Control plane.</summary>
[CommandContainer("SLOWLOG", Group = CommandGroup.Server, Since = "2.2.12", Summary = "A container for slow log commands.",
    Complexity = "Depends on subcommand.")]
internal static class SlowlogCommands
{
    private const CommandFlags Common = CommandFlags.Admin | CommandFlags.Loading | CommandFlags.Stale;
    private const long DefaultCount = 10;

    [Command("SLOWLOG|GET", Arity = -2, Flags = Common, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "2.2.12",
        Summary = "Returns the slow log's entries.", Complexity = "O(N) where N is the number of entries returned", Syntax = "[count:integer]",
        History = ["4.0.0: Added client IP address, port and name to the reply."], Tips = ["request_policy:all_nodes", "nondeterministic_output"])]
    internal static void Get(ref CommandContext context)
    {
        if (context.Count > 3)
        {
            CommandRules.WrongSubcommandSyntax(ref context);
            return;
        }
        long count = DefaultCount;
        if (context.Count == 2 || TryCount(ref context, out count))
            Reply(context.Reply, context.Client.Loop.Server.Slowlog.Newest(count));
    }

    [Command("SLOWLOG|LEN", Arity = 2, Flags = Common, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "2.2.12",
        Summary = "Returns the number of entries in the slow log.", Complexity = "O(1)",
        Tips = ["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"])]
    internal static void Length(ref CommandContext context) => context.Reply.Integer(context.Client.Loop.Server.Slowlog.Count);

    [Command("SLOWLOG|RESET", Arity = 2, Flags = Common, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "2.2.12",
        Summary = "Clears all entries from the slow log.", Complexity = "O(N) where N is the number of entries in the slowlog",
        Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"])]
    internal static void Reset(ref CommandContext context)
    {
        context.Client.Loop.Server.Slowlog.Reset();
        context.Reply.Ok();
    }

    [Command("SLOWLOG|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server, Route = CommandRoute.Connection,
        Since = "6.2.0", Summary = "Returns helpful text about the different subcommands.", Complexity = "O(1)")]
    internal static void Help(ref CommandContext context) => ContainerHelp.Reply(ref context, "SLOWLOG"u8, """
        GET [<count>]
            Return top <count> entries from the slowlog (default: 10, -1 mean all).
            Entries are made of:
            id, timestamp, time in microseconds, arguments array, client IP and port,
            client name
        LEN
            Return the length of the slowlog.
        RESET
            Reset the slowlog.
        """u8);

    /// <summary>The number of entries wanted, in argument 2; −1: all.</summary>
    internal static bool TryCount(ref CommandContext context, out long count)
    {
        if (!context.TryInteger(2, out count, Errors.SlowlogCount))
            return false;
        if (count >= -1)
            return true;
        context.Reply.Error(Errors.SlowlogCount);
        return false;
    }

    /// <summary>Replies entries.</summary>
    internal static void Reply(ReplyWriter reply, CommandLogEntry[] entries)
    {
        reply.ArrayHeader(entries.Length);
        foreach (var entry in entries)
        {
            reply.ArrayHeader(6);
            reply.Integer(entry.Id);
            reply.Integer(entry.UnixSeconds);
            reply.Integer(entry.Amount);
            reply.ArrayHeader(entry.Arguments.Length);
            foreach (byte[] argument in entry.Arguments)
                reply.BulkString(argument);
            reply.BulkString(Encoding.Latin1.GetBytes(entry.Address));
            reply.BulkString(Encoding.Latin1.GetBytes(entry.ClientName));
        }
    }
}
