using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FastKv.Structures;

/// <summary>What BITOP does; X is the first source, Y are the others.</summary>
public enum BitOperator
{
    /// <summary>Bits in all sources.</summary>
    And,

    /// <summary>Bits in any source.</summary>
    Or,

    /// <summary>Bits in an odd number of sources.</summary>
    Xor,

    /// <summary>Bits not in X, the only source.</summary>
    Not,

    /// <summary>Bits in X, and in no Y (Redis 8.2).</summary>
    Diff,

    /// <summary>Bits in any Y, and not in X (Redis 8.2).</summary>
    Diff1,

    /// <summary>Bits in X, and in any Y (Redis 8.2).</summary>
    AndOr,

    /// <summary>Bits in exactly one source (Redis 8.2).</summary>
    One,
}

/// <summary>A source of BITOP; bytes behind its end count as 0.</summary>
public unsafe struct BitmapSource
{
    /// <summary>The bytes; may be anything when there are none.</summary>
    public byte* Data;

    /// <summary>Number of bytes.</summary>
    public long Length;
}

/// <summary>Combines strings bit by bit (BITOP). Data plane.</summary>
/// <remarks>
/// The result is made in pieces of 4 KiB, each finished before the next begins: it stays in the first-level cache while one source after the
/// other is combined into it, 64 or 32 bytes at a time. O(length × sources).
/// </remarks>
public static unsafe class BitOperation
{
    private const int PieceBytes = 4096;

