namespace FastKv.Engine.Commands.Server.Information;

/// <summary>INFO clients. Control plane.</summary>
internal static class ClientsSection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        long held = 0, watching = 0, watchedKeys = 0, timeouts = 0, subscribers = 0;
        foreach (var client in server.Clients.All)
        {
            held += client.IsHeld ? 1 : 0;
            watching += client.Transaction.WatchedCount > 0 ? 1 : 0;
            watchedKeys += client.Transaction.WatchedCount;
            timeouts += client.Waiter is { TimeoutMs: > 0, IsWaiting: true } ? 1 : 0;
            subscribers += client.OutputClass == Clients.OutputClass.PubSub ? 1 : 0;
        }
        text.Section("Clients"u8);
        text.Line("connected_clients"u8, server.Clients.Count);
        text.Line("cluster_connections"u8, 0);
        text.Line("maxclients"u8, server.Options.MaxClients);
        text.Line("client_recent_max_input_buffer"u8, server.Loops.Max(static loop => loop.Statistics.Recent.InputMax));
        text.Line("client_recent_max_output_buffer"u8, server.Loops.Max(static loop => loop.Statistics.Recent.OutputMax));
        text.Line("blocked_clients"u8, Volatile.Read(ref server.BlockedClients) + held);
        text.Line("tracking_clients"u8, server.Trackers.Count);
        text.Line("pubsub_clients"u8, subscribers);
        text.Line("watching_clients"u8, watching);
        text.Line("clients_in_timeout_table"u8, timeouts);
        text.Line("total_watched_keys"u8, watchedKeys);
        text.Line("total_blocking_keys"u8, server.Partitions.Sum(static partition => partition.Blocked.Count));
        text.Line("total_blocking_keys_on_nokey"u8, server.Partitions.Sum(static partition => partition.Blocked.CountOnNoKey));
    }
}
