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
}
