using System.Text;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;
using Xunit.Abstractions;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Tests.Structures;

public sealed unsafe class StringEntryTests(ITestOutputHelper output)
{
    [Fact]
    public void SixteenBytesEachTakeFortyAndEightMoreWithAnExpiry()
    {
        using var heap = new NativeHeap("entry", guarded: true);
        byte* entry = StringEntry.Create(heap, "0123456789abcdef"u8, "0123456789ABCDEF"u8);
        Assert.Equal(40, heap.UsedBytes);
        Assert.Equal(-1, new EntryRef(entry).ExpiryMs);
        entry = EntryBlock.SetExpiry(heap, entry, 1234567890123);
        Assert.Equal(48, heap.UsedBytes);
        Assert.Equal(48, StringEntry.MemoryBytes(entry));
        Assert.Equal(1234567890123, new EntryRef(entry).ExpiryMs);
        byte* same = EntryBlock.SetExpiry(heap, entry, 99);
        Assert.True(same == entry);
        entry = EntryBlock.SetExpiry(heap, entry, -1);
        Assert.Equal(40, heap.UsedBytes);
        Check(entry, "0123456789abcdef", "0123456789ABCDEF", ValueEncoding.EmbeddedString);
        StringEntry.Free(heap, entry);
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("-1", true)]
    [InlineData("9223372036854775807", true)]
    [InlineData("-9223372036854775808", true)]
    [InlineData("9223372036854775808", false)]
    [InlineData("-9223372036854775809", false)]
    [InlineData("18446744073709551616", false)]
    [InlineData("99999999999999999999", false)]
    [InlineData("-0", false)]
    [InlineData("00", false)]
    [InlineData("+1", false)]
    [InlineData(" 1", false)]
    [InlineData("1 ", false)]
    [InlineData("1.0", false)]
    [InlineData("-", false)]
    [InlineData("", false)]
    public void IntegersAreThoseThatFormatToTheSameText(string text, bool isInteger)
    {
        using var heap = new NativeHeap("entry", guarded: true);
        byte* entry = StringEntry.Create(heap, "k"u8, Encoding.ASCII.GetBytes(text));
        Assert.Equal(isInteger, StringEntry.TryGetInteger(entry, out long value));
        if (isInteger)
            Assert.Equal(long.Parse(text), value);
        Check(entry, "k", text, isInteger ? ValueEncoding.Int : ValueEncoding.EmbeddedString);
        StringEntry.Free(heap, entry);
    }

