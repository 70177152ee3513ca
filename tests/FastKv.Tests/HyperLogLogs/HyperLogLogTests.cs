using FastKv.Memory;
using FastKv.Structures;
using Xunit;

namespace FastKv.Tests.HyperLogLogs;

/// <summary>HyperLogLogs beside an array of registers, and on bytes that no server has written.</summary>
public sealed unsafe class HyperLogLogTests
{
    [Theory]
    [InlineData(3000, 20_000)]
    [InlineData(0, 500)]
    [InlineData(20, 500)]
    [InlineData(16_000, 8_000)]
    public void RegistersAreThoseOfTheModel(int sparseBytesMax, int elements)
    {
        const int seed = 20261121;
        var random = new Random(seed);
        using var heap = new NativeHeap("hll", guarded: true);
        var values = new ValueHeap(heap, 1, new CompactLimits { HyperLogLogSparseBytes = sparseBytesMax });
        var model = new byte[HyperLogLog.Registers];
        byte* entry = HyperLogLogValue.Create(values, "key"u8);
        for (int i = 0; i < elements; i++)
        {
            byte[] element = new byte[random.Next(0, 20)];
            random.NextBytes(element);
            int register = ElementHash.Register(element, out int count);
            entry = HyperLogLogValue.Add(values, entry, element, out var change);
            Assert.Equal(count > model[register] ? HyperLogLogChange.Raised : HyperLogLogChange.None, change);
            model[register] = Math.Max(model[register], (byte)count);
            if (i % 97 == 0 || i < 40)
                Check(entry, model);
        }
        Check(entry, model);
        CompactValue.Bytes(entry, out int length);
        Assert.True(!HyperLogLogValue.IsSparse(new EntryRef(entry)) || length <= Math.Max(sparseBytesMax, 18));
        StringEntry.Free(heap, entry);
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Fact]
    public void ADenseUnionIsTheHighestOfEachRegister()
    {
        using var heap = new NativeHeap("hll", guarded: true);
        var values = new ValueHeap(heap, 1, new CompactLimits());
        byte* union = stackalloc byte[HyperLogLog.Registers];
        new Span<byte>(union, HyperLogLog.Registers).Clear();
        byte* target = HyperLogLogValue.Create(values, "target"u8);
        var model = new byte[HyperLogLog.Registers];
        for (int source = 0; source < 4; source++)
        {
            byte* entry = HyperLogLogValue.Create(values, "source"u8);
            for (int i = 0; i < 5000 * source; i++)
            {
                byte[] element = BitConverter.GetBytes(i * (source + 1));
                entry = HyperLogLogValue.Add(values, entry, element, out _);
                int register = ElementHash.Register(element, out int count);
                model[register] = Math.Max(model[register], (byte)count);
            }
            Assert.True(HyperLogLogValue.MergeInto(new EntryRef(entry), union));
            StringEntry.Free(heap, entry);
        }
        Assert.True(model.AsSpan().SequenceEqual(new ReadOnlySpan<byte>(union, model.Length)));
        target = HyperLogLogValue.Raise(values, target, union);
        Check(target, model);
        Assert.True(HyperLogLogValue.TryCount(new EntryRef(target), out long cardinality));
        Assert.Equal(cardinality, HyperLogLogValue.Count(union));
        StringEntry.Free(heap, target);
        Assert.Equal(0, heap.LiveBlocks);
    }

    /// <summary>The guarded heap reports any write outside of the value.</summary>
    [Fact]
    public void CorruptOpcodesNeverReachBeyondTheValue()
    {
        const int seed = 20261122;
        var random = new Random(seed);
        using var heap = new NativeHeap("hll", guarded: true);
        var values = new ValueHeap(heap, 1, new CompactLimits());
        byte* union = stackalloc byte[HyperLogLog.Registers];
        for (int round = 0; round < 3000; round++)
        {
            byte[] bytes = new byte[random.Next(16, random.Next(3) == 0 ? 700 : 60)];
            random.NextBytes(bytes);
            "HYLL"u8.CopyTo(bytes);
            bytes[4] = HyperLogLog.Sparse;
            if (random.Next(2) == 0)
                bytes.AsSpan(16).Fill((byte)random.Next(0x40, 0x100));
            byte* entry = StringEntry.CreateRaw(heap, "key"u8, bytes);
            Assert.True(HyperLogLogValue.IsValid(new EntryRef(entry)));
            new Span<byte>(union, HyperLogLog.Registers).Clear();
            _ = HyperLogLogValue.TryCount(new EntryRef(entry), out _);
            _ = HyperLogLogValue.MergeInto(new EntryRef(entry), union);
            for (int i = 0; i < 20; i++)
                entry = HyperLogLogValue.Add(values, entry, BitConverter.GetBytes(random.Next()), out _);
            entry = HyperLogLogValue.MakeDense(values, entry, out _);
            StringEntry.Free(heap, entry);
        }
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Fact]
    public void BlocksOfOpcodesAreMeasuredAsOneByOne()
    {
        const int seed = 20261123;
        var random = new Random(seed);
        byte* opcodes = stackalloc byte[1024];
        for (int round = 0; round < 2000; round++)
        {
            byte* end = opcodes;
            var starts = new List<(long At, int First)>();
            int first = 0;
            int share = random.Next(1, 10);
            while (end - opcodes < 900 && first < HyperLogLog.Registers)
            {
                starts.Add((end - opcodes, first));
                if (random.Next(10) < share)
                {
                    int length = random.Next(1, 5);
                    end = SparseRegisters.WriteValue(end, random.Next(1, 33), length);
                    first += length;
                }
                else
                {
                    int length = random.Next(3) == 0 ? random.Next(1, 65) : random.Next(65, 400);
                    end = SparseRegisters.WriteZeros(end, length);
                    first += length;
                }
            }
            for (int i = 0; i < starts.Count; i += random.Next(1, 9))
            {
                Assert.True(SparseRegisters.TryLocate(opcodes, end, starts[i].First, out var found), $"seed {seed}, round {round}");
                Assert.Equal(starts[i].At, found.At - opcodes);
                Assert.Equal(starts[i].First, found.First);
                Assert.Equal(i == 0 ? -1 : starts[i - 1].At, found.Previous == null ? -1 : found.Previous - opcodes);
            }
            Assert.False(SparseRegisters.TryLocate(opcodes, end, first, out _));
        }
    }

    [Fact]
    public void SelfTestPasses() => Assert.Equal("", HyperLogLogCheck.Run());

    private static void Check(byte* entry, byte[] model)
    {
        byte* registers = stackalloc byte[HyperLogLog.Registers];
        new Span<byte>(registers, HyperLogLog.Registers).Clear();
        Assert.True(HyperLogLogValue.MergeInto(new EntryRef(entry), registers));
        Assert.True(model.AsSpan().SequenceEqual(new ReadOnlySpan<byte>(registers, model.Length)));
        var histogram = new int[HyperLogLog.RegisterValues];
        foreach (byte register in model)
            histogram[register]++;
        Assert.True(HyperLogLogValue.TryCount(new EntryRef(entry), out long cardinality));
        Assert.Equal(HyperLogLog.Estimate(histogram), cardinality);
        if (HyperLogLogValue.IsSparse(new EntryRef(entry)))
            return;
        for (int i = 0; i < model.Length; i++)
            Assert.Equal(model[i], HyperLogLogValue.Register(new EntryRef(entry), i));
    }
}
