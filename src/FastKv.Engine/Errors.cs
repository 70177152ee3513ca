namespace FastKv.Engine;

/// <summary>Every error text that a client sees, equal to Redis's byte for byte (without the leading dash and the line end).</summary>
internal static class Errors
{
    public static ReadOnlySpan<byte> WrongType => "WRONGTYPE Operation against a key holding the wrong kind of value"u8;
    public static ReadOnlySpan<byte> Syntax => "ERR syntax error"u8;
    public static ReadOnlySpan<byte> NotAnInteger => "ERR value is not an integer or out of range"u8;
    public static ReadOnlySpan<byte> NotAFloat => "ERR value is not a valid float"u8;
    public static ReadOnlySpan<byte> NoSuchKey => "ERR no such key"u8;
    public static ReadOnlySpan<byte> OutOfRange => "ERR index out of range"u8;
    public static ReadOnlySpan<byte> InvalidDatabaseIndex => "ERR invalid DB index"u8;
    public static ReadOnlySpan<byte> DatabaseIndexOutOfRange => "ERR DB index is out of range"u8;
    public static ReadOnlySpan<byte> StringTooLong => "ERR string exceeds maximum allowed size (proto-max-bulk-len)"u8;
    public static ReadOnlySpan<byte> NoAuth => "NOAUTH Authentication required."u8;
    public static ReadOnlySpan<byte> MaxClients => "ERR max number of clients reached"u8;
    public static ReadOnlySpan<byte> NotAnInt32 => "ERR value is out of range, value must between -2147483648 and 2147483647"u8;
    public static ReadOnlySpan<byte> AuthWithoutPassword =>
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"u8;
    public static ReadOnlySpan<byte> WrongPassword => "WRONGPASS invalid username-password pair or user is disabled."u8;
    public static ReadOnlySpan<byte> NoProto => "NOPROTO unsupported protocol version"u8;
    public static ReadOnlySpan<byte> ProtocolVersionNotAnInteger => "ERR Protocol version is not an integer or out of range"u8;
    public static ReadOnlySpan<byte> HelloNoAuth =>
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"u8;
    public static ReadOnlySpan<byte> InvalidClientName => "ERR Client names cannot contain spaces, newlines or special characters."u8;
    public static ReadOnlySpan<byte> NoSuchClient => "ERR No such client"u8;
    public static ReadOnlySpan<byte> InvalidClientId => "ERR Invalid client ID"u8;
    public static ReadOnlySpan<byte> ClientIdNotPositive => "ERR client-id should be greater than 0"u8;
    public static ReadOnlySpan<byte> PauseTimeoutNotAnInteger => "ERR timeout is not an integer or out of range"u8;
    public static ReadOnlySpan<byte> PauseTimeoutNegative => "ERR timeout is negative"u8;
    public static ReadOnlySpan<byte> PauseMode => "ERR CLIENT PAUSE mode must be WRITE or ALL"u8;
    public static ReadOnlySpan<byte> NestedMulti => "ERR MULTI calls can not be nested"u8;
    public static ReadOnlySpan<byte> DiscardWithoutMulti => "ERR DISCARD without MULTI"u8;
    public static ReadOnlySpan<byte> ExecWithoutMulti => "ERR EXEC without MULTI"u8;
    public static ReadOnlySpan<byte> ExecAborted => "EXECABORT Transaction discarded because of previous errors."u8;
    public static ReadOnlySpan<byte> ExecAbortedPrefix => "EXECABORT Transaction discarded because of: "u8;
    public static ReadOnlySpan<byte> WatchInsideMulti => "ERR WATCH inside MULTI is not allowed"u8;
    public static ReadOnlySpan<byte> NotInTransaction => "ERR Command not allowed inside a transaction"u8;
    public static ReadOnlySpan<byte> Unblocked => "UNBLOCKED client unblocked via CLIENT UNBLOCK"u8;
    public static ReadOnlySpan<byte> UnblockReason => "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"u8;
    public static ReadOnlySpan<byte> SameObject => "ERR source and destination objects are the same"u8;
    public static ReadOnlySpan<byte> ExpireNotCompatible => "ERR NX and XX, GT or LT options at the same time are not compatible"u8;
    public static ReadOnlySpan<byte> ExpireGreaterAndLess => "ERR GT and LT options at the same time are not compatible"u8;
    public static ReadOnlySpan<byte> InvalidCursor => "ERR invalid cursor"u8;
    public static ReadOnlySpan<byte> InvalidFirstDatabase => "ERR invalid first DB index"u8;
    public static ReadOnlySpan<byte> InvalidSecondDatabase => "ERR invalid second DB index"u8;

