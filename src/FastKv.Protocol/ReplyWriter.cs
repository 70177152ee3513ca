// Data plane. Writes replies in RESP2 or RESP3 to a connection's output chain; each method is one addReply function of Redis (networking.c).
//
// Small replies are built in place: reserve the most that they can take, write with fixed-size stores (which may run over what is committed, never over what
// is reserved), commit what they took. The rarer shapes are in ReplyWriter.Aggregates.cs, ReplyWriter.Scalars.cs and ReplyWriter.Errors.cs.
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FastKv.Memory;

namespace FastKv.Protocol;

/// <summary>
/// Encoder of replies. A value of three words: copy it freely. Writes are O(bytes) and allocate nothing on the managed heap. RESP2 and RESP3 differ
/// in nulls, maps, sets, booleans, doubles and verbatim strings: <see cref="Resp"/> decides.
/// </summary>
public unsafe partial struct ReplyWriter
{
    /// <summary>Room for a type byte, the digits of a 64-bit number, a line end, and what 8-byte stores run over.</summary>
    private const int HeaderBytesMax = 32;

    /// <summary>Values up to this size are written in one reservation with their header; longer ones may be spread over segments.</summary>
    private const int InPlaceBytesMax = 4 * 1024;

    private const ushort LineEnd = '\r' | ('\n' << 8);

    /// <summary>Where replies go.</summary>
    public BufferChain Output;

    /// <summary>Where errors are counted; null: nowhere.</summary>
    public ErrorCounts? Errors;

    /// <summary>Protocol version of the connection: 2 or 3.</summary>
    public byte Resp;

    /// <summary>Writes to <paramref name="output"/> in protocol version <paramref name="resp"/>.</summary>
    /// <param name="output">The connection's output chain.</param>
    /// <param name="resp">2 or 3.</param>
    /// <param name="errors">Where errors are counted; null: nowhere.</param>
    public ReplyWriter(BufferChain output, byte resp, ErrorCounts? errors = null)
    {
        Debug.Assert(resp is 2 or 3, "there are two protocol versions");
        Output = output;
        Errors = errors;
        Resp = resp;
    }

    /// <summary>Appends bytes that already are a reply, or a part of one.</summary>
    /// <param name="resp">Encoded bytes.</param>
    public readonly void Raw(ReadOnlySpan<byte> resp) => Output.Append(resp);

    /// <summary><c>+OK</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Ok()
    {
        const ulong ok = '+' | ('O' << 8) | ('K' << 16) | ((ulong)'\r' << 24) | ((ulong)'\n' << 32);
        Unsafe.WriteUnaligned(Output.Reserve(8), ok);
        Output.Commit(5);
    }

    /// <summary>A simple string: <c>+text</c>.</summary>
    /// <param name="text">One line: no '\r', no '\n'.</param>
    public readonly void SimpleString(ReadOnlySpan<byte> text)
    {
        Debug.Assert(text.IndexOfAny((byte)'\r', (byte)'\n') < 0, "a simple string is one line");
        TypedLine((byte)'+', text);
    }

    /// <summary>An integer: <c>:value</c>.</summary>
    /// <param name="value">Any value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Integer(long value)
    {
        if ((ulong)value < 10)
        {
            Unsafe.WriteUnaligned(Output.Reserve(4), (uint)(':' | (('0' + (int)value) << 8) | ('\r' << 16) | ('\n' << 24)));
            Output.Commit(4);
            return;
        }
        Header((byte)':', value);
    }

