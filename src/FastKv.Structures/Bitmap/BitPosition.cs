using System.Numerics;

namespace FastKv.Structures;

/// <summary>Single bits of a string, and the search for the first one (GETBIT, SETBIT, BITPOS). Data plane.</summary>
/// <remarks>Bit 0 is the most significant one of byte 0. Whole bytes are skipped with vector compares.</remarks>
public static unsafe class BitPosition
{
    /// <summary>The bit with that number; false behind the end. O(1).</summary>
    public static bool Get(byte* data, long length, long bit)
    {
        long index = bit >> 3;
        return index < length && (data[index] >> (7 - (int)(bit & 7)) & 1) != 0;
    }

    /// <summary>Sets a bit within the string; returns what it was. O(1).</summary>
    public static bool Set(byte* data, long bit, bool value)
    {
        byte mask = (byte)(0x80 >> (int)(bit & 7));
        byte* at = data + (bit >> 3);
        bool was = (*at & mask) != 0;
        *at = (byte)(value ? *at | mask : *at & ~mask);
        return was;
    }

    /// <summary>The first bit of that value from one bit to another, both included; -1 when there is none. O(bytes).</summary>
    /// <param name="data">The string; must have the byte of <paramref name="lastBit"/>.</param>
    /// <param name="firstBit">Bit number, not negative.</param>
    /// <param name="lastBit">Bit number.</param>
    /// <param name="value">What to look for.</param>
    public static long Find(byte* data, long firstBit, long lastBit, bool value)
    {
        if (firstBit > lastBit)
            return -1;

        // The byte that the search skips; turned into zeroes by the exclusive or.
        byte skipped = value ? (byte)0 : (byte)0xFF;
        long at = firstBit >> 3;
        int found = (data[at] ^ skipped) & 0xFF >> (int)(firstBit & 7);
        long lastByte = lastBit >> 3;
        if (found == 0)
        {
            at = SkipBytes(data, at + 1, lastByte, skipped);
            if (at > lastByte)
                return -1;
            found = data[at] ^ skipped;
        }

        long bit = (at << 3) + BitOperations.LeadingZeroCount((uint)found) - 24;
        return bit <= lastBit ? bit : -1;
    }

    private static long SkipBytes(byte* data, long first, long last, byte skipped)
    {
        while (first <= last)
        {
            int part = (int)Math.Min(last - first + 1, 1 << 30);
            int found = new ReadOnlySpan<byte>(data + first, part).IndexOfAnyExcept(skipped);
            if (found >= 0)
                return first + found;
            first += part;
        }

        return first;
    }
}