    public static ReadOnlySpan<byte> OutOfMemory => "OOM command not allowed when used memory > 'maxmemory'."u8;

    // ---- Persistence ----

    public static ReadOnlySpan<byte> Loading => "LOADING Redis is loading the dataset in memory"u8;
    public static ReadOnlySpan<byte> RewriteBeforeSave =>
        "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible."u8;
    public static ReadOnlySpan<byte> SaveInProgress => "ERR Background save already in progress"u8;
    public static ReadOnlySpan<byte> Unspecified => "ERR"u8;
    public static ReadOnlySpan<byte> SaveFailed =>
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error."u8;

    // ---- Strings ----

    public static ReadOnlySpan<byte> InvalidExpiryPrefix => "ERR invalid expire time in '"u8;
    public static ReadOnlySpan<byte> InCommandSuffix => "' command"u8;
    public static ReadOnlySpan<byte> IncrementOverflow => "ERR increment or decrement would overflow"u8;
    public static ReadOnlySpan<byte> DecrementOverflow => "ERR decrement would overflow"u8;
    public static ReadOnlySpan<byte> FloatOverflow => "ERR increment would produce NaN or Infinity"u8;
    public static ReadOnlySpan<byte> OffsetOutOfRange => "ERR offset is out of range"u8;
    public static ReadOnlySpan<byte> NotADigest => "ERR must be exactly 16 hexadecimal characters"u8;
    public static ReadOnlySpan<byte> InvalidCondition => "ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE"u8;
    public static ReadOnlySpan<byte> ConditionNeedsString => "ERR Key should be of string type if conditions are specified"u8;
    public static ReadOnlySpan<byte> InvalidKeyCount => "ERR invalid numkeys value"u8;
    public static ReadOnlySpan<byte> WrongPairCount => "ERR wrong number of key-value pairs"u8;
    public static ReadOnlySpan<byte> LcsNeedsStrings => "ERR The specified keys must contain string values"u8;
    public static ReadOnlySpan<byte> LcsLengthAndRanges => "ERR If you want both the length and indexes, please just use IDX."u8;
    public static ReadOnlySpan<byte> LcsTooLarge => "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"u8;

    // ---- Collections ----

    public static ReadOnlySpan<byte> NotAnAbsoluteInt64 =>
        "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"u8;
    public static ReadOnlySpan<byte> NumKeysNotPositive => "ERR numkeys should be greater than 0"u8;
    public static ReadOnlySpan<byte> ValueOutOfRange => "ERR value is out of range"u8;
    public static ReadOnlySpan<byte> TimeoutNotAFloat => "ERR timeout is not a float or out of range"u8;
    public static ReadOnlySpan<byte> TimeoutNegative => "ERR timeout is negative"u8;
    public static ReadOnlySpan<byte> TimeoutOutOfRange => "ERR timeout is out of range"u8;

    // ---- Sets ----

    public static ReadOnlySpan<byte> NumKeysTooMany => "ERR Number of keys can't be greater than number of args"u8;
    public static ReadOnlySpan<byte> LimitNegative => "ERR LIMIT can't be negative"u8;

    // ---- Hashes ----

