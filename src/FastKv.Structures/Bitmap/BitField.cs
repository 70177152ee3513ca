using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.Structures;

/// <summary>What BITFIELD does when a value does not fit its field.</summary>
public enum BitFieldOverflow
{
    /// <summary>The value is taken modulo 2^bits.</summary>
    Wrap,

    /// <summary>The value becomes the smallest or largest that fits.</summary>
    Saturate,

    /// <summary>Nothing is written, and the reply is null.</summary>
    Fail,
}

/// <summary>Integers of any width at any bit offset of a string (BITFIELD). Data plane; every member is O(1).</summary>
/// <remarks>
/// Fields are big-endian: the most significant bit comes first, and bit 0 is the most significant one of byte 0. Signed fields have 1 to 64 bits,
/// unsigned ones 1 to 63, as in Redis. The overflow rules are those of Redis's BITFIELD, down to which end of the range a value far outside of
/// it saturates to.
/// </remarks>
public static unsafe class BitField
{
    /// <summary>Reads an unsigned field; bits behind the end of the string are 0.</summary>
    /// <param name="data">The string.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="offset">Number of the field's first bit, not negative.</param>
    /// <param name="bits">1 to 64.</param>
    public static ulong GetUnsigned(byte* data, long length, long offset, int bits)
    {
        Debug.Assert(bits is >= 1 and <= 64 && offset >= 0, "the caller has checked");

        // 64 bits that begin in the middle of a byte end in the ninth.
        byte* window = stackalloc byte[9];
        long first = offset >> 3;
        long available = Math.Clamp(length - first, 0, 9);
        new Span<byte>(window, 9).Clear();
        new ReadOnlySpan<byte>(data + (available == 0 ? 0 : first), (int)available).CopyTo(new Span<byte>(window, 9));
        int skipped = (int)(offset & 7);
        ulong value = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(window)) << skipped | (uint)window[8] >> (8 - skipped);
        return value >> (64 - bits);
    }

    /// <summary>Reads a signed field (two's complement); bits behind the end of the string are 0.</summary>
    /// <inheritdoc cref="GetUnsigned" path="/param"/>
    public static long GetSigned(byte* data, long length, long offset, int bits) =>
        SignExtend(GetUnsigned(data, length, offset, bits), bits);

    /// <summary>Writes the low bits of a value as a field, which must lie within the string.</summary>
    /// <param name="data">The string.</param>
    /// <param name="offset">Number of the field's first bit.</param>
    /// <param name="bits">1 to 64.</param>
    /// <param name="value">The value.</param>
    public static void Set(byte* data, long offset, int bits, ulong value)
    {
        Debug.Assert(bits is >= 1 and <= 64 && offset >= 0, "the caller has checked");
        byte* at = data + (offset >> 3);
        int skipped = (int)(offset & 7);
        while (bits > 0)
        {
            int taken = Math.Min(8 - skipped, bits);
            int shift = 8 - skipped - taken;
            int mask = ((1 << taken) - 1) << shift;
            int part = (int)(value >> (bits - taken)) << shift;
            *at = (byte)((*at & ~mask) | (part & mask));
            at++;
            bits -= taken;
            skipped = 0;
        }
    }

    /// <summary>Adds to an unsigned value (an increment of 0 checks a value that is about to be set).</summary>
    /// <param name="value">The field's value, or for SET the new one as 64 bits.</param>
    /// <param name="increment">What to add.</param>
    /// <param name="bits">1 to 63.</param>
    /// <param name="overflow">What to do when the sum does not fit.</param>
    /// <param name="result">What to write.</param>
    /// <returns>False when nothing is to be written: it does not fit, and the policy is <see cref="BitFieldOverflow.Fail"/>.</returns>
    public static bool TryAddUnsigned(ulong value, long increment, int bits, BitFieldOverflow overflow, out ulong result)
    {
        ulong max = bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
        long room = (long)(max - value);
        long roomBelow = -(long)value;
        result = value + (ulong)increment;
        if (value > max || (increment > 0 && increment > room))
        {
            result = overflow == BitFieldOverflow.Saturate ? max : result & max;
            return overflow != BitFieldOverflow.Fail;
        }

        if (increment < 0 && increment < roomBelow)
        {
            result = overflow == BitFieldOverflow.Saturate ? 0 : result & max;
            return overflow != BitFieldOverflow.Fail;
        }

        return true;
    }

    /// <summary>Adds to a signed value (an increment of 0 checks a value that is about to be set).</summary>
    /// <param name="value">The field's value, or for SET the new one.</param>
    /// <param name="increment">What to add.</param>
    /// <param name="bits">1 to 64.</param>
    /// <param name="overflow">What to do when the sum does not fit.</param>
    /// <param name="result">What to write.</param>
    /// <returns>False when nothing is to be written: it does not fit, and the policy is <see cref="BitFieldOverflow.Fail"/>.</returns>
    public static bool TryAddSigned(long value, long increment, int bits, BitFieldOverflow overflow, out long result)
    {
        long max = bits == 64 ? long.MaxValue : (1L << (bits - 1)) - 1;
        long min = -max - 1;

        // These wrap around for values far outside of the field, and the comparisons then choose the end that Redis chooses.
        long room = unchecked(max - value);
        long roomBelow = unchecked(min - value);
        result = unchecked(value + increment);
        if (value > max || (bits != 64 && increment > room) || (value >= 0 && increment > 0 && increment > room))
        {
            result = overflow == BitFieldOverflow.Saturate ? max : SignExtend((ulong)result, bits);
            return overflow != BitFieldOverflow.Fail;
        }

        if (value < min || (bits != 64 && increment < roomBelow) || (value < 0 && increment < 0 && increment < roomBelow))
        {
            result = overflow == BitFieldOverflow.Saturate ? min : SignExtend((ulong)result, bits);
            return overflow != BitFieldOverflow.Fail;
        }

        return true;
    }

    private static long SignExtend(ulong value, int bits) => (long)(value << (64 - bits)) >> (64 - bits);
}
