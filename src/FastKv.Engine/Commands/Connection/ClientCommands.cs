using System.Text;
using FastKv.Engine.Blocking;
using FastKv.Engine.Clients;
using FastKv.Engine.Commands.Server;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Connection;

/// <summary>The CLIENT container, except for what concerns many clients (<see cref="ClientList"/>, <see cref="ClientKill"/>). Control plane.</summary>
[CommandContainer("CLIENT", Group = CommandGroup.Connection, Since = "2.4.0", Summary = "A container for client connection commands.",
    Complexity = "Depends on subcommand.")]
internal static class ClientCommands
{
    private const CommandFlags Common = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale;

    private static ReadOnlySpan<byte> HelpLines =>
        """
        CACHING (YES|NO)
            Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.
        GETREDIR
            Return the client ID we are redirecting to when tracking is enabled.
        GETNAME
            Return the name of the current connection.
        ID
            Return the ID of the current connection.
        INFO
            Return information about the current client connection.
        KILL <ip:port>
            Kill connection made from <ip:port>.
        KILL <option> <value> [<option> <value> [...]]
            Kill connections. Options are:
            * ADDR (<ip:port>|<unixsocket>:0)
              Kill connections made from the specified address
            * LADDR (<ip:port>|<unixsocket>:0)
              Kill connections made to specified local address
            * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)
              Kill connections by type.
            * USER <username>
              Kill connections authenticated by <username>.
            * SKIPME (YES|NO)
              Skip killing current connection (default: yes).
            * ID <client-id>
              Kill connections by client id.
            * MAXAGE <maxage>
              Kill connections older than the specified age.
        LIST [options ...]
            Return information about client connections. Options:
            * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)
              Return clients of specified type.
        UNPAUSE
            Stop the current client pause, resuming traffic.
        PAUSE <timeout> [WRITE|ALL]
            Suspend all, or just write, clients for <timeout> milliseconds.
        REPLY (ON|OFF|SKIP)
            Control the replies sent to the current connection.
        SETNAME <name>
            Assign the name <name> to the current connection.
        SETINFO <option> <value>
            Set client meta attr. Options are:
            * LIB-NAME: the client lib name.
            * LIB-VER: the client lib version.
        UNBLOCK <clientid> [TIMEOUT|ERROR]
            Unblock the specified blocked client.
        TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]
                 [OPTIN] [OPTOUT] [NOLOOP]
            Control server assisted client side caching.
        TRACKINGINFO
            Report tracking status for the current connection.
        NO-EVICT (ON|OFF)
            Protect current client connection from eviction.
        NO-TOUCH (ON|OFF)
            Will not touch LRU/LFU stats when this mode is on.
        """u8;

    [Command("CLIENT|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Connection,
        Route = CommandRoute.Connection, Since = "5.0.0", Summary = "Returns helpful text about the different subcommands.", Complexity = "O(1)")]
    internal static void Help(ref CommandContext context) => ContainerHelp.Reply(ref context, "CLIENT"u8, HelpLines);

    [Command("CLIENT|ID", Arity = 2, Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Connection,
        Route = CommandRoute.Connection, Since = "5.0.0", Summary = "Returns the unique client ID of the connection.", Complexity = "O(1)")]
    internal static void Id(ref CommandContext context) => context.Reply.Integer(context.Client.Id);

    [Command("CLIENT|GETNAME", Arity = 2, Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Connection,
        Route = CommandRoute.Connection, Since = "2.6.9", Summary = "Returns the name of the connection.", Complexity = "O(1)")]
    internal static void GetName(ref CommandContext context)
    {
        if (context.Client.Name.Length == 0)
            context.Reply.Null();
        else
            context.Reply.BulkString(Encoding.Latin1.GetBytes(context.Client.Name));
    }

    [Command("CLIENT|SETNAME", Arity = 3, Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Connection,
        Route = CommandRoute.Connection, Since = "2.6.9", Summary = "Sets the connection name.", Complexity = "O(1)", Syntax = "connection-name")]
    internal static void SetName(ref CommandContext context)
    {
        if (!ClientName.IsValid(context[2]))
        {
            context.Reply.Error(Errors.InvalidClientName);
            return;
        }
        context.Client.Name = Encoding.Latin1.GetString(context[2]);
        context.Reply.Ok();
    }

