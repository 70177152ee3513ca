// Data plane. The ways in which a client can break the protocol, and Redis's words for each.
namespace FastKv.Protocol;

/// <summary>Why a request cannot be decoded (networking.c of Redis 7: processMultibulkBuffer, processInlineBuffer).</summary>
internal enum ProtocolError : byte
{
    None,
    CountLineTooLong,
    InvalidCount,
    UnauthenticatedCount,
    LengthLineTooLong,
    ExpectedDollar,
    InvalidLength,
    UnauthenticatedLength,
    InlineTooLong,
    UnbalancedQuotes,
}

/// <summary>The texts, without the leading '-' and the line end.</summary>
internal static class ProtocolErrorTexts
{
    /// <summary>Text before the offending byte of <see cref="ProtocolError.ExpectedDollar"/>; a quote follows the byte.</summary>
    public static ReadOnlySpan<byte> ExpectedDollarPrefix => "ERR Protocol error: expected '$', got '"u8;

    public static ReadOnlySpan<byte> Of(ProtocolError error) => error switch
    {
        ProtocolError.CountLineTooLong => "ERR Protocol error: too big mbulk count string"u8,
        ProtocolError.InvalidCount => "ERR Protocol error: invalid multibulk length"u8,
        ProtocolError.UnauthenticatedCount => "ERR Protocol error: unauthenticated multibulk length"u8,
        ProtocolError.LengthLineTooLong => "ERR Protocol error: too big bulk count string"u8,
        ProtocolError.InvalidLength => "ERR Protocol error: invalid bulk length"u8,
        ProtocolError.UnauthenticatedLength => "ERR Protocol error: unauthenticated bulk length"u8,
        ProtocolError.InlineTooLong => "ERR Protocol error: too big inline request"u8,
        ProtocolError.UnbalancedQuotes => "ERR Protocol error: unbalanced quotes in request"u8,
        _ => default,
    };
}
