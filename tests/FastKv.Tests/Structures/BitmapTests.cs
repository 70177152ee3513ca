using FastKv.Memory;
using FastKv.Structures;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Structures;

// Each kernel beside the same thing done bit by bit, over guarded blocks: a read or write out of bounds shows.
public sealed unsafe class BitmapTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void CountsAndFindsBits(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 2_000; round++)
        {
            byte[] bytes = Draw(random, 1 + random.Next(round % 10 == 0 ? 5_000 : 150));
            int bits = bytes.Length * 8;
            int first = random.Next(bits);
            int last = random.Next(2) == 0 ? bits - 1 : random.Next(bits);
            long count = 0;
            long firstSet = -1;
            long firstClear = -1;
            for (int bit = first; bit <= last; bit++)
            {
                bool set = BitAt(bytes, bit);
                count += set ? 1 : 0;
                if (set && firstSet < 0)
                    firstSet = bit;
                if (!set && firstClear < 0)
                    firstClear = bit;
            }

            fixed (byte* data = bytes)
            {
                Assert.Equal(count, BitCount.OfBits(data, first, last));
                Assert.Equal(firstSet, BitPosition.Find(data, first, last, true));
                Assert.Equal(firstClear, BitPosition.Find(data, first, last, false));
                Assert.Equal(bytes.Sum(value => (long)System.Numerics.BitOperations.PopCount(value)), BitCount.OfBytes(data, bytes.Length));
                Assert.Equal(BitAt(bytes, first), BitPosition.Get(data, bytes.Length, first));
                Assert.False(BitPosition.Get(data, bytes.Length, bits));
                Assert.Equal(BitAt(bytes, first), BitPosition.Set(data, first, true));
                Assert.True(BitPosition.Set(data, first, false));
                Assert.False(BitPosition.Get(data, bytes.Length, first));
            }
        }
    }

    [Theory]
    [InlineData(BitOperator.And)]
    [InlineData(BitOperator.Or)]
    [InlineData(BitOperator.Xor)]
    [InlineData(BitOperator.Not)]
    [InlineData(BitOperator.Diff)]
    [InlineData(BitOperator.Diff1)]
    [InlineData(BitOperator.AndOr)]
    [InlineData(BitOperator.One)]
    public void OperationsAreThoseOfTheirDefinition(BitOperator operation)
    {
        var random = new Random((int)operation + 100);
        for (int round = 0; round < 150; round++)
        {
            int count = operation == BitOperator.Not ? 1 : random.Next(2, 6);
            byte[][] sources = new byte[count][];
            for (int i = 0; i < count; i++)
                sources[i] = Draw(random, random.Next(round % 8 == 0 ? 10_000 : 200));
            int length = sources.Max(source => source.Length);
            var expected = new byte[length];
            for (int at = 0; at < length; at++)
            {
                for (int mask = 1; mask < 256; mask <<= 1)
                {
                    bool x = SetIn(sources[0], at, mask);
                    int others = sources.Skip(1).Count(source => SetIn(source, at, mask));
                    int all = others + (x ? 1 : 0);
                    bool bit = operation switch
                    {
                        BitOperator.And => all == count,
                        BitOperator.Or => all > 0,
                        BitOperator.Xor => all % 2 == 1,
                        BitOperator.Not => !x,
                        BitOperator.Diff => x && others == 0,
                        BitOperator.Diff1 => !x && others > 0,
                        BitOperator.AndOr => x && others > 0,
                        _ => all == 1,
                    };
                    expected[at] |= bit ? (byte)mask : (byte)0;
                }
            }

            Assert.Equal(expected, Compute(operation, sources, length));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void FieldsAreBigEndianIntegersAtAnyBit(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = Draw(random, 20);
            int bits = random.Next(1, 65);
            int offset = random.Next(bytes.Length * 8 + 20);
            ulong expected = 0;
            for (int i = 0; i < bits; i++)
                expected = expected << 1 | (offset + i < bytes.Length * 8 && BitAt(bytes, offset + i) ? 1UL : 0);
            fixed (byte* data = bytes)
            {
                Assert.Equal(expected, BitField.GetUnsigned(data, bytes.Length, offset, bits));
                long extended = (long)(expected << (64 - bits)) >> (64 - bits);
                Assert.Equal(extended, BitField.GetSigned(data, bytes.Length, offset, bits));
                if (offset + bits > bytes.Length * 8)
                    continue;
                byte[] before = [.. bytes];
                ulong value = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
                BitField.Set(data, offset, bits, value);
                Assert.Equal(value << (64 - bits) >> (64 - bits), BitField.GetUnsigned(data, bytes.Length, offset, bits));
                for (int bit = 0; bit < bytes.Length * 8; bit++)
                {
                    if (bit < offset || bit >= offset + bits)
                        Assert.Equal(BitAt(before, bit), BitAt(bytes, bit));
                }
            }
        }
    }

    [Theory]
    [InlineData(255, 1, 8, BitFieldOverflow.Wrap, 0)]
    [InlineData(255, 1, 8, BitFieldOverflow.Saturate, 255)]
    [InlineData(255, 1, 8, BitFieldOverflow.Fail, null)]
    [InlineData(0, -1, 8, BitFieldOverflow.Wrap, 255)]
    [InlineData(0, -1, 8, BitFieldOverflow.Saturate, 0)]
    [InlineData(0, -1, 8, BitFieldOverflow.Fail, null)]
    [InlineData(100, -100, 7, BitFieldOverflow.Fail, 0)]
    [InlineData(-1, 0, 8, BitFieldOverflow.Wrap, 255)]
    [InlineData(-1, 0, 8, BitFieldOverflow.Saturate, 255)]
    public void UnsignedSumsOverflowAsAsked(long value, long increment, int bits, BitFieldOverflow overflow, int? expected)
    {
        Assert.Equal(expected.HasValue, BitField.TryAddUnsigned((ulong)value, increment, bits, overflow, out ulong result));
        if (expected.HasValue)
            Assert.Equal((ulong)expected, result);
    }

    [Theory]
    [InlineData(127, 1, 8, BitFieldOverflow.Wrap, -128L)]
    [InlineData(127, 1, 8, BitFieldOverflow.Saturate, 127L)]
    [InlineData(127, 1, 8, BitFieldOverflow.Fail, null)]
    [InlineData(-128, -1, 8, BitFieldOverflow.Wrap, 127L)]
    [InlineData(-128, -1, 8, BitFieldOverflow.Saturate, -128L)]
    [InlineData(-128, 127, 8, BitFieldOverflow.Fail, -1L)]
    [InlineData(long.MaxValue, 1, 64, BitFieldOverflow.Wrap, long.MinValue)]
    [InlineData(long.MinValue, -1, 64, BitFieldOverflow.Saturate, long.MinValue)]
    [InlineData(200, 0, 8, BitFieldOverflow.Wrap, -56L)]
    [InlineData(200, 0, 8, BitFieldOverflow.Saturate, 127L)]
    [InlineData(-200, 0, 8, BitFieldOverflow.Saturate, -128L)]
    public void SignedSumsOverflowAsAsked(long value, long increment, int bits, BitFieldOverflow overflow, long? expected)
    {
        Assert.Equal(expected.HasValue, BitField.TryAddSigned(value, increment, bits, overflow, out long result));
        if (expected.HasValue)
            Assert.Equal(expected, result);
    }

    private static byte[] Compute(BitOperator operation, byte[][] sources, int length)
    {
        using var heap = new NativeHeap("bitmap", guarded: true);
        BitmapSource* views = stackalloc BitmapSource[sources.Length];
        for (int i = 0; i < sources.Length; i++)
        {
            views[i] = new BitmapSource { Data = heap.Allocate(sources[i].Length), Length = sources[i].Length };
            sources[i].CopyTo(new Span<byte>(views[i].Data, sources[i].Length));
        }

        byte* destination = heap.Allocate(length);
        BitOperation.Compute(operation, destination, length, views, sources.Length);
        byte[] result = new Span<byte>(destination, length).ToArray();
        heap.Free(destination, length);
        for (int i = 0; i < sources.Length; i++)
        {
            Assert.True(new Span<byte>(views[i].Data, sources[i].Length).SequenceEqual(sources[i]));
            heap.Free(views[i].Data, sources[i].Length);
        }

        return result;
    }

    // Often long runs of equal bytes, for the searches.
    private static byte[] Draw(Random random, int length)
    {
        var bytes = new byte[length];
        switch (random.Next(4))
        {
            case 0:
                Array.Fill(bytes, (byte)255);
                break;
            case 1:
                break;
            default:
                random.NextBytes(bytes);
                return bytes;
        }

        if (length > 0 && random.Next(3) != 0)
            bytes[random.Next(length)] = (byte)random.Next(256);
        return bytes;
    }

    private static bool SetIn(byte[] bytes, int at, int mask) => at < bytes.Length && (bytes[at] & mask) != 0;

    private static bool BitAt(byte[] bytes, int bit) => (bytes[bit >> 3] & 0x80 >> (bit & 7)) != 0;
}
