using FastKv.Memory;
using FastKv.Structures;
using Xunit;

namespace FastKv.Tests.Structures;

/// <summary>Strings, and pending entries of streams, that are given as they were at one instant while they change: models beside them, on guarded heaps.</summary>
public sealed unsafe class FrozenStringTests
{
    private const int Rounds = 4000;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 4096)]
    [InlineData(3, 5)]
    [InlineData(4, 100_001)]
    [InlineData(5, 0)]
    public void Bytes_are_given_as_they_were(int seed, int given)
    {
        using var heap = new NativeHeap("frozen", guarded: true);
        var random = new Random(seed);
        byte[] original = new byte[200_003];
        random.NextBytes(original);
        byte* entry = StringEntry.CreateRaw(heap, "k"u8, original);
        var keeper = new Keeper(heap, entry, given);
        var actual = new List<byte>();
        bool isGone = false;
        int stopAt = seed == 5 ? Rounds / 8 : int.MaxValue;
        for (int round = 0; keeper.Text.Left > 0 && round < stopAt; round++)
        {
            if (random.Next(30) == 0)
            {
                var bytes = keeper.Text.Peek(random.Next(1, 9000));
                actual.AddRange(bytes);
                keeper.Text.Advance(bytes.Length);
            }
            if (isGone)
                continue;
            switch (random.Next(60))
            {
                case 0:
                    entry = StringEntry.Append(heap, entry, new byte[random.Next(60)]);
                    break;
                case 1 when random.Next(10) == 0:
                    entry = StringEntry.Overwrite(heap, entry, new byte[random.Next(100_000, 200_000)]);
                    break;
                case 2 when random.Next(20) == 0:
                    StringEntry.Free(heap, entry);
                    isGone = true;
                    break;
                default:
                    long offset = random.Next(210_000);
                    int count = random.Next(1, random.Next(8) == 0 ? 20_000 : 3);
                    entry = StringEntry.EnsureLength(heap, entry, offset + count);
                    byte* to = StringEntry.Bytes(entry, out _);
                    heap.Keeper?.BeforeWrite(to, offset, count);
                    new Span<byte>(to + offset, count).Fill((byte)random.Next(256));
                    break;
            }
        }
        byte[] copy = new byte[keeper.Text.Left];
        fixed (byte* to = copy)
            keeper.Text.CopyTo(to);
        actual.AddRange(copy);
        Assert.True(original.AsSpan(given).SequenceEqual(actual.ToArray()));
        keeper.Dispose();
        if (!isGone)
            StringEntry.Free(heap, entry);
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Fact]
    public void A_buffer_that_is_read_does_not_shrink_where_it_is()
    {
        const long bytes = 3 << 20;
        using var heap = new NativeHeap("frozen");
        byte* entry = StringEntry.CreateRaw(heap, "k"u8, new byte[bytes]);
        var keeper = new Keeper(heap, entry, 0);
        byte* buffer = StringEntry.BufferOf(new EntryRef(entry), out _);
        byte* moved = heap.Reallocate(buffer, bytes, bytes / 2);
        Assert.False(moved == buffer);
        moved[1] = 1;
        Assert.True(keeper.Text.Peek(bytes).SequenceEqual(new byte[bytes]));
        heap.Free(moved, bytes / 2);
        keeper.Dispose();
        Assert.Equal(1, heap.LiveBlocks);
    }

    [Theory]
    [InlineData(1, false, true)]
    [InlineData(2, false, true)]
    [InlineData(3, true, true)]
    [InlineData(4, true, true)]
    [InlineData(5, false, true)]
    [InlineData(1, false, false)]
    [InlineData(2, false, false)]
    [InlineData(3, true, false)]
    [InlineData(4, true, false)]
    [InlineData(5, false, false)]
    [InlineData(6, false, false)]
    [InlineData(7, true, false)]
    public void Pending_entries_are_given_as_they_were(int seed, bool isInTheMidst, bool isByGroup)
    {
        const int count = 2000;
        using var heap = new NativeHeap("frozen", guarded: true);
        var values = new ValueHeap(heap, 42, new CompactLimits());
        var random = new Random(seed);
        var entry = new EntryRef(StreamValue.Create(values, "k"u8));
        StreamState* stream = StreamValue.Of(entry);
        StreamGroup* group = StreamGroup.Create(heap, stream, "g"u8, default, 0);
        for (int i = 0; i < 3; i++)
            StreamGroup.CreateConsumer(heap, group, [(byte)i], 0);
        for (int i = 0; i < count; i++)
            StreamGroup.TryAddPending(heap, group, Consumer(group, i % 3), Id(random), i);

        // Times and counts are given with the group's entries, or else with those of the consumers.
        var expected = new List<string>();
        FrozenGroups* frozen = FrozenGroups.Create(heap, stream);
        int[] lists = isByGroup ? [-1, 0, 1, 2] : [0, 1, 2];
        foreach (int list in lists)
        {
            StreamIdMap map = list < 0 ? group->Pending : Consumer(group, list)->Pending;
            StreamId from = isInTheMidst && list == lists[0] ? map.SeekAtLeast(new StreamId(3000, 0)).Id : map.First.Id;
            Read(map, list, from, !isByGroup, expected);
            if (list < 0)
                frozen->Add(group, from, 0);
            else
                frozen->Add(Consumer(group, list), hasDeliveries: !isByGroup, from, 0);
        }
        var actual = new List<string>();
        int next = 0;
        int stopAt = seed == 5 ? Rounds / 3 : int.MaxValue;
        for (int round = 0; next < frozen->Count && round < stopAt; round++)
        {
            for (int taken = random.Next(4) == 0 ? random.Next(10) : 0; taken > 0 && next < frozen->Count; taken--)
            {
                FrozenPendings* list = (*frozen)[next];
                if (list->MoveNext(heap))
                    actual.Add(Line(lists[next], !isByGroup, list->Id, list->DeliveryMs, list->DeliveryCount));
                else
                    next++;
            }
            if (group != null)
                ChangePendings(heap, stream, ref group, random);
        }
        Assert.Equal(expected.Take(actual.Count), actual);
        Assert.True(seed == 5 || actual.Count == expected.Count);
        var rest = FrozenGroups.Release(values, frozen);
        foreach (EntryRef left in (EntryRef[])[rest, entry])
        {
            int budget = int.MaxValue;
            Assert.True(left.IsNull || StreamValue.Free(values, left.Block, ref budget));
        }
        Assert.Equal(0, heap.LiveBlocks);
    }

    private static void ChangePendings(NativeHeap heap, StreamState* stream, ref StreamGroup* group, Random random)
    {
        StreamId id = Id(random);
        StreamPending* pending = group->FindPending(id);
        StreamConsumer* consumer = Consumer(group, random.Next(3));
        switch (random.Next(8))
        {
            case 0 or 1:
                StreamGroup.RemovePending(heap, group, id);
                break;
            case 2 or 3 when pending != null:
                StreamGroup.BeforeChange(heap, group, id, pending);
                pending->DeliveryMs += 77;
                pending->DeliveryCount++;
                break;
            case 4 or 5 when pending != null:
                StreamGroup.MovePending(heap, id, pending, consumer);
                break;
            case 6:
                StreamGroup.TryAddPending(heap, group, consumer, id, 99);
                break;
            case 7 when random.Next(800) == 0:
                ReadOnlySpan<byte> name = [StreamConsumer.NameOf(consumer)[0]];
                StreamGroup.DeleteConsumer(heap, group, consumer);
                StreamGroup.CreateConsumer(heap, group, name, 0);
                break;
            case 7 when random.Next(1000) == 0:
                StreamGroup.Destroy(heap, stream, group);
                group = null;
                break;
        }
    }

    private static StreamConsumer* Consumer(StreamGroup* group, int number) => group->FindConsumer([(byte)number]);

    private static StreamId Id(Random random) => new((ulong)random.Next(1, 6000), (ulong)random.Next(2));

    private static void Read(in StreamIdMap map, int list, StreamId from, bool hasDeliveries, List<string> lines)
    {
        var cursor = map.SeekAtLeast(from);
        for (bool more = cursor.IsValid; more; more = cursor.MoveNext())
        {
            var pending = (StreamPending*)cursor.Value;
            lines.Add(Line(list, hasDeliveries, cursor.Id, pending->DeliveryMs, pending->DeliveryCount));
        }
    }

    private static string Line(int list, bool hasDeliveries, StreamId id, long ms, long times) =>
        $"{list}: {id.Ms}-{id.Seq}" + (list < 0 || hasDeliveries ? $" {ms} {times}" : "");

    /// <summary>A frozen string whose heap tells it of changes.</summary>
    private sealed class Keeper : BlockKeeper
    {
        private readonly NativeHeap _heap;
        private readonly nint _buffer;

        public Keeper(NativeHeap heap, byte* entry, long given)
        {
            _heap = heap;
            byte* buffer = StringEntry.BufferOf(new EntryRef(entry), out long length);
            _buffer = (nint)buffer;
            Text = new FrozenString(heap, buffer, length, given);
            heap.Keeper = this;
        }

        public FrozenString Text { get; }

        public override bool IsReading(byte* block) => (nint)block == _buffer;

        public override bool TryTake(byte* block, long sizeBytes)
        {
            if (!IsReading(block))
                return false;
            Text.Take(sizeBytes);
            return true;
        }

        public override void BeforeWrite(byte* block, long offset, long count)
        {
            if (IsReading(block))
                Text.BeforeWrite(offset, count);
        }

        public void Dispose()
        {
            _heap.Keeper = null;
            Text.Release();
        }
    }
}
