using FastKv.Engine.Keyspace;
using FastKv.Engine.PubSub;

namespace FastKv.Engine.Commands.PubSub;

/// <summary>From a channel's name to the tables where it is at home. Data plane.</summary>
internal static class ChannelAccess
{
    /// <summary>The tables of the partition where the channel is at home, which the running command may touch.</summary>
    public static Channels HomeOf(in CommandContext context, in Key channel) =>
        context.Partitions.Length == 1 ? context.Partition.Channels : context.Partitions[context.Partition.Routing.ShardOf(channel)].Channels;
}
