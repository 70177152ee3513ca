namespace FastKv.Structures;

/// <summary>A place before a member of a sorted set, or behind the last one; valid until the set changes. Data plane.</summary>
public readonly unsafe struct SortedSetPosition
{
    internal SortedSetPosition(byte* at, int index, long rank)
    {
        At = at;
        Index = index;
        Rank = rank;
    }

    /// <summary>How many members stand before it.</summary>
    public long Rank { get; }

    /// <summary>The element of a compact set, or a leaf (null: an empty tree).</summary>
    internal byte* At { get; }

    /// <summary>The index in the leaf; may be its count.</summary>
    internal int Index { get; }
}

/// <summary>Under which conditions <see cref="SortedSetValue.Update"/> changes something, as ZADD's options say.</summary>
[Flags]
public enum SortedSetRule
{
    /// <summary>Members are added and changed.</summary>
    None = 0,

    /// <summary>Nothing is changed, members are only added (NX).</summary>
    OnlyAdd = 1,

    /// <summary>Nothing is added (XX).</summary>
    OnlyChange = 2,

    /// <summary>A score is changed only to a greater one (GT).</summary>
    OnlyGreater = 4,

    /// <summary>A score is changed only to a smaller one (LT).</summary>
    OnlyLess = 8,

    /// <summary>The score is added to the one that the member has (INCR).</summary>
    Increment = 16,
}

/// <summary>What <see cref="SortedSetValue.Update"/> did.</summary>
public enum SortedSetOutcome
{
    /// <summary>A rule kept it from doing anything.</summary>
    Refused,

    /// <summary>The member has that score already.</summary>
    Unchanged,

    /// <summary>The member is new.</summary>
    Added,

    /// <summary>The member's score was changed.</summary>
    Changed,

    /// <summary>An infinity plus the opposite one; nothing was changed.</summary>
    NotANumber,
}
