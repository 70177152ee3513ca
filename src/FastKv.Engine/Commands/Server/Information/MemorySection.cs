namespace FastKv.Engine.Commands.Server.Information;

/// <summary>INFO memory. Scripts, functions and replicas take nothing: they are not there. Control plane.</summary>
internal static class MemorySection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        var memory = new MemoryFigures(server);
        text.Section("Memory"u8);
        text.Bytes("used_memory"u8, memory.UsedBytes);
        text.Bytes("used_memory_rss"u8, memory.ResidentBytes);
        text.Bytes("used_memory_peak"u8, memory.PeakBytes);
        text.Percent("used_memory_peak_perc"u8, memory.PeakPercent);
        text.Line("used_memory_overhead"u8, memory.OverheadBytes);
        text.Line("used_memory_startup"u8, memory.StartupBytes);
        text.Line("used_memory_dataset"u8, memory.DatasetBytes);
        text.Percent("used_memory_dataset_perc"u8, memory.DatasetPercent);
        text.Line("allocator_allocated"u8, memory.HeapUsedBytes);
        text.Line("allocator_active"u8, memory.HeapCommittedBytes);
        text.Line("allocator_resident"u8, memory.HeapCommittedBytes);
        text.Line("allocator_muzzy"u8, 0);
        text.Bytes("total_system_memory"u8, memory.SystemBytes);
        WriteScripting(text);
        text.Bytes("maxmemory"u8, (long)server.Options.MaxMemory);
        text.Line("maxmemory_policy"u8, MemoryFigures.NameOf(server.Options.MaxMemoryPolicy));
        text.Line("allocator_frag_ratio"u8, memory.FragmentationRatio, 2);
        text.Line("allocator_frag_bytes"u8, memory.HeapCommittedBytes - memory.HeapUsedBytes);
        text.Line("allocator_rss_ratio"u8, 1.0, 2);
        text.Line("allocator_rss_bytes"u8, 0);
        text.Line("rss_overhead_ratio"u8, memory.RssOverheadRatio, 2);
        text.Line("rss_overhead_bytes"u8, memory.ResidentBytes - memory.HeapCommittedBytes);
        text.Line("mem_fragmentation_ratio"u8, memory.RssRatio, 2);
        text.Line("mem_fragmentation_bytes"u8, memory.ResidentBytes - memory.UsedBytes);
        text.Line("mem_not_counted_for_evict"u8, memory.NotCountedBytes);
        text.Line("mem_replication_backlog"u8, 0);
        text.Line("mem_total_replication_buffers"u8, 0);
        text.Line("mem_clients_slaves"u8, 0);
        text.Line("mem_clients_normal"u8, memory.ClientBytes);
        text.Line("mem_cluster_links"u8, 0);
        text.Line("mem_aof_buffer"u8, memory.AofBufferBytes);
        text.Line("mem_allocator"u8, "fastkv"u8);
        text.Line("mem_overhead_db_hashtable_rehashing"u8, 0);
        text.Line("active_defrag_running"u8, 0);
        text.Line("lazyfree_pending_objects"u8, server.Partitions.Sum(partition => partition.LazyFree.PendingEntries));
        text.Line("lazyfreed_objects"u8, server.Partitions.Sum(partition => partition.LazyFree.FreedEntries));
    }

    private static void WriteScripting(InfoText text)
    {
        text.Line("used_memory_lua"u8, 0);
        text.Line("used_memory_vm_eval"u8, 0);
        text.Line("used_memory_lua_human"u8, "0B"u8);
        text.Line("used_memory_scripts_eval"u8, 0);
        text.Line("number_of_cached_scripts"u8, 0);
        text.Line("number_of_functions"u8, 0);
        text.Line("number_of_libraries"u8, 0);
        text.Line("used_memory_vm_functions"u8, 0);
        text.Bytes("used_memory_vm_total"u8, 0);
        text.Line("used_memory_functions"u8, 0);
        text.Bytes("used_memory_scripts"u8, 0);
    }
}
