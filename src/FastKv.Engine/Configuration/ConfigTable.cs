// Every parameter, one row each (control plane). The names, bounds and defaults are Redis 7.4's (redis.conf documents them);
// FastKv's own stand at the end. A row that names a field of ServerOptions is in effect; a row without one is accepted, kept, shown and
// rewritten, and the log says at start that it does nothing yet. A part that comes to need such a value adds the field and names it here.
using System.Runtime.CompilerServices;
using FastKv.Engine.Configuration.Parameters;
using static FastKv.Engine.Configuration.ConfigFlags;

namespace FastKv.Engine.Configuration;

/// <summary>The table of all parameters.</summary>
public static class ConfigTable
{
    /// <summary>More than there are rows: the size of the stores in <see cref="ServerOptions"/>.</summary>
    internal const int RowsMax = 256;

    private const long NoLimit = long.MaxValue;
    private const int IntMax = int.MaxValue;
    private const long UIntMax = uint.MaxValue;
    private const long UnsignedMax = -1; // all bits set, compared as unsigned
    private const int ShardsMax = 1024;
    private const int SpinUsMax = 1_000_000;

    private static readonly (string, int)[] NoYes = [("no", 0), ("yes", 1)];
    private static readonly (string, int)[] ProtectedActions = [.. NoYes, ("local", (int)ProtectedAction.Local)];

    private static readonly (string, int)[] ShutdownChoices =
    [
        ("default", (int)ShutdownFlags.Default), ("save", (int)ShutdownFlags.Save), ("nosave", (int)ShutdownFlags.NoSave),
        ("now", (int)ShutdownFlags.Now), ("force", (int)ShutdownFlags.Force),
    ];

    private static readonly (string, int)[] EvictionPolicies =
    [
        ("volatile-lru", (int)MaxMemoryPolicy.VolatileLru), ("volatile-lfu", (int)MaxMemoryPolicy.VolatileLfu),
        ("volatile-random", (int)MaxMemoryPolicy.VolatileRandom), ("volatile-ttl", (int)MaxMemoryPolicy.VolatileTtl),
        ("allkeys-lru", (int)MaxMemoryPolicy.AllKeysLru), ("allkeys-lfu", (int)MaxMemoryPolicy.AllKeysLfu),
        ("allkeys-random", (int)MaxMemoryPolicy.AllKeysRandom), ("noeviction", (int)MaxMemoryPolicy.NoEviction),
    ];