    public static ReadOnlySpan<byte> HashValueNotAnInteger => "ERR hash value is not an integer"u8;
    public static ReadOnlySpan<byte> HashValueNotAFloat => "ERR hash value is not a float"u8;
    public static ReadOnlySpan<byte> NanOrInfinity => "ERR value is NaN or Infinity"u8;
    public static ReadOnlySpan<byte> ExpiryNegative => "ERR invalid expire time, must be >= 0"u8;
    public static ReadOnlySpan<byte> FieldsMissing => "ERR Mandatory argument FIELDS is missing or not at the right position"u8;
    public static ReadOnlySpan<byte> FieldsMissingOfHSetEx => "ERR missing FIELDS argument"u8;
    public static ReadOnlySpan<byte> FieldCountNotPositive => "ERR Number of fields must be a positive integer"u8;
    public static ReadOnlySpan<byte> FieldCountOfHExpire => "ERR Parameter `numFields` should be greater than 0"u8;
    public static ReadOnlySpan<byte> FieldCountOfHSetEx => "ERR invalid number of fields"u8;
    public static ReadOnlySpan<byte> FieldCountMismatch => "ERR The `numfields` parameter must match the number of arguments"u8;
    public static ReadOnlySpan<byte> OneFieldCondition => "ERR Only one of FXX or FNX arguments can be specified"u8;
    public static ReadOnlySpan<byte> OneFieldExpiry => "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"u8;
    public static ReadOnlySpan<byte> UnknownArgumentPrefix => "ERR unknown argument: "u8;

    // ---- Bitmaps ----

    public static ReadOnlySpan<byte> InvalidBitOffset => "ERR bit offset is not an integer or out of range"u8;
    public static ReadOnlySpan<byte> InvalidBit => "ERR bit is not an integer or out of range"u8;
    public static ReadOnlySpan<byte> BitNotZeroOrOne => "ERR The bit argument must be 1 or 0."u8;
    public static ReadOnlySpan<byte> BitOpNotNeedsOneSource => "ERR BITOP NOT must be called with a single source key."u8;
    public static ReadOnlySpan<byte> BitOpPrefix => "ERR BITOP "u8;
    public static ReadOnlySpan<byte> BitOpNeedsTwoSourcesSuffix => " must be called with at least two source keys."u8;
    public static ReadOnlySpan<byte> InvalidBitFieldType =>
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."u8;
    public static ReadOnlySpan<byte> InvalidOverflow => "ERR Invalid OVERFLOW type specified"u8;
    public static ReadOnlySpan<byte> BitFieldReadOnly => "ERR BITFIELD_RO only supports the GET subcommand"u8;

    // ---- Lists ----

    public static ReadOnlySpan<byte> CountNotPositive => "ERR count should be greater than 0"u8;
    public static ReadOnlySpan<byte> NegativeCount => "ERR COUNT can't be negative"u8;
    public static ReadOnlySpan<byte> NegativeMaxLength => "ERR MAXLEN can't be negative"u8;
    public static ReadOnlySpan<byte> ZeroRank =>
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list"u8;

    // ---- Sorted sets ----

    public static ReadOnlySpan<byte> AddNxAndXx => "ERR XX and NX options at the same time are not compatible"u8;
    public static ReadOnlySpan<byte> AddComparisons => "ERR GT, LT, and/or NX options at the same time are not compatible"u8;
    public static ReadOnlySpan<byte> AddIncrementPairs => "ERR INCR option supports a single increment-element pair"u8;
    public static ReadOnlySpan<byte> ScoreNotANumber => "ERR resulting score is not a number (NaN)"u8;
    public static ReadOnlySpan<byte> ScoreRange => "ERR min or max is not a float"u8;
    public static ReadOnlySpan<byte> MemberRange => "ERR min or max not valid string range item"u8;
    public static ReadOnlySpan<byte> LimitNeedsBy => "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"u8;
    public static ReadOnlySpan<byte> WithScoresByLex => "ERR syntax error, WITHSCORES not supported in combination with BYLEX"u8;
    public static ReadOnlySpan<byte> WeightNotAFloat => "ERR weight value is not a float"u8;
    public static ReadOnlySpan<byte> NoInputKeyPrefix => "ERR at least 1 input key is needed for '"u8;

    // ---- Streams ----

