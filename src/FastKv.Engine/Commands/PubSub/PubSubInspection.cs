using FastKv.Engine.Keyspace;
using FastKv.Engine.PubSub;
using FastKv.Structures;

namespace FastKv.Engine.Commands.PubSub;

/// <summary>PUBSUB: who listens to what. Control plane.</summary>
[CommandContainer("PUBSUB", Group = CommandGroup.PubSub, Since = "2.8.0", Summary = "A container for Pub/Sub commands.", Complexity = "Depends on subcommand.")]
internal static class PubSubInspection
{
    private const CommandFlags Flags = CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale;

    [Command("PUBSUB|CHANNELS", Arity = -2, Flags = Flags, Group = CommandGroup.PubSub, Route = CommandRoute.Everywhere, Merge = PartMerge.Concat,
        Since = "2.8.0", Summary = "Returns the active channels.",
        Complexity = "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
        Syntax = "[pattern]")]
    internal static void ActiveChannels(ref CommandContext context) => List(ref context, SubscriptionKind.Channel);

    [Command("PUBSUB|SHARDCHANNELS", Arity = -2, Flags = Flags, Group = CommandGroup.PubSub, Route = CommandRoute.Everywhere, Merge = PartMerge.Concat,
        Since = "7.0.0", Summary = "Returns the active shard channels.",
        Complexity = "O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).",
        Syntax = "[pattern]")]
    internal static void ActiveShardChannels(ref CommandContext context) => List(ref context, SubscriptionKind.Shard);

    [Command("PUBSUB|NUMSUB", Arity = -2, Flags = Flags, Group = CommandGroup.PubSub, Route = CommandRoute.Everywhere, Since = "2.8.0",
        Summary = "Returns a count of subscribers to channels.",
        Complexity = "O(N) for the NUMSUB subcommand, where N is the number of requested channels", Syntax = "[channel...]")]
    internal static void SubscriberCounts(ref CommandContext context) => Count(ref context, SubscriptionKind.Channel);

    [Command("PUBSUB|SHARDNUMSUB", Arity = -2, Flags = Flags, Group = CommandGroup.PubSub, Route = CommandRoute.Everywhere, Since = "7.0.0",
        Summary = "Returns the count of subscribers of shard channels.",
        Complexity = "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels", Syntax = "[shardchannel...]")]
    internal static void ShardSubscriberCounts(ref CommandContext context) => Count(ref context, SubscriptionKind.Shard);

    /// <summary>All partitions keep all patterns: the first one's answer stands for all.</summary>
    [Command("PUBSUB|NUMPAT", Arity = 2, Flags = Flags, Group = CommandGroup.PubSub, Route = CommandRoute.Everywhere, Merge = PartMerge.First,
        Since = "2.8.0", Summary = "Returns a count of unique pattern subscriptions.", Complexity = "O(1)")]
    internal static void PatternCount(ref CommandContext context) => context.Reply.Integer(context.Partition.Channels.CountPatterns());

    [Command("PUBSUB|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.PubSub, Route = CommandRoute.Connection,
        Since = "6.2.0", Summary = "Returns helpful text about the different subcommands.", Complexity = "O(1)")]
    internal static void Help(ref CommandContext context) => ContainerHelp.Reply(
        ref context,
        "PUBSUB"u8,
        """
        CHANNELS [<pattern>]
            Return the currently active channels matching a <pattern> (default: '*').
        NUMPAT
            Return number of subscriptions to patterns.
        NUMSUB [<channel> ...]
            Return the number of subscribers for the specified channels, excluding
            pattern subscriptions(default: no channels).
        SHARDCHANNELS [<pattern>]
            Return the currently active shard level channels matching a <pattern> (default: '*').
        SHARDNUMSUB [<shardchannel> ...]
            Return the number of subscribers for the specified shard level channel(s)
        """u8);

    private static void List(ref CommandContext context, SubscriptionKind kind)
    {
        if (context.Count > 3)
        {
            CommandRules.WrongSubcommandSyntax(ref context);
            return;
        }
        var channels = context.Partition.Channels;
        var deferred = context.Reply.BeginArray();
        int count = 0;
        foreach (var channel in channels.BeginWalk(kind))
        {
            if (context.Count == 3 && !Glob.IsMatch(context[2], channel.Name))
                continue;
            context.Reply.BulkString(channel.Name);
            count++;
        }
        channels.EndWalk();
        context.Reply.EndArray(deferred, count);
    }

    private static unsafe void Count(ref CommandContext context, SubscriptionKind kind)
    {
        context.Reply.ArrayHeader((context.Count - 2) * 2);
        for (int i = 2; i < context.Count; i++)
        {
            var argument = context.Arguments[i];
            var name = new Key(argument.Pointer, argument.Length, context.Partition.Routing.Hash(argument.Pointer, argument.Length));
            context.Reply.BulkString(context[i]);
            context.Reply.Integer(ChannelAccess.HomeOf(context, name).SubscriberCount(kind, name));
        }
    }
}
