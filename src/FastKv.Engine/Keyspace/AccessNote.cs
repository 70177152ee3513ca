namespace FastKv.Engine.Keyspace;

/// <summary>What a lookup writes into the entry that it finds.</summary>
internal enum AccessNote : byte
{
    /// <summary>The time: <see cref="AccessClock"/>.</summary>
    Clock,

    /// <summary>That there was one more access: <see cref="AccessFrequency"/>.</summary>
    Frequency,

    /// <summary>Nothing: the command's client asked for that (CLIENT NO-TOUCH).</summary>
    None,
}
