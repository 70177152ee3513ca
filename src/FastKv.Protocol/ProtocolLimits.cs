// Control plane. How much a client may ask the decoder to accept.
namespace FastKv.Protocol;

/// <summary>Limits of the request decoder, shared by all connections and changeable while the server runs.</summary>
public sealed record ProtocolLimits
{
    /// <summary>
    /// <c>proto-max-bulk-len</c>: the longest argument in bytes. Redis allows no setting below 1 MiB, and the decoder does not check
    /// arguments of less than 100 bytes against it. Values above 2^31 - 1 mean 2^31 - 1, what <see cref="Argument.Length"/> can hold.
    /// </summary>
    public long BulkBytesMax { get; set; } = 512L * 1024 * 1024;

    /// <summary>The longest inline command, and the longest header line, in bytes without its end (PROTO_INLINE_MAX_SIZE of Redis: 64 KiB).</summary>
    public int InlineBytesMax { get; set; } = 64 * 1024;

    /// <summary>The most arguments of one command. Redis 7: 2^31 - 1. The decoder does not check counts of less than 10 against it.</summary>
    public int ArgumentsMax { get; set; } = int.MaxValue;
}
