using System.Text;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;
using Xunit.Abstractions;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Tests.Lists;

public sealed unsafe class ListpackTests(ITestOutputHelper output)
{
    // Bytes as DUMP of Redis shows them inside a listpack.
    [Theory]
    [InlineData("", "80-01")]
    [InlineData("0", "00-01")]
    [InlineData("127", "7F-01")]
    [InlineData("128", "C0-80-02")]
    [InlineData("-1", "DF-FF-02")]
    [InlineData("4095", "CF-FF-02")]
    [InlineData("-4096", "D0-00-02")]
    [InlineData("4096", "F1-00-10-03")]
    [InlineData("-4097", "F1-FF-EF-03")]
    [InlineData("-32768", "F1-00-80-03")]
    [InlineData("32768", "F2-00-80-00-04")]
    [InlineData("-8388608", "F2-00-00-80-04")]
    [InlineData("8388608", "F3-00-00-80-00-05")]
    [InlineData("-2147483648", "F3-00-00-00-80-05")]
    [InlineData("2147483648", "F4-00-00-00-80-00-00-00-00-09")]
    [InlineData("-9223372036854775808", "F4-00-00-00-00-00-00-00-80-09")]
    [InlineData("9223372036854775807", "F4-FF-FF-FF-FF-FF-FF-FF-7F-09")]
    [InlineData("9223372036854775808", "93-39-32-32-33-33-37-32-30-33-36-38-35-34-37-37-35-38-30-38-14")]
    [InlineData("-0", "82-2D-30-03")]
    [InlineData("01", "82-30-31-03")]
    [InlineData("-", "81-2D-02")]
    [InlineData("+1", "82-2B-31-03")]
    [InlineData("1x", "82-31-78-03")]
    public void ElementsHaveTheBytesOfRedis(string text, string expected)
    {
        byte* bytes = stackalloc byte[64];
        int size = Listpack.Encode(bytes, Encoding.ASCII.GetBytes(text));
        Assert.Equal(expected, BitConverter.ToString(new Span<byte>(bytes, size).ToArray()));
        CheckElement(bytes, size, Encoding.ASCII.GetBytes(text));
    }

    [Theory]
    [InlineData(63, 1, 1)]
    [InlineData(64, 2, 1)]
    [InlineData(125, 2, 1)]
    [InlineData(126, 2, 2)]
    [InlineData(4095, 2, 2)]
    [InlineData(4096, 5, 2)]
    [InlineData(16377, 5, 2)]
    [InlineData(16378, 5, 3)]
    [InlineData(2097145, 5, 3)]
    [InlineData(2097146, 5, 4)]
    public void LongTextsHaveLongerHeadersAndBacklens(int length, int headerBytes, int backlenBytes)
    {
        using var heap = new NativeHeap("listpack", guarded: true);
        byte[] value = new byte[length];
        new Random(length).NextBytes(value);
        int size = headerBytes + length + backlenBytes;
        Assert.Equal(size, Listpack.EncodedBytes(value));
        byte* bytes = heap.Allocate(size);
        Assert.Equal(size, Listpack.Encode(bytes, value));
        CheckElement(bytes, size, value);
        heap.Free(bytes, size);
    }

    [Fact]
    public void IntegersOfAllSizesComeBack()
    {
        byte* bytes = stackalloc byte[64];
        for (int bit = 0; bit < 64; bit++)
        {
            for (int delta = -2; delta <= 2; delta++)
            {
                foreach (long value in new[] { (1L << bit) + delta, -(1L << bit) + delta })
                {
                    int size = Listpack.Encode(bytes, value);
                    Assert.Equal(size, Listpack.EncodedBytes(value));
                    CheckElement(bytes, size, Encoding.ASCII.GetBytes(value.ToString()));
                    Assert.True(Listpack.TryInteger(bytes, out long back));
                    Assert.Equal(value, back);
                }
            }
        }
    }