    public static ReadOnlySpan<byte> InvalidStreamId => "ERR Invalid stream ID specified as stream command argument"u8;
    public static ReadOnlySpan<byte> InvalidIntervalStart => "ERR invalid start ID for the interval"u8;
    public static ReadOnlySpan<byte> InvalidIntervalEnd => "ERR invalid end ID for the interval"u8;
    public static ReadOnlySpan<byte> ZeroStreamId => "ERR The ID specified in XADD must be greater than 0-0"u8;
    public static ReadOnlySpan<byte> StreamExhausted => "ERR The stream has exhausted the last possible ID, unable to add more items"u8;
    public static ReadOnlySpan<byte> StreamIdTooSmall => "ERR The ID specified in XADD is equal or smaller than the target stream top item"u8;
    public static ReadOnlySpan<byte> StreamEntryTooLarge => "ERR Elements are too large to be stored"u8;
    public static ReadOnlySpan<byte> NegativeTrimLimit => "ERR The LIMIT argument must be >= 0."u8;
    public static ReadOnlySpan<byte> NegativeTrimLength => "ERR The MAXLEN argument must be >= 0."u8;
    public static ReadOnlySpan<byte> TwoTrimStrategies => "ERR syntax error, MAXLEN and MINID options at the same time are not compatible"u8;
    public static ReadOnlySpan<byte> LimitWithoutStrategy => "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"u8;
    public static ReadOnlySpan<byte> LimitWithoutTilde => "ERR syntax error, LIMIT cannot be used without the special ~ option"u8;
    public static ReadOnlySpan<byte> TrimWithoutStrategy => "ERR syntax error, XTRIM must be called with a trimming strategy"u8;
    public static ReadOnlySpan<byte> NegativeEntriesAdded => "ERR entries_added must be positive"u8;
    public static ReadOnlySpan<byte> SetIdBelowGivenDeleted => "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"u8;
    public static ReadOnlySpan<byte> SetIdBelowTop => "ERR The ID specified in XSETID is smaller than the target stream top item"u8;
    public static ReadOnlySpan<byte> EntriesAddedBelowLength => "ERR The entries_added specified in XSETID is smaller than the target stream length"u8;
    public static ReadOnlySpan<byte> StreamIdCountNotPositive => "ERR Number of IDs must be a positive integer"u8;
    public static ReadOnlySpan<byte> StreamIdCountMismatch => "ERR The `numids` parameter must match the number of arguments"u8;
    public static ReadOnlySpan<byte> NoGroupOrKeyPrefix => "NOGROUP No such key '"u8;
    public static ReadOnlySpan<byte> NoGroupOrKeyInfix => "' or consumer group '"u8;
    public static ReadOnlySpan<byte> NoGroupInReadSuffix => " in XREADGROUP with GROUP option"u8;
    public static ReadOnlySpan<byte> NoGroupPrefix => "NOGROUP No such consumer group '"u8;
    public static ReadOnlySpan<byte> NoGroupInfix => "' for key name '"u8;
    public static ReadOnlySpan<byte> GroupOfBlockedGone => "NOGROUP the consumer group this client was blocked on no longer exists"u8;
    public static ReadOnlySpan<byte> StreamOfBlockedGone => "UNBLOCKED the stream key no longer exists"u8;
    public static ReadOnlySpan<byte> GroupExists => "BUSYGROUP Consumer Group name already exists"u8;
    public static ReadOnlySpan<byte> GroupNeedsKey =>
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically."u8;
    public static ReadOnlySpan<byte> NegativeEntriesRead => "ERR value for ENTRIESREAD must be positive or -1"u8;
    public static ReadOnlySpan<byte> UnbalancedStreams => "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified."u8;
    public static ReadOnlySpan<byte> GroupOptionInRead => "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."u8;
    public static ReadOnlySpan<byte> NoAckOptionInRead => "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."u8;
    public static ReadOnlySpan<byte> ClaimOptionInRead => "ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead."u8;
    public static ReadOnlySpan<byte> MinIdleNotAnInteger => "ERR min-idle-time is not an integer"u8;
    public static ReadOnlySpan<byte> MinIdleNegative => "ERR min-idle-time must be a positive integer"u8;
    public static ReadOnlySpan<byte> MissingGroup => "ERR Missing GROUP option for XREADGROUP"u8;
    public static ReadOnlySpan<byte> DollarInReadGroup =>
        "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set."u8;
    public static ReadOnlySpan<byte> PlusInReadGroup =>
        "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The + ID would just return an empty result set."u8;
    public static ReadOnlySpan<byte> GreaterInRead =>
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."u8;
    public static ReadOnlySpan<byte> InvalidMinIdleInClaim => "ERR Invalid min-idle-time argument for XCLAIM"u8;
    public static ReadOnlySpan<byte> InvalidMinIdleInAutoClaim => "ERR Invalid min-idle-time argument for XAUTOCLAIM"u8;
    public static ReadOnlySpan<byte> InvalidIdleInClaim => "ERR Invalid IDLE option argument for XCLAIM"u8;
    public static ReadOnlySpan<byte> InvalidTimeInClaim => "ERR Invalid TIME option argument for XCLAIM"u8;
    public static ReadOnlySpan<byte> InvalidRetryCountInClaim => "ERR Invalid RETRYCOUNT option argument for XCLAIM"u8;
    public static ReadOnlySpan<byte> UnknownClaimOptionPrefix => "ERR Unrecognized XCLAIM option '"u8;
    public static ReadOnlySpan<byte> ClaimCountNotPositive => "ERR COUNT must be > 0"u8;
    public static ReadOnlySpan<byte> TimeoutNotAnInteger => "ERR timeout is not an integer or out of range"u8;

