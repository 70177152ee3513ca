namespace FastKv.Engine.Persistence.Aof;

/// <summary>Which increments of several shards belong together. Control plane.</summary>
internal static class AofGeneration
{
    /// <summary>
    /// How many increments the generation has that begins with the one at <paramref name="first"/>: one for each shard, in their order, if all are there; else
    /// it counts as one. O(shards).
    /// </summary>
    /// <param name="first">Index of an increment.</param>
    /// <param name="count">Number of increments.</param>
    /// <param name="headerOf">The first line of an increment, by index.</param>
    public static int FilesFrom(int first, int count, Func<int, AofUnits> headerOf)
    {
        var header = headerOf(first);
        int files = header.Shards;
        if (header.Shard != 0 || files <= 1 || files > count - first)
            return 1;
        for (int i = 1; i < files; i++)
        {
            var next = headerOf(first + i);
            if (next.Generation != header.Generation || next.Shard != i)
                return 1;
        }
        return files;
    }

    /// <summary>The index of the first increment of the last generation; 0: there is none. O(increments).</summary>
    /// <param name="count">Number of increments.</param>
    /// <param name="headerOf">The first line of an increment, by index.</param>
    public static int FirstOfLast(int count, Func<int, AofUnits> headerOf)
    {
        int first = 0;
        while (first < count && first + FilesFrom(first, count, headerOf) is var next && next < count)
            first = next;
        return first;
    }
}
