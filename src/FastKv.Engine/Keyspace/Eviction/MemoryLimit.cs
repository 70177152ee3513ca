using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Sharding;

namespace FastKv.Engine.Keyspace.Eviction;

/// <summary><c>maxmemory</c> of the whole server. STUB: no limit is held.</summary>
internal sealed class MemoryLimit
{
    /// <summary>
    /// Asked on the client's loop before each command while there is a limit (<see cref="ClientGate.MemoryLimit"/>), the loop's own partition being held: makes
    /// room where that is possible, and says whether the command must be refused because there is none.
    /// </summary>
    public bool Refuses(ShardLoop loop, Client client, CommandDescriptor command) => false;
}