    [Fact]
    public void TheCommonOverwriteAllocatesNothing()
    {
        using var heap = new NativeHeap("entry");
        byte* entry = StringEntry.Create(heap, "0123456789abcdef"u8, "0123456789ABCDEF"u8, 5, 0xABCDEF);
        foreach (string text in (string[])["other 16 bytes..", "fifteen bytes.."])
        {
            byte* same = StringEntry.Overwrite(heap, entry, Encoding.ASCII.GetBytes(text), 6);
            Assert.True(same == entry);
            Check(entry, "0123456789abcdef", text, ValueEncoding.EmbeddedString);
            Assert.Equal(6, new EntryRef(entry).ExpiryMs);
            Assert.Equal(0xABCDEFu, new EntryRef(entry).AccessClock);
        }

        StringEntry.Free(heap, entry);
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Fact]
    public void PointersAndRenamesKeepTheRest()
    {
        using var heap = new NativeHeap("entry", guarded: true);
        byte* structure = heap.Allocate(64);
        byte* entry = EntryBlock.CreatePointer(heap, ValueType.SortedSet, (ValueEncoding)11, "zset"u8, structure, clock: 77);
        entry = EntryBlock.SetExpiry(heap, entry, 42);
        entry = EntryBlock.Rename(heap, entry, new byte[300]);
        var view = new EntryRef(entry);
        Assert.Equal(ValueType.SortedSet, view.Type);
        Assert.Equal(11, (int)view.Encoding);
        Assert.True(view.IsPointer && view.Pointer == structure);
        Assert.Equal(42, view.ExpiryMs);
        Assert.Equal(77u, view.AccessClock);
        Assert.Equal(300, view.KeyLength);
        Assert.True(view.Key.SequenceEqual(new byte[300]));

        // SET replaces any type, once the caller has freed the structure.
        heap.Free(structure, 64);
        entry = StringEntry.Overwrite(heap, entry, "12345678"u8, 42);
        Assert.False(new EntryRef(entry).IsPointer);
        Assert.True(StringEntry.TryGetInteger(entry, out long value) && value == 12345678);
        StringEntry.Free(heap, entry);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AgreesWithAByteArray(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var heap = new NativeHeap("entry", guarded: true);
        for (int round = 0; round < 200; round++)
        {
            var key = new byte[random.Next(5) == 0 ? random.Next(1500) : random.Next(40)];
            random.NextBytes(key);
            byte[] model = DrawValue(random);
            long expiryMs = DrawExpiry(random);
            byte* entry = StringEntry.Create(heap, key, model, expiryMs, 5);
            for (int step = 0; step < 30; step++)
            {
                switch (random.Next(7))
                {
                    case 0:
                    case 1:
                        model = DrawValue(random);
                        expiryMs = random.Next(2) == 0 ? expiryMs : DrawExpiry(random);
                        entry = StringEntry.Overwrite(heap, entry, model, expiryMs);
                        break;
                    case 2:
                        byte[] suffix = DrawValue(random);
                        model = [.. model, .. suffix];
                        entry = StringEntry.Append(heap, entry, suffix);
                        Assert.Equal(ValueEncoding.Raw, new EntryRef(entry).Encoding);
                        break;
                    case 3:
                        Array.Resize(ref model, Math.Max(model.Length, random.Next(2500)));
                        entry = StringEntry.EnsureLength(heap, entry, model.Length);
                        Assert.Equal(ValueEncoding.Raw, new EntryRef(entry).Encoding);
                        break;
                    case 4:
                        expiryMs = DrawExpiry(random);
                        entry = EntryBlock.SetExpiry(heap, entry, expiryMs);
                        break;
                    case 5:
                        long integer = random.NextInt64() >> random.Next(64);
                        model = Encoding.ASCII.GetBytes($"{integer}");
                        entry = StringEntry.SetInteger(heap, entry, integer);
                        break;
                    default:
                        key = new byte[random.Next(400)];
                        random.NextBytes(key);
                        entry = EntryBlock.Rename(heap, entry, key);
                        break;
                }

                Assert.True(new EntryRef(entry).Key.SequenceEqual(key));
                Assert.Equal(Math.Max(expiryMs, -1), new EntryRef(entry).ExpiryMs);
                Assert.Equal(5u, new EntryRef(entry).AccessClock);
                Assert.Equal(model.Length, StringEntry.Length(entry));
                Assert.True(StringEntry.Read(entry, new byte[20]).SequenceEqual(model));
                Assert.Equal(heap.UsedBytes, StringEntry.MemoryBytes(entry));
            }

            StringEntry.Free(heap, entry);
            Assert.Equal(0, heap.LiveBlocks);
        }
    }

    [Fact]
    public void ARawEntryOfZeroes()
    {
        using var heap = new NativeHeap("entry", guarded: true);
        foreach (int length in (int[])[0, 1, 100, 5000])
        {
            byte* entry = StringEntry.CreateZeroed(heap, "z"u8, length);
            Assert.True(StringEntry.Read(entry, default).SequenceEqual(new byte[length]));
            Assert.Equal(ValueEncoding.Raw, new EntryRef(entry).Encoding);
            StringEntry.Free(heap, entry);
        }
    }

    // Appending byte by byte costs a constant number of moves per doubling.
    [Fact]
    public void AppendsAreAmortised()
    {
        using var heap = new NativeHeap("entry");
        byte* entry = StringEntry.Create(heap, "k"u8, "x"u8);
        byte* data = null;
        int moves = 0;
        for (int i = 0; i < 1_000_000; i++)
        {
            entry = StringEntry.Append(heap, entry, "y"u8);
            byte* now = StringEntry.Bytes(entry, out long length);
            Assert.Equal(i + 2, length);
            moves += now == data ? 0 : 1;
            data = now;
        }

        Assert.InRange(moves, 5, 50);
        StringEntry.Free(heap, entry);
    }

    private static byte[] DrawValue(Random random)
    {
        if (random.Next(4) == 0)
            return Encoding.ASCII.GetBytes($"{random.NextInt64() >> random.Next(64)}");
        var value = new byte[random.Next(3) == 0 ? random.Next(3000) : random.Next(60)];
        random.NextBytes(value);
        return value;
    }

    private static long DrawExpiry(Random random) => random.Next(2) == 0 ? -1 : random.NextInt64(1, long.MaxValue);

    private static void Check(byte* entry, string key, string value, ValueEncoding encoding)
    {
        var view = new EntryRef(entry);
        Assert.Equal(key, Encoding.ASCII.GetString(view.Key));
        Assert.Equal(value, Encoding.ASCII.GetString(StringEntry.Read(entry, new byte[20])));
        Assert.Equal(value.Length, StringEntry.Length(entry));
        Assert.Equal(encoding, view.Encoding);
        Assert.Equal(ValueType.String, view.Type);
    }
}
