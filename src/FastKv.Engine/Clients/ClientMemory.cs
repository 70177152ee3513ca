namespace FastKv.Engine.Clients;

/// <summary>
/// What a client takes: its objects, what it has sent that waits, what it has not read, and what it has queued. Control plane, and data plane under
/// maxmemory-clients. The figures of another loop's client may be a moment old.
/// </summary>
internal static class ClientMemory
{
    /// <summary>All of it, in bytes (tot-mem of CLIENT LIST).</summary>
    public static long Of(Client client) => Client.ManagedBytes + Input(client) + Output(client) + Queued(client);

    /// <summary>Its input buffers with their spare room, and what has been parsed of an incomplete command.</summary>
    public static long Input(Client client) => client.Input.AllocatedBytes + client.Arrived.AllocatedBytes + client.Parser.NativeBytes;

    /// <summary>Replies that have not left.</summary>
    public static long Output(Client client) => (client.Connection?.Output.Length ?? 0) + client.HeldBytes;

    /// <summary>Commands queued since MULTI, and watched keys.</summary>
    public static long Queued(Client client) => client.Transaction.MemoryBytes;
}
