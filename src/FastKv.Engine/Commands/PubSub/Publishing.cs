using FastKv.Engine.PubSub;

namespace FastKv.Engine.Commands.PubSub;

/// <summary>PUBLISH and SPUBLISH: they run where the channel is at home. Data plane.</summary>
internal static class Publishing
{
    [Command("PUBLISH", Arity = 3,
        Flags = CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.MayReplicate,
        Group = CommandGroup.PubSub, Route = CommandRoute.Channel, Since = "2.0.0", Summary = "Posts a message to a channel.",
        Complexity = "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any "
            + "client).",
        Syntax = "channel message")]
    internal static void Publish(ref CommandContext context)
    {
        var channel = context.Key(1);
        context.Reply.Integer(ChannelAccess.HomeOf(context, channel).Publish(channel, context[2]));
    }

    [Command("SPUBLISH", Arity = 3,
        Flags = CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.MayReplicate,
        Group = CommandGroup.PubSub, Route = CommandRoute.Channel, FirstKey = 1, LastKey = 1, Access = KeyAccess.NotKey, Since = "7.0.0",
        Summary = "Post a message to a shard channel",
        Complexity = "O(N) where N is the number of clients subscribed to the receiving shard channel.", Syntax = "shardchannel message")]
    internal static void PublishShard(ref CommandContext context)
    {
        var channel = context.Key(1);
        context.Reply.Integer(ChannelAccess.HomeOf(context, channel).PublishShard(channel, context[2]));
    }
}