    [Command("CLIENT|SETINFO", Arity = 4, Flags = Common, Group = CommandGroup.Connection, Categories = AclCategories.Connection,
        Route = CommandRoute.Connection, Since = "7.2.0", Summary = "Sets information specific to the client or connection.", Complexity = "O(1)",
        Syntax = "<LIB-NAME libname | LIB-VER libver>", Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"])]
    internal static void SetInfo(ref CommandContext context)
    {
        bool isName = context.Is(2, "LIB-NAME"u8);
        if (!isName && !context.Is(2, "LIB-VER"u8))
        {
            context.Reply.Error("ERR Unrecognized option '"u8, context[2], "'"u8);
            return;
        }
        if (!ClientName.IsValid(context[3]))
        {
            context.Reply.Error("ERR "u8, isName ? "lib-name"u8 : "lib-ver"u8, " cannot contain spaces, newlines or special characters."u8);
            return;
        }
        string value = Encoding.Latin1.GetString(context[3]);
        if (isName)
            context.Client.LibraryName = value;
        else
            context.Client.LibraryVersion = value;
        context.Reply.Ok();
    }

    [Command("CLIENT|REPLY", Arity = 3, Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Connection,
        Route = CommandRoute.Connection, Since = "3.2.0", Summary = "Instructs the server whether to reply to commands.", Complexity = "O(1)",
        Syntax = "(ON | OFF | SKIP)")]
    internal static void ReplyMode(ref CommandContext context)
    {
        var client = context.Client;
        if (context.Is(2, "ON"u8))
        {
            if (client.IsReplySuppressed)
                context.Reply.Output = client.Connection.Output;
            client.Gate &= ~(ClientGate.ReplyOff | ClientGate.ReplySkip);
            context.Reply.Ok();
        }
        else if (context.Is(2, "OFF"u8))
        {
            client.Gate |= ClientGate.ReplyOff;
        }
        else if (context.Is(2, "SKIP"u8))
        {
            if ((client.Gate & ClientGate.ReplyOff) == 0)
                client.Gate |= ClientGate.ReplySkipNext;
        }
        else
        {
            context.Reply.Error(Errors.Syntax);
        }
    }

    [Command("CLIENT|PAUSE", Arity = -3, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "2.9.50", Summary = "Suspends commands processing.",
        Complexity = "O(1)", Syntax = "timeout:integer mode[WRITE | ALL]@6.2.0",
        History = ["6.2.0: `CLIENT PAUSE WRITE` mode added along with the `mode` option."])]
    internal static void Pause(ref CommandContext context)
    {
        bool writesOnly = false;
        if (context.Count > 4)
        {
            CommandRules.WrongSubcommandSyntax(ref context);
            return;
        }
        if (context.Count == 4)
        {
            writesOnly = context.Is(3, "WRITE"u8);
            if (!writesOnly && !context.Is(3, "ALL"u8))
            {
                context.Reply.Error(Errors.PauseMode);
                return;
            }
        }
        if (!context.TryInteger(2, out long timeoutMs, Errors.PauseTimeoutNotAnInteger))
            return;
        if (timeoutMs < 0)
        {
            context.Reply.Error(Errors.PauseTimeoutNegative);
            return;
        }
        var server = context.Client.Loop.Server;
        long nowMs = context.Client.Loop.NowMs;
        server.Pause.Begin(nowMs + timeoutMs, writesOnly, nowMs);
        server.ApplyPause();
        context.Reply.Ok();
    }

    [Command("CLIENT|UNPAUSE", Arity = 2, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "6.2.0", Summary = "Resumes processing commands from paused clients.",
        Complexity = "O(N) Where N is the number of paused clients")]
    internal static void Unpause(ref CommandContext context)
    {
        context.Client.Loop.Server.EndPause();
        context.Reply.Ok();
    }

    [Command("CLIENT|UNBLOCK", Arity = -3, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "5.0.0",
        Summary = "Unblocks a client blocked by a blocking command from a different connection.",
        Complexity = "O(log N) where N is the number of client connections", Syntax = "client-id:integer [TIMEOUT | ERROR]")]
    internal static void Unblock(ref CommandContext context)
    {
        if (context.Count > 4)
        {
            CommandRules.WrongSubcommandSyntax(ref context);
            return;
        }
        if (context.Count == 4 && !context.Is(3, "TIMEOUT"u8) && !context.Is(3, "ERROR"u8))
        {
            context.Reply.Error(Errors.UnblockReason);
            return;
        }

        if (!context.TryInteger(2, out long id))
            return;
        var client = context.Client.Loop.Server.Clients.Find(id);
        bool withError = context.Count == 4 && context.Is(3, "ERROR"u8);
        if (client is null || BlockedClients.TryUnblock(client, withError) is not { } unblocked)
        {
            context.Reply.Integer(0);
            return;
        }

        // As in Redis, either way of unblocking is a failure of the command that waited, and the error one of this command, too.
        context.Client.Loop.Statistics.Commands.CountFailure(unblocked);
        if (withError)
            context.Reply.Errors!.Note(Errors.Unblocked);
        context.Reply.Integer(1);
    }

    [Command("CLIENT|NO-EVICT", Arity = 3, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "7.0.0", Summary = "Sets the client eviction mode of the connection.",
        Complexity = "O(1)", Syntax = "enabled(ON | OFF)")]
    internal static void NoEvict(ref CommandContext context)
    {
        if (TryOnOff(ref context, out bool on))
            context.Client.NoEvict = on;
    }

    [Command("CLIENT|NO-TOUCH", Arity = 3, Flags = Common, Group = CommandGroup.Connection, Categories = AclCategories.Connection,
        Route = CommandRoute.Connection, Since = "7.2.0", Summary = "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.",
        Complexity = "O(1)", Syntax = "<ON | OFF>")]
    internal static void NoTouch(ref CommandContext context)
    {
        if (TryOnOff(ref context, out bool on))
            context.Client.NoTouch = on;
    }

    private static bool TryOnOff(ref CommandContext context, out bool on)
    {
        on = context.Is(2, "ON"u8);
        if (!on && !context.Is(2, "OFF"u8))
        {
            context.Reply.Error(Errors.Syntax);
            return false;
        }
        context.Reply.Ok();
        return true;
    }
}