    private static readonly ConfigParameter[] Rows =
    [
        // ---- Network ----
        new BindParameter(),
        YesNo("protected-mode", true, static o => ref o.ProtectedMode),
        Int("port", 0, 65535, 6379, static o => ref o.Port),
        Int("tcp-backlog", 0, IntMax, 511, static o => ref o.TcpBacklog, Immutable),
        Text("unixsocket", null, static o => ref o.UnixSocket, Immutable),
        Number("unixsocketperm", new(0, 511, 0, NumberKind.Octal, IsUnsigned: true), static o => ref o.UnixSocketPerm, null, Immutable),
        Int("timeout", 0, IntMax, 0, static o => ref o.TimeoutSeconds),
        Int("tcp-keepalive", 0, IntMax, 300, static o => ref o.TcpKeepAlive),
        Number("socket-mark-id", new(0, UIntMax, 0, NumberKind.Integer, IsUnsigned: true), null, null, Immutable),
        Text("bind-source-addr", null),
        Number("maxclients", new(1, UIntMax, 10000, NumberKind.Integer, IsUnsigned: true), null, static o => ref o.MaxClients),
        Int("max-new-connections-per-cycle", 1, 1000, 10, static o => ref o.MaxNewConnectionsPerCycle),
        Int("max-new-tls-connections-per-cycle", 1, 1000, 1),
        Memory("proto-max-bulk-len", 1 << 20, NoLimit, 512L << 20, static o => ref o.ProtoMaxBulkLen),
        Memory("client-query-buffer-limit", 1 << 20, NoLimit, 1 << 30, static o => ref o.ClientQueryBufferLimit, isUnsigned: true),
        new OutputBufferLimitParameter(),
        Number("maxmemory-clients", new(-100, NoLimit, 0, NumberKind.MemoryOrPercent, IsUnsigned: false), null, static o => ref o.MaxMemoryClients),

        // ---- TLS ----
        Int("tls-port", 0, 65535, 0),
        Int("tls-session-cache-size", 0, IntMax, 20 * 1024),
        Int("tls-session-cache-timeout", 0, IntMax, 300),
        YesNo("tls-cluster", false),
        YesNo("tls-replication", false),
        Choice("tls-auth-clients", 1, null, None, [.. NoYes, ("optional", 2)]),
        YesNo("tls-prefer-server-ciphers", false),
        YesNo("tls-session-caching", true),
        Text("tls-cert-file", null),
        Text("tls-key-file", null),
        Text("tls-key-file-pass", null, flags: Sensitive),
        Text("tls-client-cert-file", null),
        Text("tls-client-key-file", null),
        Text("tls-client-key-file-pass", null, flags: Sensitive),
        Text("tls-dh-params-file", null),
        Text("tls-ca-cert-file", null),
        Text("tls-ca-cert-dir", null),
        Text("tls-protocols", null),
        Text("tls-ciphers", null),
        Text("tls-ciphersuites", null),

        // ---- General ----
        YesNo("daemonize", false, static o => ref o.Daemonize, Immutable),
        Choice("supervised", (int)Supervision.No, static o => ref Unsafe.As<Supervision, int>(ref o.Supervised), Immutable,
            [("upstart", (int)Supervision.Upstart), ("systemd", (int)Supervision.Systemd), ("auto", (int)Supervision.Auto), ("no", (int)Supervision.No)]),
        Text("pidfile", null, static o => ref o.PidFile, Immutable),
        Choice("loglevel", (int)Logging.LogLevel.Notice, static o => ref Unsafe.As<Logging.LogLevel, int>(ref o.LogLevel), None,
            [("debug", 0), ("verbose", 1), ("notice", 2), ("warning", 3)]),
        Text("logfile", "", static o => ref o.LogFile, Immutable),
        YesNo("syslog-enabled", false, flags: Immutable),
        Text("syslog-ident", "redis", flags: Immutable),
        Choice("syslog-facility", 1, null, Immutable,
            [("user", 0), ("local0", 1), ("local1", 2), ("local2", 3), ("local3", 4), ("local4", 5), ("local5", 6), ("local6", 7), ("local7", 8)]),
        YesNo("hide-user-data-from-log", false),
        YesNo("crash-log-enabled", true, static o => ref o.CrashLogEnabled),
        YesNo("crash-memcheck-enabled", true),
        YesNo("use-exit-on-panic", false, flags: Hidden),
        Int("databases", 1, IntMax, 16, static o => ref o.Databases, Immutable),
        YesNo("always-show-logo", false, flags: Immutable),
        YesNo("set-proc-title", true, flags: Immutable),
        Text("proc-title-template", "{title} {listen-addr} {server-mode}", validate: TextRules.ProcessTitleTemplate),
        Text("locale-collate", ""),
        new WorkingDirectoryParameter(),
        Text("ignore-warnings", ""),
        YesNo("disable-thp", true, flags: Immutable),
        YesNo("jemalloc-bg-thread", true),
        Int("io-threads", 1, 128, 1, null, Immutable),
        YesNo("io-threads-do-reads", false, flags: Immutable),
        Choice("enable-protected-configs", 0,
            static o => ref Unsafe.As<ProtectedAction, int>(ref o.EnableProtectedConfigs), Immutable, ProtectedActions),
        Choice("enable-debug-command", 0, static o => ref Unsafe.As<ProtectedAction, int>(ref o.EnableDebugCommand), Immutable, ProtectedActions),
        Choice("enable-module-command", 0, null, Immutable, ProtectedActions),
        Int("watchdog-period", 0, IntMax, 0, null, Hidden),
        Int("shutdown-timeout", 0, IntMax, 10, static o => ref o.ShutdownTimeout),
        Choice("shutdown-on-sigint", 0, static o => ref Unsafe.As<ShutdownFlags, int>(ref o.ShutdownOnSigint), MultiArgument, ShutdownChoices,
            NotBothSaveAndNoSave),
        Choice("shutdown-on-sigterm", 0, static o => ref Unsafe.As<ShutdownFlags, int>(ref o.ShutdownOnSigterm), MultiArgument, ShutdownChoices,
            NotBothSaveAndNoSave),
        Choice("oom-score-adj", 0, null, None, [("no", 0), ("yes", 1), ("relative", 1), ("absolute", 2)]),
        new OomScoreParameter(),
        Text("server_cpulist", null, flags: Immutable),
        Text("bio_cpulist", null, flags: Immutable),
        Text("aof_rewrite_cpulist", null, flags: Immutable),
        Text("bgsave_cpulist", null, flags: Immutable),

        // ---- Keyspace ----
        Number("maxmemory", new(0, UnsignedMax, 0, NumberKind.Memory, IsUnsigned: true), null, static o => ref Unsafe.As<ulong, long>(ref o.MaxMemory)),
        Choice("maxmemory-policy", (int)MaxMemoryPolicy.NoEviction,
            static o => ref Unsafe.As<MaxMemoryPolicy, int>(ref o.MaxMemoryPolicy), None, EvictionPolicies),
        Int("maxmemory-samples", 1, IntMax, 5, static o => ref o.MaxMemorySamples),
        Int("maxmemory-eviction-tenacity", 0, 100, 10, static o => ref o.MaxMemoryEvictionTenacity),
        Int("lfu-log-factor", 0, IntMax, 10, static o => ref o.LfuLogFactor),
        Int("lfu-decay-time", 0, IntMax, 1, static o => ref o.LfuDecayTime),
        YesNo("activerehashing", true),
        Int("hz", 0, IntMax, 10, static o => ref o.Hz),
        YesNo("dynamic-hz", true, static o => ref o.DynamicHz),
        Int("active-expire-effort", 1, 10, 1, static o => ref o.ActiveExpireEffort),
        YesNo("lazyfree-lazy-eviction", false, static o => ref o.LazyFreeLazyEviction),
        YesNo("lazyfree-lazy-expire", false, static o => ref o.LazyFreeLazyExpire),
        YesNo("lazyfree-lazy-server-del", false, static o => ref o.LazyFreeLazyServerDel),
        YesNo("lazyfree-lazy-user-del", false, static o => ref o.LazyFreeLazyUserDel),
        YesNo("lazyfree-lazy-user-flush", false, static o => ref o.LazyFreeLazyUserFlush),
        new NotifyEventsParameter(),
        Long("tracking-table-max-keys", 0, NoLimit, 1_000_000, static o => ref o.TrackingTableMaxKeys, isUnsigned: true),
        YesNo("activedefrag", false),
        Memory("active-defrag-ignore-bytes", 1, NoLimit, 100 << 20, isUnsigned: true),
        Int("active-defrag-cycle-min", 1, 99, 1),
        Int("active-defrag-cycle-max", 1, 99, 25),
        Int("active-defrag-threshold-lower", 0, 1000, 10),
        Int("active-defrag-threshold-upper", 0, 1000, 100),
        Long("active-defrag-max-scan-fields", 1, NoLimit, 1000),

        // ---- Encodings ----
        Long("hash-max-listpack-entries", 0, NoLimit, 512, static o => ref o.CompactLimits.HashEntries, alias: "hash-max-ziplist-entries", isUnsigned: true),
        Memory("hash-max-listpack-value", 0, NoLimit, 64, static o => ref o.CompactLimits.HashValueBytes, alias: "hash-max-ziplist-value", isUnsigned: true),
        Int("list-max-listpack-size", int.MinValue, IntMax, -2, static o => ref o.CompactLimits.ListSize, alias: "list-max-ziplist-size"),
        Int("list-compress-depth", 0, IntMax, 0, static o => ref o.CompactLimits.ListCompressDepth),
        Long("set-max-intset-entries", 0, NoLimit, 512, static o => ref o.CompactLimits.IntSetEntries, isUnsigned: true),
        Long("set-max-listpack-entries", 0, NoLimit, 128, static o => ref o.CompactLimits.SetEntries, isUnsigned: true),
        Long("set-max-listpack-value", 0, NoLimit, 64, static o => ref o.CompactLimits.SetValueBytes, isUnsigned: true),
        Long("zset-max-listpack-entries", 0, NoLimit, 128, static o => ref o.CompactLimits.SortedSetEntries,
            alias: "zset-max-ziplist-entries", isUnsigned: true),
        Memory("zset-max-listpack-value", 0, NoLimit, 64, static o => ref o.CompactLimits.SortedSetValueBytes,
            alias: "zset-max-ziplist-value", isUnsigned: true),
        Memory("hll-sparse-max-bytes", 0, NoLimit, 3000, static o => ref o.CompactLimits.HyperLogLogSparseBytes, isUnsigned: true),
        Memory("stream-node-max-bytes", 0, NoLimit, 4096, static o => ref o.CompactLimits.StreamNodeBytes, isUnsigned: true),
        Long("stream-node-max-entries", 0, NoLimit, 100, static o => ref o.CompactLimits.StreamNodeEntries),

        // ---- Observation ----
        Long("slowlog-log-slower-than", -1, NoLimit, 10000, static o => ref o.SlowlogLogSlowerThan, alias: "commandlog-execution-slower-than"),
        Long("slowlog-max-len", 0, NoLimit, 128, static o => ref o.SlowlogMaxLen, alias: "commandlog-slow-execution-max-len"),
        Long("commandlog-request-larger-than", -1, NoLimit, 1024 * 1024, static o => ref o.CommandlogRequestLargerThan),
        Long("commandlog-large-request-max-len", 0, NoLimit, 128, static o => ref o.CommandlogLargeRequestMaxLen),
        Long("commandlog-reply-larger-than", -1, NoLimit, 1024 * 1024, static o => ref o.CommandlogReplyLargerThan),
        Long("commandlog-large-reply-max-len", 0, NoLimit, 128, static o => ref o.CommandlogLargeReplyMaxLen),
        Long("latency-monitor-threshold", 0, NoLimit, 0, static o => ref o.LatencyMonitorThreshold),
        YesNo("latency-tracking", true, static o => ref o.LatencyTracking),
        new PercentilesParameter(),

        // ---- Security and scripts ----
        Text("requirepass", null, static o => ref o.RequirePass, Sensitive, isBinarySafe: true),
        Text("aclfile", "", static o => ref o.AclFile, Immutable),
        Long("acllog-max-len", 0, NoLimit, 128, static o => ref o.AclLogMaxLen),
        Choice("acl-pubsub-default", 0, static o => ref o.AclPubSubDefault, None, [("allchannels", 1), ("resetchannels", 0)]),
        Long("busy-reply-threshold", 0, NoLimit, 5000, alias: "lua-time-limit"),
        Choice("sanitize-dump-payload", 0, static o => ref o.SanitizeDumpPayload, None, [.. NoYes, ("clients", 2)]),
        Choice("propagation-error-behavior", 0, null, None, [("ignore", 0), ("panic", 1), ("panic-on-replicas", 2)]),

        // ---- Snapshots ----
        new SaveParameter(),
        YesNo("stop-writes-on-bgsave-error", true, static o => ref o.StopWritesOnSaveError),
        YesNo("rdbcompression", true, static o => ref o.RdbCompression),
        YesNo("rdbchecksum", true, static o => ref o.RdbChecksum, Immutable),
        Text("dbfilename", "dump.rdb", static o => ref o.DbFileName, Protected, validate: TextRules.SnapshotFileName),
        YesNo("rdb-del-sync-files", false),
        YesNo("rdb-save-incremental-fsync", true, static o => ref o.RdbSaveIncrementalFsync),
        Int("rdb-key-save-delay", int.MinValue, IntMax, 0, null, Hidden),
        Int("key-load-delay", int.MinValue, IntMax, 0, static o => ref o.KeyLoadDelayUs, Hidden),
        Long("loading-process-events-interval-bytes", 1024, IntMax, 2 << 20, static o => ref o.LoadingProcessEventsBytes, flags: Hidden),

        // ---- Append-only file ----
        YesNo("appendonly", false, static o => ref o.AppendOnly, DenyLoading),
        Text("appendfilename", "appendonly.aof", static o => ref o.AppendFileName, flags: Immutable, validate: TextRules.JournalFileName),
        Text("appenddirname", "appendonlydir", static o => ref o.AppendDirName, flags: Immutable, validate: TextRules.JournalDirectoryName),
        Choice("appendfsync", 0, static o => ref Unsafe.As<AppendFsync, int>(ref o.AppendFsync), None, [("everysec", 0), ("always", 1), ("no", 2)]),
        YesNo("no-appendfsync-on-rewrite", false, static o => ref o.NoAppendFsyncOnRewrite),
        Int("auto-aof-rewrite-percentage", 0, IntMax, 100, static o => ref o.AutoAofRewritePercentage),
        Memory("auto-aof-rewrite-min-size", 0, NoLimit, 64 << 20, static o => ref o.AutoAofRewriteMinSize),
        YesNo("aof-load-truncated", true, static o => ref o.AofLoadTruncated),
        YesNo("aof-use-rdb-preamble", true, static o => ref o.AofUseRdbPreamble),
        YesNo("aof-timestamp-enabled", false, static o => ref o.AofTimestampEnabled),
        YesNo("aof-rewrite-incremental-fsync", true, static o => ref o.AofRewriteIncrementalFsync),
        YesNo("aof-disable-auto-gc", false, static o => ref o.AofDisableAutoGc),

        // ---- Replication ----
        new ReplicaOfParameter(),
        Text("masterauth", null, flags: Sensitive, isBinarySafe: true),
        Text("masteruser", null, flags: Sensitive),
        YesNo("replica-serve-stale-data", true, alias: "slave-serve-stale-data"),
        YesNo("replica-read-only", true, alias: "slave-read-only"),
        YesNo("replica-lazy-flush", false, alias: "slave-lazy-flush"),
        YesNo("replica-ignore-maxmemory", true, alias: "slave-ignore-maxmemory"),
        YesNo("replica-ignore-disk-write-errors", false),
        YesNo("replica-announced", true),
        Text("replica-announce-ip", null, alias: "slave-announce-ip"),
        Int("replica-announce-port", 0, 65535, 0, alias: "slave-announce-port"),
        Int("replica-priority", 0, IntMax, 100, alias: "slave-priority"),
        YesNo("repl-diskless-sync", true),
        Int("repl-diskless-sync-delay", 0, IntMax, 5),
        Int("repl-diskless-sync-max-replicas", 0, IntMax, 0),
        Choice("repl-diskless-load", 0, null, DenyLoading, [("disabled", 0), ("on-empty-db", 1), ("swapdb", 2)]),
        YesNo("repl-disable-tcp-nodelay", false),
        Int("repl-ping-replica-period", 1, IntMax, 10, alias: "repl-ping-slave-period"),
        Int("repl-timeout", 1, IntMax, 60),
        Memory("repl-backlog-size", 1, NoLimit, 1 << 20, static o => ref o.ReplBacklogSize, flags: Pending),
        Long("repl-backlog-ttl", 0, NoLimit, 3600),
        Int("min-replicas-to-write", 0, IntMax, 0, alias: "min-slaves-to-write"),
        Int("min-replicas-max-lag", 0, IntMax, 10, alias: "min-slaves-max-lag"),

        // ---- Cluster ----
        YesNo("cluster-enabled", false, flags: Immutable),
        Text("cluster-config-file", "nodes.conf", flags: Immutable),
        Int("cluster-port", 0, 65535, 0, null, Immutable),
        Long("cluster-node-timeout", 0, NoLimit, 15000),
        Int("cluster-replica-validity-factor", 0, IntMax, 10, alias: "cluster-slave-validity-factor"),
        YesNo("cluster-replica-no-failover", false, alias: "cluster-slave-no-failover"),
        Int("cluster-migration-barrier", 0, IntMax, 1),
        YesNo("cluster-allow-replica-migration", true),
        YesNo("cluster-require-full-coverage", true),
        YesNo("cluster-allow-reads-when-down", false),
        YesNo("cluster-allow-pubsubshard-when-down", true),
        Number("cluster-link-sendbuf-limit", new(0, UnsignedMax, 0, NumberKind.Memory, IsUnsigned: true), null, null),
        Text("cluster-announce-ip", null),
        Int("cluster-announce-port", 0, 65535, 0),
        Int("cluster-announce-tls-port", 0, 65535, 0),
        Int("cluster-announce-bus-port", 0, 65535, 0),
        Text("cluster-announce-hostname", null, validate: TextRules.HostName),
        Text("cluster-announce-human-nodename", null, validate: TextRules.NodeName),
        Choice("cluster-preferred-endpoint-type", 0, null, None, [("ip", 0), ("hostname", 1), ("unknown-endpoint", 2)]),

        // ---- FastKv's own ----
        Int("shards", 1, ShardsMax, Math.Min(Environment.ProcessorCount, ShardsMax), static o => ref o.Shards, Immutable),
        Choice("io-engine", (int)IoEngine.Auto, static o => ref Unsafe.As<IoEngine, int>(ref o.IoEngine), Immutable,
            [("auto", (int)IoEngine.Auto), ("io_uring", (int)IoEngine.IoUring), ("epoll", (int)IoEngine.Epoll)]),
        YesNo("pin-shards", false, static o => ref o.PinShards, Immutable),
        YesNo("pipeline-strict-order", false, static o => ref o.PipelineStrictOrder),
        Int("spin-us", 0, SpinUsMax, 50, static o => ref o.SpinUs),
        YesNo("debug-heap", false, static o => ref o.DebugHeap, Immutable | Hidden),
        Int("debug-ring-delay-us", 0, 1_000_000, 0, static o => ref o.DebugRingDelayUs, Immutable | Hidden),
        YesNo("debug-tickets-last", false, static o => ref o.DebugTicketsLast, Immutable | Hidden),
        Int("stall-watchdog-ms", 0, IntMax, 25, static o => ref o.StallWatchdogMs),
    ];

