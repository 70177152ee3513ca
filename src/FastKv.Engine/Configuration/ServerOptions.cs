// Every configured value that some part of the server reads, under a typed name (control plane writes, all threads read).
//
// Fields, not properties: the configuration table sets them by reference. Reads need no fence: a reader sees a new value in one of its
// next turns. Arrays are replaced as a whole and never written in place.
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Logging;
using FastKv.Structures;

namespace FastKv.Engine.Configuration;

/// <summary>The configured values. Made and changed by <see cref="ServerConfig"/>; everyone else reads.</summary>
public sealed class ServerOptions
{
#pragma warning disable CA1051 // Visible fields: see the opening comment.

    // ---- Listening and connections ----

    /// <summary><c>port</c>: TCP port; 0 does not listen on TCP.</summary>
    public int Port;

    /// <summary><c>bind</c>: addresses; a leading '-' lets an unavailable one pass, "*" and "::*" mean any.</summary>
    public string[] Bind = [];

    /// <summary><c>unixsocket</c>: path, or null.</summary>
    public string? UnixSocket;

    /// <summary><c>unixsocketperm</c>: permission bits; 0 leaves them to the umask.</summary>
    public int UnixSocketPerm;

    /// <summary><c>tcp-backlog</c>: pending connections per listener.</summary>
    public int TcpBacklog;

    /// <summary><c>tcp-keepalive</c>: seconds between probes; 0 is off.</summary>
    public int TcpKeepAlive;

    /// <summary><c>timeout</c>: seconds after which an idle client is closed; 0 is never.</summary>
    public int TimeoutSeconds;

    /// <summary><c>maxclients</c>: connections at the same time; may be lowered at start to what the system allows.</summary>
    public long MaxClients;

    /// <summary><c>protected-mode</c>: without password, answer only clients of this machine.</summary>
    public bool ProtectedMode;

    /// <summary><c>requirepass</c>: the default user's password (Latin-1, a char per byte), or null.</summary>
    public string? RequirePass;

    /// <summary><c>aclfile</c>: the file of users, or empty.</summary>
    public string? AclFile;

    /// <summary><c>acllog-max-len</c>: denials that ACL LOG remembers.</summary>
    public long AclLogMaxLen;

    /// <summary><c>acl-pubsub-default</c>: 1: new users may use all channels, 0: none.</summary>
    public int AclPubSubDefault;

    /// <summary><c>max-new-connections-per-cycle</c>: connections accepted in one turn.</summary>
    public int MaxNewConnectionsPerCycle;

    /// <summary><c>proto-max-bulk-len</c>: bytes of the longest argument.</summary>
    public long ProtoMaxBulkLen;

    /// <summary><c>client-query-buffer-limit</c>: bytes of unprocessed input a client may pile up.</summary>
    public long ClientQueryBufferLimit;

    /// <summary><c>client-output-buffer-limit</c>: limits by <see cref="ClientClass"/>.</summary>
    public OutputBufferLimit[] ClientOutputBufferLimits = [];

    /// <summary><c>maxmemory-clients</c>: bytes all clients' buffers may take; negative is a percentage of maxmemory; 0 is no limit.</summary>
    public long MaxMemoryClients;

    // ---- Keyspace ----

    /// <summary><c>databases</c>.</summary>
    public int Databases;

    /// <summary><c>maxmemory</c>: bytes; 0 is no limit. Unsigned 64 bits.</summary>
    public ulong MaxMemory;

    /// <summary><c>maxmemory-policy</c>.</summary>
    public MaxMemoryPolicy MaxMemoryPolicy;

    /// <summary><c>maxmemory-samples</c>: keys looked at to evict one.</summary>
    public int MaxMemorySamples;

    /// <summary><c>maxmemory-eviction-tenacity</c>: 0 (short) to 100 (no bound on the time of a turn).</summary>
    public int MaxMemoryEvictionTenacity;

    /// <summary><c>lfu-log-factor</c>.</summary>
    public int LfuLogFactor;

    /// <summary><c>lfu-decay-time</c>: minutes.</summary>
    public int LfuDecayTime;

    /// <summary><c>hz</c>: background turns per second, 1 to 500.</summary>
    public int Hz;

    /// <summary><c>dynamic-hz</c>: more turns with more clients.</summary>
    public bool DynamicHz;

    /// <summary><c>active-expire-effort</c>: 1 to 10.</summary>
    public int ActiveExpireEffort;

    /// <summary><c>lazyfree-lazy-user-del</c>: DEL frees like UNLINK.</summary>
    public bool LazyFreeLazyUserDel;

    /// <summary><c>lazyfree-lazy-user-flush</c>: FLUSHALL and FLUSHDB are ASYNC unless they say SYNC.</summary>
    public bool LazyFreeLazyUserFlush;

