using FastKv.Engine.Acl;

namespace FastKv.Engine.Commands.Server.Information;

/// <summary>INFO stats: what has been done since the start or CONFIG RESETSTAT. Control plane.</summary>
internal static class StatsSection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        text.Section("Stats"u8);
        WriteTraffic(text, server);
        WriteKeys(text, server);
        WriteChannels(text, server);
        WriteDefragmentation(text, server);
        WriteTracking(text, server);
        WriteEvents(text, server);
    }

    private static void WriteTraffic(InfoText text, FastKvServer server)
    {
        var statistics = server.Statistics;
        text.Line("total_connections_received"u8, statistics.OverLoops(static loop => loop.ConnectionsReceived));
        text.Line("total_commands_processed"u8, statistics.Commands);
        text.Line("instantaneous_ops_per_sec"u8, (long)statistics.OperationsPerSecond);
        text.Line("total_net_input_bytes"u8, statistics.OverLoops(static loop => loop.NetworkInputBytes));
        text.Line("total_net_output_bytes"u8, statistics.OutputBytes);
        text.Line("total_net_repl_input_bytes"u8, 0);
        text.Line("total_net_repl_output_bytes"u8, 0);
        text.Line("instantaneous_input_kbps"u8, statistics.InputKilobytesPerSecond, 2);
        text.Line("instantaneous_output_kbps"u8, statistics.OutputKilobytesPerSecond, 2);
        text.Line("instantaneous_input_repl_kbps"u8, 0, 2);
        text.Line("instantaneous_output_repl_kbps"u8, 0, 2);
        text.Line("rejected_connections"u8, statistics.OverLoops(static loop => loop.ConnectionsRejected));
        text.Line("sync_full"u8, 0);
        text.Line("sync_partial_ok"u8, 0);
        text.Line("sync_partial_err"u8, 0);
    }

    private static void WriteKeys(InfoText text, FastKvServer server)
    {
        var statistics = server.Statistics;
        var (exceededTotalMs, exceededMs) = server.MemoryLimit.ExceededMs();
        text.Line("expired_subkeys"u8, statistics.OverPartitions(static partition => partition.ExpiredFields));
        text.Line("expired_keys"u8, statistics.OverPartitions(static partition => partition.ExpiredKeys));
        text.Line("expired_stale_perc"u8, server.Partitions.Average(static partition => partition.Statistics.StalePercent), 2);
        text.Line("expired_time_cap_reached_count"u8, statistics.OverPartitions(static partition => partition.ExpiryTimeCaps));
        text.Line("expire_cycle_cpu_milliseconds"u8, statistics.OverLoops(static loop => loop.ExpireCycleNs) / 1_000_000);
        text.Line("evicted_keys"u8, statistics.OverPartitions(static partition => partition.EvictedKeys));
        text.Line("evicted_clients"u8, statistics.OverLoops(static loop => loop.ClientsEvicted));
        text.Line("evicted_scripts"u8, 0);
        text.Line("total_eviction_exceeded_time"u8, exceededTotalMs);
        text.Line("current_eviction_exceeded_time"u8, exceededMs);
        text.Line("keyspace_hits"u8, statistics.OverPartitions(static partition => partition.KeyspaceHits));
        text.Line("keyspace_misses"u8, statistics.OverPartitions(static partition => partition.KeyspaceMisses));
    }

    private static void WriteChannels(InfoText text, FastKvServer server)
    {
        var partitions = server.Partitions;
        text.Line("pubsub_channels"u8, partitions.Sum(static partition => partition.Channels.ChannelCount));
        text.Line("pubsub_patterns"u8, partitions[0].Channels.PatternCount);
        text.Line("pubsubshard_channels"u8, partitions.Sum(static partition => partition.Channels.ShardChannelCount));
        text.Line("latest_fork_usec"u8, 0);
        text.Line("total_forks"u8, 0);
        text.Line("migrate_cached_sockets"u8, server.Migrations.ConnectionCount);
        text.Line("slave_expires_tracked_keys"u8, 0);
    }

    private static void WriteDefragmentation(InfoText text, FastKvServer server)
    {
        text.Line("active_defrag_hits"u8, server.Partitions.Sum(static partition => partition.Evictor.Compaction.Moved));
        text.Line("active_defrag_misses"u8, 0);
        text.Line("active_defrag_key_hits"u8, 0);
        text.Line("active_defrag_key_misses"u8, 0);
        text.Line("total_active_defrag_time"u8, 0);
        text.Line("current_active_defrag_time"u8, 0);
    }

    private static void WriteTracking(InfoText text, FastKvServer server)
    {
        long trackedKeys = 0, trackedItems = 0;
        foreach (var partition in server.Partitions)
        {
            trackedKeys += partition.Tracked.Count;
            trackedItems += partition.Tracked.ItemCount;
        }
        text.Line("tracking_total_keys"u8, trackedKeys);
        text.Line("tracking_total_items"u8, trackedItems);
        text.Line("tracking_total_prefixes"u8, server.Trackers.Prefixes.Length);
    }

    private static void WriteEvents(InfoText text, FastKvServer server)
    {
        var statistics = server.Statistics;
        text.Line("unexpected_error_replies"u8, 0);
        text.Line("total_error_replies"u8, statistics.OverLoops(static loop => loop.Errors.Total));
        text.Line("dump_payload_sanitizations"u8, statistics.OverPartitions(static partition => partition.CheckedPayloads));
        text.Line("total_reads_processed"u8, statistics.OverLoops(static loop => loop.Reads));
        text.Line("total_writes_processed"u8, statistics.OverLoops(static loop => loop.Writes));
        text.Line("io_threaded_reads_processed"u8, 0);
        text.Line("io_threaded_writes_processed"u8, 0);
        text.Line("client_query_buffer_limit_disconnections"u8, statistics.OverLoops(static loop => loop.QueryLimitDisconnections));
        text.Line("client_output_buffer_limit_disconnections"u8, statistics.OverLoops(static loop => loop.OutputLimitDisconnections));
        text.Line("reply_buffer_shrinks"u8, 0);
        text.Line("reply_buffer_expands"u8, 0);
        text.Line("eventloop_cycles"u8, statistics.OverLoops(static loop => loop.Turns));
        text.Line("eventloop_duration_sum"u8, statistics.OverLoops(static loop => loop.TurnUs));
        text.Line("eventloop_duration_cmd_sum"u8, (long)(statistics.CommandNanoseconds / 1000));
        text.Line("instantaneous_eventloop_cycles_per_sec"u8, (long)statistics.TurnsPerSecond);
        text.Line("instantaneous_eventloop_duration_usec"u8, (long)statistics.TurnMicroseconds);
        text.Line("acl_access_denied_auth"u8, server.Acl.Log.CountOf(AclVerdict.Authentication));
        text.Line("acl_access_denied_cmd"u8, server.Acl.Log.CountOf(AclVerdict.Command));
        text.Line("acl_access_denied_key"u8, server.Acl.Log.CountOf(AclVerdict.Key));
        text.Line("acl_access_denied_channel"u8, server.Acl.Log.CountOf(AclVerdict.Channel));
    }
}