    private static readonly Dictionary<string, ConfigName> Names = BuildNames();

    /// <summary>All parameters, in the order of the table.</summary>
    public static IReadOnlyList<ConfigParameter> Parameters => Rows;

    /// <summary>Finds a parameter by name or alias, in any case.</summary>
    public static bool TryFind(string name, out ConfigName found) => Names.TryGetValue(name, out found);

    private static Dictionary<string, ConfigName> BuildNames()
    {
        var names = new Dictionary<string, ConfigName>(Rows.Length * 2, StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < Rows.Length; i++)
        {
            ConfigParameter row = Rows[i];
            row.Index = i;
            names.Add(row.Name, new ConfigName(row.Name, row));
            if (row.Alias is not null)
                names.Add(row.Alias, new ConfigName(row.Alias, row));
        }
        return names;
    }

    private static string? NotBothSaveAndNoSave(int value)
        => ((ShutdownFlags)value).HasFlag(ShutdownFlags.Save | ShutdownFlags.NoSave)
            ? "shutdown options SAVE and NOSAVE can't be used simultaneously"
            : null;

    private static BoolParameter YesNo(
        string name, bool byDefault, FieldRef<bool>? field = null, ConfigFlags flags = None, string? alias = null)
        => new(name, byDefault, field, flags, alias);

