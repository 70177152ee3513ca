using FastKv.Memory;
using FastKv.Structures;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Streams;

/// <summary>The map keyed by stream IDs beside a sorted dictionary, under the guarded heap.</summary>
public sealed class StreamIdMapTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, 60)]
    [InlineData(2, 400)]
    [InlineData(3, 3000)]
    public void Behaves_like_a_sorted_dictionary(int seed, int idSpace)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var heap = new NativeHeap("map", guarded: true);
        var map = default(StreamIdMap);
        var model = new SortedList<(ulong, ulong), ulong>();
        for (int step = 0; step < 20_000; step++)
        {
            // Phases that grow and phases that shrink.
            bool grows = step / 4000 % 2 == 0;
            var id = Draw(random, idSpace);
            ulong value = (ulong)random.NextInt64();
            switch (random.Next(10))
            {
                case < 6 when grows:
                case < 2:
                    Assert.Equal(model.TryAdd((id.Ms, id.Seq), value), map.TryInsert(heap, id, value));
                    break;
                case < 7:
                    bool there = model.Remove((id.Ms, id.Seq), out ulong expected);
                    Assert.Equal(there, map.Remove(heap, id, out ulong removed));
                    Assert.Equal(expected, removed);
                    break;
                case 7 when model.Count > 0 && !grows:
                    Assert.Equal(model.Values[^1], map.RemoveLast(heap));
                    model.RemoveAt(model.Count - 1);
                    break;
                default:
                    CheckSeeks(map, model, id);
                    break;
            }
            Assert.Equal(model.Count, map.Count);
            if (step % 500 == 0)
                CheckWalks(map, model);
        }
        CheckWalks(map, model);
        map.Clear(heap);
        Assert.Equal(0, map.HeapBytes);
    }

    [Fact]
    public void Ascending_IDs_fill_the_nodes()
    {
        using var heap = new NativeHeap("map", guarded: true);
        var map = default(StreamIdMap);
        const int count = 10_000;
        for (ulong i = 0; i < count; i++)
            Assert.True(map.TryInsert(heap, new StreamId(i, 0), i));
        Assert.InRange(map.HeapBytes, count * 24, count * 26);
        var cursor = map.SeekAtMost(new StreamId(5000, 9));
        Assert.Equal(5000UL, cursor.Value);
        map.Clear(heap);
    }

    private static StreamId Draw(Random random, int space) => new((ulong)random.Next(space / 4), (ulong)random.Next(4));

    private static void CheckSeeks(StreamIdMap map, SortedList<(ulong, ulong), ulong> model, StreamId id)
    {
        var key = (id.Ms, id.Seq);
        bool there = model.TryGetValue(key, out ulong value);
        Assert.Equal(there, map.TryGet(id, out ulong found));
        Assert.Equal(value, found);
        int at = 0;
        for (int low = 0, high = model.Count; low < high; at = low)
        {
            int middle = (low + high) / 2;
            if (model.Keys[middle].CompareTo(key) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        var atLeast = map.SeekAtLeast(id);
        Assert.Equal(at < model.Count, atLeast.IsValid);
        if (atLeast.IsValid)
            Assert.Equal(model.Values[at], atLeast.Value);
        int last = there ? at : at - 1;
        var atMost = map.SeekAtMost(id);
        Assert.Equal(last >= 0, atMost.IsValid);
        if (atMost.IsValid)
            Assert.Equal(model.Values[last], atMost.Value);
    }

    private static void CheckWalks(StreamIdMap map, SortedList<(ulong, ulong), ulong> model)
    {
        var forward = map.First;
        bool more = forward.IsValid;
        foreach (var (key, value) in model)
        {
            Assert.True(more);
            Assert.Equal(key, (forward.Id.Ms, forward.Id.Seq));
            Assert.Equal(value, forward.Value);
            more = forward.MoveNext();
        }
        Assert.False(more);
        var backward = map.Last;
        more = backward.IsValid;
        for (int i = model.Count - 1; i >= 0; i--, more = backward.MovePrevious())
            Assert.Equal(model.Values[i], backward.Value);
        Assert.False(more);
    }
}
