// Writes texts of letters and digits. Data plane.
//
// Six bits make one of 64 characters; two characters come from a table at a time. A key number becomes a text by a permutation of the numbers
// below 64^width, so that distinct numbers give distinct texts without a pattern, and any of them can be named again.
using System.Runtime.CompilerServices;

namespace FastKv.LoadGen.Load;

/// <summary>Texts of a fixed width over an alphabet of 64 characters.</summary>
internal static unsafe class LetterWriter
{
    /// <summary>Characters that one 64-bit number makes.</summary>
    private const int CharsPerNumber = 10;

    private const int BitsPerChar = 6;

    // No character that begins a reply: nobody who looks for errors in replies is to find data.
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._";

    private static readonly ushort[] s_pairs = MakePairs();

    /// <summary>The alphabet's character of a number; its bits above the sixth are ignored.</summary>
    public static char Letter(ulong number) => Alphabet[(int)(number & 63)];

    /// <summary>Writes <paramref name="width"/> random characters in front of <paramref name="end"/>.</summary>
    public static void WriteRandom(byte* end, int width, FieldSource source)
    {
        while (width > 0)
        {
            int count = Math.Min(width, CharsPerNumber);
            width -= count;
            end -= count;
            WriteBits(end, count, source.NextRandom());
        }
    }

    /// <summary>
    /// Writes the text of a number in front of <paramref name="end"/>: always the same one, and another one for each number below 64^width. (What is
    /// left of ten characters only repeats them in another guise.)
    /// </summary>
    public static void WriteOf(byte* end, int width, ulong number)
    {
        while (width > 0)
        {
            int count = Math.Min(width, CharsPerNumber);
            width -= count;
            end -= count;
            WriteBits(end, count, Permute(number, count * BitsPerChar));
        }
    }

    /// <summary>A permutation of the numbers of <paramref name="bits"/> bits: odd multipliers and shifted xors can both be undone.</summary>
    private static ulong Permute(ulong number, int bits)
    {
        ulong mask = (1UL << bits) - 1;
        int half = bits / 2;
        number &= mask;
        number = (number * 0x9E37_79B9_7F4A_7C15) & mask;
        number ^= number >> half;
        number = (number * 0xD6E8_FEB8_6659_FD93) & mask;
        number ^= number >> half;
        number = (number * 0xA076_1D64_78BD_642F) & mask;
        return number ^ (number >> half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteBits(byte* start, int count, ulong bits)
    {
        int pairs = count >> 1;
        for (int i = 0; i < pairs; i++)
        {
            Unsafe.WriteUnaligned(start + (2 * i), s_pairs[bits & 4095]);
            bits >>= 2 * BitsPerChar;
        }
        if ((count & 1) != 0)
            start[count - 1] = (byte)Letter(bits);
    }

    private static ushort[] MakePairs()
    {
        var pairs = new ushort[64 * 64];
        for (uint i = 0; i < pairs.Length; i++)
            pairs[i] = (ushort)(Letter(i) | (Letter(i >> BitsPerChar) << 8));
        return pairs;
    }
}
