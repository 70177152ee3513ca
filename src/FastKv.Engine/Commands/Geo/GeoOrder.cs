using FastKv.Engine.Commands.Generic;

namespace FastKv.Engine.Commands.Geo;

/// <summary>By distance; equally distant ones in the order in which they were found. Data plane.</summary>
internal readonly struct GeoOrder(bool descending) : ISortOrder
{
    private readonly bool _descending = descending;

    public bool IsBefore(in SortItem left, in SortItem right) =>
        left.Score != right.Score ? left.Score < right.Score != _descending : left.Index < right.Index;
}
