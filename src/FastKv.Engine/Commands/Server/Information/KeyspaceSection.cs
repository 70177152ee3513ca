namespace FastKv.Engine.Commands.Server.Information;

/// <summary>INFO keyspace: keys and keys with an expiry of each database that has any. Control plane.</summary>
internal static class KeyspaceSection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        text.Section("Keyspace"u8);
        for (int i = 0; i < server.Options.Databases; i++)
        {
            long keys = 0, expires = 0;
            foreach (var partition in server.Partitions)
            {
                keys += partition.Databases[i].Count;
                expires += partition.Databases[i].VolatileCount;
            }

            // Redis shows a database as long as it has keys; its average time to live comes from sampling, which sweeps do not do here.
            if (keys > 0)
                text.Add("db"u8).Add(i).Add(":keys="u8).Add(keys).Add(",expires="u8).Add(expires).Add(",avg_ttl=0,subexpires=0"u8).EndLine();
        }
    }
}
