using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FastKv.Structures;

/// <summary>XXH3, 64 bits, seed 0: what Redis 8.4's DIGEST, and the IFDEQ and IFDNE options of SET and DELEX, compute of a string.</summary>
/// <remarks>
/// Data plane. The algorithm is Yann Collet's (xxHash specification 0.2.0, doc/xxhash_spec.md), with its default secret; little-endian. Up to 240
/// bytes are a few multiplications; longer inputs run through eight 64-bit accumulators, 64 bytes at a time. O(length). Redis prints the hash as 16
/// lower-case hexadecimal digits, most significant first (DIGEST of "Hello world" is b6acb9d84a38ff74).
/// </remarks>
public static unsafe class Xxh3
{
    private const ulong Prime32First = 0x9E37_79B1;
    private const ulong Prime32Second = 0x85EB_CA77;
    private const ulong Prime32Third = 0xC2B2_AE3D;
    private const ulong Prime64First = 0x9E37_79B1_85EB_CA87;
    private const ulong Prime64Second = 0xC2B2_AE3D_27D4_EB4F;
    private const ulong Prime64Third = 0x1656_67B1_9E37_79F9;
    private const ulong Prime64Fourth = 0x85EB_CA77_C2B2_AE63;
    private const ulong Prime64Fifth = 0x27D4_EB2F_1656_67C5;
    private const ulong MixFirst = 0x1656_6791_9E37_79F9;
    private const ulong MixSecond = 0x9FB2_1C65_1E98_DF25;

    private const int ShortMax = 16;
    private const int MediumMax = 128;
    private const int LongerMax = 240;
    private const int StripeBytes = 64;
    private const int SecretStep = 8;
    private const int SecretBytes = 192;
    private const int SecretBytesMin = 136;
    private const int StripesPerBlock = (SecretBytes - StripeBytes) / SecretStep;
    private const int BlockBytes = StripesPerBlock * StripeBytes;

    private static ReadOnlySpan<byte> Secret =>
    [
        0xB8, 0xFE, 0x6C, 0x39, 0x23, 0xA4, 0x4B, 0xBE, 0x7C, 0x01, 0x81, 0x2C, 0xF7, 0x21, 0xAD, 0x1C,
        0xDE, 0xD4, 0x6D, 0xE9, 0x83, 0x90, 0x97, 0xDB, 0x72, 0x40, 0xA4, 0xA4, 0xB7, 0xB3, 0x67, 0x1F,
        0xCB, 0x79, 0xE6, 0x4E, 0xCC, 0xC0, 0xE5, 0x78, 0x82, 0x5A, 0xD0, 0x7D, 0xCC, 0xFF, 0x72, 0x21,
        0xB8, 0x08, 0x46, 0x74, 0xF7, 0x43, 0x24, 0x8E, 0xE0, 0x35, 0x90, 0xE6, 0x81, 0x3A, 0x26, 0x4C,
        0x3C, 0x28, 0x52, 0xBB, 0x91, 0xC3, 0x00, 0xCB, 0x88, 0xD0, 0x65, 0x8B, 0x1B, 0x53, 0x2E, 0xA3,
        0x71, 0x64, 0x48, 0x97, 0xA2, 0x0D, 0xF9, 0x4E, 0x38, 0x19, 0xEF, 0x46, 0xA9, 0xDE, 0xAC, 0xD8,
        0xA8, 0xFA, 0x76, 0x3F, 0xE3, 0x9C, 0x34, 0x3F, 0xF9, 0xDC, 0xBB, 0xC7, 0xC7, 0x0B, 0x4F, 0x1D,
        0x8A, 0x51, 0xE0, 0x4B, 0xCD, 0xB4, 0x59, 0x31, 0xC8, 0x9F, 0x7E, 0xC9, 0xD9, 0x78, 0x73, 0x64,
        0xEA, 0xC5, 0xAC, 0x83, 0x34, 0xD3, 0xEB, 0xC3, 0xC5, 0x81, 0xA0, 0xFF, 0xFA, 0x13, 0x63, 0xEB,
        0x17, 0x0D, 0xDD, 0x51, 0xB7, 0xF0, 0xDA, 0x49, 0xD3, 0x16, 0x55, 0x26, 0x29, 0xD4, 0x68, 0x9E,
        0x2B, 0x16, 0xBE, 0x58, 0x7D, 0x47, 0xA1, 0xFC, 0x8F, 0xF8, 0xB8, 0xD1, 0x7A, 0xD0, 0x31, 0xCE,
        0x45, 0xCB, 0x3A, 0x8F, 0x95, 0x16, 0x04, 0x28, 0xAF, 0xD7, 0xFB, 0xCA, 0xBB, 0x4B, 0x40, 0x7E,
    ];

