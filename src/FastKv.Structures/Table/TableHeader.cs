namespace FastKv.Structures;

/// <summary>
/// The state of an <see cref="ExtendibleTable{TLayout}"/>, in native memory: a table that is a field of a value (the fields of a hash, the members of a
/// set) has it inside the value's own block. Data plane.
/// </summary>
public unsafe struct TableHeader
{
    // 2^globalDepth packed segments; null while the table is empty.
    internal ulong* Directory;
    internal long Count;
    internal long NowMs;
    internal long MemoryBytes;
    internal ulong SizeSequence;

    // Where a drain stands: a place of the directory, and the bucket of the segment there.
    internal long DrainPlace;
    internal int DrainBucket;

    // 63 - globalDepth: the index is (hash >> 1) >> shift, which is right for a depth of 0 too.
    internal int DirectoryShift;

    /// <summary>Makes it the header of an empty table.</summary>
    /// <param name="seed">Varies how segments grow.</param>
    public void Initialize(ulong seed)
    {
        this = default;
        DirectoryShift = 63;
        SizeSequence = seed | 1;
    }
}
