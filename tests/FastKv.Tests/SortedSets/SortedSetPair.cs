using System.Text;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;

namespace FastKv.Tests.SortedSets;

// A sorted set beside a dictionary and a sorted list of it.
internal sealed unsafe class SortedSetPair : IDisposable
{
    private readonly NativeHeap _heap = new("sorted set", guarded: true);
    private readonly ValueHeap _values;
    private readonly Dictionary<string, double> _model = [];
    private byte* _entry;

    internal SortedSetPair(int seed, int compactEntries)
    {
        Random = new Random(seed);
        _values = new ValueHeap(_heap, (ulong)seed * 77, new CompactLimits { SortedSetEntries = compactEntries });
        _entry = SortedSetValue.Create(_values, "key"u8);
    }

    internal Random Random { get; }

    private EntryRef View => new(_entry);

    internal void AddSome(int scores)
    {
        double score = NewScore(scores);
        string member = NewMember();
        var rule = Random.Next(8) switch
        {
            0 => SortedSetRule.OnlyAdd,
            1 => SortedSetRule.OnlyChange,
            2 => SortedSetRule.OnlyGreater,
            3 => SortedSetRule.OnlyLess,
            4 => SortedSetRule.Increment,
            _ => SortedSetRule.None,
        };
        bool exists = _model.TryGetValue(member, out double old);
        double target = rule == SortedSetRule.Increment && exists ? old + score : score;
        bool refused = rule switch
        {
            SortedSetRule.OnlyAdd => exists,
            SortedSetRule.OnlyChange => !exists,
            SortedSetRule.OnlyGreater => exists && score <= old,
            SortedSetRule.OnlyLess => exists && score >= old,
            _ => false,
        };
        var expected = refused ? SortedSetOutcome.Refused : !exists ? SortedSetOutcome.Added
            : target == old ? SortedSetOutcome.Unchanged : SortedSetOutcome.Changed;
        _entry = SortedSetValue.Update(_values, _entry, Encoding.UTF8.GetBytes(member), score, rule, out SortedSetOutcome outcome, out double result);
        Assert.Equal(expected, outcome);
        if (outcome is SortedSetOutcome.Added or SortedSetOutcome.Changed)
        {
            Assert.Equal(target, result);
            _model[member] = target;
        }
    }

    internal void RemoveSome()
    {
        if (Random.Next(4) != 0 || _model.Count == 0)
        {
            string member = _model.Count > 0 && Random.Next(4) != 0 ? _model.ElementAt(Random.Next(_model.Count)).Key : NewMember();
            _entry = SortedSetValue.Remove(_values, _entry, Encoding.UTF8.GetBytes(member), out bool removed);
            Assert.Equal(_model.Remove(member), removed);
            return;
        }

        int rank = Random.Next(_model.Count);
        int count = Random.Next(Math.Min(_model.Count - rank, Random.Next(20) == 0 ? 500 : 20) + 1);
        List<(string Member, double Score)> sorted = Sorted();
        _entry = SortedSetValue.RemoveRange(_values, _entry, rank, count);
        foreach ((string member, _) in sorted.Skip(rank).Take(count))
            _model.Remove(member);
    }

    internal void Check(string when)
    {
        List<(string Member, double Score)> sorted = Sorted();
        Assert.True(sorted.Count == SortedSetValue.Count(View), when);
        CheckWalks(sorted, when);
        for (int i = 0; i < 20; i++)
            CheckQueries(sorted, when);
        CheckScan(when);
        Assert.InRange(SortedSetValue.MemoryBytes(_values, View, 0), 1, _heap.UsedBytes);
    }

    public void Dispose()
    {
        Check("at the end");
        int budget = 10;
        while (!SortedSetValue.Free(_values, _entry, ref budget))
            budget = Random.Next(1, 100);
        Assert.Equal(0, _heap.LiveBlocks);
        _heap.Dispose();
    }