    [Fact]
    public void AnEntryBehavesLikeAList()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 60; round++)
            RunModel(random, operations: 200, lengthMax: round % 3 == 0 ? 300 : 20);
    }

    [Fact]
    public void AHeaderThatCannotHoldTheCountLeavesItToAWalk()
    {
        using var heap = new NativeHeap("listpack", guarded: true);
        var values = new ValueHeap(heap, 1, new CompactLimits());
        byte* entry = ListpackEntry.Create(values, ValueType.List, ValueEncoding.Listpack, "key"u8);
        for (int i = 0; i < 65_536; i++)
        {
            CompactValue.Bytes(entry, out int length);
            entry = ListpackEntry.Insert(values, entry, length, "7"u8);
        }

        Assert.Equal(65_536, ListpackEntry.Count(entry));
        entry = ListpackEntry.Delete(values, entry, Listpack.HeaderBytes, 3);
        Assert.Equal(65_533, ListpackEntry.Count(entry));
        byte* content = CompactValue.Bytes(entry, out int bytes);
        Assert.True(Listpack.At(content, bytes, 65_533) == null);
        Assert.True(Listpack.At(content, bytes, -65_533) == content + Listpack.HeaderBytes);
        CompactValue.Free(heap, entry);
        Assert.Equal(0, heap.LiveBlocks);
    }

    private static void RunModel(Random random, int operations, int lengthMax)
    {
        using var heap = new NativeHeap("listpack", guarded: true);
        var values = new ValueHeap(heap, 1, new CompactLimits());
        var model = new List<byte[]>();
        byte* entry = ListpackEntry.Create(values, ValueType.Hash, ValueEncoding.Listpack, "some key"u8, 12345, 77);
        for (int i = 0; i < operations; i++)
        {
            byte[] value = Draw(random, lengthMax);
            int index = random.Next(model.Count + 1);
            int offset = OffsetOf(entry, index);
            switch (random.Next(model.Count > 60 ? 4 : 7))
            {
                case 0 or 1 or 2 when index < model.Count:
                    int count = Math.Min(model.Count - index, random.Next(1, 4));
                    entry = ListpackEntry.Delete(values, entry, offset, count);
                    model.RemoveRange(index, count);
                    break;
                case 3 when index < model.Count:
                    entry = ListpackEntry.Replace(values, entry, offset, value);
                    model[index] = value;
                    break;
                case 4 or 5:
                    entry = ListpackEntry.Insert(values, entry, offset, value);
                    model.Insert(index, value);
                    break;
                default:
                    byte[] second = Draw(random, lengthMax);
                    entry = ListpackEntry.InsertPair(values, entry, offset, value, second);
                    model.InsertRange(index, [value, second]);
                    break;
            }

            Check(entry, model, Draw(random, lengthMax), random.Next(1, 4));
        }

        CompactValue.Free(heap, entry);
        Assert.Equal(0, heap.LiveBlocks);
    }

    private static void Check(byte* entry, List<byte[]> model, byte[] other, int stride)
    {
        var view = new EntryRef(entry);
        Assert.Equal((12345, 77U, ValueType.Hash), (view.ExpiryMs, view.AccessClock, view.Type));
        Assert.Equal(model.Count, ListpackEntry.Count(entry));
        byte* element = ListpackEntry.First(entry, out byte* end);
        byte* content = CompactValue.Bytes(entry, out int length);
        for (int i = 0; i < model.Count; i++)
        {
            Assert.True(Listpack.At(content, length, i) == element);
            Assert.True(Listpack.At(content, length, i - model.Count) == element);
            CheckElement(element, Listpack.SizeOf(element), model[i]);
            element = Listpack.Next(element);
        }

        Assert.True(element == end);
        Assert.True(Listpack.At(content, length, model.Count) == null);
        Assert.True(Listpack.At(content, length, -model.Count - 1) == null);
        CheckFind(content, length, model, other, stride);
        if (model.Count > 0)
            CheckFind(content, length, model, model[other.Length % model.Count], stride);
    }

    private static void CheckFind(byte* content, int length, List<byte[]> model, byte[] value, int stride)
    {
        int expected = -1;
        for (int i = 0; i < model.Count && expected < 0; i += stride)
        {
            if (model[i].AsSpan().SequenceEqual(value))
                expected = i;
        }

        byte* found = Listpack.Find(content + Listpack.HeaderBytes, content + length, value, stride);
        Assert.True(found == (expected < 0 ? null : Listpack.At(content, length, expected)));
    }

    private static void CheckElement(byte* element, int size, byte[] value)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        Assert.Equal(size, Listpack.SizeOf(element));
        Assert.Equal(size, Listpack.EncodedBytes(value));
        Assert.True(Listpack.Previous(element + size) == element);
        Assert.True(Listpack.Text(element, scratch).SequenceEqual(value));
        Assert.Equal(value.Length, Listpack.TextLength(element));
        Assert.True(Listpack.Is(element, value));
        Assert.False(Listpack.Is(element, [.. value, (byte)'0']));
        bool isInteger = long.TryParse(Encoding.Latin1.GetString(value), out long integer) && integer.ToString() == Encoding.Latin1.GetString(value);
        Assert.Equal(isInteger, Listpack.TryInteger(element, out long kept));
        Assert.Equal(isInteger ? integer : 0, kept);
    }

    private static int OffsetOf(byte* entry, int index)
    {
        byte* element = ListpackEntry.First(entry, out _);
        byte* content = element - Listpack.HeaderBytes;
        for (; index > 0; index--)
            element = Listpack.Next(element);
        return (int)(element - content);
    }

    private static byte[] Draw(Random random, int lengthMax)
    {
        if (random.Next(3) == 0)
            return Encoding.ASCII.GetBytes((random.NextInt64() >> random.Next(64)).ToString());
        byte[] text = new byte[random.Next(random.Next(lengthMax + 1) + 1)];
        for (int i = 0; i < text.Length; i++)
            text[i] = (byte)"ab1-"[random.Next(4)];
        return text;
    }
}
