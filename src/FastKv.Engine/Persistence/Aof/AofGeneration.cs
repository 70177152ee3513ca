namespace FastKv.Engine.Persistence.Aof;

/// <summary>Which increments of several shards belong together. Control plane.</summary>
internal static class AofGeneration
{
    /// <summary>
    /// The index of the first file of the last generation: the last increment, or as many before it as there are shards in front of its own. O(1).
    /// </summary>
    /// <param name="count">Number of increments.</param>
    /// <param name="headerOf">The first line of an increment, by index.</param>
    public static int FirstOfLast(int count, Func<int, AofUnits> headerOf)
    {
        int last = count - 1;
        if (last < 0)
            return 0;
        var header = headerOf(last);
        return header.Shard > 0 && header.Shard <= last && header.Shard == header.Shards - 1
            && headerOf(last - header.Shard) is { Shard: 0 } opening && opening.Generation == header.Generation
            ? last - header.Shard
            : last;
    }
}
