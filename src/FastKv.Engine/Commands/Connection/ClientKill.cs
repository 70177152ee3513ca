using System.Text;
using FastKv.Engine.Clients;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Connection;

/// <summary>CLIENT KILL: by address (old form) or by filters. Control plane.</summary>
internal static class ClientKill
{
    [Command("CLIENT|KILL", Arity = -3, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "2.4.0", Summary = "Terminates open connections.",
        Complexity = "O(N) where N is the number of client connections",
        Syntax = "filter(ip:port~2.8.12 | new-format([ID client-id:integer@2.8.12] | [TYPE normal_master_slave_pubsub(NORMAL | MASTER@3.2.0 | SLAVE | "
            + "REPLICA@5.0.0 | PUBSUB)@2.8.12] | [USER username] | [ADDR ip:port] | [LADDR ip:port@6.2.0] | [SKIPME yes/no])...)",
        History =
        [
            "2.8.12: Added new filter format.",
            "2.8.12: `ID` option.",
            "3.2.0: Added `master` type in for `TYPE` option.",
            "5.0.0: Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility.",
            "6.2.0: `LADDR` option.",
        ])]
    internal static void Kill(ref CommandContext context)
    {
        var caller = context.Client;
        bool isOldForm = context.Count == 3;
        var filter = new Filter();
        if (isOldForm)
            filter.Address = Encoding.Latin1.GetString(context[2]);
        else if (!TryFilter(ref context, out filter))
            return;

        // Several clients may have one address: all that have come by the Unix socket do.
        long killed = 0;
        foreach (var client in caller.Loop.Server.Clients.All)
        {
            if (filter.Matches(client, caller, caller.Loop.NowMs) && TryClose(client, caller))
                killed++;
        }
        if (!isOldForm)
            context.Reply.Integer(killed);
        else if (killed == 0)
            context.Reply.Error(Errors.NoSuchClient);
        else
            context.Reply.Ok();
    }

    /// <summary>Parses a client type, or replies the error.</summary>
    internal static bool TryType(ref CommandContext context, int index, out OutputClass type)
    {
        type = OutputClass.Normal;
        if (context.Is(index, "NORMAL"u8))
            return true;
        if (context.Is(index, "PUBSUB"u8))
        {
            type = OutputClass.PubSub;
            return true;
        }
        if (context.Is(index, "SLAVE"u8) || context.Is(index, "REPLICA"u8) || context.Is(index, "MASTER"u8))
        {
            type = OutputClass.Replica;
            return true;
        }
        context.Reply.Error("ERR Unknown client type '"u8, context[index], "'"u8);
        return false;
    }

    private static bool TryFilter(ref CommandContext context, out Filter filter)
    {
        filter = new Filter { SkipMe = true };
        for (int i = 2; i < context.Count; i += 2)
        {
            if (i + 1 >= context.Count)
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
            if (context.Is(i, "ID"u8))
            {
                if (!context.TryInteger(i + 1, out long id, Errors.ClientIdNotPositive))
                    return false;
                if (id < 1)
                {
                    context.Reply.Error(Errors.ClientIdNotPositive);
                    return false;
                }
                filter.Id = id;
            }
            else if (context.Is(i, "MAXAGE"u8))
            {
                if (!NumberText.TryParseInt64(context[i + 1], out long age))
                {
                    context.Reply.Error("ERR maxage is not an integer or out of range"u8);
                    return false;
                }
                if (age <= 0)
                {
                    context.Reply.Error("ERR maxage should be greater than 0"u8);
                    return false;
                }
                filter.AgeSecondsMin = age;
            }
            else if (context.Is(i, "TYPE"u8))
            {
                if (!TryType(ref context, i + 1, out var type))
                    return false;
                filter.Type = type;
            }
            else if (context.Is(i, "ADDR"u8))
            {
                filter.Address = Encoding.Latin1.GetString(context[i + 1]);
            }
            else if (context.Is(i, "LADDR"u8))
            {
                filter.LocalAddress = Encoding.Latin1.GetString(context[i + 1]);
            }
            else if (context.Is(i, "USER"u8))
            {
                filter.User = context.Client.Loop.Server.Acl.Find(Encoding.Latin1.GetString(context[i + 1]));
                if (filter.User is null)
                {
                    context.Reply.Error("ERR No such user '"u8, context[i + 1], "'"u8);
                    return false;
                }
            }
            else if (context.Is(i, "SKIPME"u8) && (context.Is(i + 1, "YES"u8) || context.Is(i + 1, "NO"u8)))
            {
                filter.SkipMe = context.Is(i + 1, "YES"u8);
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }

    /// <summary>The own connection closes after its reply, others at once, on their loops; nobody finds them from now on.</summary>
    /// <returns>False: it was gone, or being killed.</returns>
    private static bool TryClose(Client client, Client caller)
    {
        if (client == caller)
        {
            client.CloseAfterReply();
            return true;
        }
        long id = client.Id;
        var loop = client.Loop;
        if (!caller.Loop.Server.Clients.TryEnd(client, id))
            return false;
        if (loop == caller.Loop)
        {
            loop.Sockets.Kill(client);
            return true;
        }
        loop.Post(() =>
        {
            // The object may serve another connection by now.
            if (client.Id == id && client.Loop == loop)
                loop.Sockets.Kill(client);
        });
        return true;
    }

    private struct Filter
    {
        public long Id;
        public long AgeSecondsMin;
        public OutputClass? Type;
        public string? Address, LocalAddress;
        public Acl.AclUser? User;
        public bool SkipMe;

        public readonly bool Matches(Client client, Client caller, long nowMs) =>
            (Id == 0 || client.Id == Id) &&
            (AgeSecondsMin == 0 || nowMs - client.CreatedMs >= AgeSecondsMin * 1000) &&
            (Type is null || Type == client.OutputClass) &&
            (Address is null || client.Address == Address) &&
            (LocalAddress is null || client.LocalAddress == LocalAddress) &&
            (User is null || client.Acl == User) &&
            !(SkipMe && client == caller);
    }
}
