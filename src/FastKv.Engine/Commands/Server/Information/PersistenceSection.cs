namespace FastKv.Engine.Commands.Server.Information;

/// <summary>INFO persistence. Control plane.</summary>
internal static class PersistenceSection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        var saving = server.Saving;
        var current = saving.Current;
        text.Section("Persistence"u8);
        text.Line("loading"u8, server.Loading.IsOn ? 1 : 0);
        text.Line("async_loading"u8, 0);
        text.Line("current_cow_peak"u8, 0);
        text.Line("current_cow_size"u8, 0);
        text.Line("current_cow_size_age"u8, 0);
        text.Line("current_fork_perc"u8, current is null || current.KeysTotal == 0 ? 0 : 100.0 * current.Keys / current.KeysTotal, 2);
        text.Line("current_save_keys_processed"u8, current?.Keys ?? 0);
        text.Line("current_save_keys_total"u8, current?.KeysTotal ?? 0);
        text.Line("rdb_changes_since_last_save"u8, saving.Changes);
        text.Line("rdb_bgsave_in_progress"u8, current is null ? 0 : 1);
        text.Line("rdb_last_save_time"u8, saving.LastSaveMs / 1000);
        text.Line("rdb_last_bgsave_status"u8, saving.HasFailed ? "err"u8 : "ok"u8);
        text.Line("rdb_last_bgsave_time_sec"u8, saving.LastSeconds);
        text.Line("rdb_current_bgsave_time_sec"u8, current is null ? -1 : (server.Clock.UnixMicroseconds / 1000 - current.StartedMs) / 1000);
        text.Line("rdb_saves"u8, saving.Saves);
        text.Line("rdb_last_cow_size"u8, 0);
        text.Line("rdb_last_load_keys_expired"u8, server.Dataset.KeysExpired);
        text.Line("rdb_last_load_keys_loaded"u8, server.Dataset.KeysLoaded);
        var aof = server.Aof;
        text.Line("aof_enabled"u8, aof.IsOn ? 1 : 0);
        text.Line("aof_rewrite_in_progress"u8, aof.IsRewriting ? 1 : 0);
        text.Line("aof_rewrite_scheduled"u8, aof.IsRewriteScheduled ? 1 : 0);
        text.Line("aof_last_rewrite_time_sec"u8, aof.LastRewriteSeconds);
        text.Line("aof_current_rewrite_time_sec"u8, aof.CurrentRewriteSeconds);
        text.Line("aof_last_bgrewrite_status"u8, aof.LastRewriteFailed ? "err"u8 : "ok"u8);
        text.Line("aof_rewrites"u8, aof.Rewrites);
        text.Line("aof_rewrites_consecutive_failures"u8, aof.ConsecutiveFailures);
        text.Line("aof_last_write_status"u8, aof.RefusesWrites ? "err"u8 : "ok"u8);
        text.Line("aof_last_cow_size"u8, 0);
        text.Line("module_fork_in_progress"u8, 0);
        text.Line("module_fork_last_cow_size"u8, 0);
        if (aof.IsOn)
            WriteSizes(text, aof);
        if (server.Loading.IsOn)
            WriteLoading(text, server);
    }

    private static void WriteSizes(InfoText text, Persistence.Aof.AppendOnlyLog aof)
    {
        text.Line("aof_current_size"u8, aof.CurrentBytes);
        text.Line("aof_base_size"u8, aof.BaseBytes);
        text.Line("aof_pending_rewrite"u8, aof.IsRewriteScheduled ? 1 : 0);
        text.Line("aof_buffer_length"u8, aof.Writer.PendingBytes);
        text.Line("aof_pending_bio_fsync"u8, aof.Writer.IsSyncing ? 1 : 0);
        text.Line("aof_delayed_fsync"u8, aof.Pressure.Delays);
    }

    private static void WriteLoading(InfoText text, FastKvServer server)
    {
        var loading = server.Loading;
        long total = loading.TotalBytes;
        long loaded = Math.Min(loading.LoadedBytes, total);
        long elapsed = ((server.Clock.UnixMicroseconds / 1000) - loading.StartedMs) / 1000;
        text.Line("loading_start_time"u8, loading.StartedMs / 1000);
        text.Line("loading_total_bytes"u8, total);
        text.Line("loading_rdb_used_mem"u8, loading.RdbUsedBytes);
        text.Line("loading_loaded_bytes"u8, loaded);
        text.Line("loading_loaded_perc"u8, total == 0 ? 0 : 100.0 * loaded / total, 2);
        text.Line("loading_eta_seconds"u8, loaded == 0 || elapsed == 0 ? 1 : (long)((double)elapsed * (total - loaded) / loaded));
    }
}
