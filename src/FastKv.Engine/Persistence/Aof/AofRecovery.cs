namespace FastKv.Engine.Persistence.Aof;

/// <summary>Which instant the increments of several shards can be cut back to. Control plane.</summary>
internal static class AofRecovery
{
    /// <summary>
    /// How much of each file of one generation counts: all of a ticket or none, and nothing that came after what does not count, in any file.
    /// O(shares × files).
    /// </summary>
    /// <param name="files">The files of the generation; their shards are told by their headers.</param>
    /// <param name="limits">Bytes by file beyond which nothing counts; null: all that is valid does.</param>
    /// <returns>Bytes by file.</returns>
    public static long[] Cut(IReadOnlyList<AofUnits> files, long[]? limits = null)
    {
        var cuts = new long[files.Count];
        var byShard = new Dictionary<int, int>();
        for (int i = 0; i < files.Count; i++)
        {
            cuts[i] = limits is null ? files[i].ValidBytes : Math.Min(limits[i], files[i].ValidBytes);
            byShard[files[i].Shard] = i;
        }
        bool isMoving = true;
        while (isMoving)
        {
            isMoving = false;
            var present = CountShares(files, cuts);
            for (int i = 0; i < files.Count; i++)
            {
                foreach (var share in files[i].Shares)
                {
                    if (share.Start >= cuts[i])
                        break;
                    if (share.End <= cuts[i] && IsWhole(share, present, byShard))
                        continue;
                    cuts[i] = share.Start;
                    isMoving = true;
                    break;
                }
            }
        }
        return cuts;
    }

    /// <summary>The shards that have their share of each ticket within the cuts.</summary>
    private static Dictionary<long, ulong> CountShares(IReadOnlyList<AofUnits> files, long[] cuts)
    {
        var present = new Dictionary<long, ulong>();
        for (int i = 0; i < files.Count; i++)
        {
            foreach (var share in files[i].Shares)
            {
                if (share.End > cuts[i])
                    break;
                present[share.Ticket] = present.GetValueOrDefault(share.Ticket) | 1UL << files[i].Shard;
            }
        }
        return present;
    }

    private static bool IsWhole(TicketShare share, Dictionary<long, ulong> present, Dictionary<int, int> byShard)
    {
        ulong missing = share.Shards & ~present[share.Ticket];
        for (; missing != 0; missing &= missing - 1)
        {
            if (byShard.ContainsKey(System.Numerics.BitOperations.TrailingZeroCount(missing)))
                return false;
        }
        return true;
    }
}
