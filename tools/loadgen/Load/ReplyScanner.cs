// Finds where a reply ends, at the speed of lists of short strings. Data plane.
using System.Runtime.CompilerServices;
using FastKv.Protocol;

namespace FastKv.LoadGen.Load;

/// <summary>
/// A hundred list elements are a hundred headers. Here each is decoded from one 8-byte load; whatever has another form, or is incomplete in the middle
/// of a header, is left to <see cref="RespReader"/>.
/// </summary>
internal static unsafe class ReplyScanner
{
    /// <summary>As <see cref="RespReader.TryMeasure"/>: length of the reply, 0 when it is not complete, -1 when it is malformed.</summary>
    public static long TryMeasure(byte* start, byte* end)
    {
        if (start < end && *start is (byte)'*' or (byte)'%' or (byte)'~')
            return MeasureAggregate(start, end);
        return RespReader.TryMeasure(start, end);
    }

    private static long MeasureAggregate(byte* start, byte* end)
    {
        byte* position = start;
        long awaited = 1;
        while (awaited > 0)
        {
            if (position >= end)
                return 0;
            ulong word = Load(position, end);
            byte type = (byte)word;
            if (type is (byte)':' or (byte)',' or (byte)'+')
            {
                int lineBytes = new ReadOnlySpan<byte>(position, (int)Math.Min(end - position, int.MaxValue)).IndexOf((byte)'\n') + 1;
                if (lineBytes == 0)
                    return 0;
                position += lineBytes;
                awaited--;
                continue;
            }
            int headerBytes = TryHeader(word, out int number);
            if (headerBytes == 0)
                return RespReader.TryMeasure(start, end);
            position += headerBytes;
            if (type == (byte)'$')
            {
                position += number + 2;
                if (position > end)
                    return 0;
                if (position[-2] != '\r' || position[-1] != '\n')
                    return -1;
                awaited--;
            }
            else if (type is (byte)'*' or (byte)'~')
            {
                awaited += number - 1;
            }
            else if (type == (byte)'%')
            {
                awaited += (2L * number) - 1;
            }
            else
            {
                return RespReader.TryMeasure(start, end);
            }
        }
        return position - start;
    }

    /// <summary>Bytes of a header with one to four digits, 0 for another form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int TryHeader(ulong word, out int number)
    {
        number = 0;
        for (int i = 1; i <= 4; i++)
        {
            uint digit = (byte)(word >> (8 * i)) - (uint)'0';
            if (digit > 9)
                return 0;
            number = (number * 10) + (int)digit;
            if ((ushort)(word >> (8 * (i + 1))) == ('\r' | ('\n' << 8)))
                return i + 3;
        }
        return 0;
    }

    /// <summary>The next eight bytes, the first one lowest; zeros behind the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load(byte* position, byte* end)
    {
        if (end - position >= sizeof(ulong))
            return Unsafe.ReadUnaligned<ulong>(position);
        ulong word = 0;
        Unsafe.CopyBlockUnaligned(&word, position, (uint)(end - position));
        return word;
    }
}
