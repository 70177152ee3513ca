using System.Text;
using FastKv.Engine.Clients;
using FastKv.Engine.PubSub;
using FastKv.Memory;

namespace FastKv.Engine.Commands.Connection;

/// <summary>CLIENT LIST and CLIENT INFO. Control plane; reads other loops' clients without stopping them, so figures may be a moment old.</summary>
internal static class ClientList
{
    [Command("CLIENT|INFO", Arity = 2, Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Connection,
        Route = CommandRoute.Connection, Since = "6.2.0", Summary = "Returns information about the connection.", Complexity = "O(1)",
        Tips = ["nondeterministic_output"])]
    internal static void Info(ref CommandContext context)
    {
        var text = new StringBuilder();
        context.Client.LastCommand = context.Command;
        Describe(text, context.Client, ref context);
        context.Reply.VerbatimString(Encoding.Latin1.GetBytes(text.ToString()), "txt"u8);
    }

    [Command("CLIENT|LIST", Arity = -2, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "2.4.0", Summary = "Lists open connections.",
        Complexity = "O(N) where N is the number of client connections",
        Syntax = "[TYPE (NORMAL | MASTER | REPLICA | PUBSUB)@5.0.0] [ID id(client-id:integer...)@6.2.0]",
        History =
        [
            "2.8.12: Added unique client `id` field.",
            "5.0.0: Added optional `TYPE` filter.",
            "6.0.0: Added `user` field.",
            "6.2.0: Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter.",
            "7.0.0: Added `resp`, `multi-mem`, `rbs` and `rbp` fields.",
            "7.0.3: Added `ssub` field.",
        ],
        Tips = ["nondeterministic_output"])]
    internal static void List(ref CommandContext context)
    {
        var server = context.Client.Loop.Server;
        IEnumerable<Client> clients = server.Clients.All;
        if (context.Count == 4 && context.Is(2, "TYPE"u8))
        {
            if (!ClientKill.TryType(ref context, 3, out var wanted))
                return;
            clients = clients.Where(client => client.OutputClass == wanted);
        }
        else if (context.Count > 3 && context.Is(2, "ID"u8))
        {
            // In the order asked for, and as often.
            var found = new List<Client>();
            for (int i = 3; i < context.Count; i++)
            {
                if (!context.TryInteger(i, out long id, Errors.InvalidClientId))
                    return;
                if (server.Clients.Find(id) is { } client)
                    found.Add(client);
            }
            clients = found;
        }
        else if (context.Count != 2)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }

        var text = new StringBuilder();
        context.Client.LastCommand = context.Command;
        foreach (var client in clients)
            Describe(text, client, ref context);
        context.Reply.VerbatimString(Encoding.Latin1.GetBytes(text.ToString()), "txt"u8);
    }

    /// <summary>One client's line, without the line's end.</summary>
    internal static string DescribeOne(Client client, long nowMs)
    {
        var text = new StringBuilder();
        Describe(text, client, nowMs, client.Waiter?.ArgumentBytes ?? 0);
        return text.ToString(0, text.Length - 1);
    }

    /// <summary>Describes a client to the one that runs the command.</summary>
    private static void Describe(StringBuilder text, Client client, ref CommandContext context) =>
        Describe(text, client, context.Client.Loop.NowMs, client == context.Client ? ArgumentBytes(ref context) : client.Waiter?.ArgumentBytes ?? 0);

    /// <summary>Replies are built in segments that the loop lends: there is no buffer of the client's own.</summary>
    private static void Describe(StringBuilder text, Client client, long nowMs, long arguments)
    {
        long input = client.Input.Capacity + client.Arrived.Capacity;
        long pending = ClientMemory.Output(client);
        long segments = (pending + BufferPool.SegmentBytes - 1) / BufferPool.SegmentBytes;
        long queued = ClientMemory.Queued(client);
        string events = (client.IsReceivePaused ? "" : "r") + (pending > 0 ? "w" : "");
        string flags = Flags(client);
        text.Append($"id={client.Id} addr={client.Address} laddr={client.LocalAddress} fd={client.Connection?.Socket ?? -1} name={client.Name}")
            .Append($" age={(nowMs - client.CreatedMs) / 1000} idle={(nowMs - client.LastInteractionMs) / 1000} flags={flags} db={client.Database}")
            .Append($" sub={Subscriptions.CountOf(client, SubscriptionKind.Channel)} psub={Subscriptions.CountOf(client, SubscriptionKind.Pattern)}")
            .Append($" ssub={Subscriptions.CountOf(client, SubscriptionKind.Shard)} multi={(client.Transaction.IsOpen ? client.Transaction.Count : -1)}")
            .Append($" watch={client.Transaction.WatchedCount} qbuf={client.Input.Length + client.Arrived.Length} qbuf-free={input - client.Input.Length}")
            .Append($" argv-mem={arguments} multi-mem={queued} rbs={Math.Min(segments, 1) * BufferPool.SegmentBytes} rbp={client.OutputPeakBytes}")
            .Append($" obl=0 oll={segments} omem={pending} tot-mem={ClientMemory.Of(client) + arguments}")
            .Append($" events={events} cmd={client.LastCommand?.Name ?? "NULL"} user={client.Acl.Name}")
            .Append($" redir={(client.Tracker is { IsOn: true } tracker ? tracker.RedirectId : -1)} resp={client.Resp} lib-name={client.LibraryName} lib-ver={client.LibraryVersion}\n");
    }

    private static long ArgumentBytes(ref CommandContext context)
    {
        long bytes = 0;
        for (int i = 0; i < context.Count; i++)
            bytes += context[i].Length;
        return bytes;
    }

    private static string Flags(Client client)
    {
        var flags = new StringBuilder(4);
        if ((client.Gate & ClientGate.IsMonitor) != 0)
            flags.Append('O');
        if (client.OutputClass == OutputClass.PubSub)
            flags.Append('P');
        if (client.Transaction.IsOpen)
            flags.Append('x');
        if (client.IsHeld || (client.Gate & ClientGate.Blocked) != 0)
            flags.Append('b');
        if (client.Tracker is { IsOn: true } tracker)
        {
            flags.Append('t');
            if (tracker.IsRedirectBroken)
                flags.Append('R');
            if (tracker.Has(Tracking.TrackingModes.Broadcast))
                flags.Append('B');
        }
        if (client.Transaction.IsBroken)
            flags.Append('d');
        if ((client.Gate & ClientGate.Closing) != 0)
            flags.Append('c');
        if (client.IsUnixSocket)
            flags.Append('U');
        if (client.NoEvict)
            flags.Append('e');
        if (client.NoTouch)
            flags.Append('T');
        return flags.Length == 0 ? "N" : flags.ToString();
    }
}
