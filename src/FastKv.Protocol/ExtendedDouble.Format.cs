// Data plane. Long double to the text that people see: printf's %.17Lf without trailing zeros (ld2string, LD_STR_HUMAN, in util.c of Redis 7).
using System.Diagnostics;

namespace FastKv.Protocol;

public readonly partial struct ExtendedDouble
{
    /// <summary>The most bytes that <see cref="FormatHuman"/> writes: a sign, 4933 digits, and with a point at most 17 more than 20.</summary>
    public const int HumanCharsMax = 4934;

    private const int Decimals = 17;
    private const ulong TenToDecimals = 100_000_000_000_000_000;

    /// <summary>
    /// Writes the exact value rounded half to even to 17 decimals, without trailing zeros, point or the sign of a zero: as INCRBYFLOAT stores and replies.
    /// <c>inf</c>, <c>-inf</c>, <c>nan</c> else. O(1) up to 2^64, O(digits²) above, about 1 ms for the largest numbers.
    /// </summary>
    /// <param name="destination">Room for <see cref="HumanCharsMax"/> bytes; 40 suffice for numbers below 2^64.</param>
    /// <returns>Bytes written.</returns>
    public unsafe int FormatHuman(Span<byte> destination)
    {
        if (!IsFinite)
        {
            ReadOnlySpan<byte> name = IsNaN ? "nan"u8 : IsNegative ? "-inf"u8 : "inf"u8;
            name.CopyTo(destination);
            return name.Length;
        }

        int weight = LowestWeight;
        if (weight > 0)
        {
            int sign = WriteSign(destination);
            return sign + FormatLarge(destination[sign..], weight);
        }

        SplitPoint(weight, out ulong whole, out ulong decimals);
        if (whole == 0 && decimals == 0)
        {
            destination[0] = (byte)'0';
            return 1;
        }
        Span<byte> text = stackalloc byte[NumberText.Int64CharsMax + 2 + Decimals];
        fixed (byte* start = text)
        {
            int length = WriteSign(text);
            length += NumberText.FormatUnsigned(start + length, whole);
            if (decimals != 0)
                length += WriteDecimals(start + length, decimals);
            text[..length].CopyTo(destination);
            return length;
        }
    }

    private int WriteSign(Span<byte> destination)
    {
        if (!IsNegative)
            return 0;
        destination[0] = (byte)'-';
        return 1;
    }

    /// <summary>|value| = whole + decimals / 10^17, rounded, for a weight from -16445 to 0.</summary>
    private void SplitPoint(int weight, out ulong whole, out ulong decimals)
    {
        int bits = -weight;
        whole = bits >= 64 ? 0 : _mantissa >> bits;
        ulong fraction = bits >= 64 ? _mantissa : _mantissa & ((1UL << bits) - 1);
        // The fraction's 64 bits times the 57 bits of 10^17 are exact in 128.
        decimals = RoundShift((UInt128)fraction * TenToDecimals, bits, false);
        if (decimals == TenToDecimals)
        {
            // Cannot overflow: a mantissa with bits behind the point has at most 63 before it.
            decimals = 0;
            whole++;
        }
    }

    private static unsafe int WriteDecimals(byte* destination, ulong decimals)
    {
        Debug.Assert(decimals is > 0 and < TenToDecimals, "17 digits, not all zero");
        int digits = Decimals;
        while (decimals % 10 == 0)
        {
            decimals /= 10;
            digits--;
        }
        int length = NumberText.CountDigits(decimals);
        *destination = (byte)'.';
        new Span<byte>(destination + 1, digits - length).Fill((byte)'0');
        NumberText.FormatUnsigned(destination + 1 + digits - length, decimals);
        return 1 + digits;
    }

    /// <summary>Whole numbers of more than 64 bits: nine digits at a time, from the last ones on.</summary>
    private unsafe int FormatLarge(Span<byte> destination, int weight)
    {
        const int words = ((LowestWeightMax + 64) / 64) + 2;
        const uint billion = 1_000_000_000;
        var number = new WideInteger(stackalloc ulong[words], _mantissa);
        number.ShiftLeft(weight);

        Span<byte> text = stackalloc byte[HumanCharsMax + 16];
        int start = text.Length;
        while (!number.IsZero)
        {
            ulong piece = number.Divide(billion);
            for (int i = 0; i < 9 && (piece != 0 || !number.IsZero); i++)
            {
                text[--start] = (byte)('0' + (piece % 10));
                piece /= 10;
            }
        }
        ReadOnlySpan<byte> digits = text[start..];
        digits.CopyTo(destination);
        return digits.Length;
    }
}
