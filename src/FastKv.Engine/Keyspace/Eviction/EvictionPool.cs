namespace FastKv.Engine.Keyspace.Eviction;

// Data plane. The best victims seen so far, as in Redis: samples are small, but what they leave over competes with later ones, so that the choice comes close
// to one among all keys. An entry stands here by address and hash only. It may have gone or moved since: before it is taken the table is asked whether it
// still refers to that block.
//
//   index        0           1                     Count - 1
//                worst ──── score ascending ────►  best

/// <summary>A candidate for eviction.</summary>
internal struct Victim
{
    /// <summary>The higher, the sooner it goes; what it means depends on the policy.</summary>
    public long Score;
    public ulong Hash;
    public nint Entry;
    public int Database;
}

/// <summary>Candidates, at most <see cref="Capacity"/>, in the order of their scores. Insert: O(Capacity); the rest O(1).</summary>
internal sealed class EvictionPool
{
    /// <summary>As many as Redis keeps.</summary>
    public const int Capacity = 16;

    private readonly Victim[] _victims = new Victim[Capacity];

    public int Count { get; private set; }

    /// <summary>Whether a candidate with that score would be taken in.</summary>
    public bool Wants(long score) => Count < Capacity || score > _victims[0].Score;

    /// <summary>Whether the block is in the pool already.</summary>
    public bool Has(nint entry)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_victims[i].Entry == entry)
                return true;
        }
        return false;
    }

    /// <summary>Takes a candidate in that <see cref="Wants"/> has let pass; the worst one may go for it.</summary>
    public void Add(in Victim victim)
    {
        int at = Count;
        if (Count < Capacity)
        {
            Count++;
            for (; at > 0 && _victims[at - 1].Score > victim.Score; at--)
                _victims[at] = _victims[at - 1];
        }
        else
        {
            for (at = 0; at + 1 < Capacity && _victims[at + 1].Score < victim.Score; at++)
                _victims[at] = _victims[at + 1];
        }
        _victims[at] = victim;
    }

    /// <summary>Takes the best one out.</summary>
    public bool TryTake(out Victim victim)
    {
        victim = Count > 0 ? _victims[Count - 1] : default;
        if (Count == 0)
            return false;
        Count--;
        return true;
    }

    public void Clear() => Count = 0;
}
