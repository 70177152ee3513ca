using FastKv.Engine.Clients;
using FastKv.Engine.Configuration;
using FastKv.Engine.PubSub;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Connection;

/// <summary>ECHO, SELECT, QUIT and RESET: the state of one session. Data plane.</summary>
internal static class Session
{
    [Command("ECHO", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast, Group = CommandGroup.Connection,
        Route = CommandRoute.Connection, Since = "1.0.0", Summary = "Returns the given string.", Complexity = "O(1)", Syntax = "message")]
    internal static void Echo(ref CommandContext context) => context.Reply.BulkString(context[1]);

    [Command("SELECT", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast, Group = CommandGroup.Connection,
        Route = CommandRoute.Connection, Since = "1.0.0", Summary = "Changes the selected database.", Complexity = "O(1)", Syntax = "index:integer")]
    internal static void Select(ref CommandContext context)
    {
        if (!context.TryInteger(1, out long index, Errors.NotAnInteger))
            return;
        if (index is < int.MinValue or > int.MaxValue)
        {
            context.Reply.Error(Errors.NotAnInt32);
            return;
        }
        if (index < 0 || index >= context.Partition.Databases.Length)
        {
            context.Reply.Error(Errors.DatabaseIndexOutOfRange);
            return;
        }
        context.Client.Database = (int)index;
        context.Reply.Ok();
    }

    [Command("QUIT", Arity = -1,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.NoAuth | CommandFlags.AllowBusy,
        Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "1.0.0", Summary = "Closes the connection.", Complexity = "O(1)",
        DeprecatedSince = "7.2.0", ReplacedBy = "just closing the connection")]
    internal static void Quit(ref CommandContext context)
    {
        context.Client.CloseAfterReply();
        context.Reply.Ok();
    }

    [Command("RESET", Arity = 1,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.NoAuth | CommandFlags.AllowBusy,
        Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "6.2.0", Summary = "Resets the connection.", Complexity = "O(1)")]
    internal static void Reset(ref CommandContext context)
    {
        var client = context.Client;

        // What was published until now still arrives before the reply, and nothing after it.
        client.Loop.DeliverMail();
        client.Transaction.End(context.Partitions);
        client.Loop.Server.Trackers.Remove(client);
        client.Loop.Server.Monitors.Remove(client);
        client.Database = 0;
        client.Resp = context.Reply.Resp = 2;
        client.Name = "";
        client.NoTouch = client.NoEvict = false;

        // CLIENT REPLY OFF ends here, and this is replied to; a SKIP that was about this very command stands.
        client.Gate &= ~(ClientGate.ReplyOff | ClientGate.ReplySkipNext);
        if (!client.IsReplySuppressed)
            context.Reply.Output = client.Connection.Output;
        client.Loop.Server.Acl.BeginSession(client);
        if (client.Subscriptions is { Total: > 0 })
        {
            Subscriptions.Leave(client, context.Partitions);
            client.Loop.Slots.Renew(client);
        }
        context.Reply.SimpleString("RESET"u8);
    }
}