    /// <summary><c>lazyfree-lazy-server-del</c>: values overwritten by a command are freed in slices.</summary>
    public bool LazyFreeLazyServerDel;

    /// <summary><c>lazyfree-lazy-expire</c>: expired values are freed in slices.</summary>
    public bool LazyFreeLazyExpire;

    /// <summary><c>lazyfree-lazy-eviction</c>: evicted values are freed in slices.</summary>
    public bool LazyFreeLazyEviction;

    /// <summary>The thresholds of the compact encodings (<c>hash-max-listpack-entries</c> and the like).</summary>
    public readonly CompactLimits CompactLimits = new();

    /// <summary><c>notify-keyspace-events</c>.</summary>
    public KeyspaceEvents NotifyKeyspaceEvents;

    // ---- Observation ----

    /// <summary><c>loglevel</c>.</summary>
    public LogLevel LogLevel;

    /// <summary><c>logfile</c>: path, empty for standard output.</summary>
    public string? LogFile;

    /// <summary><c>slowlog-log-slower-than</c>: microseconds; negative is off.</summary>
    public long SlowlogLogSlowerThan;

    /// <summary><c>slowlog-max-len</c>: entries kept.</summary>
    public long SlowlogMaxLen;

    /// <summary><c>commandlog-request-larger-than</c>: bytes; negative is off.</summary>
    public long CommandlogRequestLargerThan;

    /// <summary><c>commandlog-large-request-max-len</c>: entries kept.</summary>
    public long CommandlogLargeRequestMaxLen;

    /// <summary><c>commandlog-reply-larger-than</c>: bytes; negative is off.</summary>
    public long CommandlogReplyLargerThan;

    /// <summary><c>commandlog-large-reply-max-len</c>: entries kept.</summary>
    public long CommandlogLargeReplyMaxLen;

    /// <summary><c>latency-monitor-threshold</c>: milliseconds; 0 is off.</summary>
    public long LatencyMonitorThreshold;

    /// <summary><c>tracking-table-max-keys</c>: keys that are remembered for client-side caching; 0: any number.</summary>
    public long TrackingTableMaxKeys;

    /// <summary><c>latency-tracking</c>: keep a histogram per command.</summary>
    public bool LatencyTracking;

    /// <summary><c>latency-tracking-info-percentiles</c>.</summary>
    public double[] LatencyTrackingInfoPercentiles = [];

    /// <summary><c>crash-log-enabled</c>.</summary>
    public bool CrashLogEnabled;

    // ---- Process ----

    /// <summary><c>daemonize</c>.</summary>
    public bool Daemonize;

    /// <summary><c>supervised</c>.</summary>
    public Supervision Supervised;

    /// <summary><c>pidfile</c>: path, or null.</summary>
    public string? PidFile;

    /// <summary><c>shutdown-timeout</c>: seconds to wait for replicas.</summary>
    public int ShutdownTimeout;

    /// <summary><c>shutdown-on-sigint</c>.</summary>
    public ShutdownFlags ShutdownOnSigint;

    /// <summary><c>shutdown-on-sigterm</c>.</summary>
    public ShutdownFlags ShutdownOnSigterm;

    /// <summary><c>enable-protected-configs</c>: who may CONFIG SET protected parameters.</summary>
    public ProtectedAction EnableProtectedConfigs;

    /// <summary><c>enable-debug-command</c>: who may use DEBUG.</summary>
    public ProtectedAction EnableDebugCommand;

    /// <summary><c>oom-score-adj-values</c>: master, replica, background child.</summary>
    public int[] OomScoreAdjValues = [];

    // ---- Persistence and replication ----

    /// <summary><c>save</c>: when snapshots are due.</summary>
    public SavePoint[] SavePoints = [];

    /// <summary><c>dbfilename</c>: name of the snapshot in the working directory.</summary>
    public string? DbFileName;

    /// <summary><c>rdbcompression</c>: strings of snapshots and DUMP are compressed.</summary>
    public bool RdbCompression;

    /// <summary><c>stop-writes-on-bgsave-error</c>: after a save that failed, writes are refused until one succeeds.</summary>
    public bool StopWritesOnSaveError;

    /// <summary><c>rdbchecksum</c>: snapshots have a checksum, and it is verified.</summary>
    public bool RdbChecksum;

    /// <summary>A snapshot goes to the disk while it is written, rather than all of it at its end.</summary>
    public bool RdbSaveIncrementalFsync;

    /// <summary>The same for the base that a rewrite of the append-only file makes.</summary>
    public bool AofRewriteIncrementalFsync;

    /// <summary><c>sanitize-dump-payload</c>: whom Redis does not trust; here everything is validated, whatever it says.</summary>
    public int SanitizeDumpPayload;