    /// <summary>Writes the result of an operation.</summary>
    /// <param name="operation">What to do.</param>
    /// <param name="destination">Gets <paramref name="length"/> bytes; must not overlap a source.</param>
    /// <param name="length">Length of the longest source, for Redis's semantics.</param>
    /// <param name="sources">The sources.</param>
    /// <param name="count">At least 1; exactly 1 for Not; at least 2 for Diff, Diff1 and AndOr.</param>
    public static void Compute(BitOperator operation, byte* destination, long length, BitmapSource* sources, int count)
    {
        Debug.Assert(count > 0 && (operation != BitOperator.Not || count == 1), "Redis checks the number of sources");
        byte* multiple = stackalloc byte[PieceBytes];
        for (long offset = 0; offset < length; offset += PieceBytes)
        {
            int piece = (int)Math.Min(PieceBytes, length - offset);
            byte* target = destination + offset;
            switch (operation)
            {
                case BitOperator.And:
                    Start(target, sources[0], offset, piece);
                    for (int i = 1; i < count; i++)
                        CombineAnd<AndKernel>(target, sources[i], offset, piece);
                    break;
                case BitOperator.Or:
                    Start(target, sources[0], offset, piece);
                    CombineAll<OrKernel>(target, sources + 1, count - 1, offset, piece);
                    break;
                case BitOperator.Xor:
                    Start(target, sources[0], offset, piece);
                    CombineAll<XorKernel>(target, sources + 1, count - 1, offset, piece);
                    break;
                case BitOperator.Not:
                    NativeMemory.Fill(target, (nuint)piece, 0xFF);
                    CombineAll<XorKernel>(target, sources, 1, offset, piece);
                    break;
                case BitOperator.Diff:
                    StartWithOthers(target, sources, count, offset, piece);
                    CombineAnd<AndNotTargetKernel>(target, sources[0], offset, piece);
                    break;
                case BitOperator.Diff1:
                    StartWithOthers(target, sources, count, offset, piece);
                    CombineAll<AndNotSourceKernel>(target, sources, 1, offset, piece);
                    break;
                case BitOperator.AndOr:
                    StartWithOthers(target, sources, count, offset, piece);
                    CombineAnd<AndKernel>(target, sources[0], offset, piece);
                    break;
                case BitOperator.One:
                    ComputeOne(target, multiple, sources, count, offset, piece);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(operation));
            }
        }
    }

    // Bits seen once are in target, bits seen again in multiple.
    private static void ComputeOne(byte* target, byte* multiple, BitmapSource* sources, int count, long offset, int piece)
    {
        Start(target, sources[0], offset, piece);
        NativeMemory.Clear(multiple, (nuint)piece);
        for (int i = 1; i < count; i++)
        {
            int overlap = Overlap(sources[i], offset, piece);
            byte* source = sources[i].Data + offset;
            for (int at = 0; at < overlap;)
            {
                int step = overlap - at >= Vector256<byte>.Count ? Vector256<byte>.Count : 1;
                if (step == 1)
                {
                    multiple[at] |= (byte)(target[at] & source[at]);
                    target[at] |= source[at];
                }
                else
                {
                    Vector256<byte> seen = Vector256.Load(target + at);
                    Vector256<byte> bits = Vector256.Load(source + at);
                    (Vector256.Load(multiple + at) | (seen & bits)).Store(multiple + at);
                    (seen | bits).Store(target + at);
                }

                at += step;
            }
        }

        Combine<AndNotSourceKernel>(target, multiple, piece);
    }

    private static int Overlap(BitmapSource source, long offset, int piece) => (int)Math.Clamp(source.Length - offset, 0, piece);

    private static void Start(byte* target, BitmapSource source, long offset, int piece)
    {
        int overlap = Overlap(source, offset, piece);
        if (overlap > 0)
            Buffer.MemoryCopy(source.Data + offset, target, overlap, overlap);
        NativeMemory.Clear(target + overlap, (nuint)(piece - overlap));
    }

    private static void StartWithOthers(byte* target, BitmapSource* sources, int count, long offset, int piece)
    {
        NativeMemory.Clear(target, (nuint)piece);
        CombineAll<OrKernel>(target, sources + 1, count - 1, offset, piece);
    }

    // For kernels that leave the target alone where the source is 0, as it is behind its end.
    private static void CombineAll<TKernel>(byte* target, BitmapSource* sources, int count, long offset, int piece)
        where TKernel : struct, IKernel
    {
        for (int i = 0; i < count; i++)
        {
            int overlap = Overlap(sources[i], offset, piece);
            if (overlap > 0)
                Combine<TKernel>(target, sources[i].Data + offset, overlap);
        }
    }

    // For kernels that clear the target where the source is 0.
    private static void CombineAnd<TKernel>(byte* target, BitmapSource source, long offset, int piece)
        where TKernel : struct, IKernel
    {
        int overlap = Overlap(source, offset, piece);
        if (overlap > 0)
            Combine<TKernel>(target, source.Data + offset, overlap);
        NativeMemory.Clear(target + overlap, (nuint)(piece - overlap));
    }

    private static void Combine<TKernel>(byte* target, byte* source, int length)
        where TKernel : struct, IKernel
    {
        int at = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; at + Vector512<byte>.Count <= length; at += Vector512<byte>.Count)
                TKernel.Apply(Vector512.Load(target + at), Vector512.Load(source + at)).Store(target + at);
        }

        for (; at + Vector256<byte>.Count <= length; at += Vector256<byte>.Count)
            TKernel.Apply(Vector256.Load(target + at), Vector256.Load(source + at)).Store(target + at);
        for (; at < length; at++)
            target[at] = TKernel.Apply(target[at], source[at]);
    }

    private interface IKernel
    {
        static abstract Vector512<byte> Apply(Vector512<byte> target, Vector512<byte> source);

        static abstract Vector256<byte> Apply(Vector256<byte> target, Vector256<byte> source);

        static abstract byte Apply(byte target, byte source);
    }

    private readonly struct AndKernel : IKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<byte> Apply(Vector512<byte> target, Vector512<byte> source) => target & source;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Apply(Vector256<byte> target, Vector256<byte> source) => target & source;

        public static byte Apply(byte target, byte source) => (byte)(target & source);
    }

    private readonly struct OrKernel : IKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<byte> Apply(Vector512<byte> target, Vector512<byte> source) => target | source;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Apply(Vector256<byte> target, Vector256<byte> source) => target | source;

        public static byte Apply(byte target, byte source) => (byte)(target | source);
    }

    private readonly struct XorKernel : IKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<byte> Apply(Vector512<byte> target, Vector512<byte> source) => target ^ source;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Apply(Vector256<byte> target, Vector256<byte> source) => target ^ source;

        public static byte Apply(byte target, byte source) => (byte)(target ^ source);
    }

    private readonly struct AndNotSourceKernel : IKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<byte> Apply(Vector512<byte> target, Vector512<byte> source) => Vector512.AndNot(target, source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Apply(Vector256<byte> target, Vector256<byte> source) => Vector256.AndNot(target, source);

        public static byte Apply(byte target, byte source) => (byte)(target & ~source);
    }

    private readonly struct AndNotTargetKernel : IKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<byte> Apply(Vector512<byte> target, Vector512<byte> source) => Vector512.AndNot(source, target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Apply(Vector256<byte> target, Vector256<byte> source) => Vector256.AndNot(source, target);

        public static byte Apply(byte target, byte source) => (byte)(source & ~target);
    }
}
