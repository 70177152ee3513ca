using FastKv.Engine.Commands.Connection;

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
        config.Apply("requirepass", () =>
        {
            if (server.Options.RequirePass is null)
                AdmitAll(server);
            return null;
        });
    }

    /// <summary>Without a password every session may go on; a new password leaves the sessions that have begun as they are.</summary>
    private static void AdmitAll(FastKvServer server)
    {
        foreach (var loop in server.Loops)
        {
            loop.Post(() =>
            {
                foreach (var client in loop.Clients)
                    Session.SetAuthenticated(client, true);
            });
        }
    }
}
