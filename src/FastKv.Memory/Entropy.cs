using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastKv.Memory;

/// <summary>Where seeds and identifiers come from: a seam, so that a simulation can replay a run. Control plane.</summary>
public interface IEntropy
{
    /// <summary>Fills the span with random bytes.</summary>
    void Fill(Span<byte> destination);
}

/// <summary>
/// The kernel's cryptographic generator, getrandom(2). Asked directly: RandomNumberGenerator brings OpenSSL with it, 6 MB of resident memory in a server that
/// may never need any other part of it.
/// </summary>
public sealed class SystemEntropy : IEntropy
{
    private SystemEntropy()
    {
    }

    /// <summary>The only one; it has no state.</summary>
    public static SystemEntropy Instance { get; } = new();

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The kernel has none (before Linux 3.17).</exception>
    public unsafe void Fill(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            nint count;
            fixed (byte* bytes = destination)
                count = Libc.GetRandom(bytes, (nuint)destination.Length, 0);
            if (count >= 0)
                destination = destination[(int)count..];
            else if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
                throw new InvalidOperationException($"getrandom failed with error {Marshal.GetLastPInvokeError()}.");
        }
    }
}

/// <summary>
/// A fast generator for sampling and shuffling (eviction, RANDOMKEY): 8 bytes of state, about 1 ns per number, every seed good,
/// the default value included. Not for secrets. Data plane.
/// </summary>
/// <remarks>Algorithm: wyrand of Wang Yi's wyhash (public domain), seeded through SplitMix64 so that neighbouring seeds differ.</remarks>
public struct RandomSource(ulong seed)
{
    private ulong _state = Mix(seed);

    /// <summary>64 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Next()
    {
        _state += 0xA076_1D64_78BD_642F;
        ulong high = Math.BigMul(_state, _state ^ 0xE703_7ED1_A0B4_28DB, out ulong low);
        return high ^ low;
    }

    /// <summary>A number in [0, <paramref name="bound"/>), each equally likely (Lemire, "Fast random integer generation in an interval", 2019).</summary>
    public long Below(long bound)
    {
        Debug.Assert(bound > 0, "an interval has at least one number");
        ulong range = (ulong)bound;
        ulong high = Math.BigMul(Next(), range, out ulong low);
        if (low < range)
        {
            ulong rejected = (0 - range) % range;
            while (low < rejected)
                high = Math.BigMul(Next(), range, out low);
        }

        return (long)high;
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E37_79B9_7F4A_7C15;
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }
}