    /// <summary>A bulk string: <c>$length</c> and the bytes. The same in RESP2 and RESP3.</summary>
    /// <param name="value">Any bytes; must not lie in the unused part of the output chain.</param>
    public readonly void BulkString(ReadOnlySpan<byte> value)
    {
        int length = value.Length;
        if (length > InPlaceBytesMax)
        {
            LargeBulkString(value);
            return;
        }
        byte* start = Output.Reserve(length + HeaderBytesMax);
        byte* position = start + WriteBulkHeader(start, (uint)length);
        ref byte source = ref MemoryMarshal.GetReference(value);
        if (length is >= 16 and <= 32)
        {
            // Two stores that overlap unless the length is 32: no branch on the exact size.
            Vector128<byte> low = Vector128.LoadUnsafe(ref source);
            Vector128<byte> high = Vector128.LoadUnsafe(ref source, (nuint)(length - 16));
            low.Store(position);
            high.Store(position + length - 16);
        }
        else if (length is >= 8 and < 16)
        {
            ulong low = Unsafe.ReadUnaligned<ulong>(ref source);
            ulong high = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, length - 8));
            Unsafe.WriteUnaligned(position, low);
            Unsafe.WriteUnaligned(position + length - 8, high);
        }
        else
        {
            value.CopyTo(new Span<byte>(position, length));
        }
        position += length;
        Unsafe.WriteUnaligned(position, LineEnd);
        Output.Commit((int)(position + 2 - start));
    }

    /// <summary>An integer as bulk string: <c>$2 42</c>.</summary>
    /// <param name="value">Any value.</param>
    public readonly void BulkInteger(long value)
    {
        // The digits go straight to where they belong: behind a header of 4 bytes for up to 9 characters, of 5 bytes for more.
        byte* start = Output.Reserve(2 * HeaderBytesMax);
        bool isShort = value is > -100_000_000 and < 1_000_000_000;
        byte* digits = start + (isShort ? 4 : 5);
        int length = NumberText.Format(digits, value);
        if (isShort)
        {
            Unsafe.WriteUnaligned(start, (uint)('$' | (('0' + length) << 8) | ('\r' << 16) | ('\n' << 24)));
        }
        else
        {
            int tens = length >= 20 ? '2' : '1';
            Unsafe.WriteUnaligned(start, (uint)('$' | (tens << 8) | (('0' + (length % 10)) << 16) | ('\r' << 24)));
            start[4] = (byte)'\n';
        }
        byte* position = digits + length;
        Unsafe.WriteUnaligned(position, LineEnd);
        Output.Commit((int)(position + 2 - start));
    }

    /// <summary>No value: <c>$-1</c> in RESP2, <c>_</c> in RESP3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Null()
    {
        if (Resp == 2)
        {
            const ulong nullBulk = '$' | ('-' << 8) | ('1' << 16) | ((ulong)'\r' << 24) | ((ulong)'\n' << 32);
            Unsafe.WriteUnaligned(Output.Reserve(8), nullBulk);
            Output.Commit(5);
        }
        else
        {
            Null3();
        }
    }

    private readonly void Null3()
    {
        Unsafe.WriteUnaligned(Output.Reserve(4), (uint)('_' | ('\r' << 8) | ('\n' << 16)));
        Output.Commit(3);
    }

    private readonly void LargeBulkString(ReadOnlySpan<byte> value)
    {
        Header((byte)'$', value.Length);
        Output.Append(value);
        Output.Append("\r\n"u8);
    }

    /// <summary>Writes "$length\r\n" with at most 24 bytes touched; returns its size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteBulkHeader(byte* target, uint length)
    {
        if (length < 10)
        {
            Unsafe.WriteUnaligned(target, '$' | (('0' + length) << 8) | ('\r' << 16) | ('\n' << 24));
            return 4;
        }
        if (length < 100)
        {
            uint tens = (length * 103) >> 10; // length / 10 for all below 179
            uint units = length - (tens * 10);
            ulong header = (uint)('$' | (('0' + tens) << 8) | (('0' + units) << 16)) | ((ulong)'\r' << 24) | ((ulong)'\n' << 32);
            Unsafe.WriteUnaligned(target, header);
            return 5;
        }
        return WriteHeader(target, (byte)'$', length);
    }

    /// <summary>Writes type, number and line end; returns the size, at most 23.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteHeader(byte* target, byte type, long value)
    {
        *target = type;
        int length = 1 + NumberText.Format(target + 1, value);
        Unsafe.WriteUnaligned(target + length, LineEnd);
        return length + 2;
    }

    private readonly void Header(byte type, long value)
    {
        byte* target = Output.Reserve(HeaderBytesMax);
        Output.Commit(WriteHeader(target, type, value));
    }

    private readonly void TypedLine(byte type, ReadOnlySpan<byte> text)
    {
        if (text.Length > InPlaceBytesMax)
        {
            Output.Append(new ReadOnlySpan<byte>(in type));
            Output.Append(text);
            Output.Append("\r\n"u8);
            return;
        }
        byte* target = Output.Reserve(text.Length + 3);
        *target = type;
        text.CopyTo(new Span<byte>(target + 1, text.Length));
        Unsafe.WriteUnaligned(target + 1 + text.Length, LineEnd);
        Output.Commit(text.Length + 3);
    }
}
