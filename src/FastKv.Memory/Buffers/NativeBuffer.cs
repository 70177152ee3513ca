using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace FastKv.Memory;

/// <summary>
/// A growable stretch of native memory, contiguous: what a connection has received and not yet executed. The default value is an
/// empty buffer. A mutable struct: keep it in a field, pass it by reference.
/// </summary>
/// <remarks>Data plane. Removing a prefix only moves <see cref="Data"/> on; bytes are moved together when the room is needed.</remarks>
public unsafe struct NativeBuffer
{
    private const long CapacityMin = 1024;
    private const long DoublingBytesMax = 1024 * 1024;

    /// <summary>The first byte, or null.</summary>
    public byte* Data;

    /// <summary>Bytes held; who writes behind them adds to it.</summary>
    public long Length;

    /// <summary>Bytes from <see cref="Data"/> to the end of the memory.</summary>
    public long Capacity;

    private long _removedBytes; // in front of Data

    /// <summary>Bytes of memory behind the buffer.</summary>
    public readonly long AllocatedBytes => Capacity + _removedBytes;

    /// <summary>
    /// Makes room for <paramref name="sizeBytes"/> bytes behind the held ones; <see cref="Data"/> may change. Grows to powers of two
    /// up to 1 MiB, then by a quarter or what is needed: amortised O(1) per byte.
    /// </summary>
    /// <exception cref="OutOfMemoryException">The system refuses; the buffer stays as it was.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EnsureFree(long sizeBytes)
    {
        if (Capacity - Length < sizeBytes)
            MakeRoom(sizeBytes);
    }

    /// <summary>Copies bytes to the end.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(byte* source, long count)
    {
        EnsureFree(count);
        Buffer.MemoryCopy(source, Data + Length, Capacity - Length, count);
        Length += count;
    }

    /// <summary>Drops the first <paramref name="count"/> bytes. O(1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RemovePrefix(long count)
    {
        Debug.Assert(count >= 0 && count <= Length, "no more than there is");
        Data += count;
        Length -= count;
        Capacity -= count;
        _removedBytes += count;
        if (Length == 0)
            Rewind();
    }

    /// <summary>Frees the memory; the buffer is empty and may be used again.</summary>
    public void Release()
    {
        NativeBlock.Free(Data - _removedBytes, AllocatedBytes);
        this = default;
    }

    private void Rewind()
    {
        Data -= _removedBytes;
        Capacity += _removedBytes;
        _removedBytes = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MakeRoom(long sizeBytes)
    {
        // Moving fewer bytes than were removed is paid for by their arrival.
        if (AllocatedBytes - Length >= sizeBytes && _removedBytes >= Length)
        {
            byte* data = Data;
            Rewind();
            Buffer.MemoryCopy(data, Data, Length, Length);
            return;
        }

        long capacity = GrownCapacity(checked(Length + sizeBytes));
        if (_removedBytes == 0)
        {
            Data = NativeBlock.Reallocate(Data, Capacity, capacity);
        }
        else
        {
            byte* moved = NativeBlock.Allocate(capacity);
            Buffer.MemoryCopy(Data, moved, capacity, Length);
            NativeBlock.Free(Data - _removedBytes, AllocatedBytes);
            Data = moved;
            _removedBytes = 0;
        }

        Capacity = capacity;
    }

    private readonly long GrownCapacity(long needed)
    {
        if (needed <= DoublingBytesMax)
            return Math.Max(CapacityMin, (long)BitOperations.RoundUpToPowerOf2((ulong)needed));
        return Math.Max(needed, Length + (Length / 4));
    }
}
