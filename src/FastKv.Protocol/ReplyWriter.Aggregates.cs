// Data plane. Headers of replies that hold other replies; with the size known before, or only at the end.
using System.Diagnostics;
using FastKv.Memory;

namespace FastKv.Protocol;

public unsafe partial struct ReplyWriter
{
    /// <summary>No list: <c>*-1</c> in RESP2, <c>_</c> in RESP3.</summary>
    public readonly void NullArray()
    {
        if (Resp == 2)
            Output.Append("*-1\r\n"u8);
        else
            Null3();
    }

    /// <summary>Header of a list; its items follow.</summary>
    /// <param name="count">Items, 0 or more.</param>
    public readonly void ArrayHeader(long count) => Aggregate((byte)'*', count);

    /// <summary>Header of a map; key, value, key, value follow. A list of twice the length in RESP2.</summary>
    /// <param name="pairs">Pairs, 0 or more.</param>
    public readonly void MapHeader(long pairs)
    {
        if (Resp == 2)
            Aggregate((byte)'*', pairs * 2);
        else
            Aggregate((byte)'%', pairs);
    }

    /// <summary>Header of a set; its members follow. A list in RESP2.</summary>
    /// <param name="count">Members, 0 or more.</param>
    public readonly void SetHeader(long count) => Aggregate(Resp == 2 ? (byte)'*' : (byte)'~', count);

    /// <summary>Header of an out-of-band message (pub/sub, invalidation); its items follow. A list in RESP2.</summary>
    /// <param name="count">Items, at least 1.</param>
    public readonly void PushHeader(long count) => Aggregate(Resp == 2 ? (byte)'*' : (byte)'>', count);

    /// <summary>Header of attributes of the reply behind them; key, value, key, value follow. RESP3 only: RESP2 has no form for them.</summary>
    /// <param name="pairs">Pairs, 0 or more.</param>
    public readonly void AttributeHeader(long pairs)
    {
        Debug.Assert(Resp == 3, "RESP2 has no attributes");
        Aggregate((byte)'|', pairs);
    }

    /// <summary>Opens a list whose length is not known yet.</summary>
    /// <returns>To be given to <see cref="EndArray"/> once the items are written.</returns>
    public readonly DeferredReply BeginArray() => new(Output.BeginDeferred());

    /// <summary>Opens a map whose size is not known yet.</summary>
    /// <returns>To be given to <see cref="EndMap"/> once keys and values are written.</returns>
    public readonly DeferredReply BeginMap() => new(Output.BeginDeferred());

    /// <summary>Opens a set whose size is not known yet.</summary>
    /// <returns>To be given to <see cref="EndSet"/> once the members are written.</returns>
    public readonly DeferredReply BeginSet() => new(Output.BeginDeferred());

    /// <summary>Writes the header that <see cref="BeginArray"/> left open.</summary>
    /// <param name="deferred">What it returned.</param>
    /// <param name="count">Items written since.</param>
    public readonly void EndArray(DeferredReply deferred, long count) => EndDeferred(deferred, (byte)'*', count);

    /// <summary>Writes the header that <see cref="BeginMap"/> left open.</summary>
    /// <param name="deferred">What it returned.</param>
    /// <param name="pairs">Pairs written since.</param>
    public readonly void EndMap(DeferredReply deferred, long pairs)
    {
        if (Resp == 2)
            EndDeferred(deferred, (byte)'*', pairs * 2);
        else
            EndDeferred(deferred, (byte)'%', pairs);
    }

    /// <summary>Writes the header that <see cref="BeginSet"/> left open.</summary>
    /// <param name="deferred">What it returned.</param>
    /// <param name="count">Members written since.</param>
    public readonly void EndSet(DeferredReply deferred, long count) => EndDeferred(deferred, Resp == 2 ? (byte)'*' : (byte)'~', count);

    /// <summary>Makes the open reply a missing one, as <see cref="NullArray"/> writes it; no items may have been written.</summary>
    /// <param name="deferred">What a Begin method returned.</param>
    public readonly void EndNullArray(DeferredReply deferred) => Output.EndDeferred(deferred.Placeholder, Resp == 2 ? "*-1\r\n"u8 : "_\r\n"u8);

    /// <summary>Fills the placeholder with a finished reply of at most 32 bytes (SCAN's cursor, known only after its keys).</summary>
    public readonly void EndWith(DeferredReply deferred, ReadOnlySpan<byte> resp) => Output.EndDeferred(deferred.Placeholder, resp);

    private readonly void EndDeferred(DeferredReply deferred, byte type, long count)
    {
        Debug.Assert(count >= 0, "a reply cannot have a negative size");
        byte* header = stackalloc byte[HeaderBytesMax];
        int length = WriteHeader(header, type, count);
        Output.EndDeferred(deferred.Placeholder, new ReadOnlySpan<byte>(header, length));
    }

    private readonly void Aggregate(byte type, long count)
    {
        Debug.Assert(count >= 0, "a reply cannot have a negative size");
        Header(type, count);
    }
}