    // ---- HyperLogLogs ----

    public static ReadOnlySpan<byte> NotAHyperLogLog => "WRONGTYPE Key is not a valid HyperLogLog string value."u8;
    public static ReadOnlySpan<byte> CorruptHyperLogLog => "INVALIDOBJ Corrupted HLL object detected"u8;
    public static ReadOnlySpan<byte> NoSuchDebugKey => "ERR The specified key does not exist"u8;
    public static ReadOnlySpan<byte> NotASparseHyperLogLog => "ERR HLL encoding is not sparse"u8;

    // ---- SORT ----

    public static ReadOnlySpan<byte> SortScores => "ERR One or more scores can't be converted into double"u8;

    // ---- Geo ----

    public static ReadOnlySpan<byte> InvalidPositionPrefix => "ERR invalid longitude,latitude pair "u8;
    public static ReadOnlySpan<byte> UnknownUnit => "ERR unsupported unit provided. please use M, KM, FT, MI"u8;
    public static ReadOnlySpan<byte> RadiusNotANumber => "ERR need numeric radius"u8;
    public static ReadOnlySpan<byte> RadiusNegative => "ERR radius cannot be negative"u8;
    public static ReadOnlySpan<byte> WidthNotANumber => "ERR need numeric width"u8;
    public static ReadOnlySpan<byte> HeightNotANumber => "ERR need numeric height"u8;
    public static ReadOnlySpan<byte> BoxNegative => "ERR height or width cannot be negative"u8;
    public static ReadOnlySpan<byte> NoSuchPosition => "ERR could not decode requested zset member"u8;
    public static ReadOnlySpan<byte> GeoCountNotPositive => "ERR COUNT must be > 0"u8;
    public static ReadOnlySpan<byte> GeoAnyWithoutCount => "ERR the ANY argument requires COUNT argument"u8;
    public static ReadOnlySpan<byte> GeoCentrePrefix => "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for "u8;
    public static ReadOnlySpan<byte> GeoShapePrefix => "ERR exactly one of BYRADIUS and BYBOX can be specified for "u8;
    public static ReadOnlySpan<byte> GeoSearchStoreOptions => "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"u8;
    public static ReadOnlySpan<byte> GeoRadiusStoreOptions =>
        "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options"u8;

    // ---- Introspection ----

    public static ReadOnlySpan<byte> SlowlogCount => "ERR count should be greater than or equal to -1"u8;
    public static ReadOnlySpan<byte> CommandLogType => "ERR type should be one of the following: slow, large-request, large-reply"u8;
    public static ReadOnlySpan<byte> NoLatencySamplesPrefix => "ERR No samples available for event '"u8;

    public static ReadOnlySpan<byte> MonitorNotAllowed => "ERR MONITOR isn't allowed for DENY BLOCKING client"u8;
    public static ReadOnlySpan<byte> MonitorOnKeyspace => "ERR Replica can't interact with the keyspace"u8;
    public static ReadOnlySpan<byte> ModuleNotAllowed =>
        "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server."u8;
    public static ReadOnlySpan<byte> ClusterOff => "ERR This instance has cluster support disabled"u8;

    // ---- Replication ----

