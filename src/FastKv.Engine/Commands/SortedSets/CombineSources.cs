using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.SortedSets;

// Data plane. The inputs of a set operation: sorted sets, or sets whose members all have the score 1; each may live in another shard's heap.

/// <summary>One input.</summary>
internal unsafe struct CombineSource
{
    /// <summary>The entry; null: there is no such key.</summary>
    public byte* Entry;

    /// <summary>The partition that it lives on.</summary>
    public int Partition;
    public double Weight;
    public long Count;

    /// <summary>The score of a member; false: it is none.</summary>
    public readonly bool TryGetScore(ref CommandContext context, ReadOnlySpan<byte> member, out double score)
    {
        score = 1;
        if (Entry == null)
            return false;
        var entry = new EntryRef(Entry);
        var values = context.Partitions[Partition].Values;
        return entry.Type == ValueType.SortedSet
            ? SortedSetValue.TryGetScore(values, entry, member, out score)
            : SetValue.Contains(values, entry, member);
    }
}

/// <summary>A walk over an input, whichever type it has.</summary>
internal unsafe ref struct CombineWalk
{
    private readonly bool _isSet;
    private SetIterator _members;
    private SortedSetIterator _scored;

    public CombineWalk(ref CommandContext context, in CombineSource source)
    {
        this = default;
        if (source.Entry == null)
        {
            _isSet = true;
            return;
        }
        var entry = new EntryRef(source.Entry);
        var values = context.Partitions[source.Partition].Values;
        _isSet = entry.Type == ValueType.Set;
        if (_isSet)
            _members = SetValue.Iterate(values, entry);
        else
            _scored = SortedSetValue.FromRank(values, entry, 0);
    }

    /// <summary>Goes to the next member; false: there is none.</summary>
    public bool MoveNext() => _isSet ? _members.MoveNext() : _scored.MoveNext();

    public readonly ReadOnlySpan<byte> Member(Span<byte> scratch) => _isSet ? _members.Text(scratch) : _scored.MemberView;

    public readonly double Score => _isSet ? 1 : _scored.Score;
}

/// <summary>The arguments of a set operation: <c>numkeys key... [WEIGHTS weight...] [AGGREGATE SUM|MIN|MAX] [WITHSCORES] [LIMIT limit]</c>.</summary>
internal struct CombineQuery
{
    public int FirstKey;
    public int Keys;
    public SortedSetAggregate Aggregate;
    public bool WithScores;
    public long Limit;

    /// <summary>Reads the number of keys, or replies why it is none.</summary>
    public static bool TryParseKeys(ref CommandContext context, int countIndex, out CombineQuery query)
    {
        query = new CombineQuery { FirstKey = countIndex + 1 };
        if (!context.TryInteger(countIndex, out long keys))
            return false;
        if (keys < 1)
        {
            context.Reply.Error(Errors.NoInputKeyPrefix, CommandText.NameOf(context.Command), Errors.InCommandSuffix);
            return false;
        }
        if (keys > context.Count - query.FirstKey)
        {
            context.Reply.Error(Errors.Syntax);
            return false;
        }
        query.Keys = (int)keys;
        return true;
    }

    /// <summary>Looks the keys up, or replies that one is neither a sorted set nor a set.</summary>
    public readonly unsafe bool TryFind(ref CommandContext context, CombineSource* sources)
    {
        for (int i = 0; i < Keys; i++)
        {
            var key = context.Key(FirstKey + i);
            var database = context.Database(key);
            var entry = database.FindForRead(key);
            if (!entry.IsNull && entry.Type is not (ValueType.SortedSet or ValueType.Set))
            {
                context.Reply.Error(Errors.WrongType);
                return false;
            }
            long count = entry.IsNull ? 0 : entry.Type == ValueType.Set ? SetValue.Count(entry) : SortedSetValue.Count(entry);
            sources[i] = new CombineSource { Entry = entry.Block, Partition = database.Partition.Index, Weight = 1, Count = count };
        }
        return true;
    }

    /// <summary>Reads the options, or replies an error.</summary>
    public unsafe bool TryParseOptions(ref CommandContext context, CombineSource* sources, bool allowWeights, bool allowScores, bool allowLimit)
    {
        int at = FirstKey + Keys;
        while (at < context.Count)
        {
            int left = context.Count - at;
            if (allowWeights && left >= Keys + 1 && context.Is(at, "WEIGHTS"u8))
            {
                at++;
                for (int i = 0; i < Keys; i++, at++)
                {
                    if (NumberText.TryParseDouble(context[at], out sources[i].Weight))
                        continue;
                    context.Reply.Error(Errors.WeightNotAFloat);
                    return false;
                }
            }
            else if (allowWeights && left >= 2 && context.Is(at, "AGGREGATE"u8))
            {
                if (!TryParseAggregate(ref context, at + 1))
                    return false;
                at += 2;
            }
            else if (allowScores && context.Is(at, "WITHSCORES"u8))
            {
                WithScores = true;
                at++;
            }
            else if (allowLimit && left >= 2 && context.Is(at, "LIMIT"u8))
            {
                if (!context.TryInteger(at + 1, out Limit, Errors.LimitNegative))
                    return false;
                if (Limit < 0)
                {
                    context.Reply.Error(Errors.LimitNegative);
                    return false;
                }
                at += 2;
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }

    private bool TryParseAggregate(ref CommandContext context, int index)
    {
        if (context.Is(index, "SUM"u8))
            Aggregate = SortedSetAggregate.Sum;
        else if (context.Is(index, "MIN"u8))
            Aggregate = SortedSetAggregate.Min;
        else if (context.Is(index, "MAX"u8))
            Aggregate = SortedSetAggregate.Max;
        else
        {
            context.Reply.Error(Errors.Syntax);
            return false;
        }
        return true;
    }
}
