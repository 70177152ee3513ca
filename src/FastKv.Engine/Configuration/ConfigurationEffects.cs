namespace FastKv.Engine.Configuration;

/// <summary>What CONFIG SET has to bring about at once. Most parameters need nothing here: they are read where they matter, each time. Control plane.</summary>
internal static class ConfigurationEffects
{
    /// <summary>Registers the effects of <paramref name="server"/>'s parts with its configuration.</summary>
    public static void Register(FastKvServer server)
    {
        var config = server.Config;
        config.Apply("proto-max-bulk-len", () =>
        {
            server.ProtocolLimits.BulkBytesMax = server.Options.ProtoMaxBulkLen;
            return null;
        });
        config.Apply("port", () => server.Listeners.Change("Unable to listen on this port. Check server logs."));
        config.Apply("bind", () => server.Listeners.Change("Failed to bind to specified addresses."));
        config.Apply("maxmemory-policy", () =>
        {
            // CONFIG SET holds all partitions.
            foreach (var partition in server.Partitions)
                partition.SetPolicy();
            return null;
        });
        config.Apply("maxmemory", () =>
        {
            server.MemoryLimit.Apply();
            server.ClientEviction.Apply();
            return null;
        });
        config.Apply("maxmemory-clients", () =>
        {
            server.ClientEviction.Apply();
            return null;
        });
        string[] watched =
        [
            "slowlog-log-slower-than", "slowlog-max-len", "commandlog-request-larger-than", "commandlog-large-request-max-len", "commandlog-reply-larger-than",
            "commandlog-large-reply-max-len", "latency-monitor-threshold", "stall-watchdog-ms",
        ];
        foreach (string name in watched)
            config.Apply(name, () => Watch(server));
        config.Apply("notify-keyspace-events", () =>
        {
            foreach (var partition in server.Partitions)
                partition.SetNotifiedEvents();
            return null;
        });
        config.Apply("appendonly", () =>
        {
            if (server.Options.AppendOnly)
                return server.Aof.TurnOn();
            server.Aof.TurnOff();
            return null;
        });
    }

    /// <summary>Follows the thresholds from which on commands are noted. When that takes every command's time, the next one is timed already.</summary>
    private static string? Watch(FastKvServer server)
    {
        server.Watch.Configure();
        if (!server.Watch.IsExact)
            return null;

        // CONFIG SET holds all partitions; what a loop runs itself is its own.
        foreach (var partition in server.Partitions)
            partition.Statistics.Commands.TimeNextCalls();
        foreach (var loop in server.Loops)
        {
            if (loop == Sharding.ShardLoop.Current)
                loop.Statistics.Commands.TimeNextCalls();
            else
                loop.Post(loop.Statistics.Commands.TimeNextCalls);
        }
        return null;
    }
}
