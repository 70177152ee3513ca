using System.Numerics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane: every entry of a table (members of a set, fields of a hash) once, bucket after bucket as they lie in memory. No hash is computed and nothing is
// called back; the table must not change meanwhile. (A scan cursor survives changes, and pays for it.)
internal unsafe struct TableWalk
{
    // Members of that many buckets ahead are being loaded: 20 lines, about what a core keeps in flight.
    private const int PrefetchBuckets = 2;

    private readonly TableHeader* _header;
    private long _nextPlace;
    private byte* _bucket;
    private byte* _end;
    private uint _taken;

    internal TableWalk(TableHeader* header)
    {
        this = default;
        _header = header;
    }

    /// <summary>The next member's block; null: there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* Next()
    {
        while (_taken == 0)
        {
            if (!MoveToNextBucket())
                return null;
        }

        int slot = BitOperations.TrailingZeroCount(_taken);
        _taken &= _taken - 1;
        return AddressSpace.Expand(Bucket.Reference(_bucket, slot));
    }

    /// <summary>Where the segment begins that the walk is in, in the upper 48 bits of the hash: everything before is done.</summary>
    internal readonly void GetPosition(out ulong position, out bool isAtEnd)
    {
        position = 0;
        isAtEnd = _bucket == null && _nextPlace > 0;
        if (isAtEnd || _nextPlace == 0)
            return;
        int globalDepth = 63 - _header->DirectoryShift;
        var segment = new Segment(_header->Directory[_nextPlace - 1]);
        position = (ulong)(_nextPlace - (1L << (globalDepth - segment.Depth))) << (Segment.CursorBits - globalDepth);
    }

    /// <summary>A walk that stands where the segment begins that this one is in.</summary>
    internal readonly TableWalk FromSegment()
    {
        TableWalk walk = this;
        if (_nextPlace == 0)
            return walk;
        walk._bucket = new Segment(_header->Directory[_nextPlace - 1]).Buckets;
        walk._taken = Bucket.Taken(walk._bucket);
        return walk;
    }

    /// <summary>The next member that <paramref name="other"/>, in the same segment, has given already; null: there is none.</summary>
    internal byte* NextBefore(in TableWalk other)
    {
        while (other._bucket != null)
        {
            uint given = _bucket < other._bucket ? _taken : _taken & ~other._taken;
            if (given != 0)
            {
                _taken &= ~(given & (~given + 1));
                return AddressSpace.Expand(Bucket.Reference(_bucket, BitOperations.TrailingZeroCount(given)));
            }
            if (_bucket >= other._bucket)
                return null;
            _bucket += Bucket.SizeBytes;
            _taken = Bucket.Taken(_bucket);
        }
        return null;
    }

    private bool MoveToNextBucket()
    {
        _bucket += Bucket.SizeBytes;
        if (_bucket >= _end && !MoveToNextSegment())
            return false;
        byte* ahead = _bucket + PrefetchBuckets * Bucket.SizeBytes;
        if (ahead < _end)
            PrefetchMembers(ahead);
        _taken = Bucket.Taken(_bucket);
        return true;
    }

    private bool MoveToNextSegment()
    {
        int globalDepth = 63 - _header->DirectoryShift;
        if (_header->Directory == null || _nextPlace == 1L << globalDepth)
        {
            // Stays at the end when it is called again.
            _bucket = _end = null;
            return false;
        }

        var segment = new Segment(_header->Directory[_nextPlace]);
        _nextPlace += 1L << (globalDepth - segment.Depth);
        _bucket = segment.Buckets;
        _end = segment.At(segment.BucketCount);
        for (byte* ahead = _bucket; ahead < _end && ahead < _bucket + PrefetchBuckets * Bucket.SizeBytes; ahead += Bucket.SizeBytes)
            PrefetchMembers(ahead);
        return true;
    }

    private static void PrefetchMembers(byte* bucket)
    {
        for (uint taken = Bucket.Taken(bucket); taken != 0; taken &= taken - 1)
            Prefetch.Line(AddressSpace.Expand(Bucket.Reference(bucket, BitOperations.TrailingZeroCount(taken))));
    }
}
