using System.Diagnostics;
using FastKv.Protocol;

namespace FastKv.Engine.Messages;

// Data plane. Encodes a message into a native block: the bound of its size is known before, so nothing grows.

/// <summary>Writes one message. Everything costs O(bytes).</summary>
internal unsafe ref struct MessageWriter
{
    /// <summary>Bytes that the header of an aggregate or a number takes at most.</summary>
    public const int HeaderBytesMax = 32;

    private readonly MessageBlock* _block;
    private byte* _position;
    private readonly byte* _limit;

    /// <summary>Begins a message.</summary>
    /// <param name="bytesMax">Bound of its bytes, in all forms: add up <see cref="HeaderBytesMax"/> and <see cref="BulkBytesMax"/>.</param>
    /// <param name="flags">What becomes of it at special receivers.</param>
    public MessageWriter(long bytesMax, MessageFlags flags = MessageFlags.None)
    {
        Debug.Assert((flags & MessageFlags.HasResp2) == 0, "that follows from BeginResp2");
        _block = (MessageBlock*)MessagePool.RentOfThread(sizeof(MessageBlock) + bytesMax);
        _block->References = 1;
        _block->Flags = flags;
        _position = (byte*)(_block + 1);
        _limit = _position + bytesMax;
    }

    /// <summary>Bytes that a bulk string takes at most.</summary>
    public static long BulkBytesMax(long length) => length + HeaderBytesMax;

    /// <summary>Header of a push: <c>&gt;count</c>, which RESP2 receivers see as <c>*count</c> when it opens the message.</summary>
    public void PushHeader(long count) => Header((byte)'>', count);

    /// <summary>Header of a list.</summary>
    public void ArrayHeader(long count) => Header((byte)'*', count);

    public void Integer(long value) => Header((byte)':', value);

    public void BulkString(scoped ReadOnlySpan<byte> value)
    {
        Header((byte)'$', value.Length);
        Raw(value);
        Raw("\r\n"u8);
    }

    /// <summary>Bytes that are RESP already.</summary>
    public void Raw(scoped ReadOnlySpan<byte> bytes)
    {
        Debug.Assert(bytes.Length <= _limit - _position, "the bound was right");
        bytes.CopyTo(new Span<byte>(_position, bytes.Length));
        _position += bytes.Length;
    }

    /// <summary>What follows is the form for RESP2 receivers.</summary>
    public void BeginResp2()
    {
        Debug.Assert((_block->Flags & MessageFlags.HasResp2) == 0, "there are two forms");
        _block->Flags |= MessageFlags.HasResp2;
        _block->Length = _position - (byte*)(_block + 1);
    }

    /// <summary>The message, held once by the caller: to be posted as often as wanted, then released.</summary>
    public readonly Message End()
    {
        long length = _position - (byte*)(_block + 1);
        if ((_block->Flags & MessageFlags.HasResp2) != 0)
            _block->Resp2Length = length - _block->Length;
        else
            _block->Length = length;
        return new Message(_block);
    }

    private void Header(byte type, long value)
    {
        Debug.Assert(_limit - _position >= HeaderBytesMax, "the bound was right");
        *_position++ = type;
        _position += NumberText.Format(_position, value);
        *_position++ = (byte)'\r';
        *_position++ = (byte)'\n';
    }
}
