using FastKv.Engine.Messages;

namespace FastKv.Engine.PubSub;

/// <summary>The three forms in which a published message reaches its subscribers. Data plane.</summary>
internal static class ChannelMessage
{
    /// <summary><c>message channel payload</c></summary>
    public static Message Encode(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload) => Encode("message"u8, channel, payload);

    /// <summary><c>smessage channel payload</c></summary>
    public static Message EncodeShard(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload) => Encode("smessage"u8, channel, payload);

    /// <summary><c>pmessage pattern channel payload</c></summary>
    public static Message EncodePattern(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload)
    {
        var writer = new MessageWriter(BytesMax(channel, payload) + MessageWriter.BulkBytesMax(pattern.Length));
        writer.PushHeader(4);
        writer.BulkString("pmessage"u8);
        writer.BulkString(pattern);
        writer.BulkString(channel);
        writer.BulkString(payload);
        return writer.End();
    }

    private static Message Encode(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload)
    {
        var writer = new MessageWriter(BytesMax(channel, payload));
        writer.PushHeader(3);
        writer.BulkString(kind);
        writer.BulkString(channel);
        writer.BulkString(payload);
        return writer.End();
    }

    private static long BytesMax(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload) =>
        MessageWriter.HeaderBytesMax + MessageWriter.BulkBytesMax(8) + MessageWriter.BulkBytesMax(channel.Length) + MessageWriter.BulkBytesMax(payload.Length);
}
