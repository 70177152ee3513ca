using FastKv.Engine.Keyspace;

namespace FastKv.Engine.Commands.Server.Information;

/// <summary>INFO keyspace: keys and keys with an expiry of each database that has any. Control plane.</summary>
internal static class KeyspaceSection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        text.Section("Keyspace"u8);
        for (int i = 0; i < server.Options.Databases; i++)
        {
            long keys = 0;
            ExpirySum expiries = default;
            foreach (var partition in server.Partitions)
            {
                keys += partition.Databases[i].Count;
                expiries.Add(partition.Databases[i].Expiries);
            }

            // Redis shows a database as long as it has keys.
            if (keys > 0)
            {
                text.Add("db"u8).Add(i).Add(":keys="u8).Add(keys).Add(",expires="u8).Add(expiries.Count)
                    .Add(",avg_ttl="u8).Add(expiries.AverageMs(server.Clock.UnixMicroseconds / 1000)).Add(",subexpires=0"u8).EndLine();
            }
        }
    }
}
