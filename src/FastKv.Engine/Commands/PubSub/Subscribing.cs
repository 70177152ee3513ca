using FastKv.Engine.Clients;
using FastKv.Engine.Keyspace;
using FastKv.Engine.PubSub;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.PubSub;

// Data plane. They run on the client's own loop while that holds all partitions, so they may touch both sides: the client's subscriptions and the tables.
// Each name is answered by a push of its own, which CLIENT REPLY does not silence.

/// <summary>SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE and their opposites.</summary>
internal static class Subscribing
{
    private const CommandFlags Flags = CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale;

    [Command("SUBSCRIBE", Arity = -2, Flags = Flags, Group = CommandGroup.PubSub, Route = CommandRoute.Everywhere, Since = "2.0.0",
        Summary = "Listens for messages published to channels.", Complexity = "O(N) where N is the number of channels to subscribe to.",
        Syntax = "channel...")]
    internal static void Subscribe(ref CommandContext context) => Add(ref context, SubscriptionKind.Channel, "subscribe"u8);

    [Command("PSUBSCRIBE", Arity = -2, Flags = Flags, Group = CommandGroup.PubSub, Route = CommandRoute.Everywhere, Since = "2.0.0",
        Summary = "Listens for messages published to channels that match one or more patterns.",
        Complexity = "O(N) where N is the number of patterns the client is already subscribed to.", Syntax = "pattern(pattern)...")]
    internal static void SubscribePatterns(ref CommandContext context) => Add(ref context, SubscriptionKind.Pattern, "psubscribe"u8);

    [Command("SSUBSCRIBE", Arity = -2, Flags = Flags, Group = CommandGroup.PubSub, Route = CommandRoute.Everywhere, FirstKey = 1, LastKey = -1,
        Access = KeyAccess.NotKey, Since = "7.0.0", Summary = "Listens for messages published to shard channels.",
        Complexity = "O(N) where N is the number of shard channels to subscribe to.", Syntax = "shardchannel...")]
    internal static void SubscribeShard(ref CommandContext context)
    {
        // The others were allowed within MULTI before this rule was made, and stay so.
        if (context.IsInTransaction)
            context.Reply.Error(Errors.ShardSubscribeDenied);
        else
            Add(ref context, SubscriptionKind.Shard, "ssubscribe"u8);
    }

    [Command("UNSUBSCRIBE", Arity = -1, Flags = Flags, Group = CommandGroup.PubSub, Route = CommandRoute.Everywhere, Since = "2.0.0",
        Summary = "Stops listening to messages posted to channels.",
        Complexity = "O(N) where N is the number of clients already subscribed to a channel.", Syntax = "[channel...]")]
    internal static void Unsubscribe(ref CommandContext context) => Remove(ref context, SubscriptionKind.Channel, "unsubscribe"u8);

    [Command("PUNSUBSCRIBE", Arity = -1, Flags = Flags, Group = CommandGroup.PubSub, Route = CommandRoute.Everywhere, Since = "2.0.0",
        Summary = "Stops listening to messages published to channels that match one or more patterns.",
        Complexity = "O(N+M) where N is the number of patterns the client is already subscribed and M is the number of total patterns subscribed in the "
            + "system (by any client).",
        Syntax = "[pattern...]")]
    internal static void UnsubscribePatterns(ref CommandContext context) => Remove(ref context, SubscriptionKind.Pattern, "punsubscribe"u8);

    [Command("SUNSUBSCRIBE", Arity = -1, Flags = Flags, Group = CommandGroup.PubSub, Route = CommandRoute.Everywhere, FirstKey = 1, LastKey = -1,
        Access = KeyAccess.NotKey, Since = "7.0.0", Summary = "Stops listening to messages posted to shard channels.",
        Complexity = "O(N) where N is the number of clients already subscribed to a shard channel.", Syntax = "[shardchannel...]")]
    internal static void UnsubscribeShard(ref CommandContext context) => Remove(ref context, SubscriptionKind.Shard, "sunsubscribe"u8);

    private static void Add(ref CommandContext context, SubscriptionKind kind, ReadOnlySpan<byte> verb)
    {
        var client = context.Client;
        if (client.IsClosed)
            return;
        DeliverFirst(ref context);
        client.Subscriptions ??= new Subscriptions();
        var reply = PushReply(ref context);
        for (int i = 1; i < context.Count; i++)
        {
            var name = Name(ref context, i);
            if (client.Subscriptions.Add(kind, name))
            {
                foreach (var partition in context.Partitions)
                    partition.Channels.Add(kind, name, client.Receiver);
            }
            Confirm(reply, verb, context[i], client.Subscriptions.CountWith(kind));
        }
        Subscriptions.ApplyMode(client);
    }

    private static void Remove(ref CommandContext context, SubscriptionKind kind, ReadOnlySpan<byte> verb)
    {
        var client = context.Client;
        if (client.IsClosed)
            return;
        DeliverFirst(ref context);
        client.Subscriptions ??= new Subscriptions();
        var reply = PushReply(ref context);
        if (context.Count == 1)
        {
            RemoveAll(ref context, kind, verb, reply);
        }
        else
        {
            for (int i = 1; i < context.Count; i++)
            {
                var name = Name(ref context, i);
                if (client.Subscriptions.Remove(kind, name))
                    RemoveFromTables(ref context, kind, name);
                Confirm(reply, verb, context[i], client.Subscriptions.CountWith(kind));
            }
        }
        Subscriptions.ApplyMode(client);
    }

    private static void RemoveAll(ref CommandContext context, SubscriptionKind kind, ReadOnlySpan<byte> verb, ReplyWriter reply)
    {
        var subscriptions = context.Client.Subscriptions!;
        if (subscriptions.Count(kind) == 0)
        {
            reply.PushHeader(3);
            reply.BulkString(verb);
            reply.Null();
            reply.Integer(subscriptions.CountWith(kind));
            return;
        }
        foreach (var subscription in subscriptions.BeginWalk())
        {
            if (subscription.Kind != kind)
                continue;
            RemoveFromTables(ref context, kind, subscription.Key);
            Confirm(reply, verb, subscription.Name, subscriptions.CountWith(kind) - 1);
            subscriptions.Remove(subscription);
        }
        subscriptions.EndWalk();
    }

    private static void RemoveFromTables(ref CommandContext context, SubscriptionKind kind, in Key name)
    {
        foreach (var partition in context.Partitions)
            partition.Channels.Remove(kind, name, context.Client.Receiver);
    }

    private static unsafe Key Name(ref CommandContext context, int index)
    {
        var argument = context.Arguments[index];
        return new Key(argument.Pointer, argument.Length, context.Partition.Routing.Hash(argument.Pointer, argument.Length));
    }

    /// <summary>What has been published until now comes before the confirmation, where that does not stand within the reply of EXEC.</summary>
    private static void DeliverFirst(ref CommandContext context)
    {
        if (context.IsInTransaction)
            return;
        context.Client.Loop.DeliverMail();
        context.Client.Loop.Mailbox.DeliverHeld(context.Client);
    }

    private static ReplyWriter PushReply(ref CommandContext context) => new(context.Client.Connection.Output, context.Client.Resp);

    private static void Confirm(ReplyWriter reply, ReadOnlySpan<byte> verb, ReadOnlySpan<byte> name, int count)
    {
        reply.PushHeader(3);
        reply.BulkString(verb);
        reply.BulkString(name);
        reply.Integer(count);
    }
}