    /// <summary>DEBUG SET-SKIP-CHECKSUM-VALIDATION: damaged payloads and files are to reach what validates them.</summary>
    public bool SkipChecksumValidation;
    /// <summary><c>appendonly</c>.</summary>
    public bool AppendOnly;

    /// <summary><c>appendfilename</c>: what the names of the files of the AOF begin with.</summary>
    public string? AppendFileName;

    /// <summary><c>appenddirname</c>: the directory of the AOF, within the working directory.</summary>
    public string? AppendDirName;

    /// <summary><c>appendfsync</c>.</summary>
    public AppendFsync AppendFsync;

    /// <summary><c>no-appendfsync-on-rewrite</c>: no fsync of the AOF while a base or snapshot is being written, whatever <c>appendfsync</c> says.</summary>
    public bool NoAppendFsyncOnRewrite;

    /// <summary><c>auto-aof-rewrite-percentage</c>: growth since the last rewrite at which the next one is due; 0: never.</summary>
    public int AutoAofRewritePercentage;

    /// <summary><c>auto-aof-rewrite-min-size</c>: bytes below which none is.</summary>
    public long AutoAofRewriteMinSize;

    /// <summary><c>aof-load-truncated</c>: a last file that ends in the midst of a command is cut there.</summary>
    public bool AofLoadTruncated;

    /// <summary><c>aof-use-rdb-preamble</c>: bases are RDB files.</summary>
    public bool AofUseRdbPreamble;

    /// <summary><c>aof-timestamp-enabled</c>: lines with the time stand in the AOF.</summary>
    public bool AofTimestampEnabled;

    /// <summary><c>aof-disable-auto-gc</c>: files that a rewrite has replaced stay.</summary>
    public bool AofDisableAutoGc;

    /// <summary><c>repl-backlog-size</c>: bytes of the replication stream kept for replicas that come back.</summary>
    public long ReplBacklogSize;

    /// <summary><c>replicaof</c>: the master, or null.</summary>
    public (string Host, int Port)? ReplicaOf;

    // ---- Directives without a value of their own ----

    /// <summary><c>rename-command</c> lines: old name, new name; an empty new name removes the command.</summary>
    public IReadOnlyList<(string From, string To)> RenamedCommands = [];

    /// <summary><c>user</c> lines: name and rules, as they stood.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Users = [];

    /// <summary><c>loadmodule</c> lines: path and arguments, as they stood.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Modules = [];

    // ---- FastKv's own ----

    /// <summary><c>shards</c>: event loop threads; 1 to 1024; the default is the number of cores this process may use.</summary>
    public int Shards;

    /// <summary><c>io-engine</c>.</summary>
    public IoEngine IoEngine;

    /// <summary><c>pin-shards</c>: each shard stays on one core.</summary>
    public bool PinShards;

    /// <summary><c>pipeline-strict-order</c>: a pipelined command waits for the one before it, also across shards.</summary>
    public bool PipelineStrictOrder;

    /// <summary><c>spin-us</c>: microseconds an idle shard polls at most before it sleeps; 0 never polls.</summary>
    public int SpinUs;

    /// <summary><c>debug-heap</c>: native memory with red zones, poison and leak report.</summary>
    public bool DebugHeap;

    /// <summary><c>debug-ring-delay-us</c>: random delays up to this where messages between shards are handled; 0 is off. For tests.</summary>
    public int DebugRingDelayUs;

    /// <summary><c>debug-tickets-last</c>: breaks the order of multi-shard commands on purpose, to show that a test of it would notice.</summary>
    public bool DebugTicketsLast;

    /// <summary><c>key-load-delay</c>: microseconds to wait for each key or command that is loaded; −n: one for every n of them.</summary>
    public int KeyLoadDelayUs;

    /// <summary><c>loading-process-events-interval-bytes</c>: with less than this to load, clients wait for the end of it.</summary>
    public long LoadingProcessEventsBytes;

    /// <summary><c>stall-watchdog-ms</c>: a turn longer than this is logged with its command; 0 is off.</summary>
    public int StallWatchdogMs;
#pragma warning restore CA1051

    /// <summary>Whether a <c>save</c> line of a file has already replaced the defaults.</summary>
    internal bool SaveSeenInFile;

    // Values of parameters that nobody reads yet, by row of the table.
    internal readonly bool[] StoredFlags = new bool[ConfigTable.RowsMax];
    internal readonly int[] StoredChoices = new int[ConfigTable.RowsMax];
    internal readonly long[] StoredNumbers = new long[ConfigTable.RowsMax];
    internal readonly string?[] StoredTexts = new string?[ConfigTable.RowsMax];

    internal ServerOptions()
    {
    }
}
