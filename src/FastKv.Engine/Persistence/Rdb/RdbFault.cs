namespace FastKv.Engine.Persistence.Rdb;

/// <summary>What can be wrong with RDB bytes.</summary>
internal enum RdbFault : byte
{
    None = 0,
    Truncated,
    BadLength,
    BadString,
    BadCompression,
    TooLarge,
    UnknownType,
    UnknownOpcode,
    ModuleValue,
    BadModule,
    EmptyKey,
    BadListpack,
    BadZiplist,
    BadZipmap,
    BadIntset,
    BadScore,
    BadTime,
    BadStream,
    BadGroup,
    Duplicate,
    BadContainer,
    BadSignature,
    BadVersion,
    BadChecksum,
    BadDatabase,
    DuplicateKey,
    UnreadableFunction,
}

/// <summary>Words for them, for logs and tools. Control plane.</summary>
internal static class RdbFaultText
{
    public static string Of(RdbFault fault) => fault switch
    {
        RdbFault.Truncated => "unexpected end of the data",
        RdbFault.BadLength => "a length is expected, or is not one",
        RdbFault.BadString => "unknown encoding of a string",
        RdbFault.BadCompression => "compressed string is damaged",
        RdbFault.TooLarge => "a string or collection is larger than what follows can hold",
        RdbFault.UnknownType => "unknown type of value",
        RdbFault.UnknownOpcode => "unknown opcode",
        RdbFault.ModuleValue => "the value belongs to a module",
        RdbFault.BadModule => "a module's data is damaged",
        RdbFault.EmptyKey => "empty collection",
        RdbFault.BadListpack => "listpack is damaged",
        RdbFault.BadZiplist => "ziplist is damaged",
        RdbFault.BadZipmap => "zipmap is damaged",
        RdbFault.BadIntset => "intset is damaged",
        RdbFault.BadScore => "score is not a number",
        RdbFault.BadTime => "a field's time to live is damaged",
        RdbFault.BadStream => "entries of a stream are damaged",
        RdbFault.BadGroup => "consumer group of a stream is damaged",
        RdbFault.Duplicate => "an element comes twice in a collection",
        RdbFault.BadContainer => "unknown kind of a list's node",
        RdbFault.BadSignature => "wrong signature: this is no RDB file",
        RdbFault.BadVersion => "the format's version cannot be handled",
        RdbFault.BadChecksum => "wrong checksum",
        RdbFault.BadDatabase => "a database number is out of range",
        RdbFault.DuplicateKey => "a key comes twice",
        RdbFault.UnreadableFunction => "functions of a release candidate of Redis 7.0 cannot be read",
        _ => "no fault",
    };
}
