using System.Numerics;
using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// Data plane. What an element of a HyperLogLog does: its hash names a register, and the run of zeros behind that a count.

/// <summary>
/// MurmurHash64A (Austin Appleby, public domain) with the seed that Redis uses for HyperLogLogs, so that both agree on every register. O(length).
/// </summary>
internal static unsafe class ElementHash
{
    private const ulong Seed = 0xadc83b19UL;
    private const ulong Multiplier = 0xc6a4a7935bd1e995UL;
    private const int Shift = 47;

    /// <summary>The register of an element, and its count: 1 and the zero bits that follow in the hash, 1 to 51.</summary>
    internal static int Register(ReadOnlySpan<byte> element, out int count)
    {
        ulong hash = Compute(element);

        // A bit behind the last one ends the run.
        count = BitOperations.TrailingZeroCount((hash >> HyperLogLog.IndexBits) | (1UL << HyperLogLog.HashBits)) + 1;
        return (int)hash & (HyperLogLog.Registers - 1);
    }

    internal static ulong Compute(ReadOnlySpan<byte> element)
    {
        fixed (byte* bytes = element)
        {
            byte* at = bytes;
            int left = element.Length;
            ulong hash = Seed ^ ((ulong)left * Multiplier);
            for (; left >= sizeof(ulong); left -= sizeof(ulong), at += sizeof(ulong))
                hash = (hash ^ Mix(Unsafe.ReadUnaligned<ulong>(at))) * Multiplier;
            if (left > 0)
            {
                ulong tail = 0;
                for (int i = 0; i < left; i++)
                    tail |= (ulong)at[i] << (8 * i);
                hash = (hash ^ tail) * Multiplier;
            }

            hash = (hash ^ (hash >> Shift)) * Multiplier;
            return hash ^ (hash >> Shift);
        }
    }

    private static ulong Mix(ulong word)
    {
        word *= Multiplier;
        return (word ^ (word >> Shift)) * Multiplier;
    }
}