    private void CheckWalks(List<(string Member, double Score)> sorted, string when)
    {
        int start = Random.Next(sorted.Count + 1);
        SortedSetIterator walk = SortedSetValue.FromRank(_values, View, start);
        for (int i = start; i < sorted.Count; i++)
        {
            Assert.True(walk.MoveNext(), when);
            AssertAt(sorted, i, ref walk, when);
        }

        Assert.False(walk.MoveNext(), when);
        for (int i = sorted.Count - 1; i >= 0; i--)
        {
            Assert.True(walk.MovePrevious(), when);
            AssertAt(sorted, i, ref walk, when);
        }

        Assert.False(walk.MovePrevious(), when);
        Assert.Equal(sorted.Count > 0, walk.MoveNext());
        if (sorted.Count > 0)
            AssertAt(sorted, 0, ref walk, when);
        walk = SortedSetValue.FromRank(_values, View, start);
        Assert.Equal(start > 0, walk.MovePrevious());
        if (start > 0)
            AssertAt(sorted, start - 1, ref walk, when);
    }

    private void CheckQueries(List<(string Member, double Score)> sorted, string when)
    {
        string probe = sorted.Count > 0 && Random.Next(5) != 0 ? sorted[Random.Next(sorted.Count)].Member : NewMember();
        byte[] bytes = Encoding.UTF8.GetBytes(probe);
        int rank = sorted.FindIndex(m => m.Member == probe);
        Assert.True(rank == SortedSetValue.RankOf(_values, View, bytes, out double score), when);
        Assert.Equal(rank >= 0, SortedSetValue.TryGetScore(_values, View, bytes, out double same));
        Assert.Equal(rank >= 0 ? sorted[rank].Score : 0, score);
        Assert.Equal(score, same);

        double bound = rank >= 0 && Random.Next(3) != 0 ? score : Random.NextDouble() * 100;
        bool after = Random.Next(2) == 0;
        SortedSetPosition position = SortedSetValue.AtScore(_values, View, bound, after);
        Assert.True(sorted.Count(m => m.Score < bound || (after && m.Score == bound)) == position.Rank, when);
        SortedSetIterator walk = SortedSetValue.From(View, position);
        Assert.Equal(position.Rank < sorted.Count, walk.MoveNext());
        if (position.Rank < sorted.Count)
            AssertAt(sorted, (int)position.Rank, ref walk, when);

        if (sorted.Count == 0 || sorted[0].Score != sorted[^1].Score)
            return;
        position = SortedSetValue.AtMember(_values, View, bytes, after);
        Assert.True(sorted.Count(m => Order(m.Member, probe) < 0 || (after && m.Member == probe)) == position.Rank, when);
    }

    private void CheckScan(string when)
    {
        var visitor = new Collector { Seen = [] };
        ulong cursor = 0;
        do
        {
            cursor = SortedSetValue.Scan(_values, View, cursor, ref visitor);
        }
        while (cursor != 0);
        Assert.True(visitor.Seen.Count == _model.Count && visitor.Seen.All(p => _model[p.Key] == p.Value), when);
    }

    private static void AssertAt(List<(string Member, double Score)> sorted, int rank, ref SortedSetIterator walk, string when)
    {
        Assert.True(sorted[rank].Member == Encoding.UTF8.GetString(walk.MemberView), $"{when} rank {rank}");
        Assert.True(sorted[rank].Score == walk.Score, $"{when} rank {rank}");
    }

    private double NewScore(int scores) => Random.Next(12) switch
    {
        _ when scores == 1 => 0,
        0 => Random.NextDouble() * scores,
        1 => Random.Next(2) * -100_000.0,
        2 => Random.Next(300) * 100,
        3 => Random.Next() * 4.0,
        _ => Random.Next(scores),
    };

    private string NewMember() => Random.Next(30) switch
    {
        0 => "",
        1 => new string('x', Random.Next(50, 70)),
        2 => new string('y', Random.Next(250, 300)),
        3 => Random.Next(100).ToString(),
        _ => "m" + Random.Next(3000),
    };

    private List<(string Member, double Score)> Sorted()
    {
        var sorted = _model.Select(p => (p.Key, p.Value)).ToList();
        sorted.Sort((a, b) => a.Value != b.Value ? a.Value.CompareTo(b.Value) : Order(a.Key, b.Key));
        return sorted;
    }

    private static int Order(string a, string b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b));

    private struct Collector : IScoredMemberVisitor
    {
        internal Dictionary<string, double> Seen;

        public readonly void Visit(ReadOnlySpan<byte> member, double score) => Seen[Encoding.UTF8.GetString(member)] = score;
    }
}
