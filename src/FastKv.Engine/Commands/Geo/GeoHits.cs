using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Geo;

/// <summary>A member in the area of a search.</summary>
internal unsafe struct GeoHit
{
    public double Longitude;
    public double Latitude;
    public double Metres;
    public double Score;

    /// <summary>A view of the sorted set, which nothing changes meanwhile.</summary>
    public byte* Member;
    public int Length;

    public readonly ReadOnlySpan<byte> Span => new(Member, Length);
}

/// <summary>What a search has found, in native memory. Data plane.</summary>
internal unsafe struct GeoHits(NativeHeap heap)
{
    private const long CapacityMin = 64;

    private readonly NativeHeap _heap = heap;
    private long _capacity;

    public GeoHit* Items { get; private set; }

    public int Count { get; private set; }

    /// <summary>Collects the members in a shape, cell by cell. O(members in the cells + log n).</summary>
    /// <param name="values">The sorted set's shard.</param>
    /// <param name="entry">The sorted set.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="limit">As many are enough; 0: all.</param>
    public void Collect(ValueHeap values, EntryRef entry, in GeoShape shape, long limit)
    {
        var filter = new GeoFilter(shape);
        var cover = GeoCover.Of(shape);
        int last = 0;
        for (int i = 0; i < GeoCover.CellCount; i++)
        {
            // Where cells are so large that they go around the world, a neighbour may be the one looked at just before (the centre's cell is not compared,
            // so its members may come twice: that is how it is).
            if (cover[i].Step == 0 || (last > 0 && cover[i] == cover[last]))
                continue;
            if (limit > 0 && Count >= limit)
                return;
            CollectCell(values, entry, cover[i], filter, limit);
            last = i;
        }
    }

    public void Free()
    {
        if (Items != null)
            _heap.Free((byte*)Items, _capacity * sizeof(GeoHit));
        Items = null;
    }

    private void CollectCell(ValueHeap values, EntryRef entry, GeoCell cell, in GeoFilter filter, long limit)
    {
        double end = cell.ScoreEnd;
        var iterator = SortedSetValue.FromScore(values, entry, cell.ScoreMin);
        while (iterator.MoveNext())
        {
            double score = iterator.Score;
            if (score >= end)
                return;
            GeoCell.Decode(score, out double longitude, out double latitude);
            if (!filter.Contains(longitude, latitude, out double metres))
                continue;
            if (Count == _capacity)
                Grow();
            var member = iterator.MemberView;
            Items[Count++] = new GeoHit
            {
                Longitude = longitude,
                Latitude = latitude,
                Metres = metres,
                Score = score,
                Member = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(member)),
                Length = member.Length,
            };
            if (limit > 0 && Count >= limit)
                return;
        }
    }

    private void Grow()
    {
        long capacity = Math.Max(CapacityMin, 2 * _capacity);
        Items = Items == null
            ? (GeoHit*)_heap.Allocate(capacity * sizeof(GeoHit))
            : (GeoHit*)_heap.Reallocate((byte*)Items, _capacity * sizeof(GeoHit), capacity * sizeof(GeoHit));
        _capacity = capacity;
    }
}
