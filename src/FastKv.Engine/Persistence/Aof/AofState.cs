namespace FastKv.Engine.Persistence.Aof;

/// <summary>Whether there is a log.</summary>
internal enum AofState
{
    Off,

    /// <summary>It is wanted, and begins as soon as nothing stands in its way (a snapshot, a transaction): nothing is told yet.</summary>
    Waiting,

    /// <summary>Effects are told; the base that comes before them is being written.</summary>
    Starting,

    /// <summary>What the manifest names is all there is to know.</summary>
    On,
}
