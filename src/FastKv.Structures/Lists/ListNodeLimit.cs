namespace FastKv.Structures;

// Data plane. What list-max-listpack-size says: −1 to −5 are 4, 8, 16, 32 and 64 KiB, positive numbers elements (and 8 KiB).
internal readonly struct ListNodeLimit
{
    private const int SmallestBytes = 4096;
    private const int SafetyBytes = 8192;

    // A listpack of Redis's has a header of six bytes and an end mark.
    private const int ListpackOverheadBytes = 7;

    internal ListNodeLimit(int setting)
    {
        BytesMax = setting < 0 ? SmallestBytes << (Math.Min(-setting, 5) - 1) : SafetyBytes;
        CountMax = setting < 0 ? int.MaxValue : Math.Max(setting, 1);
    }

    /// <summary>Bytes of a node's elements, unless it is one large element.</summary>
    internal int BytesMax { get; }

    /// <summary>Elements of a node.</summary>
    internal int CountMax { get; }

    /// <summary>Whether Redis would have left the encoding "listpack" with so many bytes of elements, and so many elements.</summary>
    internal bool EndsListpack(long bytes, long count) => bytes + ListpackOverheadBytes > BytesMax || count > CountMax;

    /// <summary>Whether Redis would return to the encoding "listpack": at half the limit.</summary>
    internal bool ReturnsToListpack(long bytes, long count) => bytes + ListpackOverheadBytes <= BytesMax / 2 && count <= CountMax / 2;
}
