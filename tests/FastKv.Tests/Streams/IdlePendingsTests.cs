using System.Text;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Streams;

/// <summary>What <see cref="IdlePendings"/> selects, against sorting all of them.</summary>
public sealed unsafe class IdlePendingsTests(ITestOutputHelper output)
{
    private const ulong HashSeed = 42;
    private const long NowMs = 1_000_000;

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(300)]
    public void The_oldest_are_selected_in_order_and_delivered_again(int count)
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 30; round++)
            Run(random, random.Next(count) + 1);
    }

    [Fact]
    public void A_bound_says_that_there_is_nothing()
    {
        using var heap = new NativeHeap("stream", guarded: true);
        var values = new ValueHeap(heap, HashSeed, new CompactLimits());
        byte* entry = StreamValue.Create(values, "key"u8);
        StreamState* stream = StreamValue.Of(new EntryRef(entry));
        StreamGroup* group = StreamGroup.Create(heap, stream, "g"u8, StreamId.Zero, 0);
        StreamConsumer* consumer = StreamGroup.CreateConsumer(heap, group, "c"u8, 0);
        Assert.Equal(long.MaxValue, group->OldestMs);
        foreach (ulong ms in (ulong[])[1, 2, 3])
            Append(values, stream, new StreamId(ms, 0));
        StreamGroup.TryAddPending(heap, group, consumer, new StreamId(1, 0), 500);
        StreamGroup.TryAddPending(heap, group, consumer, new StreamId(2, 0), 300);
        StreamGroup.TryAddPending(heap, group, consumer, new StreamId(3, 0), 700);
        Assert.Equal(300, group->OldestMs);
        Assert.True(IdlePendings.Select(heap, stream, group, 299, 0) == null);

        // The one that the bound came from goes: the next look finds another.
        Assert.True(StreamGroup.RemovePending(heap, group, new StreamId(2, 0)));
        Assert.True(IdlePendings.Select(heap, stream, group, 400, 0) == null);
        Assert.Equal(500, group->OldestMs);

        // What was deleted from the stream is passed over.
        Assert.True(StreamLog.Delete(heap, stream, new StreamId(1, 0)));
        Assert.True(IdlePendings.Select(heap, stream, group, 600, 0) == null);
        Assert.Equal(700, group->OldestMs);
        StreamGroup.Redeliver(heap, group, new StreamId(3, 0), group->FindPending(new StreamId(3, 0)), 200);
        Assert.Equal(200, group->OldestMs);
        IdlePendings* idle = IdlePendings.Select(heap, stream, group, 600, 0);
        Assert.Equal(1, idle->Count);
        Assert.Equal(new StreamId(3, 0), (*idle)[0].Id);
        IdlePendings.Free(heap, idle);
        int budget = int.MaxValue;
        StreamValue.Free(values, entry, ref budget);
    }

    private static void Run(Random random, int count)
    {
        using var heap = new NativeHeap("stream", guarded: true);
        var values = new ValueHeap(heap, HashSeed, new CompactLimits());
        byte* entry = StreamValue.Create(values, "key"u8);
        StreamState* stream = StreamValue.Of(new EntryRef(entry));
        StreamGroup* group = StreamGroup.Create(heap, stream, "g"u8, StreamId.Zero, 0);
        StreamConsumer* consumer = StreamGroup.CreateConsumer(heap, group, "c"u8, 0);
        var times = new Dictionary<StreamId, long>();
        bool isOrdered = random.Next(3) == 0;
        for (int i = 1; i <= count; i++)
        {
            var id = new StreamId((ulong)i, 0);
            Append(values, stream, id);
            times[id] = isOrdered ? i / 3 : random.Next(2 * count);
            StreamGroup.TryAddPending(heap, group, consumer, id, times[id]);
        }
        for (int i = random.Next(3); i > 0; i--)
        {
            var id = new StreamId((ulong)random.Next(1, count + 1), 0);
            if (StreamLog.Delete(heap, stream, id))
                times.Remove(id);
        }

        for (int step = 0; step < 5; step++)
        {
            long untilMs = random.Next(2 * count);
            int most = random.Next(3) == 0 ? 0 : random.Next(1, count + 1);
            var expected = times.Where(pair => pair.Value <= untilMs).OrderBy(pair => pair.Value).ThenBy(pair => pair.Key.Ms).Select(pair => pair.Key)
                .Take(most == 0 ? int.MaxValue : most).ToList();
            var actual = new List<StreamId>();
            IdlePendings* idle = IdlePendings.Select(heap, stream, group, untilMs, most);
            for (long i = 0; idle != null && i < idle->Count; i++)
            {
                StreamId id = (*idle)[i].Id;
                Assert.Equal(times[id], (*idle)[i].DeliveryMs);
                Assert.True((*idle)[i].Pending == group->FindPending(id));
                actual.Add(id);
            }
            Assert.Equal(expected, actual);
            foreach (StreamId id in actual)
            {
                StreamGroup.Redeliver(heap, group, id, group->FindPending(id), NowMs);
                times[id] = NowMs;
            }
            if (idle != null)
                IdlePendings.Free(heap, idle);
            Assert.True(times.Count == 0 || group->OldestMs <= times.Values.Min(), "the bound is too high");
        }
        int budget = int.MaxValue;
        StreamValue.Free(values, entry, ref budget);
    }

    private static void Append(ValueHeap values, StreamState* stream, StreamId id)
    {
        byte[] field = Encoding.ASCII.GetBytes("f");
        fixed (byte* pointer = field)
        {
            ByteString* pair = stackalloc ByteString[2];
            pair[0] = pair[1] = new ByteString { Pointer = pointer, Length = 1 };
            Assert.True(StreamLog.Append(values, stream, id, pair, 1));
        }
    }
}
