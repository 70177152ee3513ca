using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.SortedSets;

// Data plane. The arguments of the ZRANGE family: source, two ends, and options. The older commands are the same with direction and kind fixed.

/// <summary>What the ends of a range are.</summary>
internal enum RangeKind : byte
{
    /// <summary>Not said yet: ranks unless an option says otherwise.</summary>
    Open,
    Ranks,
    Scores,
    Members,
}

/// <summary>A parsed range query.</summary>
internal ref struct RangeQuery
{
    public RangeKind Kind;
    public bool IsReverse;
    public bool WithScores;

    private long _offset, _limit;
    private long _firstRank, _lastRank;
    private ScoreBounds _scores;
    private MemberBounds _members;

    /// <summary>Reads the arguments from the source key on, or replies an error.</summary>
    /// <param name="context">The command.</param>
    /// <param name="keyIndex">The source key's index.</param>
    /// <param name="kind">Open: options may tell it.</param>
    /// <param name="isReverse">The direction; null: an option may tell it.</param>
    /// <param name="allowScores">Whether WITHSCORES is an option.</param>
    /// <param name="query">The query.</param>
    public static bool TryParse(
        scoped ref CommandContext context, int keyIndex, RangeKind kind, bool? isReverse, bool allowScores, out RangeQuery query)
    {
        query = new RangeQuery { Kind = kind, IsReverse = isReverse ?? false, _limit = -1 };
        for (int i = keyIndex + 3; i < context.Count; i++)
        {
            if (allowScores && context.Is(i, "WITHSCORES"u8))
            {
                query.WithScores = true;
            }
            else if (context.Is(i, "LIMIT"u8) && i + 2 < context.Count)
            {
                if (!context.TryInteger(i + 1, out query._offset) || !context.TryInteger(i + 2, out query._limit))
                    return false;
                i += 2;
            }
            else if (isReverse is null && context.Is(i, "REV"u8))
            {
                isReverse = query.IsReverse = true;
            }
            else if (query.Kind == RangeKind.Open && context.Is(i, "BYLEX"u8))
            {
                query.Kind = RangeKind.Members;
            }
            else if (query.Kind == RangeKind.Open && context.Is(i, "BYSCORE"u8))
            {
                query.Kind = RangeKind.Scores;
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
        }

        if (query.Kind == RangeKind.Open)
            query.Kind = RangeKind.Ranks;
        if (query._limit != -1 && query.Kind == RangeKind.Ranks)
        {
            context.Reply.Error(Errors.LimitNeedsBy);
            return false;
        }
        if (query.WithScores && query.Kind == RangeKind.Members)
        {
            context.Reply.Error(Errors.WithScoresByLex);
            return false;
        }
        return query.TryParseEnds(ref context, keyIndex);
    }

    /// <summary>The ranks that are asked for, LIMIT applied: to be walked from <see cref="RankInterval.Start"/> up, or from its end down.</summary>
    public readonly RankInterval Select(ValueHeap values, EntryRef entry)
    {
        var interval = Kind switch
        {
            RangeKind.Ranks => OfRanks(SortedSetValue.Count(entry)),
            RangeKind.Scores => RankInterval.OfScores(values, entry, _scores),
            _ => RankInterval.OfMembers(values, entry, _members, IsReverse, _offset),
        };
        return Kind == RangeKind.Ranks ? interval : Limit(interval);
    }

    private readonly RankInterval OfRanks(long count)
    {
        var interval = RankInterval.OfRanks(_firstRank, _lastRank, count);
        return IsReverse ? new RankInterval(count - interval.End, count - interval.Start) : interval;
    }

    private readonly RankInterval Limit(RankInterval interval)
    {
        // A negative offset skips everything, a negative limit is none.
        if (_offset < 0 || _offset >= interval.Count)
            return default;
        long count = interval.Count - _offset;
        if (_limit >= 0)
            count = Math.Min(count, _limit);
        return IsReverse
            ? new RankInterval(interval.End - _offset - count, interval.End - _offset)
            : new RankInterval(interval.Start + _offset, interval.Start + _offset + count);
    }

    private bool TryParseEnds(scoped ref CommandContext context, int keyIndex)
    {
        int first = keyIndex + 1, last = keyIndex + 2;
        switch (Kind)
        {
            case RangeKind.Ranks:
                return context.TryInteger(first, out _firstRank) && context.TryInteger(last, out _lastRank);
            case RangeKind.Scores:
                return IsReverse
                    ? ScoreBounds.TryParse(ref context, last, first, out _scores)
                    : ScoreBounds.TryParse(ref context, first, last, out _scores);
            default:
                return IsReverse
                    ? MemberBounds.TryParse(ref context, last, first, out _members)
                    : MemberBounds.TryParse(ref context, first, last, out _members);
        }
    }
}
