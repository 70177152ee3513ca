// Data plane. Decodes "$<length>\r\n" from one 8-byte load: no loop over the digits.
//
//   byte   0    1    2    3    4    5    6    7
//         '$'  '3'  \r   \n   k    e    y    ...      one digit
//         '$'  '1'  '6'  \r   \n   ...                two digits
//         '$'  '1'  '0'  '2'  '4'  \r   \n   ...      three to five: the digits are shifted to the top and combined in parallel
using System.Numerics;
using System.Runtime.CompilerServices;

namespace FastKv.Protocol;

/// <summary>SWAR decoding of the headers that nearly all requests consist of.</summary>
internal static class BulkHeader
{
    /// <summary>"$?\r\n" and "*?\r\n" with the digit masked out.</summary>
    public const uint OneDigitMask = 0xFFFF00FF;
    public const uint OneDigitBulk = '$' | ('\r' << 16) | ('\n' << 24);
    public const uint OneDigitArray = '*' | ('\r' << 16) | ('\n' << 24);

    private const ulong TwoDigitsMask = 0xFF_FF00_00FF;
    private const ulong TwoDigitsBulk = '$' | ((ulong)'\r' << 24) | ((ulong)'\n' << 32);

    /// <summary>Reads the header at the low end of <paramref name="word"/> when its length has one or two digits.</summary>
    /// <param name="word">The next 8 bytes of input, the first one lowest; bytes behind the end of the input are 0.</param>
    /// <param name="length">The payload's length, when true is returned.</param>
    /// <returns>The header's size (4 or 5 bytes), or 0 if it has another form.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int TryShort(ulong word, out int length)
    {
        uint first = (byte)(word >> 8) - (uint)'0';
        if (((uint)word & OneDigitMask) == OneDigitBulk && first <= 9)
        {
            length = (int)first;
            return 4;
        }
        uint second = (byte)(word >> 16) - (uint)'0';
        if ((word & TwoDigitsMask) == TwoDigitsBulk && first - 1 <= 8 && second <= 9)
        {
            length = (int)(first * 10 + second);
            return 5;
        }
        length = 0;
        return 0;
    }

    /// <summary>Reads a header of three to five digits at the low end of <paramref name="word"/>, as <see cref="TryShort"/> does.</summary>
    public static int TryMedium(ulong word, out int length)
    {
        length = 0;
        const ulong carriageReturns = 0x0D0D0D0D0D0D0D0D;
        ulong different = word ^ carriageReturns;
        // The lowest zero byte of a word is found exactly by this; higher ones may be false, and do not matter.
        ulong zero = (different - 0x0101010101010101) & ~different & 0x8080808080808080;
        int end = BitOperations.TrailingZeroCount(zero) >> 3;
        if ((byte)word != '$' || end is < 4 or > 6 || (byte)(word >> ((end + 1) * 8)) != '\n')
            return 0;
        int digits = end - 1;
        // Digits to the top bytes, '0' below: the number reads as 8 digits with leading zeros.
        ulong text = ((word >> 8) << ((8 - digits) * 8)) | (0x3030303030303030UL >> (digits * 8));
        ulong value = text - 0x3030303030303030;
        if (((value | (value + 0x7676767676767676)) & 0x8080808080808080) != 0 || (byte)(word >> 8) == '0')
            return 0;
        value = (value * 10) + (value >> 8);
        value = (((value & 0x000000FF000000FF) * 0x000F424000000064) + (((value >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32;
        length = (int)value;
        return end + 2;
    }
}
