namespace FastKv.Engine.Commands.Server.Information;

/// <summary>
/// INFO runtime, our own section: what the garbage collector has done (in the steady state: nothing), and what each shard has. Control plane,
/// allocating nothing itself, so that two readings differ by what the commands between them have allocated.
/// </summary>
internal static class RuntimeSection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        int collections1 = GC.CollectionCount(1), collections2 = GC.CollectionCount(2);
        text.Section("Runtime"u8);

        // The runtime counts a collection for its generation and all younger ones: the lines tell them apart.
        text.Line("gc_collections"u8, GC.CollectionCount(0));
        text.Line("gc_gen0_collections"u8, GC.CollectionCount(0) - collections1);
        text.Line("gc_gen1_collections"u8, collections1 - collections2);
        text.Line("gc_gen2_collections"u8, collections2);

        // Precise: counts to the byte what each thread has used of its allocation buffer, where the cheap figure moves in steps of 8 KiB.
        text.Line("gc_allocated_bytes"u8, GC.GetTotalAllocatedBytes(precise: true));
        text.Line("gc_heap_bytes"u8, GC.GetTotalMemory(forceFullCollection: false));
        text.Line("gc_pause_us_total"u8, (long)GC.GetTotalPauseDuration().TotalMicroseconds);
        text.Line("shards"u8, server.Loops.Length);
        text.Line("io_engine"u8, server.Loops[0].EngineName);
        for (int i = 0; i < server.Loops.Length; i++)
            WriteShard(text, i, server);
    }

    private static void WriteShard(InfoText text, int index, FastKvServer server)
    {
        var loop = server.Loops[index];
        var partition = server.Partitions[index];
        long keys = 0;
        foreach (var database in partition.Databases)
            keys += database.Count;
        text.Add("shard"u8).Add(index).Add(":turns="u8).Add(loop.Statistics.Turns)
            .Add(",sleeps="u8).Add(loop.Statistics.Sleeps)
            .Add(",stalls="u8).Add(loop.Statistics.Stalls)
            .Add(",longest_turn_us="u8).Add(loop.Statistics.LongestTurnUs)
            .Add(",borrows="u8).Add(loop.Statistics.Borrows)
            .Add(",parts_sent="u8).Add(loop.Statistics.PartsSent)
            .Add(",tickets="u8).Add(loop.Statistics.Tickets)
            .Add(",parts_run="u8).Add(partition.Statistics.PartsRun)
            .Add(",frozen_values="u8).Add(partition.Snapshot.FrozenTotal)
            .Add(",preserved_bytes="u8).Add(partition.Snapshot.PreservedBytes)
            .Add(",keys="u8).Add(keys)
            .Add(",used_bytes="u8).Add(partition.Heap.UsedBytes)
            .Add(",clients="u8).Add(loop.Clients.Count)
            .EndLine();
    }
}