    public static ReadOnlySpan<byte> NoSynchronisation => "ERR Replication is not supported yet"u8;
    public static ReadOnlySpan<byte> MasterPort => "ERR Invalid master port"u8;
    public static ReadOnlySpan<byte> NoFailover => "ERR No failover in progress."u8;
    public static ReadOnlySpan<byte> FailoverTimeout => "ERR FAILOVER timeout must be greater than 0"u8;
    public static ReadOnlySpan<byte> FailoverNeedsReplicas => "ERR FAILOVER requires connected replicas."u8;
    public static ReadOnlySpan<byte> NotZeroOrOne => "ERR value is out of range, must be between 0 and 1"u8;
    public static ReadOnlySpan<byte> WaitWithoutFile => "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."u8;

    // ---- Snapshots and serialisation ----

    public static ReadOnlySpan<byte> BusyKey => "BUSYKEY Target key name already exists."u8;
    public static ReadOnlySpan<byte> InvalidTtl => "ERR Invalid TTL value, must be >= 0"u8;
    public static ReadOnlySpan<byte> InvalidIdleTime => "ERR Invalid IDLETIME value, must be >= 0"u8;
    public static ReadOnlySpan<byte> InvalidFrequency => "ERR Invalid FREQ value, must be >= 0 and <= 255"u8;
    public static ReadOnlySpan<byte> BadDumpFooter => "ERR DUMP payload version or checksum are wrong"u8;
    public static ReadOnlySpan<byte> BadDumpData => "ERR Bad data format"u8;
    public static ReadOnlySpan<byte> Plain => "ERR"u8;
    public static ReadOnlySpan<byte> DebugReloadOption => "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."u8;
    public static ReadOnlySpan<byte> DebugReloadFailed => "ERR Error trying to load the RDB dump, check server logs."u8;
    public static ReadOnlySpan<byte> ShutdownFailed => "ERR Errors trying to SHUTDOWN. Check logs."u8;
    public static ReadOnlySpan<byte> DumpTooLarge => "ERR the serialized value is larger than a reply can be"u8;

    // ---- ACL ----

    public static ReadOnlySpan<byte> NoCommandPermissionPrefix => "NOPERM this user has no permissions to run the '"u8;
    public static ReadOnlySpan<byte> NoKeyPermission => "NOPERM this user has no permissions to access one of the keys used as arguments"u8;
    public static ReadOnlySpan<byte> NoChannelPermission => "NOPERM this user has no permissions to access one of the channels used as arguments"u8;
    public static ReadOnlySpan<byte> AclChangedPrefix =>
        "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: "u8;
    public static ReadOnlySpan<byte> AclChangedCommand => "no permission to execute the command or subcommand"u8;
    public static ReadOnlySpan<byte> AclChangedKey => "no permission to touch the specified keys"u8;
    public static ReadOnlySpan<byte> AclChangedChannel => "no permission to access one of the channels used as arguments to the command"u8;
    public static ReadOnlySpan<byte> AclSyntax => "Syntax error"u8;
    public static ReadOnlySpan<byte> AclUnknown => "Unknown command or category name in ACL"u8;
    public static ReadOnlySpan<byte> AclKeysAfterAll =>
        "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns"u8;
    public static ReadOnlySpan<byte> AclChannelsAfterAll =>
        "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels"u8;
    public static ReadOnlySpan<byte> AclNoSuchPassword => "The password you are trying to remove from the user does not exist"u8;
    public static ReadOnlySpan<byte> AclBadHash => "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"u8;
    public static ReadOnlySpan<byte> AclDuplicateUser => "Duplicate user found. A user can only be defined once in config files"u8;
    public static ReadOnlySpan<byte> AclArgumentOfSubcommand => "Allowing first-arg of a subcommand is not supported"u8;
    public static ReadOnlySpan<byte> AclBadUserName => "ERR Usernames can't contain spaces or null characters"u8;
    public static ReadOnlySpan<byte> AclDefaultUserRemains => "ERR The 'default' user cannot be removed"u8;
    public static ReadOnlySpan<byte> AclPasswordBits =>
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096"u8;
    public static ReadOnlySpan<byte> AclNoFile =>
        "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration."u8;
    public static ReadOnlySpan<byte> AclNotSaved => "ERR There was an error trying to save the ACLs. Please check the server logs for more information"u8;
    public static ReadOnlySpan<byte> SortByDenied => "ERR BY option of SORT denied due to insufficient ACL permissions."u8;
    public static ReadOnlySpan<byte> SortGetDenied => "ERR GET option of SORT denied due to insufficient ACL permissions."u8;

