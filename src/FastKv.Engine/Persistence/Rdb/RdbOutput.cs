using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using FastKv.Memory;
using FastKv.Protocol;
using FastKv.Structures;
using FastKv.Structures.Encoding;

namespace FastKv.Engine.Persistence.Rdb;

// Data plane. RDB bytes into a growing buffer: lengths, strings, numbers.

/// <summary>Writes the elements of the format.</summary>
internal static unsafe class RdbOutput
{
    /// <summary>Longest length, or mark of an encoded string with two of them.</summary>
    public const int LengthBytesMax = 9;

    private const int CompressedHeaderBytesMax = 1 + (2 * LengthBytesMax);
    private const int IntegerTextBytesMax = 11;

    // Shorter strings hardly become shorter still (as Redis).
    private const int CompressedBytesMin = 21;

    /// <summary>A string is compressed in one piece, at some 300 MB/s: longer ones would hold up the shard.</summary>
    public const int CompressedBytesMax = 1 << 20;

    public static void Byte(ref NativeBuffer output, int value)
    {
        output.EnsureFree(1);
        output.Data[output.Length++] = (byte)value;
    }

    public static void Raw(ref NativeBuffer output, ReadOnlySpan<byte> bytes)
    {
        output.EnsureFree(bytes.Length);
        bytes.CopyTo(new Span<byte>(output.Data + output.Length, bytes.Length));
        output.Length += bytes.Length;
    }

    public static void Length(ref NativeBuffer output, ulong length)
    {
        output.EnsureFree(LengthBytesMax);
        output.Length += Length(output.Data + output.Length, length);
    }

    /// <summary>Eight bytes, the lowest first.</summary>
    public static void Int64(ref NativeBuffer output, long value)
    {
        output.EnsureFree(sizeof(long));
        Unsafe.WriteUnaligned(output.Data + output.Length, value);
        output.Length += sizeof(long);
    }

    public static void Double(ref NativeBuffer output, double value) => Int64(ref output, BitConverter.DoubleToInt64Bits(value));

    /// <summary>An ID of a stream as Redis's trees have it: two numbers, the highest byte first.</summary>
    public static void RawId(ref NativeBuffer output, StreamId id)
    {
        Int64(ref output, (long)BinaryPrimitives.ReverseEndianness(id.Ms));
        Int64(ref output, (long)BinaryPrimitives.ReverseEndianness(id.Seq));
    }

    /// <summary>A string: as an integer if it is the text of one of up to 32 bits, compressed if that is wanted and helps, else as it is.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="text">The string.</param>
    /// <param name="memory">The compressor's memory; null: do not compress.</param>
    public static void String(ref NativeBuffer output, ReadOnlySpan<byte> text, LzfMemory* memory)
    {
        if (TryShort(ref output, text, memory))
            return;
        Length(ref output, (ulong)text.Length);
        Raw(ref output, text);
    }

    /// <summary>
    /// The same, but of a string that stays as it is only the length: its bytes are to follow (a caller may write them piece by piece). True: all is written.
    /// </summary>
    public static bool TryShort(ref NativeBuffer output, ReadOnlySpan<byte> text, LzfMemory* memory)
    {
        if (text.Length <= IntegerTextBytesMax)
            return NumberText.TryParseInt64(text, out long integer) && TryInteger(ref output, integer);
        return memory != null && text.Length is >= CompressedBytesMin and <= CompressedBytesMax && TryCompress(ref output, text, memory);
    }

    /// <summary>The text of an integer, as a string.</summary>
    public static void IntegerText(ref NativeBuffer output, long value)
    {
        if (TryInteger(ref output, value))
            return;
        byte* digits = stackalloc byte[NumberText.Int64CharsMax];
        int length = NumberText.Format(digits, value);
        Length(ref output, (ulong)length);
        Raw(ref output, new ReadOnlySpan<byte>(digits, length));
    }

    private static bool TryInteger(ref NativeBuffer output, long value)
    {
        output.EnsureFree(1 + sizeof(int));
        byte* to = output.Data + output.Length;
        if (value == (sbyte)value)
        {
            to[0] = RdbFormat.Encoded | RdbFormat.EncodedInt8;
            to[1] = (byte)value;
            output.Length += 2;
            return true;
        }
        if (value == (short)value)
        {
            to[0] = RdbFormat.Encoded | RdbFormat.EncodedInt16;
            Unsafe.WriteUnaligned(to + 1, (short)value);
            output.Length += 3;
            return true;
        }
        if (value != (int)value)
            return false;
        to[0] = RdbFormat.Encoded | RdbFormat.EncodedInt32;
        Unsafe.WriteUnaligned(to + 1, (int)value);
        output.Length += 5;
        return true;
    }

    // Behind room for the longest header; then moved up to the real one.
    private static bool TryCompress(ref NativeBuffer output, ReadOnlySpan<byte> text, LzfMemory* memory)
    {
        const int gainMin = 4;
        output.EnsureFree(text.Length + CompressedHeaderBytesMax);
        byte* start = output.Data + output.Length;
        byte* target = start + CompressedHeaderBytesMax;
        int compressed;
        fixed (byte* source = text)
            compressed = Lzf.Compress(memory, source, text.Length, target, text.Length - gainMin);
        if (compressed == 0)
            return false;
        byte* at = start;
        *at++ = RdbFormat.Encoded | RdbFormat.EncodedLzf;
        at += Length(at, (ulong)compressed);
        at += Length(at, (ulong)text.Length);
        Buffer.MemoryCopy(target, at, compressed, compressed);
        output.Length += at + compressed - start;
        return true;
    }

    private static int Length(byte* to, ulong length)
    {
        switch (length)
        {
            case < 1 << 6:
                *to = (byte)length;
                return 1;
            case < 1 << 14:
                *to = (byte)(RdbFormat.Length14 | (int)(length >> 8));
                to[1] = (byte)length;
                return 2;
            case <= uint.MaxValue:
                *to = RdbFormat.Length32;
                Unsafe.WriteUnaligned(to + 1, BinaryPrimitives.ReverseEndianness((uint)length));
                return 5;
            default:
                *to = RdbFormat.Length64;
                Unsafe.WriteUnaligned(to + 1, BinaryPrimitives.ReverseEndianness(length));
                return 9;
        }
    }
}
