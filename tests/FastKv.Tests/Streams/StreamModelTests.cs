using System.Text;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Streams;

/// <summary>A stream beside a plain list of entries, under the guarded heap.</summary>
public sealed unsafe class StreamModelTests(ITestOutputHelper output)
{
    private const ulong HashSeed = 42;

    [Theory]
    [InlineData(1, 100, 4096)]
    [InlineData(2, 100, 200)]
    [InlineData(3, 5, 4096)]
    [InlineData(4, 0, 0)]
    [InlineData(5, 1, 1)]
    public void Entries_are_those_of_a_list(int seed, long nodeEntries, long nodeBytes)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var heap = new NativeHeap("stream", guarded: true);
        var values = new ValueHeap(heap, HashSeed, new CompactLimits { StreamNodeEntries = nodeEntries, StreamNodeBytes = nodeBytes });
        byte* entry = StreamValue.Create(values, "key"u8);
        StreamState* stream = StreamValue.Of(new EntryRef(entry));
        var model = new List<(StreamId Id, string[] Items)>();
        for (int step = 0; step < 4000; step++)
        {
            switch (random.Next(20))
            {
                case < 13:
                    var id = NextId(random, stream->Last);
                    string[] items = Items(random);
                    Append(values, stream, id, items);
                    model.Add((id, items));
                    break;
                case < 16 when model.Count > 0:
                    var victim = random.Next(5) == 0 ? new StreamId(0, 7) : model[random.Next(model.Count)].Id;
                    Assert.Equal(model.RemoveAll(e => e.Id == victim) == 1, StreamLog.Delete(heap, stream, victim));
                    break;
                case 16 when random.Next(4) == 0:
                    Trim(random, heap, stream, model);
                    break;
                case 17 when random.Next(50) == 0:
                    byte* copy = StreamValue.Copy(values, values, entry, "other key"u8);
                    int budget = int.MaxValue;
                    Assert.True(StreamValue.Free(values, entry, ref budget));
                    entry = copy;
                    stream = StreamValue.Of(new EntryRef(entry));
                    break;
                default:
                    CheckRange(random, heap, stream, model);
                    break;
            }
            Assert.Equal(model.Count, stream->Length);
            Assert.Equal(model.Count == 0 ? StreamId.Zero : model[0].Id, stream->First);
            Assert.Equal(model.Count == 0 ? StreamId.Zero : model[^1].Id, stream->LastLive);
        }
        CheckWalk(heap, stream, model, StreamId.Zero, StreamId.Max, isReverse: false);
        CheckWalk(heap, stream, model, StreamId.Zero, StreamId.Max, isReverse: true);
        Assert.True(StreamValue.MemoryBytes(values, new EntryRef(entry), 0) > 0);
        FreeInSlices(values, entry);
    }

    [Fact]
    public void Groups_go_with_the_stream_in_slices_and_are_copied()
    {
        using var heap = new NativeHeap("stream", guarded: true);
        using var otherHeap = new NativeHeap("other", guarded: true);
        var values = new ValueHeap(heap, HashSeed, new CompactLimits());
        var other = new ValueHeap(otherHeap, HashSeed, new CompactLimits());
        byte* entry = StreamValue.Create(values, "key"u8);
        StreamState* stream = StreamValue.Of(new EntryRef(entry));
        for (int g = 0; g < 4; g++)
        {
            StreamGroup* group = StreamGroup.Create(heap, stream, Encoding.ASCII.GetBytes($"group {(g * 7) % 4}"), StreamId.Zero, 0);
            for (int i = 1; i <= 500; i++)
            {
                byte[] name = Encoding.ASCII.GetBytes($"consumer {i % 13}");
                StreamConsumer* consumer = group->FindConsumer(name);
                if (consumer == null)
                    consumer = StreamGroup.CreateConsumer(heap, group, name, i);
                Assert.True(StreamGroup.TryAddPending(heap, group, consumer, new StreamId((ulong)i, 0), i) != null);
                Assert.True(StreamGroup.TryAddPending(heap, group, consumer, new StreamId((ulong)i, 0), i) == null);
            }
            Assert.True(StreamGroup.RemovePending(heap, group, new StreamId(77, 0)));
            Assert.False(StreamGroup.RemovePending(heap, group, new StreamId(77, 0)));
            StreamGroup.DeleteConsumer(heap, group, group->FindConsumer("consumer 5"u8));
            Assert.Equal(500 - 1 - 39, group->Pending.Count);
        }
        StreamGroup.RemoveReferences(heap, stream, new StreamId(10, 0));
        Assert.False(StreamGroup.IsReferenced(stream, StreamId.Zero));

        byte* copy = StreamValue.Copy(values, other, entry, "copy"u8);
        StreamState* copied = StreamValue.Of(new EntryRef(copy));
        Assert.Equal(4, copied->Groups.Count);
        for (int g = 0; g < 4; g++)
        {
            var group = (StreamGroup*)copied->Groups[g];
            Assert.Equal($"group {g}", Encoding.ASCII.GetString(StreamGroup.NameOf(group)));
            Assert.Equal(459, group->Pending.Count);
            Assert.Equal(12, group->Consumers.Count);
        }
        FreeInSlices(values, entry);
        FreeInSlices(other, copy);
    }

    [Fact]
    public void An_entry_of_two_values_of_eight_bytes_takes_eighteen()
    {
        using var heap = new NativeHeap("stream");
        var values = new ValueHeap(heap, HashSeed, new CompactLimits());
        byte* entry = StreamValue.Create(values, "key"u8);
        StreamState* stream = StreamValue.Of(new EntryRef(entry));
        const int count = 100_000;
        for (int i = 0; i < count; i++)
            Append(values, stream, stream->Last.Next, ["field1", $"v{i:d7}", "field2", $"w{i:d7}"]);
        double bytes = (double)heap.UsedBytes / count;
        output.WriteLine($"{bytes:f2} bytes per entry");
        Assert.InRange(bytes, 16, 18.5);
        FreeInSlices(values, entry);
    }

    private static void FreeInSlices(ValueHeap values, byte* entry)
    {
        long effort = StreamValue.FreeEffort(new EntryRef(entry));
        for (int slices = 0; ; slices++)
        {
            Assert.True(slices <= effort, "each slice frees something");
            int budget = 3;
            if (StreamValue.Free(values, entry, ref budget))
                break;
        }
    }

    private static StreamId NextId(Random random, StreamId last) => random.Next(6) switch
    {
        0 => new StreamId(last.Ms + (ulong)random.Next(1, 1_000_000), (ulong)random.Next(3)),
        1 => new StreamId(last.Ms + 1, 0),
        2 => new StreamId(last.Ms, last.Seq + (ulong)random.Next(1, 1000)),
        _ => last.Next,
    };

    private static string[] Items(Random random)
    {
        int fields = random.Next(12) == 0 ? random.Next(1, 40) : random.Next(1, 3);
        var items = new string[2 * fields];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = i % 2 == 0 && random.Next(8) != 0
                ? $"f{i}"
                : random.Next(6) switch
                {
                    0 => random.NextInt64(long.MinValue, long.MaxValue).ToString(),
                    1 => random.Next(-200, 70_000).ToString(),
                    2 => new string('x', random.Next(0, 300)),
                    3 => "007",
                    _ => random.Next(100, 127).ToString(),
                };
        }
        return items;
    }

    private static void Append(ValueHeap values, StreamState* stream, StreamId id, string[] items)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(string.Concat(items));
        var strings = new ByteString[items.Length];
        fixed (byte* start = bytes.Length == 0 ? new byte[1] : bytes)
        fixed (ByteString* pairs = strings)
        {
            int at = 0;
            for (int i = 0; i < items.Length; i++)
            {
                pairs[i] = new ByteString { Pointer = start + at, Length = items[i].Length };
                at += items[i].Length;
            }
            Assert.True(StreamLog.Append(values, stream, id, pairs, items.Length / 2));
        }
    }

    private static void Trim(Random random, NativeHeap heap, StreamState* stream, List<(StreamId Id, string[] Items)> model)
    {
        var trim = new StreamTrim { ById = random.Next(2) == 0, IsApproximate = random.Next(2) == 0, References = (StreamReferences)random.Next(3) };
        trim.MaxLength = Math.Max(0, model.Count - random.Next(60));
        trim.MinId = model.Count == 0 ? stream->Last : model[Math.Min(model.Count - 1, random.Next(60))].Id;
        long exact = trim.ById ? model.Count(e => e.Id < trim.MinId) : Math.Max(0, model.Count - trim.MaxLength);
        long deleted = trim.Run(heap, stream, out _);
        Assert.True(trim.IsApproximate ? deleted <= exact : deleted == exact);
        model.RemoveRange(0, (int)deleted);
    }

    private static void CheckRange(Random random, NativeHeap heap, StreamState* stream, List<(StreamId Id, string[] Items)> model)
    {
        var start = model.Count == 0 || random.Next(3) == 0 ? StreamId.Zero : model[random.Next(model.Count)].Id.Next;
        var end = model.Count == 0 || random.Next(3) == 0 ? StreamId.Max : model[random.Next(model.Count)].Id;
        CheckWalk(heap, stream, model, start, end, random.Next(2) == 0, random.Next(1, 20));
    }

    private static void CheckWalk(
        NativeHeap heap, StreamState* stream, List<(StreamId Id, string[] Items)> model, StreamId start, StreamId end, bool isReverse, int count = int.MaxValue)
    {
        var expected = model.Where(e => e.Id >= start && e.Id <= end);
        using var walk = StreamState.Range(heap, stream, start, end, isReverse);
        foreach (var (id, items) in (isReverse ? expected.Reverse() : expected).Take(count))
        {
            Assert.True(walk.MoveNext());
            Assert.Equal(id, walk.Id);
            Assert.Equal(items.Length / 2, walk.FieldCount);
            var read = walk.Items;
            for (int i = 0; i < items.Length; i += 2)
            {
                Assert.Equal(items[i], Text(read.NextField()));
                Assert.Equal(items[i + 1], Text(read.NextValue()));
            }
            Assert.True(stream->Contains(id));
        }
        if (count == int.MaxValue)
            Assert.False(walk.MoveNext());
    }

    private static string Text(StreamItem item) => item.IsInteger ? item.Integer.ToString() : Encoding.Latin1.GetString(item.Bytes);
}
