using FastKv.Engine.Clients;

namespace FastKv.Engine.Sharding;

/// <summary>
/// The input that a client keeps for later: an incomplete command, or what parts on other shards refer to. Whenever its buffer moves, the parser's
/// references move along. Data plane.
/// </summary>
internal static unsafe class ClientInput
{
    /// <summary>Moves what the batch left over, an incomplete command, into the client's own input.</summary>
    public static void KeepRest(Client client, byte* keep, byte* position, byte* end)
    {
        Append(client, keep, end - keep);
        client.InputCursor = position - keep;
        client.Parser.Rebase(client.Input.Data - keep);
    }

    /// <summary>Removes from the input what no incomplete command needs.</summary>
    public static void DropParsed(Client client)
    {
        byte* keep = client.Parser.IsMidCommand ? client.Parser.RetainFrom : client.Input.Data + client.InputCursor;
        long drop = keep - client.Input.Data;
        if (drop <= 0)
            return;
        byte* before = client.Input.Data;
        if (drop == client.Input.Length)
        {
            client.Input.Release();
            client.InputCursor = 0;
            return;
        }
        client.Input.RemovePrefix(drop);
        client.InputCursor -= drop;
        client.Parser.Rebase(client.Input.Data - (before + drop));
    }

    /// <summary>Appends what arrived while the input could not move.</summary>
    public static void TakeArrived(Client client)
    {
        if (client.Arrived.Length == 0)
            return;
        Append(client, client.Arrived.Data, client.Arrived.Length);
        client.Arrived.Release();
    }

    /// <summary>Appends bytes to the client's input, keeping the parser's references right when the buffer moves.</summary>
    public static void Append(Client client, byte* bytes, long count)
    {
        byte* before = client.Input.Data;
        client.Input.EnsureFree(Math.Max(count, client.Parser.IsMidCommand ? client.Parser.BytesNeeded : 0));
        if (before != null && client.Parser.IsMidCommand)
            client.Parser.Rebase(client.Input.Data - before);
        client.Input.Append(bytes, count);
    }
}
