namespace FastKv.Engine.PubSub;

/// <summary>What can be subscribed to.</summary>
internal enum SubscriptionKind
{
    /// <summary>A channel (SUBSCRIBE).</summary>
    Channel = 0,

    /// <summary>All channels whose names match (PSUBSCRIBE).</summary>
    Pattern = 1,

    /// <summary>A shard channel (SSUBSCRIBE): a name space of its own, which patterns do not see.</summary>
    Shard = 2,
}
