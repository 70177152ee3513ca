using System.Buffers.Binary;

namespace FastKv.Structures;

// Data plane. The format of a HyperLogLog, which is a string that clients may read and write:
//
//   0      4          5          8                       16
//   +------+----------+----------+-----------------------+----------------------------------------------+
//   | HYLL | encoding | (unused) | cardinality, LE 64    | registers                                    |
//   |      | 0 dense  |          | top bit: out of date  | dense: 16,384 of 6 bits, low bits first      |
//   |      | 1 sparse |          |                       | sparse: opcodes, in order of the registers   |
//   +------+----------+----------+-----------------------+----------------------------------------------+
//
//   opcodes   00nnnnnn            ZERO    n+1 registers are 0
//             01nnnnnn nnnnnnnn   XZERO   n+1 registers are 0
//             1vvvvvnn            VAL     n+1 registers are v+1
//
// Add O(1) dense, O(bytes) sparse; count O(1) while the cardinality is up to date, else O(registers); merge O(registers).
// Flajolet et al., "HyperLogLog", 2007; Heule et al., "HyperLogLog in Practice", 2013; O. Ertl, "New cardinality estimation algorithms for HyperLogLog
// sketches", 2017; the format is Redis's (hyperloglog.c).

/// <summary>The constants of the format, its header, and how registers become a cardinality.</summary>
public static unsafe class HyperLogLog
{
    /// <summary>Registers: 2^14, for a standard error of 0.81 %.</summary>
    public const int Registers = 1 << IndexBits;

    /// <summary>Bits of the hash that name the register.</summary>
    internal const int IndexBits = 14;

    /// <summary>Bits of the hash whose leading zeros are counted.</summary>
    internal const int HashBits = 64 - IndexBits;

    /// <summary>Bytes before the registers.</summary>
    internal const int HeaderBytes = 16;

    /// <summary>Bits of a dense register.</summary>
    internal const int RegisterBits = 6;

    /// <summary>Bytes of the dense registers.</summary>
    internal const int DenseRegisterBytes = Registers * RegisterBits / 8;

    /// <summary>Length of a dense value.</summary>
    internal const int DenseBytes = HeaderBytes + DenseRegisterBytes;

    /// <summary>Values that a register of 6 bits can have.</summary>
    internal const int RegisterValues = 1 << RegisterBits;

    internal const byte Dense = 0;
    internal const byte Sparse = 1;

    private const int EncodingOffset = 4;
    private const int CardinalityOffset = 8;
    private const byte OutOfDateBit = 0x80;

    /// <summary>1 / (2 ln 2): Ertl's α∞.</summary>
    private const double AlphaInfinity = 0.721347520444481703680;

    /// <summary>Whether the bytes have the header of a HyperLogLog (and, if dense, its length). Sparse registers are checked when they are read.</summary>
    public static bool HasFormat(ReadOnlySpan<byte> value) =>
        value.Length >= HeaderBytes && value.StartsWith("HYLL"u8)
        && (value[EncodingOffset] == Sparse || (value[EncodingOffset] == Dense && value.Length == DenseBytes));

    /// <summary>Whether a value with a header is sparse.</summary>
    internal static bool IsSparse(byte* value) => value[EncodingOffset] == Sparse;

    /// <summary>Writes the header of a value: up to date, with no element.</summary>
    internal static void WriteHeader(byte* value, byte encoding)
    {
        var header = new Span<byte>(value, HeaderBytes);
        header.Clear();
        "HYLL"u8.CopyTo(header);
        header[EncodingOffset] = encoding;
    }

    internal static void SetEncoding(byte* value, byte encoding) => value[EncodingOffset] = encoding;

    /// <summary>Notes that the cardinality is out of date.</summary>
    internal static void Invalidate(byte* value) => value[HeaderBytes - 1] |= OutOfDateBit;

    /// <summary>The cardinality in the header; false: it is out of date.</summary>
    internal static bool TryCached(byte* value, out long cardinality)
    {
        cardinality = BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(value + CardinalityOffset, sizeof(long)));
        return cardinality >= 0;
    }

    internal static void SetCached(byte* value, long cardinality) =>
        BinaryPrimitives.WriteInt64LittleEndian(new Span<byte>(value + CardinalityOffset, sizeof(long)), cardinality);

    /// <summary>Ertl's estimate (his algorithm 6), in the order of operations that gives Redis's digits.</summary>
    /// <param name="histogram">How many registers have each value; 64 numbers that add up to 16,384.</param>
    internal static long Estimate(ReadOnlySpan<int> histogram)
    {
        const double m = Registers;
        double z = m * Tau((m - histogram[HashBits + 1]) / m);
        for (int value = HashBits; value >= 1; value--)
            z = (z + histogram[value]) * 0.5;
        z += m * Sigma(histogram[0] / m);

        // No sum of a valid histogram is 0; one of registers beyond 51, which only a made-up value has, can be.
        double estimate = AlphaInfinity * m * m / z;
        return double.IsFinite(estimate) ? (long)Math.Round(estimate, MidpointRounding.AwayFromZero) : long.MinValue;
    }

    private static double Sigma(double x)
    {
        if (x == 1)
            return double.PositiveInfinity;
        double y = 1;
        double z = x;
        double before;
        do
        {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        }
        while (before != z);
        return z;
    }

    private static double Tau(double x)
    {
        if (x is 0 or 1)
            return 0;
        double y = 1;
        double z = 1 - x;
        double before;
        do
        {
            x = Math.Sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }
        while (before != z);
        return z / 3;
    }
}
