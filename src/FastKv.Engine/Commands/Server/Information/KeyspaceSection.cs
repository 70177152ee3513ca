using FastKv.Engine.Keyspace;

namespace FastKv.Engine.Commands.Server.Information;

/// <summary>INFO keyspace: keys, keys with an expiry and hashes with fields that may expire, of each database that has any keys. Control plane.</summary>
internal static class KeyspaceSection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        text.Section("Keyspace"u8);
        for (int i = 0; i < server.Options.Databases; i++)
        {
            long keys = 0, hashes = 0;
            ExpirySum expiries = default;
            foreach (var partition in server.Partitions)
            {
                keys += partition.Databases[i].Count;
                expiries.Add(partition.Databases[i].Expiries);
                hashes += partition.Databases[i].FieldExpiryCount;
            }

            // Redis shows a database as long as it has keys.
            if (keys > 0)
            {
                text.Add("db"u8).Add(i).Add(":keys="u8).Add(keys).Add(",expires="u8).Add(expiries.Count)
                    .Add(",avg_ttl="u8).Add(expiries.AverageMs(server.Clock.UnixMicroseconds / 1000))
                    .Add(",subexpiry="u8).Add(hashes).EndLine();
            }
        }
    }
}
