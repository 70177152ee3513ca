using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastKv.Engine.Commands.Generic;

// Data plane. What SORT sorts: an element with what it is sorted by.

/// <summary>An element under way through SORT: 32 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal unsafe struct SortItem
{
    /// <summary>The element's text.</summary>
    [FieldOffset(0)]
    public byte* Text;
    [FieldOffset(8)]
    public int Length;

    /// <summary>Place before the sort, which decides between equals: so the order is stable, whatever the algorithm.</summary>
    [FieldOffset(12)]
    public int Index;

    /// <summary>What it is sorted by if that is a number.</summary>
    [FieldOffset(16)]
    public double Score;

    /// <summary>What it is sorted by if that is a text found by a pattern.</summary>
    [FieldOffset(16)]
    public byte* By;

    /// <summary>Its length; −1: the pattern led to no key.</summary>
    [FieldOffset(24)]
    public int ByLength;

    public readonly ReadOnlySpan<byte> Span => new(Text, Length);

    public readonly ReadOnlySpan<byte> BySpan => new(By, ByLength);
}

/// <summary>An order of elements in which no two are equal.</summary>
internal interface ISortOrder
{
    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    bool IsBefore(in SortItem left, in SortItem right);
}

/// <summary>By number; elements of equal numbers by their text.</summary>
internal readonly struct NumberOrder(bool descending) : ISortOrder
{
    private readonly bool _descending = descending;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsBefore(in SortItem left, in SortItem right)
    {
        if (left.Score != right.Score)
            return left.Score < right.Score != _descending;
        int compared = left.Span.SequenceCompareTo(right.Span);
        return compared != 0 ? compared < 0 != _descending : left.Index < right.Index;
    }
}

/// <summary>By the element's own text, or by the text that a pattern led to; those without one come first.</summary>
/// <param name="descending">The other way round.</param>
/// <param name="byPattern">Compare <see cref="SortItem.By"/>.</param>
/// <param name="binary">Compare all bytes, as SORT … STORE does; else up to a zero byte, as strcoll(3) in the C locale.</param>
internal readonly struct TextOrder(bool descending, bool byPattern, bool binary) : ISortOrder
{
    private readonly bool _descending = descending;
    private readonly bool _byPattern = byPattern;
    private readonly bool _binary = binary;

    public bool IsBefore(in SortItem left, in SortItem right)
    {
        int compared;
        if (_byPattern && (left.ByLength < 0 || right.ByLength < 0))
            compared = (left.ByLength < 0 ? 0 : 1) - (right.ByLength < 0 ? 0 : 1);
        else if (_byPattern)
            compared = Compare(left.BySpan, right.BySpan);
        else
            compared = Compare(left.Span, right.Span);
        return compared != 0 ? compared < 0 != _descending : left.Index < right.Index;
    }

    private int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (_binary)
            return left.SequenceCompareTo(right);
        int common = left.CommonPrefixLength(right);
        int leftByte = common < left.Length ? left[common] : 0;
        int rightByte = common < right.Length ? right[common] : 0;

        // What follows a common zero byte does not count.
        return leftByte == rightByte || left[..common].Contains((byte)0) ? 0 : leftByte - rightByte;
    }
}
