namespace FastKv.Engine.Keyspace.Eviction;

/// <summary>Makes room in one partition. Data plane, under its ownership word. STUB.</summary>
internal sealed class Evictor
{
    /// <summary>Whether there is a limit to hold.</summary>
    public bool IsOn;

    /// <summary>Evicts until the server is below its limit or a bound on the turn is reached; before commands from other shards, and in turns of its own.</summary>
    public void Relieve() => IsOn = false;
}
