namespace FastKv.Engine.Keyspace.Eviction;

/// <summary>What became of an attempt to make room.</summary>
internal enum Relief : byte
{
    /// <summary>The server is below its limit.</summary>
    Below,

    /// <summary>Above, but something can go: more time is needed, or the policy does not take more than fragmentation asks for.</summary>
    Running,

    /// <summary>Above, and nothing here may be evicted.</summary>
    Failed,
}
