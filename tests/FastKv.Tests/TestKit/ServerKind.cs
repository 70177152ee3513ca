namespace FastKv.Tests.TestKit;

/// <summary>Which server a test talks to. Tests of behaviour run against redis-server too, which proves the test itself.</summary>
public enum ServerKind
{
    /// <summary>The real redis-server of the distribution.</summary>
    Redis,

    /// <summary>FastKv on one shard.</summary>
    FastKv1,

    /// <summary>FastKv on three shards: keys, and so commands, cross shards.</summary>
    FastKv3,
}
