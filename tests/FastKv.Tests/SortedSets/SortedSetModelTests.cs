using System.Text;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Tests.SortedSets;

/// <summary>
/// Sorted sets beside a plain C# model, on a guarded heap: random additions, changes and removals of every kind, with all queries compared. A failure names
/// its seed.
/// </summary>
public sealed unsafe class SortedSetModelTests
{
    /// <summary>Seed, threshold of the compact form, different scores, weight of removals in percent, steps.</summary>
    public static TheoryData<int, int, int, int, int> Cases => new()
    {
        { 1, 128, 50, 30, 3000 },
        { 2, 128, 1, 45, 3000 },
        { 3, 0, 1_000_000, 35, 30_000 },
        { 4, 0, 3, 40, 30_000 },
        { 5, 8, 200, 50, 20_000 },
        { 6, 300, 20, 45, 3000 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Follows_the_model(int seed, int compactEntries, int scores, int removals, int steps)
    {
        using var pair = new SortedSetPair(seed, compactEntries);
        for (int step = 0; step < steps; step++)
        {
            int kind = pair.Random.Next(100);

            // Phases: grow, shrink, grow again.
            int remove = step / (steps / 3) == 1 ? Math.Min(95, removals * 2) : removals / 2;
            if (kind < remove)
                pair.RemoveSome();
            else
                pair.AddSome(scores);
            if (step % 97 == 0)
                pair.Check($"seed {seed} step {step}");
        }

        pair.Check($"seed {seed} at the end");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sequential_inserts_fill_leaves(bool ascending)
    {
        using var heap = new NativeHeap("sorted set", guarded: false);
        var values = new ValueHeap(heap, 42, new CompactLimits());
        byte* entry = SortedSetValue.Create(values, "k"u8);
        const int count = 100_000;
        for (int i = 0; i < count; i++)
            entry = SortedSetValue.Set(values, entry, Encoding.ASCII.GetBytes($"m{i:D9}"), ascending ? i : -i, out _);
        double perMember = (double)SortedSetValue.MemoryBytes(values, new EntryRef(entry), 0) / count;
        Assert.InRange(perMember, 40, 24 + 8 + 13.5 + 2.5);
        int budget = int.MaxValue;
        Assert.True(SortedSetValue.Free(values, entry, ref budget));
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Fact]
    public void A_random_million_stays_below_the_memory_target()
    {
        using var heap = new NativeHeap("sorted set", guarded: false);
        var values = new ValueHeap(heap, 42, new CompactLimits());
        byte* entry = SortedSetValue.Create(values, "k"u8);
        var random = new Random(7);
        const int count = 1_000_000;
        Span<byte> member = stackalloc byte[10];
        for (int i = 0; i < count; i++)
        {
            i.TryFormat(member, out _, "D10", System.Globalization.CultureInfo.InvariantCulture);
            entry = SortedSetValue.Set(values, entry, member, random.NextDouble(), out bool added);
            Assert.True(added);
        }

        Assert.InRange((double)heap.UsedBytes / count, 40, 60);
        long slices = 0;
        for (int budget = 512; !SortedSetValue.Free(values, entry, ref budget); budget = 512)
            slices++;
        Assert.InRange(slices, count / 1000, count / 400);
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Fact]
    public void Copies_are_equal_and_independent()
    {
        foreach (int members in new[] { 1, 100, 5000 })
        {
            using var heap = new NativeHeap("from", guarded: true);
            using var other = new NativeHeap("to", guarded: true);
            var limits = new CompactLimits();
            var from = new ValueHeap(heap, 1, limits);
            var to = new ValueHeap(other, 1, limits);
            byte* entry = SortedSetValue.Create(from, "k"u8, 12345, 77);
            for (int i = 0; i < members; i++)
                entry = SortedSetValue.Set(from, entry, Encoding.ASCII.GetBytes($"m{i}"), i % 100, out _);
            byte* copy = SortedSetValue.Copy(from, to, entry, "another key"u8);
            var view = new EntryRef(copy);
            Assert.Equal(12345, view.ExpiryMs);
            Assert.Equal(77u, view.AccessClock);
            Assert.Equal(ValueType.SortedSet, view.Type);
            Assert.Equal(new EntryRef(entry).Encoding, view.Encoding);
            SortedSetIterator a = SortedSetValue.FromRank(from, new EntryRef(entry), 0);
            SortedSetIterator b = SortedSetValue.FromRank(to, view, 0);
            for (int i = 0; i < members; i++)
            {
                Assert.True(a.MoveNext() && b.MoveNext());
                Assert.Equal(a.Score, b.Score);
                Assert.True(a.MemberView.SequenceEqual(b.MemberView));
            }

            int budget = int.MaxValue;
            Assert.True(SortedSetValue.Free(from, entry, ref budget));
            Assert.Equal(0, heap.LiveBlocks);
            Assert.True(SortedSetValue.TryGetScore(to, view, "m0"u8, out _));
            Assert.True(SortedSetValue.Free(to, copy, ref budget));
            Assert.Equal(0, other.LiveBlocks);
        }
    }
}
