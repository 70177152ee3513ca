using FastKv.Engine.Messages;

namespace FastKv.Engine.Tracking;

// Data plane. What a client with a cache is told: that keys have changed, or (null) that all have. In RESP3 a push; in RESP2, to the connection that a client
// has redirected its messages to, a message of the channel __redis__:invalidate, so that it looks like Pub/Sub.
//
//   RESP3   >2  "invalidate"  *n key…                       RESP2   *3  "message"  "__redis__:invalidate"  *n key…

/// <summary>Encodes invalidations.</summary>
internal ref struct InvalidationMessage
{
    private MessageWriter _writer;

    private InvalidationMessage(long contentBytesMax, MessageFlags flags = MessageFlags.Invalidation)
    {
        _writer = new MessageWriter(Resp3Head.Length + Resp2Head.Length + (2 * contentBytesMax), flags);
        _writer.Raw(Resp3Head);
    }

    private static ReadOnlySpan<byte> Resp3Head => ">2\r\n$10\r\ninvalidate\r\n"u8;

    private static ReadOnlySpan<byte> Resp2Head => "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n"u8;

    /// <summary>Bound of the bytes of one key.</summary>
    public static long BytesMaxOf(int keyLength) => MessageWriter.BulkBytesMax(keyLength);

    /// <summary>One key has changed.</summary>
    public static Message OfKey(ReadOnlySpan<byte> key)
    {
        var message = new InvalidationMessage(MessageWriter.HeaderBytesMax + BytesMaxOf(key.Length));
        message._writer.ArrayHeader(1);
        message._writer.BulkString(key);
        message.BeginResp2();
        message._writer.ArrayHeader(1);
        message._writer.BulkString(key);
        return message._writer.End();
    }

    /// <summary>All keys have changed.</summary>
    public static Message OfAll() => OfAll("_\r\n"u8, MessageFlags.Invalidation);

    private static Message OfAll(ReadOnlySpan<byte> nothing, MessageFlags flags)
    {
        var message = new InvalidationMessage(MessageWriter.HeaderBytesMax, flags);
        message._writer.Raw(nothing);
        message.BeginResp2();
        message._writer.Raw(nothing);
        return message._writer.End();
    }

    /// <summary>Several keys have changed.</summary>
    /// <param name="keys">Those, and others: of one key several may stand behind each other, of which the last counts.</param>
    /// <param name="count">How many keys there are that <paramref name="exceptOf"/> has not changed.</param>
    /// <param name="bytesMax">Bound of their bytes.</param>
    /// <param name="exceptOf">The client that is not told of its own changes; null: there is none.</param>
    public static Message OfKeys(ReadOnlySpan<BroadcastKey> keys, long count, long bytesMax, Tracker? exceptOf)
    {
        var message = new InvalidationMessage(MessageWriter.HeaderBytesMax + bytesMax);
        message.Write(keys, count, exceptOf);
        message.BeginResp2();
        message.Write(keys, count, exceptOf);
        return message._writer.End();
    }

    /// <summary>The connection that a client's messages go to has gone.</summary>
    public static Message OfBrokenRedirect(long clientId)
    {
        var writer = new MessageWriter((3 * MessageWriter.HeaderBytesMax) + 32);
        writer.PushHeader(2);
        writer.BulkString("tracking-redir-broken"u8);
        writer.Integer(clientId);
        return writer.End();
    }

    /// <summary>The same for the connection that a client's messages go to: RESP2 ones get it while they are subscribed to something.</summary>
    public static unsafe Message ToRedirect(Message message, bool isOfResp3Client)
    {
        // Redis writes the null in the version of the protocol that the tracking client speaks, even to another one.
        bool isOfAll = message.Length == Resp3Head.Length + 3;
        if (isOfAll && !isOfResp3Client)
            return OfAll("$-1\r\n"u8, MessageFlags.SubscribersInResp2);
        var writer = new MessageWriter(message.Length + message.Resp2Length, MessageFlags.SubscribersInResp2);
        writer.Raw(new ReadOnlySpan<byte>(message.Data, checked((int)message.Length)));
        writer.BeginResp2();
        writer.Raw(new ReadOnlySpan<byte>(message.Resp2Data, checked((int)message.Resp2Length)));
        return writer.End();
    }

    private void BeginResp2()
    {
        _writer.BeginResp2();
        _writer.Raw(Resp2Head);
    }

    private void Write(ReadOnlySpan<BroadcastKey> keys, long count, Tracker? exceptOf)
    {
        _writer.ArrayHeader(count);
        foreach (ref readonly var key in keys)
        {
            if (exceptOf is null || !key.IsOf(exceptOf))
                _writer.BulkString(key.Name);
        }
    }
}
