using FastKv.Engine.Keyspace;

namespace FastKv.Engine.Persistence.Aof;

/// <summary>Loads an RDB file that is the base of an AOF, or its beginning.</summary>
internal unsafe interface IBaseLoader
{
    /// <summary>Loads the keys into the partitions, which nobody else runs.</summary>
    /// <returns>Where the RDB part ends: commands may follow.</returns>
    /// <exception cref="AofFault">The file is damaged.</exception>
    long Load(Partition[] partitions, byte* start, long length, string name);
}
