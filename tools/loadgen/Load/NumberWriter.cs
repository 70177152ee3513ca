// Writes numbers as long as they are. Data plane.
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.LoadGen.Load;

/// <summary>Decimal numbers of natural width, with a fixed number of decimals.</summary>
internal static unsafe class NumberWriter
{
    /// <summary>Writes in front of <paramref name="end"/>, where <see cref="Placeholder.NumberBytesMax"/> bytes are free; returns the first byte.</summary>
    /// <param name="end">Behind the last digit.</param>
    /// <param name="number">In units of the last decimal.</param>
    /// <param name="decimals">Digits behind the point; 0 for no point.</param>
    public static byte* Write(byte* end, long number, int decimals)
    {
        Debug.Assert(number > long.MinValue, "the absolute value is a number");
        ulong value = (ulong)Math.Abs(number);
        byte* start = end;
        if (decimals > 0)
        {
            for (int i = 0; i < decimals; i++)
            {
                *--start = (byte)('0' + (value % 10));
                value /= 10;
            }
            *--start = (byte)'.';
        }
        do
        {
            *--start = (byte)('0' + (value % 10));
            value /= 10;
        }
        while (value != 0);
        if (number < 0)
            *--start = (byte)'-';
        return start;
    }

    /// <summary>Writes the header of a bulk string, and returns what is behind it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* WriteBulkHeader(byte* position, int length)
    {
        *position++ = (byte)'$';
        int tens = 1;
        while (length / tens >= 10)
            tens *= 10;
        for (; tens > 0; tens /= 10)
            *position++ = (byte)('0' + (length / tens % 10));
        *position++ = (byte)'\r';
        *position++ = (byte)'\n';
        return position;
    }
}
