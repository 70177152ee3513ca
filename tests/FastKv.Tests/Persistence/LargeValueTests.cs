using FastKv.Engine.Persistence;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>
/// Values that are read in steps, on a guarded heap, their bytes at the end of a page that nothing follows: what comes of it is what reading at once makes, no
/// step does more than it may, and a value that is damaged or given up leaves nothing.
/// </summary>
public sealed unsafe class LargeValueTests(ITestOutputHelper output)
{
    private const long NowMs = 1_700_000_000_000;

    // Blocks on the heap that a step may add: of 256 elements, and of what a table grows by meanwhile.
    private const int BlocksPerStepMax = 600;

    [Fact]
    public void Steps_make_what_reading_at_once_makes_and_are_small()
    {
        using var heap = new NativeHeap("large", guarded: true);
        var values = new ValueHeap(heap, 0x1234_5678_9ABC_DEF1, new CompactLimits());
        var large = new RdbLargeValue();
        foreach (var value in LargeValues.All(new Random(1)))
        {
            using var page = new EdgePage(value.Body.Length);
            byte* bytes = page.Place(value.Body);
            var input = new RdbInput(bytes, value.Body.Length);
            byte* whole = RdbValueReader.Read(values, ref input, value.Type, "key"u8, -1, 0, NowMs);
            Assert.True(whole != null, $"{value}: {input.Fault} at {input.FaultOffset}");
            string expected = DigestOf(values, whole);
            Free(values, whole);

            large.Input = new RdbInput(bytes, value.Body.Length);
            byte* entry = null;
            int steps = 0;
            do
            {
                long before = heap.LiveBlocks;
                byte* at = large.Input.At;
                entry = Step(values, large, value);
                steps++;
                Assert.InRange(heap.LiveBlocks - before, long.MinValue, BlocksPerStepMax);
                Assert.True(value.Type == RdbType.String || large.Input.At - at <= RdbLargeValue.BytesPerStep + 1000, $"{value}: {large.Input.At - at} bytes in a step");
            }
            while (large.IsUnfinished);
            output.WriteLine($"{value}: {steps} steps");
            Assert.True(entry != null, $"{value}: {large.Input.Fault} at {large.Input.FaultOffset}");
            Assert.Equal(0, large.Input.Left);
            Assert.True(steps >= value.StepsMin, $"{value}: {steps} steps");
            Assert.Equal(expected, DigestOf(values, entry));
            Free(values, entry);
            Assert.Equal(0, heap.UsedBytes);
        }
    }

    [Fact]
    public void What_is_given_up_leaves_nothing()
    {
        var random = new Random(2);
        using var heap = new NativeHeap("large", guarded: true);
        var values = new ValueHeap(heap, 0x1234_5678_9ABC_DEF1, new CompactLimits());
        var large = new RdbLargeValue();
        foreach (var value in LargeValues.All(random))
        {
            for (int steps = 1; ; steps += random.Next(1, 20))
            {
                fixed (byte* bytes = value.Body)
                {
                    large.Input = new RdbInput(bytes, value.Body.Length);
                    byte* entry = null;
                    for (int i = 0; i < steps && (i == 0 || large.IsUnfinished); i++)
                        entry = Step(values, large, value);
                    bool isUnfinished = large.IsUnfinished;
                    large.Abandon();
                    Assert.False(large.IsUnfinished);
                    if (entry != null)
                        Free(values, entry);
                    Assert.True(heap.UsedBytes == 0, $"{value}, given up after {steps} steps: {heap.UsedBytes} bytes are left");
                    if (!isUnfinished)
                        break;
                }
            }
        }
    }

    [Fact]
    public void A_fault_is_the_same_at_the_same_place_and_leaves_nothing()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var heap = new NativeHeap("large", guarded: true);
        var values = new ValueHeap(heap, 0x1234_5678_9ABC_DEF1, new CompactLimits());
        var large = new RdbLargeValue();
        int faults = 0;
        foreach (var value in LargeValues.All(random))
        {
            for (int i = 0; i < 8; i++)
            {
                byte[] damaged = Damaged(value.Body, random);
                fixed (byte* bytes = damaged)
                {
                    var input = new RdbInput(bytes, damaged.Length);
                    byte* whole = RdbValueReader.Read(values, ref input, value.Type, "key"u8, -1, 0, NowMs);
                    string expected = whole == null ? "" : DigestOf(values, whole);
                    if (whole != null)
                        Free(values, whole);
                    large.Input = new RdbInput(bytes, damaged.Length);
                    byte* entry;
                    do
                        entry = Step(values, large, value);
                    while (large.IsUnfinished);
                    Assert.Equal((input.Fault, input.FaultOffset, input.Offset), (large.Input.Fault, large.Input.FaultOffset, large.Input.Offset));
                    Assert.Equal(whole == null, entry == null);
                    if (entry != null)
                    {
                        Assert.Equal(expected, DigestOf(values, entry));
                        Free(values, entry);
                    }
                    faults += whole == null ? 1 : 0;
                    Assert.True(heap.UsedBytes == 0, $"{value}: {heap.UsedBytes} bytes are left after {input.Fault} at {input.FaultOffset}");
                }
            }
        }
        output.WriteLine($"{faults} faults");
        Assert.True(faults > 20);
    }

    private static byte[] Damaged(byte[] body, Random random)
    {
        if (random.Next(3) == 0)
            return body[..random.Next(1, body.Length)];
        byte[] copy = (byte[])body.Clone();
        for (int i = 0; i < 3; i++)
            copy[random.Next(copy.Length)] = (byte)random.Next(256);
        return copy;
    }

    private static byte* Step(ValueHeap values, RdbLargeValue large, LargeValue value) =>
        RdbValueReader.ReadSome(values, large, value.Type, "key"u8, -1, 0, NowMs);

    private static string DigestOf(ValueHeap values, byte* entry)
    {
        byte[] digest = new byte[20];
        DatasetDigest.OfValue(values, new EntryRef(entry), digest);
        return Convert.ToHexString(digest);
    }

    private static void Free(ValueHeap values, byte* entry)
    {
        int budget = int.MaxValue;
        while (!Engine.Keyspace.Values.Free(values, entry, ref budget))
            budget = int.MaxValue;
    }
}
