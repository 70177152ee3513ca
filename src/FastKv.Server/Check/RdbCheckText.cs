using FastKv.Engine.Persistence.Rdb;

namespace FastKv.Server.Check;

/// <summary>The words of <c>redis-check-rdb</c>. Control plane.</summary>
internal static class RdbCheckText
{
    // Of the byte that a length begins with.
    private const int LowBits = 0x3F;
    private const int LowBitsCount = 6;
    private const int LongLength = 2;

    private static readonly string[] s_types =
    [
        "string", "list-linked", "set-hashtable", "zset-v1", "hash-hashtable", "zset-v2", "module-pre-release", "module-value", "", "hash-zipmap",
        "list-ziplist", "set-intset", "zset-ziplist", "hash-ziplist", "quicklist", "stream", "hash-listpack", "zset-listpack", "quicklist-v2", "stream-v2",
        "set-listpack", "stream-v3", "hash-hashtable-md-pre-release", "hash-listpack-md-pre-release", "hash-hashtable-md", "hash-listpack-md",
    ];

    public static string Of(RdbStage stage) => stage switch
    {
        RdbStage.Start => "start",
        RdbStage.ReadType => "read-type",
        RdbStage.ReadExpiry => "read-expire",
        RdbStage.ReadKey => "read-key",
        RdbStage.ReadValue => "read-object-value",
        RdbStage.Checksum => "check-sum",
        RdbStage.ReadLength => "read-len",
        RdbStage.ReadAuxiliary => "read-aux",
        RdbStage.ReadModuleAuxiliary => "read-module-aux",
        _ => "read-functions",
    };

    public static string Of(int type) => (RdbType)type switch
    {
        RdbType.HashTimesValkey => "hash-v2",
        _ => (uint)type < (uint)s_types.Length ? s_types[type] : "unknown",
    };

    /// <summary>What is wrong. Faults inside of a value begin as in Redis, whose text goes on with a place in its source.</summary>
    /// <param name="walk">Has come to a fault.</param>
    public static string OfFault(in RdbWalker walk) => walk.Input.Fault switch
    {
        // A count that what follows cannot hold: Redis goes on until there is nothing more.
        RdbFault.Truncated or RdbFault.TooLarge => "Unexpected EOF reading RDB file",
        RdbFault.BadSignature => "Wrong signature trying to load DB from file",
        RdbFault.BadVersion => $"Can't handle RDB format version {walk.Version}",
        RdbFault.BadChecksum => "RDB CRC error",
        RdbFault.UnknownType when walk.Stage == RdbStage.ReadType => $"Invalid object type: {(int)walk.Type}",
        RdbFault.UnreadableFunction => $"Pre-release function format not supported {walk.Version}",
        RdbFault.BadModule when walk.Stage == RdbStage.ReadModuleAuxiliary => "bad when_opcode",
        _ => $"Internal error in RDB reading offset {walk.Input.FaultOffset} -> {OfValue(walk.Input, walk.Type)}",
    };

    private static unsafe string OfValue(in RdbInput input, RdbType type) => input.Fault switch
    {
        RdbFault.BadString when input.Offset > 0 => $"Unknown RDB string encoding type {input.At[-1] & LowBits}",
        RdbFault.BadLength when input.Offset > 0 && input.At[-1] >> LowBitsCount == LongLength => $"Unknown length encoding {LongLength} in rdbLoadLen()",
        RdbFault.BadCompression => "Invalid LZF compressed string",
        RdbFault.BadListpack when type == RdbType.ListQuicklist2 => "Listpack integrity check failed.",
        RdbFault.BadListpack when type == RdbType.HashListpack => "Hash listpack integrity check failed.",
        RdbFault.BadListpack when type == RdbType.SortedSetListpack => "Zset listpack integrity check failed.",
        RdbFault.BadZiplist when type == RdbType.ListQuicklist => "Ziplist integrity check failed.",
        RdbFault.BadZiplist when type == RdbType.ListZiplist => "List ziplist integrity check failed.",
        RdbFault.BadZiplist when type == RdbType.SortedSetZiplist => "Zset ziplist integrity check failed.",
        RdbFault.BadZiplist when type == RdbType.HashZiplist => "Hash ziplist integrity check failed.",
        RdbFault.BadZipmap => "Zipmap integrity check failed.",
        RdbFault.BadIntset => "Intset integrity check failed.",
        RdbFault.BadContainer => "Quicklist integrity check failed.",
        RdbFault.ModuleValue => "Pre-release module format not supported",
        _ => RdbFaultText.Of(input.Fault),
    };
}
