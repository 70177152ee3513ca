using System.Numerics;
using System.Runtime.CompilerServices;

namespace FastKv.Structures;

/// <summary>The seeded 64-bit hash of keys.</summary>
/// <remarks>
/// Data plane. A multiply-fold hash: words of the key, mixed with the seed, are multiplied to 128 bits and the halves folded with
/// exclusive or. The construction is that of wyhash (Wang Yi) and rapidhash (Nicolas De Carli), the code and constants are ours. The
/// seed is secret and random per process, and enters both factors of every product: a factor that a client could make 0 would let it
/// choose keys which collide. O(length).
/// </remarks>
public static unsafe class KeyHash
{
    // Odd, with 32 of 64 bits set: digits of the square roots of 2, 3, 5 and 7 adjusted to that.
    private const ulong K0 = 0x6A09_E667_F3BC_C90B;
    private const ulong K1 = 0xBB67_AE85_84CA_A73B;
    private const ulong K2 = 0x3C6E_F372_FE94_F82D;
    private const ulong K3 = 0xA54F_F53A_5F1D_36F1;

    /// <summary>Hash of <paramref name="length"/> bytes; all 64 bits are usable. The memory may be anything when the length is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Compute(byte* key, int length, ulong seed)
    {
        ulong a;
        ulong b;
        if (length <= 16)
        {
            if (length >= 8)
            {
                a = Read64(key);
                b = Read64(key + length - 8);
            }
            else
            {
                ReadShort(key, length, out a, out b);
            }
        }
        else
        {
            seed = FoldLong(key, length, seed);
            a = Read64(key + length - 16);
            b = Read64(key + length - 8);
        }

        return Mix(K1 ^ (uint)length, Mix(a ^ seed ^ K2, b ^ BitOperations.RotateLeft(seed, 32) ^ K0) ^ seed);
    }

    // Up to 7 bytes: each byte is in a or b, and length tells apart what reads alike.
    private static void ReadShort(byte* key, int length, out ulong a, out ulong b)
    {
        if (length >= 4)
        {
            a = Unsafe.ReadUnaligned<uint>(key);
            b = Unsafe.ReadUnaligned<uint>(key + length - 4);
        }
        else
        {
            a = length > 0 ? (ulong)key[0] << 16 | (ulong)key[length >> 1] << 8 | key[length - 1] : 0;
            b = 0;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong FoldLong(byte* key, int length, ulong seed)
    {
        ulong k1 = seed ^ K1;
        ulong k2 = BitOperations.RotateLeft(seed, 21) ^ K2;
        ulong k3 = BitOperations.RotateLeft(seed, 42) ^ K3;
        byte* end = key + length - 16;
        if (length > 64)
        {
            // Three independent chains keep the multiplier busy.
            ulong second = seed ^ k2;
            ulong third = seed ^ k3;
            while (key + 48 <= end)
            {
                seed = Mix(Read64(key) ^ k1, Read64(key + 8) ^ seed);
                second = Mix(Read64(key + 16) ^ k2, Read64(key + 24) ^ second);
                third = Mix(Read64(key + 32) ^ k3, Read64(key + 40) ^ third);
                key += 48;
            }

            seed ^= second ^ third;
        }

        while (key < end)
        {
            seed = Mix(Read64(key) ^ k3, Read64(key + 8) ^ seed);
            key += 16;
        }

        return seed;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return high ^ low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read64(byte* source) => Unsafe.ReadUnaligned<ulong>(source);
}
