namespace FastKv.Engine.Commands;

/// <summary>What a blocked client gets when its time is up, or when it cannot be blocked.</summary>
internal enum TimeoutReply : byte
{
    /// <summary>A null array (BLPOP, BZPOPMIN, XREAD).</summary>
    NullArray,

    /// <summary>A null (BLMOVE, BRPOPLPUSH).</summary>
    Null,
}