    /// <summary>The hash of <paramref name="length"/> bytes.</summary>
    public static ulong Hash(byte* data, long length)
    {
        var secret = (byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in Secret[0]));
        return length switch
        {
            <= ShortMax => HashShort(data, (int)length, secret),
            <= MediumMax => HashMedium(data, (int)length, secret),
            <= LongerMax => HashLonger(data, (int)length, secret),
            _ => HashLong(data, length, secret),
        };
    }

    private static ulong HashShort(byte* data, int length, byte* secret)
    {
        if (length > 8)
        {
            ulong low = Read64(data) ^ Read64(secret + 24) ^ Read64(secret + 32);
            ulong high = Read64(data + length - 8) ^ Read64(secret + 40) ^ Read64(secret + 48);
            return Avalanche((ulong)length + BinaryPrimitives.ReverseEndianness(low) + high + MultiplyFold(low, high));
        }

        if (length >= 4)
        {
            ulong both = Read32(data + length - 4) | (ulong)Read32(data) << 32;
            ulong mixed = both ^ Read64(secret + 8) ^ Read64(secret + 16);
            mixed ^= BitOperations.RotateLeft(mixed, 49) ^ BitOperations.RotateLeft(mixed, 24);
            mixed *= MixSecond;
            mixed ^= (mixed >> 35) + (ulong)length;
            mixed *= MixSecond;
            return mixed ^ mixed >> 28;
        }

        if (length == 0)
            return AvalancheShort(Read64(secret + 56) ^ Read64(secret + 64));
        uint combined = (uint)data[0] << 16 | (uint)data[length >> 1] << 24 | data[length - 1] | (uint)length << 8;
        return AvalancheShort(combined ^ (ulong)(Read32(secret) ^ Read32(secret + 4)));
    }

    // 17 to 128 bytes: 16 at a time from both ends, towards the middle.
    private static ulong HashMedium(byte* data, int length, byte* secret)
    {
        ulong sum = (ulong)length * Prime64First;
        for (int i = (length - 1) / 32; i >= 0; i--)
        {
            sum += Mix16(data + 16 * i, secret + 32 * i);
            sum += Mix16(data + length - 16 * (i + 1), secret + 32 * i + 16);
        }

        return Avalanche(sum);
    }

    // 129 to 240 bytes: the first 128, then the others with the secret shifted by 3.
    private static ulong HashLonger(byte* data, int length, byte* secret)
    {
        ulong sum = (ulong)length * Prime64First;
        for (int i = 0; i < 8; i++)
            sum += Mix16(data + 16 * i, secret + 16 * i);
        sum = Avalanche(sum);
        for (int i = 8; i < length / 16; i++)
            sum += Mix16(data + 16 * i, secret + 16 * (i - 8) + 3);
        sum += Mix16(data + length - 16, secret + SecretBytesMin - 17);
        return Avalanche(sum);
    }

    private static ulong HashLong(byte* data, long length, byte* secret)
    {
        ulong* sums = stackalloc ulong[8]
        {
            Prime32Third, Prime64First, Prime64Second, Prime64Third, Prime64Fourth, Prime32Second, Prime64Fifth, Prime32First,
        };
        byte* last = data + length - StripeBytes;
        long blocks = (length - 1) / BlockBytes;
        for (long i = 0; i < blocks; i++)
        {
            Accumulate(sums, data, StripesPerBlock, secret);
            Scramble(sums, secret + SecretBytes - StripeBytes);
            data += BlockBytes;
        }

        int stripes = (int)((length - 1 - blocks * BlockBytes) / StripeBytes);
        Accumulate(sums, data, stripes, secret);
        Accumulate(sums, last, 1, secret + SecretBytes - StripeBytes - 7);
        ulong hash = (ulong)length * Prime64First;
        for (int i = 0; i < 4; i++)
            hash += MultiplyFold(sums[2 * i] ^ Read64(secret + 11 + 16 * i), sums[2 * i + 1] ^ Read64(secret + 19 + 16 * i));
        return Avalanche(hash);
    }

    private static void Accumulate(ulong* sums, byte* data, int stripes, byte* secret)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<ulong> sum = Vector512.Load(sums);
            for (int i = 0; i < stripes; i++)
            {
                Vector512<ulong> value = Vector512.Load(data + i * StripeBytes).AsUInt64();
                Vector512<ulong> keyed = value ^ Vector512.Load(secret + i * SecretStep).AsUInt64();
                sum += Vector512.Shuffle(value, Vector512.Create(1UL, 0, 3, 2, 5, 4, 7, 6)) + MultiplyHalves(keyed);
            }

            sum.Store(sums);
            return;
        }

        Vector256<ulong> low = Vector256.Load(sums);
        Vector256<ulong> high = Vector256.Load(sums + 4);
        for (int i = 0; i < stripes; i++)
        {
            low += AccumulateHalf(data + i * StripeBytes, secret + i * SecretStep);
            high += AccumulateHalf(data + i * StripeBytes + 32, secret + i * SecretStep + 32);
        }

        low.Store(sums);
        high.Store(sums + 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> AccumulateHalf(byte* data, byte* secret)
    {
        Vector256<ulong> value = Vector256.Load(data).AsUInt64();
        Vector256<ulong> keyed = value ^ Vector256.Load(secret).AsUInt64();
        return Vector256.Shuffle(value, Vector256.Create(1UL, 0, 3, 2)) + MultiplyHalves(keyed);
    }

    // The lower half of each lane times the upper one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> MultiplyHalves(Vector512<ulong> lanes) => Avx512F.IsSupported
        ? Avx512F.Multiply(lanes.AsUInt32(), (lanes >> 32).AsUInt32())
        : (lanes & Vector512.Create(0xFFFF_FFFFUL)) * (lanes >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> MultiplyHalves(Vector256<ulong> lanes) => Avx2.IsSupported
        ? Avx2.Multiply(lanes.AsUInt32(), (lanes >> 32).AsUInt32())
        : (lanes & Vector256.Create(0xFFFF_FFFFUL)) * (lanes >> 32);

    private static void Scramble(ulong* sums, byte* secret)
    {
        for (int i = 0; i < 8; i++)
            sums[i] = (sums[i] ^ sums[i] >> 47 ^ Read64(secret + 8 * i)) * Prime32First;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix16(byte* data, byte* secret) =>
        MultiplyFold(Read64(data) ^ Read64(secret), Read64(data + 8) ^ Read64(secret + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MultiplyFold(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return high ^ low;
    }

    private static ulong Avalanche(ulong hash)
    {
        hash = (hash ^ hash >> 37) * MixFirst;
        return hash ^ hash >> 32;
    }

    private static ulong AvalancheShort(ulong hash)
    {
        hash = (hash ^ hash >> 33) * Prime64Second;
        hash = (hash ^ hash >> 29) * Prime64Third;
        return hash ^ hash >> 32;
    }

    private static uint Read32(byte* source) => Unsafe.ReadUnaligned<uint>(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read64(byte* source) => Unsafe.ReadUnaligned<ulong>(source);
}