    private static NumberParameter Int(
        string name, int min, int max, int byDefault, FieldRef<int>? field = null, ConfigFlags flags = None, string? alias = null)
        => new(name, new NumberRange(min, max, byDefault, NumberKind.Integer, IsUnsigned: false), field, null, flags, alias);

    private static NumberParameter Long(
        string name, long min, long max, long byDefault, FieldRef<long>? field = null, ConfigFlags flags = None, string? alias = null,
        bool isUnsigned = false)
        => new(name, new NumberRange(min, max, byDefault, NumberKind.Integer, isUnsigned), null, field, flags, alias);

    private static NumberParameter Memory(
        string name, long min, long max, long byDefault, FieldRef<long>? field = null, ConfigFlags flags = None, string? alias = null,
        bool isUnsigned = false)
        => new(name, new NumberRange(min, max, byDefault, NumberKind.Memory, isUnsigned), null, field, flags, alias);

    private static NumberParameter Number(
        string name, NumberRange range, FieldRef<int>? intField, FieldRef<long>? longField, ConfigFlags flags = None)
        => new(name, range, intField, longField, flags, alias: null);

    private static StringParameter Text(
        string name, string? byDefault, FieldRef<string?>? field = null, ConfigFlags flags = None, Func<string, string?>? validate = null,
        bool isBinarySafe = false, string? alias = null)
        => new(name, byDefault, field, flags, validate, isBinarySafe, alias);

    private static EnumParameter Choice(
        string name, int byDefault, FieldRef<int>? field, ConfigFlags flags, (string, int)[] choices, Func<int, string?>? validate = null)
        => new(name, choices, byDefault, field, flags, validate);
}

/// <summary>A name that a parameter is known by: its own or its alias.</summary>
/// <param name="Name">The name, lower case.</param>
/// <param name="Parameter">The parameter.</param>
public readonly record struct ConfigName(string Name, ConfigParameter Parameter);
