using System.Text;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;
using Xunit.Abstractions;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Tests.Lists;

public sealed unsafe class ListValueTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(-2, 20, 60)]
    [InlineData(-1, 300, 40)]
    [InlineData(-5, 3000, 10)]
    [InlineData(-2, 9000, 20)]
    [InlineData(1, 40, 20)]
    [InlineData(7, 40, 30)]
    [InlineData(128, 40, 20)]
    public void AListBehavesLikeAModel(int listSize, int lengthMax, int rounds)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        for (int round = 0; round < rounds; round++)
            new Model(seed + round, listSize, lengthMax).Run(operations: 300);
    }

    [Fact]
    public void EightByteElementsTakeTenBytesAndALittle()
    {
        using var heap = new NativeHeap("list");
        var values = new ValueHeap(heap, 1, new CompactLimits());
        byte* entry = ListValue.Create(values, "key"u8);
        long before = heap.UsedBytes;
        const int count = 1_000_000;
        byte[] value = new byte[8];
        for (int i = 0; i < count; i++)
        {
            _ = i.TryFormat(value, out _, "x8");
            value[0] = (byte)'x';
            entry = ListValue.Push(values, entry, value, (i & 1) == 0);
        }

        double perElement = (double)(heap.UsedBytes - before) / count;
        output.WriteLine($"{perElement:F3} bytes per element");
        Assert.True(perElement < 10.15);
        Assert.Equal(heap.UsedBytes, ListValue.MemoryBytes(values, new EntryRef(entry), 0));
        Free(values, entry);
    }

    [Fact]
    public void APushAtTheHeadDoesNotMoveTheNode()
    {
        using var heap = new NativeHeap("list");
        var values = new ValueHeap(heap, 1, new CompactLimits());
        byte* entry = ListValue.Create(values, "key"u8);
        for (int i = 0; i < 400; i++)
            entry = ListValue.Push(values, entry, "12345678x"u8, atHead: true);
        byte* last = ListValue.End(new EntryRef(entry), atHead: false);
        int moves = 0;
        for (int i = 0; i < 200; i++)
        {
            entry = ListValue.Push(values, entry, "12345678x"u8, atHead: true);
            byte* now = ListValue.End(new EntryRef(entry), atHead: false);
            moves += now != last ? 1 : 0;
            last = now;
        }

        Assert.True(moves <= 1);
        Free(values, entry);
    }

    [Fact]
    public void EncodingsFollowRedis()
    {
        using var heap = new NativeHeap("list", guarded: true);
        var limits = new CompactLimits { ListSize = 4 };
        var values = new ValueHeap(heap, 1, limits);
        byte* entry = ListValue.Create(values, "key"u8, "a"u8);
        for (int i = 0; i < 3; i++)
            entry = ListValue.Push(values, entry, "b"u8, false);
        Assert.Equal(ValueEncoding.Listpack, new EntryRef(entry).Encoding);
        entry = ListValue.Push(values, entry, "b"u8, false);
        Assert.Equal(ValueEncoding.QuickList, new EntryRef(entry).Encoding);
        entry = ListValue.Drop(values, entry, 2, false);
        Assert.Equal(ValueEncoding.QuickList, new EntryRef(entry).Encoding);
        entry = ListValue.Drop(values, entry, 1, true);
        Assert.Equal(ValueEncoding.Listpack, new EntryRef(entry).Encoding);
        limits.ListSize = -2;
        byte[] big = new byte[8192];
        entry = ListValue.Push(values, entry, big, false);
        Assert.Equal(ValueEncoding.QuickList, new EntryRef(entry).Encoding);
        entry = ListValue.Drop(values, entry, 1, false);
        Assert.Equal(ValueEncoding.Listpack, new EntryRef(entry).Encoding);
        Assert.False(new EntryRef(entry).IsPointer);
        Free(values, entry);
        Assert.Equal(0, heap.LiveBlocks);
    }

    private static void Free(ValueHeap values, byte* entry)
    {
        int budget = int.MaxValue;
        Assert.True(ListValue.Free(values, entry, ref budget));
        Assert.Equal(0, values.Heap.LiveBlocks);
    }

    private sealed class Model(int seed, int listSize, int lengthMax)
    {
        private readonly Random _random = new(seed);
        private readonly List<byte[]> _model = [];
        private readonly NativeHeap _heap = new("list", guarded: true);
        private readonly NativeHeap _other = new("other", guarded: true);
        private byte* _entry;

        public void Run(int operations)
        {
            var values = new ValueHeap(_heap, 1, new CompactLimits { ListSize = listSize });
            _entry = ListValue.Create(values, "a key"u8, 4711, 99);
            int elements = _random.Next(2, 400);
            for (int i = 0; i < operations; i++)
            {
                Step(values, elements);
                Check(full: i % 10 == 0);
            }

            CheckCopy(values);
            int budget = 0;
            int rounds = 0;
            while (!ListValue.Free(values, _entry, ref budget))
            {
                Assert.Equal(0, budget);
                budget = 1;
                rounds++;
            }

            Assert.True(rounds <= 1000);
            Assert.Equal(0, _heap.LiveBlocks);
            _heap.Dispose();
            _other.Dispose();
        }

        private void Step(ValueHeap values, int elements)
        {
            byte[] value = Draw();
            int count = _model.Count;
            int index = _random.Next(count + 1);
            switch (_random.Next(count > elements ? 8 : 12))
            {
                case 0 or 1 when count > 1:
                    int dropped = _random.Next(3) == 0 ? _random.Next(count) : 1;
                    bool atHead = _random.Next(2) == 0;
                    _entry = ListValue.Drop(values, _entry, dropped, atHead);
                    _model.RemoveRange(atHead ? 0 : count - dropped, dropped);
                    break;
                case 2 or 3 when index < count:
                    Assert.True(ListValue.TrySeek(new EntryRef(_entry), _random.Next(2) == 0 ? index : index - count, out ListPosition set));
                    _entry = ListValue.Replace(values, _entry, set, value);
                    _model[index] = value;
                    break;
                case 4 or 5:
                    Insert(values, _random.Next(2) == 0 || count == 0 ? value : _model[_random.Next(count)], value);
                    break;
                case 6 when count > 0:
                    Remove(values, _model[_random.Next(count)]);
                    break;
                default:
                    bool head = _random.Next(2) == 0;
                    for (int i = _random.Next(8) == 0 ? 40 : 1; i > 0; i--)
                    {
                        _entry = ListValue.Push(values, _entry, value, head);
                        _model.Insert(head ? 0 : _model.Count, value);
                        value = Draw();
                    }

                    break;
            }
        }

        private void Insert(ValueHeap values, byte[] pivot, byte[] value)
        {
            int at = _model.FindIndex(m => m.AsSpan().SequenceEqual(pivot));
            Assert.Equal(at >= 0, ListValue.TryFind(new EntryRef(_entry), pivot, out ListPosition position));
            if (at < 0)
                return;
            bool before = _random.Next(2) == 0;
            _entry = ListValue.Insert(values, _entry, position, before, value);
            _model.Insert(before ? at : at + 1, value);
        }

        private void Remove(ValueHeap values, byte[] value)
        {
            long max = _random.Next(2) == 0 ? long.MaxValue : _random.Next(1, 4);
            bool fromHead = _random.Next(2) == 0;
            if (_model.TrueForAll(m => m.AsSpan().SequenceEqual(value)))
                return;
            int expected = 0;
            for (int i = 0; i < _model.Count && expected < max;)
            {
                int at = fromHead ? i : _model.Count - 1 - i;
                if (_model[at].AsSpan().SequenceEqual(value))
                {
                    _model.RemoveAt(at);
                    expected++;
                }
                else
                {
                    i++;
                }
            }

            _entry = ListValue.RemoveEqual(values, _entry, value, max, fromHead, out long removed);
            Assert.Equal(expected, removed);
        }

        private void Check(bool full)
        {
            var view = new EntryRef(_entry);
            Assert.Equal((4711, 99U, ValueType.List), (view.ExpiryMs, view.AccessClock, view.Type));
            Assert.Equal(_model.Count, ListValue.Count(view));
            if (_model.Count == 0)
                return;
            int index = _random.Next(_model.Count);
            CheckElement(ListValue.At(view, index), index);
            CheckElement(ListValue.At(view, index - _model.Count), index);
            CheckElement(ListValue.End(view, true), 0);
            CheckElement(ListValue.End(view, false), _model.Count - 1);
            Assert.True(ListValue.At(view, _model.Count) == null);
            Assert.True(ListValue.At(view, -_model.Count - 1) == null);
            if (!full)
                return;
            ListIterator walk = ListValue.Iterate(view);
            for (int i = 0; i < _model.Count; i++)
            {
                Assert.True(walk.MoveNext());
                CheckElement(walk.Element, i);
            }

            Assert.False(walk.MoveNext());
            bool backwards = _random.Next(2) == 0;
            ListIterator part = ListValue.IterateFrom(view, index, backwards);
            for (int i = index; backwards ? i >= 0 : i < _model.Count; i += backwards ? -1 : 1)
            {
                Assert.True(part.MoveNext());
                CheckElement(part.Element, i);
            }

            Assert.False(part.MoveNext());
        }

        private void CheckElement(byte* element, int index)
        {
            Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
            Assert.True(Listpack.Text(element, scratch).SequenceEqual(_model[index]));
        }

        private void CheckCopy(ValueHeap values)
        {
            var to = new ValueHeap(_other, 1, values.Limits);
            byte* copy = ListValue.Copy(values, to, _entry, "another key"u8);
            Assert.True(new EntryRef(copy).Key.SequenceEqual("another key"u8));
            Assert.Equal(new EntryRef(_entry).Encoding, new EntryRef(copy).Encoding);
            byte* own = _entry;
            _entry = copy;
            Check(full: true);
            _entry = own;
            if (_model.Count > 0)
                copy = ListValue.Push(to, copy, "more"u8, true);
            int budget = int.MaxValue;
            Assert.True(ListValue.Free(to, copy, ref budget));
            Assert.Equal(0, _other.LiveBlocks);
        }

        private byte[] Draw()
        {
            if (_random.Next(3) == 0)
                return Encoding.ASCII.GetBytes((_random.NextInt64() >> _random.Next(40, 64)).ToString());
            byte[] text = new byte[_random.Next(_random.Next(lengthMax + 1) + 1)];
            for (int i = 0; i < text.Length; i++)
                text[i] = (byte)"ab1-"[_random.Next(4)];
            return text;
        }
    }
}