    // ---- Server ----

    public static ReadOnlySpan<byte> NoShutdownInProgress => "ERR No shutdown in progress."u8;
    public static ReadOnlySpan<byte> NoReplication => "ERR Replication is not supported yet: only NO ONE is accepted"u8;
    public static ReadOnlySpan<byte> DebugNotAllowed =>
        "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server."u8;
    public static ReadOnlySpan<byte> DebugUnknownPrefix => "ERR unknown subcommand or wrong number of arguments for '"u8;
    public static ReadOnlySpan<byte> DebugUnknownSuffix => "'. Try DEBUG HELP."u8;
    public static ReadOnlySpan<byte> PackedThreshold => "ERR argument must be a memory value bigger than 1 and smaller than 4gb"u8;
    public static ReadOnlySpan<byte> NotPositive => "ERR value is out of range, must be positive"u8;
    public static ReadOnlySpan<byte> NotAnSds => "ERR Not an sds encoded string."u8;
    public static ReadOnlySpan<byte> NotAListpack => "ERR Not a listpack encoded object."u8;
    public static ReadOnlySpan<byte> NotAQuicklist => "ERR Not a quicklist encoded object."u8;
    public static ReadOnlySpan<byte> NotAHashTable => "ERR The value stored at the specified key is not represented using an hash table"u8;
    public static ReadOnlySpan<byte> DebugDatabase => "ERR Out of range database"u8;
    public static ReadOnlySpan<byte> NeedsResp3 => "ERR RESP2 is not supported by this command"u8;
    public static ReadOnlySpan<byte> UnknownProtocolType =>
        "ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"u8;
    public static ReadOnlySpan<byte> NotLfu =>
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."u8;
    public static ReadOnlySpan<byte> NotLru =>
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."u8;

    // ---- Pub/Sub ----
    public static ReadOnlySpan<byte> ShardSubscribeDenied => "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"u8;

    // ---- Client-side caching ----

    public static ReadOnlySpan<byte> OneRedirect => "ERR A client can only redirect to a single other client"u8;

    public static ReadOnlySpan<byte> NoSuchRedirect => "ERR The client ID you want redirect to does not exist"u8;

    public static ReadOnlySpan<byte> PrefixNeedsBroadcast => "ERR PREFIX option requires BCAST mode to be enabled"u8;

    public static ReadOnlySpan<byte> BroadcastSwitch =>
        "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode."u8;

    public static ReadOnlySpan<byte> OptionsWithBroadcast => "ERR OPTIN and OPTOUT are not compatible with BCAST"u8;

    public static ReadOnlySpan<byte> OptInAndOptOut => "ERR You can't specify both OPTIN mode and OPTOUT mode"u8;

    public static ReadOnlySpan<byte> OptionSwitch =>
        "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode."u8;

    public static ReadOnlySpan<byte> CachingWithoutTracking =>
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"u8;

    public static ReadOnlySpan<byte> CachingYesNeedsOptIn => "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."u8;

    public static ReadOnlySpan<byte> CachingNoNeedsOptOut => "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."u8;

    // ---- MIGRATE ----

    public static ReadOnlySpan<byte> MigrateKeyAndKeys =>
        "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"u8;

    public static ReadOnlySpan<byte> MigrateConnect => "IOERR error or timeout connecting to the client"u8;

    public static ReadOnlySpan<byte> MigrateWrite => "IOERR error or timeout writing to target instance"u8;

    public static ReadOnlySpan<byte> MigrateRead => "IOERR error or timeout reading to target instance"u8;

    // ---- Append-only file ----

    public static ReadOnlySpan<byte> DebugLoadAofFailed => "ERR Error trying to load the AOF files, check server logs."u8;

    public static ReadOnlySpan<byte> RewriteFailed =>
        "ERR Can't execute an AOF background rewriting. Please check the server logs for more information."u8;
    public static ReadOnlySpan<byte> RewriteInProgress => "ERR Background append only file rewriting already in progress"u8;
}
