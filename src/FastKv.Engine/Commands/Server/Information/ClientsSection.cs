namespace FastKv.Engine.Commands.Server.Information;

/// <summary>INFO clients. WATCH is not counted yet. Control plane.</summary>
internal static class ClientsSection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        long inputMax = 0, outputMax = 0, subscribers = 0;
        foreach (var client in server.Clients.All)
        {
            inputMax = Math.Max(inputMax, client.Input.Capacity + client.Arrived.Capacity);
            outputMax = Math.Max(outputMax, client.Connection?.Output.Length ?? 0);
            subscribers += client.OutputClass == Clients.OutputClass.PubSub ? 1 : 0;
        }
        text.Section("Clients"u8);
        text.Line("connected_clients"u8, server.Clients.Count);
        text.Line("cluster_connections"u8, 0);
        text.Line("maxclients"u8, server.Options.MaxClients);
        text.Line("client_recent_max_input_buffer"u8, inputMax);
        text.Line("client_recent_max_output_buffer"u8, outputMax);
        text.Line("blocked_clients"u8, Volatile.Read(ref server.BlockedClients));
        text.Line("tracking_clients"u8, server.Trackers.Count);
        text.Line("pubsub_clients"u8, subscribers);
        text.Line("watching_clients"u8, 0);
        text.Line("clients_in_timeout_table"u8, 0);
        text.Line("total_watched_keys"u8, 0);
        text.Line("total_blocking_keys"u8, 0);
        text.Line("total_blocking_keys_on_nokey"u8, 0);
    }
}
