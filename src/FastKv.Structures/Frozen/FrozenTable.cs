using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastKv.Structures;

// Data plane. A hash or set walked in the order of the elements' hashes, so that a hash says whether its element is ahead. A walk over buckets as they lie in memory
// (TableWalk), which is faster and bears no change, can be turned into this one in its midst: the walk goes back to where its segment begins, and what was given of
// that segment, 2,500 elements at most, is noted.

/// <summary>The elements of a table at an instant.</summary>
internal sealed unsafe class FrozenTable<TLayout> : FrozenElements
    where TLayout : struct, IEntryLayout
{
    private const ulong End = 1UL << Segment.CursorBits;
    private const int PositionShift = 64 - Segment.CursorBits;

    private readonly TableHeader* _header;

    /// <summary>Hashes below are given; in the upper 48 bits of the hash.</summary>
    private ulong _position;

    internal FrozenTable(ValueHeap values, TableHeader* header, in TableWalk walk)
        : base(values)
    {
        _header = header;
        walk.GetPosition(out _position, out bool isAtEnd);
        IsAtEnd = isAtEnd;
        if (isAtEnd)
            return;
        TableWalk given = walk.FromSegment();
        for (byte* element = given.NextBefore(walk); element != null; element = given.NextBefore(walk))
            Note(TLayout.KeyOf(element));
    }

    private ulong PositionOf(byte* element)
    {
        ReadOnlySpan<byte> name = TLayout.KeyOf(element);
        return KeyHash.Compute((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(name)), name.Length, Values.HashSeed) >> PositionShift;
    }

    /// <inheritdoc/>
    protected override void Fetch()
    {
        var table = new ExtendibleTable<TLayout>(Values.Heap, Values.HashSeed, _header);
        var visitor = new Visitor { Walk = this };
        ulong next = table.Scan(_position, ref visitor);
        _position = next == 0 ? End : next;
        IsAtEnd = next == 0;
    }

    /// <inheritdoc/>
    protected override bool IsAhead(byte* element) => PositionOf(element) >= _position;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> NameOf(byte* element) => TLayout.KeyOf(element);

    // A bucket may begin before the position when the table has shrunk since.
    private void Visit(byte* element)
    {
        if (IsAhead(element))
            Meet(element);
    }

    private struct Visitor : IEntryVisitor
    {
        public FrozenTable<TLayout> Walk;

        public readonly void Visit(byte* entry) => Walk.Visit(entry);
    }
}
