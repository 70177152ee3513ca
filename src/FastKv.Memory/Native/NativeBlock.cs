using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FastKv.Memory;

/// <summary>
/// Native memory that belongs to no heap (socket buffers, argument arrays, rings shared with the kernel), counted, so that a test can
/// assert that a server which was disposed of left none behind. Control plane: callers keep what they get.
/// </summary>
/// <remarks>Any thread. The counters are shared; at some 20 ns per call that is no cost beside malloc.</remarks>
public static unsafe class NativeBlock
{
    private static long s_outstandingBytes;
    private static long s_outstandingBlocks;
    private static long s_peakBytes;

    /// <summary>Bytes allocated and not freed, in the whole process.</summary>
    public static long OutstandingBytes => Volatile.Read(ref s_outstandingBytes);

    /// <summary>Blocks allocated and not freed, in the whole process.</summary>
    public static long OutstandingBlocks => Volatile.Read(ref s_outstandingBlocks);

    /// <summary>The highest <see cref="OutstandingBytes"/> since the last call; threads that race may lose a little of it.</summary>
    public static long TakePeak() => Math.Max(Interlocked.Exchange(ref s_peakBytes, OutstandingBytes), OutstandingBytes);

    /// <summary>A block of undefined content, 16-byte aligned.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    public static byte* Allocate(long sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeBytes);
        var block = (byte*)NativeMemory.Alloc((nuint)sizeBytes);
        Count(sizeBytes, 1);
        return block;
    }

    /// <summary>A block of zeroes, 16-byte aligned.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    public static byte* AllocateZeroed(long sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeBytes);
        var block = (byte*)NativeMemory.AllocZeroed((nuint)sizeBytes);
        Count(sizeBytes, 1);
        return block;
    }

    /// <summary>Changes a block's size; the first min(old, new) bytes stay. A null block is allocated.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses; the block stays as it was.</exception>
    public static byte* Reallocate(byte* block, long oldSizeBytes, long newSizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(newSizeBytes);
        Debug.Assert(block != null || oldSizeBytes == 0, "no block has no bytes");
        var moved = (byte*)NativeMemory.Realloc(block, (nuint)newSizeBytes);
        Count(newSizeBytes - oldSizeBytes, block == null ? 1 : 0);
        return moved;
    }

    /// <summary>Frees a block; null is ignored.</summary>
    /// <param name="block">A block from here.</param>
    /// <param name="sizeBytes">Its size, as it was given.</param>
    public static void Free(byte* block, long sizeBytes)
    {
        if (block == null)
            return;
        NativeMemory.Free(block);
        Count(-sizeBytes, -1);
    }

    /// <summary>
    /// Gives freed memory back to the kernel. malloc keeps what lies between blocks still in use, which after a burst of large replies can be most
    /// of the burst. Milliseconds per 100 MB: to be called when <see cref="OutstandingBytes"/> has fallen much.
    /// </summary>
    public static void Trim() => _ = Libc.MallocTrim(0);

    private static void Count(long bytes, long blocks)
    {
        long outstanding = Interlocked.Add(ref s_outstandingBytes, bytes);
        if (outstanding > Volatile.Read(ref s_peakBytes))
            Volatile.Write(ref s_peakBytes, outstanding);
        if (blocks != 0)
            Interlocked.Add(ref s_outstandingBlocks, blocks);
        Debug.Assert(Volatile.Read(ref s_outstandingBlocks) >= 0, "a block is freed once");
    }
}
