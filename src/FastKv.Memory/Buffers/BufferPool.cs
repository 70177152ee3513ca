using System.Diagnostics;

namespace FastKv.Memory;

/// <summary>
/// An event loop's cache of buffer segments of <see cref="SegmentBytes"/>. One thread. Data plane: rent and return are a list pop and
/// push. A pool is only a cache over <see cref="NativeBlock"/>: a segment may go back to another pool than the one it came from.
/// </summary>
public sealed unsafe class BufferPool : IDisposable
{
    /// <summary>Bytes of a pooled segment, header included: four pages; the replies of a deep pipeline fit in one or two.</summary>
    public const int SegmentBytes = 16 * 1024;

    /// <summary>Bytes a pooled segment holds.</summary>
    public const int SegmentCapacity = SegmentBytes - BufferSegment.HeaderBytes;

    private readonly int _retainedSegmentsMax;
    private BufferSegment* _free;
    private int _freeCount;
    private bool _disposed;

    /// <summary>An empty pool.</summary>
    /// <param name="retainedSegmentsMax">Free segments kept for reuse (256 are 4 MiB); more go back to the system.</param>
    public BufferPool(int retainedSegmentsMax = 256)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(retainedSegmentsMax);
        _retainedSegmentsMax = retainedSegmentsMax;
    }

    /// <summary>
    /// Bytes rented here less bytes returned here. Where segments change pools a single pool's figure may be off, even negative; the
    /// sum over all pools is exact.
    /// </summary>
    public long RentedBytes { get; private set; }

    /// <summary>Bytes kept for reuse.</summary>
    public long RetainedBytes => (long)_freeCount * SegmentBytes;

    /// <summary>A segment with room for at least <paramref name="capacityMin"/> bytes; larger ones than the pooled are made to measure.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    public BufferSegment* Rent(int capacityMin)
    {
        Debug.Assert(capacityMin >= 0, "a capacity is no difference");
        BufferSegment* segment = _free;
        if (capacityMin > SegmentCapacity || segment == null)
        {
            segment = Create(Math.Max(capacityMin, SegmentCapacity));
        }
        else
        {
            _free = segment->Next;
            _freeCount--;
            segment->Capacity = SegmentCapacity;
        }

        segment->Next = null;
        segment->Length = 0;
        segment->Consumed = 0;
        segment->Reserved = 1;
        RentedBytes += segment->AllocatedBytes;
        return segment;
    }

    /// <summary>Takes a segment back, from this pool or another.</summary>
    public void Return(BufferSegment* segment)
    {
        Debug.Assert(segment->Owner == null, "an allocation is returned as a whole");
        RentedBytes -= segment->AllocatedBytes;
        if (segment->AllocatedBytes != SegmentBytes || _freeCount >= _retainedSegmentsMax || _disposed)
        {
            NativeBlock.Free((byte*)segment, segment->AllocatedBytes);
            return;
        }

        segment->Next = _free;
        _free = segment;
        _freeCount++;
    }

    /// <summary>Gives all segments kept for reuse back to the system.</summary>
    public void Trim()
    {
        while (_free != null)
        {
            BufferSegment* segment = _free;
            _free = segment->Next;
            NativeBlock.Free((byte*)segment, segment->AllocatedBytes);
        }

        _freeCount = 0;
    }

    /// <summary>Trims the pool. Segments still rented stay valid, and are freed when returned.</summary>
    public void Dispose()
    {
        _disposed = true;
        Trim();
    }

    private static BufferSegment* Create(int capacity)
    {
        long bytes = (long)capacity + BufferSegment.HeaderBytes;
        var segment = (BufferSegment*)NativeBlock.Allocate(bytes);
        segment->Owner = null;
        segment->Capacity = capacity;
        segment->AllocatedBytes = bytes;
        return segment;
    }
}
