using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using FastKv.Memory;
using FastKv.Structures;
using FastKv.Structures.Encoding;

namespace FastKv.Engine.Persistence.Rdb;

// Data plane. Reading RDB bytes that lie in memory as a whole (an argument of RESTORE, a mapped file). Nothing is believed: each step says whether it could
// be done, and the first that could not leaves its fault and place here. No length leads to an allocation that the bytes present could not justify.

/// <summary>A place in RDB bytes.</summary>
internal unsafe struct RdbInput(byte* start, long length)
{
    /// <summary>Longest string: what an entry can hold.</summary>
    private const long StringBytesMax = EntryBlock.KeyBytesMax;

    private readonly byte* _start = start;
    private readonly byte* _end = start + length;

    /// <summary>The next byte to read.</summary>
    public byte* At = start;

    /// <summary>Compact encodings (listpacks, ziplists, zipmaps, intsets) read and checked element by element so far.</summary>
    public long Checked;

    /// <summary>The first fault; none so far.</summary>
    public RdbFault Fault;

    /// <summary>Where it was found, in bytes from the start.</summary>
    public long FaultOffset;

    public readonly long Offset => At - _start;

    public readonly long Left => _end - At;

    /// <summary>Notes a fault, if it is the first; false, to be returned.</summary>
    public bool Fail(RdbFault fault)
    {
        if (Fault != RdbFault.None)
            return false;
        Fault = fault;
        FaultOffset = Offset;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryByte(out byte value)
    {
        if (At < _end)
        {
            value = *At++;
            return true;
        }
        value = 0;
        return Fail(RdbFault.Truncated);
    }

    /// <summary>Passes over bytes, and tells where they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(long bytes, out byte* at)
    {
        at = At;
        if ((ulong)bytes > (ulong)Left)
            return Fail(RdbFault.Truncated);
        At += bytes;
        return true;
    }

    /// <summary>A length.</summary>
    public bool TryLength(out ulong length) => TryLength(out length, out bool isEncoded) && (!isEncoded || Fail(RdbFault.BadLength));

    /// <summary>A length, or the kind of an encoded string.</summary>
    public bool TryLength(out ulong length, out bool isEncoded)
    {
        isEncoded = false;
        length = 0;
        if (!TryByte(out byte first))
            return false;
        int low = first & 0x3F;
        switch (first >> 6)
        {
            case 0:
                length = (uint)low;
                return true;
            case 1:
                if (!TryByte(out byte second))
                    return false;
                length = (uint)(low << 8 | second);
                return true;
            case 3:
                isEncoded = true;
                length = (uint)low;
                return true;
            default:
                return TryLongLength(first, out length);
        }
    }

    /// <summary>The number of elements that follow, of which each takes at least <paramref name="bytesEach"/>.</summary>
    public bool TryCount(int bytesEach, out long count)
    {
        count = 0;
        if (!TryLength(out ulong length))
            return false;
        if (length > (ulong)(Left / bytesEach))
            return Fail(RdbFault.TooLarge);
        count = (long)length;
        return true;
    }

    /// <summary>Eight bytes, the lowest first.</summary>
    public bool TryInt64(out long value)
    {
        value = 0;
        if (!TryTake(sizeof(long), out byte* at))
            return false;
        value = Unsafe.ReadUnaligned<long>(at);
        return true;
    }

    /// <summary>
    /// Passes over a string of at most 63 plain bytes, which most are, and tells where they are; false: it is none, or is cut off, and nothing has happened.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryShort(out byte* from, out int bytes)
    {
        from = At + 1;
        bytes = At < _end ? *At : byte.MaxValue;
        if (bytes >= RdbFormat.Length14 || bytes > _end - from)
            return false;
        At = from + bytes;
        return true;
    }

    /// <summary>A string of any encoding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryString(NativeHeap heap, ref RdbText text)
    {
        if (!TryShort(out byte* from, out int bytes))
            return TryAnyString(heap, ref text);
        text.Set(from, bytes);
        return true;
    }

    /// <summary>Passes over a string that is no integer, and tells where its bytes are.</summary>
    /// <param name="from">The first byte that is stored.</param>
    /// <param name="storedBytes">How many are.</param>
    /// <param name="bytes">The length of the string.</param>
    /// <param name="isCompressed">Whether the bytes are compressed ones.</param>
    public bool TryText(out byte* from, out long storedBytes, out int bytes, out bool isCompressed)
    {
        from = null;
        storedBytes = bytes = 0;
        if (!TryLength(out ulong length, out isCompressed))
            return false;
        if (isCompressed)
            return length == RdbFormat.EncodedLzf ? TryCompressed(out from, out storedBytes, out bytes) : Fail(RdbFault.BadString);
        if (!TryPlain(length, out from))
            return false;
        storedBytes = bytes = (int)length;
        return true;
    }

    /// <summary>Passes over a string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TrySkipString() => TryShort(out _, out _) || TrySkipAnyString();

    /// <summary>A score as text: its length in a byte, or a mark for what is no number or infinite.</summary>
    public bool TryTextScore(out double score)
    {
        score = 0;
        if (!TryByte(out byte length))
            return false;
        switch (length)
        {
            case 253:
                return Fail(RdbFault.BadScore);
            case 254:
                score = double.PositiveInfinity;
                return true;
            case 255:
                score = double.NegativeInfinity;
                return true;
            default:
                if (!TryTake(length, out byte* at))
                    return false;
                return Protocol.NumberText.TryParseDouble(new ReadOnlySpan<byte>(at, length), out score) || Fail(RdbFault.BadScore);
        }
    }

    /// <summary>A score of eight bytes.</summary>
    public bool TryBinaryScore(out double score)
    {
        bool read = TryInt64(out long bits);
        score = BitConverter.Int64BitsToDouble(bits);
        return read && (!double.IsNaN(score) || Fail(RdbFault.BadScore));
    }

    private bool TryAnyString(NativeHeap heap, ref RdbText text)
    {
        if (!TryLength(out ulong length, out bool isEncoded))
            return false;
        if (isEncoded)
            return length == RdbFormat.EncodedLzf ? TryCompressed(heap, ref text) : TryInteger((int)length, ref text);
        if (!TryPlain(length, out byte* at))
            return false;
        text.Set(at, (int)length);
        return true;
    }

    private bool TrySkipAnyString()
    {
        if (!TryLength(out ulong length, out bool isEncoded))
            return false;
        if (!isEncoded)
            return length <= long.MaxValue ? TryTake((long)length, out _) : Fail(RdbFault.Truncated);
        switch (length)
        {
            case RdbFormat.EncodedInt8:
                return TryTake(sizeof(sbyte), out _);
            case RdbFormat.EncodedInt16:
                return TryTake(sizeof(short), out _);
            case RdbFormat.EncodedInt32:
                return TryTake(sizeof(int), out _);
            case RdbFormat.EncodedLzf:
                return TryLength(out ulong compressed) && TryLength(out _) && (compressed <= long.MaxValue || Fail(RdbFault.Truncated))
                    && TryTake((long)compressed, out _);
            default:
                return Fail(RdbFault.BadString);
        }
    }

    private bool TryPlain(ulong length, out byte* at)
    {
        at = null;
        if (length > StringBytesMax)
            return Fail(length > (ulong)Left ? RdbFault.Truncated : RdbFault.TooLarge);
        return TryTake((long)length, out at);
    }

    private bool TryLongLength(byte first, out ulong length)
    {
        length = 0;
        byte* at;
        switch (first)
        {
            case RdbFormat.Length32:
                if (!TryTake(sizeof(uint), out at))
                    return false;
                length = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(at));
                return true;
            case RdbFormat.Length64:
                if (!TryTake(sizeof(ulong), out at))
                    return false;
                length = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(at));
                return true;
            default:
                return Fail(RdbFault.BadLength);
        }
    }

    private bool TryInteger(int encoding, ref RdbText text)
    {
        byte* at;
        switch (encoding)
        {
            case RdbFormat.EncodedInt8:
                if (!TryTake(sizeof(sbyte), out at))
                    return false;
                text.SetInteger((sbyte)*at);
                return true;
            case RdbFormat.EncodedInt16:
                if (!TryTake(sizeof(short), out at))
                    return false;
                text.SetInteger(Unsafe.ReadUnaligned<short>(at));
                return true;
            case RdbFormat.EncodedInt32:
                if (!TryTake(sizeof(int), out at))
                    return false;
                text.SetInteger(Unsafe.ReadUnaligned<int>(at));
                return true;
            default:
                return Fail(RdbFault.BadString);
        }
    }

    private bool TryCompressed(NativeHeap heap, ref RdbText text)
    {
        if (!TryCompressed(out byte* from, out long compressed, out int length))
            return false;
        byte* to = text.Own(heap, length);
        return Lzf.TryDecompress(from, compressed, to, length) || Fail(RdbFault.BadCompression);
    }

    // Passes over compressed bytes, and tells where they are.
    private bool TryCompressed(out byte* from, out long compressedBytes, out int bytes)
    {
        from = null;
        compressedBytes = bytes = 0;
        if (!TryLength(out ulong compressed) || !TryLength(out ulong length))
            return false;
        if (compressed > (ulong)Left)
            return Fail(RdbFault.Truncated);
        from = At;
        At += (long)compressed;
        if (length > StringBytesMax || !Lzf.IsPlausible((long)compressed, (long)length))
            return Fail(RdbFault.BadCompression);
        compressedBytes = (long)compressed;
        bytes = (int)length;
        return true;
    }
}
