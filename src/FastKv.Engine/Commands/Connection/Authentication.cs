using System.Text;
using FastKv.Engine.Clients;
using FastKv.Engine.Configuration;
using FastKv.Engine.PubSub;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Connection;

/// <summary>AUTH and HELLO: who speaks, and in which protocol. Control plane.</summary>
internal static class Authentication
{
    [Command("AUTH", Arity = -2,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.NoAuth | CommandFlags.AllowBusy,
        Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "1.0.0", Summary = "Authenticates the connection.",
        Complexity = "O(N) where N is the number of passwords defined for the user", Syntax = "[username@6.0.0] password",
        History = ["6.0.0: Added ACL style (username and password)."])]
    internal static void Auth(ref CommandContext context)
    {
        if (context.Count > 3)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        var users = context.Client.Loop.Server.Acl;
        if (context.Count == 2 && users.Default.Rules.NoPassword)
        {
            context.Reply.Error(Errors.AuthWithoutPassword);
            return;
        }
        context.Client.LastCommand = context.Command;
        bool isAccepted = context.Count == 2
            ? users.TryAuthenticate(context.Client, "default"u8, context[1], context[0])
            : users.TryAuthenticate(context.Client, context[1], context[2], context[0]);
        if (isAccepted)
            context.Reply.Ok();
        else
            context.Reply.Error(Errors.WrongPassword);
    }

    [Command("HELLO", Arity = -1,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.NoAuth | CommandFlags.AllowBusy,
        Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "6.0.0", Summary = "Handshakes with the Redis server.",
        Complexity = "O(1)", Syntax = "arguments[protover:integer [AUTH (username password)] [SETNAME clientname]]",
        History = ["6.2.0: `protover` made optional; when called without arguments the command reports the current connection's context."])]
    internal static void Hello(ref CommandContext context)
    {
        var client = context.Client;
        long version = 0;
        int next = 1;
        if (context.Count > 1)
        {
            if (!context.TryInteger(1, out version, Errors.ProtocolVersionNotAnInteger))
                return;
            if (version is < 2 or > 3)
            {
                context.Reply.Error(Errors.NoProto);
                return;
            }
            next = 2;
        }

        // Checked before anything is applied: a HELLO that fails changes nothing but, as in Redis, a successful AUTH.
        string? name = null;
        for (int i = next; i < context.Count; i++)
        {
            int more = context.Count - 1 - i;
            if (context.Is(i, "AUTH"u8) && more >= 2)
            {
                client.LastCommand = context.Command;
                if (!client.Loop.Server.Acl.TryAuthenticate(client, context[i + 1], context[i + 2], context[0]))
                {
                    context.Reply.Error(Errors.WrongPassword);
                    return;
                }
                i += 2;
            }
            else if (context.Is(i, "SETNAME"u8) && more >= 1)
            {
                if (!ClientName.IsValid(context[i + 1]))
                {
                    context.Reply.Error(Errors.InvalidClientName);
                    return;
                }
                name = Encoding.Latin1.GetString(context[i + 1]);
                i++;
            }
            else
            {
                context.Reply.Error("ERR Syntax error in HELLO option '"u8, context[i], "'"u8);
                return;
            }
        }
        if (!client.Authenticated)
        {
            context.Reply.Error(Errors.HelloNoAuth);
            return;
        }
        if (name is not null)
            client.Name = name;
        if (version != 0)
        {
            client.Resp = context.Reply.Resp = (byte)version;
            Subscriptions.ApplyMode(client);
        }
        ReplyGreeting(ref context, client);
    }

    private static void ReplyGreeting(ref CommandContext context, Client client)
    {
        context.Reply.MapHeader(7);
        context.Reply.BulkString("server"u8);
        context.Reply.BulkString("redis"u8);
        context.Reply.BulkString("version"u8);
        context.Reply.BulkString(Encoding.ASCII.GetBytes(ServerVersion.RedisVersion));
        context.Reply.BulkString("proto"u8);
        context.Reply.Integer(client.Resp);
        context.Reply.BulkString("id"u8);
        context.Reply.Integer(client.Id);
        context.Reply.BulkString("mode"u8);
        context.Reply.BulkString("standalone"u8);
        context.Reply.BulkString("role"u8);
        context.Reply.BulkString("master"u8);
        context.Reply.BulkString("modules"u8);
        context.Reply.ArrayHeader(0);
    }
}
