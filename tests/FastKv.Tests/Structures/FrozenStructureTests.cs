using System.Globalization;
using System.Text;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;

namespace FastKv.Tests.Structures;

/// <summary>Walks over values as they were at an instant, against copies made at that instant, with random changes between any two steps.</summary>
public sealed unsafe class FrozenStructureTests
{
    private const int Elements = 3000;
    private const int Rounds = 20_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Fields_members_and_scores_are_given_once_as_they_were(int seed)
    {
        foreach (var type in (ValueKind[])[ValueKind.Hash, ValueKind.Set, ValueKind.SortedSet])
        {
            using var heap = new NativeHeap("frozen", guarded: true);
            var values = new ValueHeap(heap, 42, new CompactLimits());
            var random = new Random(seed);
            var collection = new Collection(values, type);
            for (int i = 0; i < Elements; i++)
                collection.Put(Name(i), random.Next(200));
            var expected = collection.Read();
            collection.Freeze(random.Next(3) * random.Next(Elements));
            for (int round = 0; round < Rounds; round++)
            {
                string name = random.Next(4) == 0 ? "new" + random.Next(Elements) : Name(random.Next(Elements));
                switch (random.Next(5))
                {
                    case 0 or 1:
                        collection.Put(name, random.Next(200));
                        break;
                    case 2 or 3 when round % 7000 < 5000:
                        collection.Remove(name);
                        break;
                    default:
                        collection.Step();
                        break;
                }
            }
            while (collection.Step())
                continue;
            Assert.Equal(expected.Count, collection.Given.Count);
            Assert.Equal(expected.Order(), collection.Given.Order());
            collection.Dispose();
            Assert.Equal(0, heap.LiveBlocks);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Nodes_of_a_list_are_given_in_order_as_they_were(int seed)
    {
        using var heap = new NativeHeap("frozen", guarded: true);
        var values = new ValueHeap(heap, 42, new CompactLimits { ListSize = 8 });
        var random = new Random(seed);
        byte* entry = ListValue.Create(values, "k"u8);
        for (int i = 0; i < Elements; i++)
            entry = ListValue.Push(values, entry, Bytes(Name(i)), atHead: i % 3 == 0);
        int given = random.Next(2) * random.Next(ListValue.NodeCountOf(new EntryRef(entry)));
        var expected = new List<string>();
        for (int i = given; i < ListValue.NodeCountOf(new EntryRef(entry)); i++)
        {
            ListValue.Node(new EntryRef(entry), i, out byte* first, out int bytes, out _);
            Read(first, bytes, expected);
        }
        FrozenList* frozen = ListValue.Freeze(values, new EntryRef(entry), given);
        var actual = new List<string>();
        bool isGone = false;
        int stopAt = seed == 4 ? Rounds / 4 : int.MaxValue;
        for (int round = 0; frozen->Left > 0 && round < stopAt; round++)
        {
            if (random.Next(30) == 0)
            {
                frozen->Peek(out byte* first, out int bytes, out _);
                Read(first, bytes, actual);
                frozen->Advance(heap);
            }
            if (isGone)
                continue;
            entry = ChangeList(values, entry, random);
            if (ListValue.Count(new EntryRef(entry)) > 100 && (seed != 3 || random.Next(400) != 0))
                continue;
            FreeAll(values, entry);
            isGone = true;
        }
        Assert.Equal(expected.Take(actual.Count), actual);
        Assert.True(seed == 4 || expected.Count == actual.Count);
        FrozenList.Free(heap, frozen);
        if (!isGone)
            FreeAll(values, entry);
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Blocks_of_a_stream_are_given_in_order_as_they_were(int seed)
    {
        using var heap = new NativeHeap("frozen", guarded: true);
        var values = new ValueHeap(heap, 42, new CompactLimits { StreamNodeEntries = 7 });
        var random = new Random(seed);
        byte* entry = StreamValue.Create(values, "k"u8);
        StreamState* stream = StreamValue.Of(new EntryRef(entry));
        for (int i = 1; i <= Elements; i++)
            Append(values, stream, (ulong)i);
        var blocks = new StreamPackCursor(stream);
        for (int skipped = random.Next(2) * random.Next(300); skipped > 0; skipped--)
            Assert.True(blocks.MoveNext());
        var expected = new List<string>();
        var rest = blocks;
        while (rest.MoveNext())
        {
            byte[] pack = new byte[rest.Bytes];
            fixed (byte* to = pack)
                rest.Write(to);
            expected.Add($"{rest.FirstId.Ms}:{Convert.ToHexString(pack)}");
        }
        FrozenStream* frozen = blocks.Freeze(heap, stream);
        var actual = new List<string>();
        bool more = true;
        int stopAt = seed == 4 ? Rounds / 30 : int.MaxValue;
        for (int round = 0; more && round < stopAt; round++)
        {
            ChangeStream(values, stream, random, mayGoBack: round % 500 == 0);
            if (random.Next(10) != 0 || !(more = frozen->MoveNext(heap)))
                continue;
            byte[] pack = new byte[frozen->Bytes];
            fixed (byte* to = pack)
                frozen->Write(to);
            actual.Add($"{frozen->FirstId.Ms}:{Convert.ToHexString(pack)}");
        }
        Assert.Equal(expected.Take(actual.Count), actual);
        Assert.True(seed == 4 || expected.Count == actual.Count);
        FrozenStream.Free(heap, frozen);
        FreeAll(values, entry);
        Assert.Equal(0, heap.LiveBlocks);
    }

    private static byte* ChangeList(ValueHeap values, byte* entry, Random random)
    {
        byte[] value = Bytes("changed" + random.Next(1000));
        var view = new EntryRef(entry);
        int count = (int)ListValue.Count(view);
        switch (random.Next(9))
        {
            case 0 or 1:
                return ListValue.Push(values, entry, value, random.Next(2) == 0);
            case 2 or 3:
                return ListValue.Drop(values, entry, random.Next(Math.Min(20, count)), random.Next(2) == 0);
            case 4:
                return ListValue.RemoveEqual(values, entry, Bytes(Name(random.Next(Elements))), random.Next(1, 3), random.Next(2) == 0, out _);
            case 5 or 6:
                Assert.True(ListValue.TrySeek(view, random.Next(count), out var position));
                return ListValue.Insert(values, entry, position, random.Next(2) == 0, value);
            default:
                Assert.True(ListValue.TrySeek(view, random.Next(count), out var place));
                return ListValue.Replace(values, entry, place, value);
        }
    }

    private static void ChangeStream(ValueHeap values, StreamState* stream, Random random, bool mayGoBack)
    {
        switch (random.Next(6))
        {
            case 0 or 1:
                Append(values, stream, Math.Max(stream->Last.Ms + 1, 1));
                break;
            case 2 or 3:
                StreamLog.Delete(values.Heap, stream, new StreamId((ulong)random.Next(1, Elements + 50), 0));
                break;
            case 4:
                new StreamTrim { MaxLength = Math.Max(0, stream->Length - random.Next(12)), IsApproximate = random.Next(2) == 0 }.Run(values.Heap, stream, out _);
                break;
            default:
                if (!mayGoBack)
                    break;

                // As XSETID does: all entries behind some ID go, and IDs that have been there come again.
                for (int i = 0; i < 40 && stream->Length > 0; i++)
                    StreamLog.Delete(values.Heap, stream, stream->LastLive);
                stream->Last = stream->LastLive;
                break;
        }
    }

    private static void Append(ValueHeap values, StreamState* stream, ulong ms)
    {
        byte[] text = Bytes("field" + Name((int)(ms % Elements)));
        fixed (byte* start = text)
        {
            ByteString* pair = stackalloc ByteString[2];
            pair[0] = new ByteString { Pointer = start, Length = 5 };
            pair[1] = new ByteString { Pointer = start + 5, Length = text.Length - 5 };
            Assert.True(StreamLog.Append(values, stream, new StreamId(ms, 0), pair, 1));
        }
    }

    private static void Read(byte* first, int bytes, List<string> texts)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        for (byte* at = first; at < first + bytes; at = Listpack.Next(at))
            texts.Add(Encoding.Latin1.GetString(Listpack.Text(at, scratch)));
    }

    private static void FreeAll(ValueHeap values, byte* entry)
    {
        int budget = int.MaxValue;
        var view = new EntryRef(entry);
        Assert.True(view.Type switch
        {
            FastKv.Structures.ValueType.List => ListValue.Free(values, entry, ref budget),
            FastKv.Structures.ValueType.Stream => StreamValue.Free(values, entry, ref budget),
            FastKv.Structures.ValueType.Hash => HashValue.Free(values, entry, ref budget),
            FastKv.Structures.ValueType.Set => SetValue.Free(values, entry, ref budget),
            _ => SortedSetValue.Free(values, entry, ref budget),
        });
    }

    private static string Name(int index) => $"e:{index * 7919 % 99991}";

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private enum ValueKind
    {
        Hash,
        Set,
        SortedSet,
    }

    /// <summary>A hash, set or sorted set, and what is taken down of it.</summary>
    private sealed class Collection(ValueHeap values, ValueKind kind) : ElementWatch
    {
        private byte* _entry = kind switch
        {
            ValueKind.Hash => HashValue.Create(values, "k"u8, 0),
            ValueKind.Set => SetValue.Create(values, "k"u8),
            _ => SortedSetValue.Create(values, "k"u8),
        };

        private FrozenElements? _frozen;

        public List<string> Given { get; } = [];

        public void Put(string name, int number)
        {
            switch (kind)
            {
                case ValueKind.Hash:
                    string value = new('v', number);
                    _entry = HashValue.Put(values, _entry, HashValue.Find(values, _entry, Bytes(name), 1), Bytes(name), Bytes(value), 0, 1);
                    break;
                case ValueKind.Set:
                    _entry = SetValue.Add(values, _entry, Bytes(name), out _);
                    break;
                default:
                    _entry = SortedSetValue.Set(values, _entry, Bytes(name), number, out _);
                    break;
            }
        }

        public void Remove(string name)
        {
            switch (kind)
            {
                case ValueKind.Hash:
                    var position = HashValue.Find(values, _entry, Bytes(name), 1);
                    if (position.Exists)
                        _entry = HashValue.Remove(values, _entry, position);
                    break;
                case ValueKind.Set:
                    _entry = SetValue.Remove(values, _entry, Bytes(name), out _);
                    break;
                default:
                    _entry = SortedSetValue.Remove(values, _entry, Bytes(name), out _);
                    if (name.EndsWith("00", StringComparison.Ordinal) && SortedSetValue.Count(new EntryRef(_entry)) > 50)
                        _entry = SortedSetValue.RemoveRange(values, _entry, 0, 30);
                    break;
            }
        }

        /// <summary>All elements, from a walk of the value itself.</summary>
        public List<string> Read() => Walk(int.MaxValue, freeze: false);

        /// <summary>Freezes it behind so many elements of a walk.</summary>
        public void Freeze(int given)
        {
            Given.AddRange(Walk(given, freeze: true));
            values.Watch = this;
        }

        public bool Step()
        {
            byte* element = _frozen!.Next();
            if (element == null)
                return false;
            Given.Add(TextOf(element));
            return true;
        }

        public override void BeforeChange(byte* value, byte* element, bool isRemoved)
        {
            if (value != new EntryRef(_entry).Pointer)
                return;
            while (_frozen!.HasFetched)
                Step();
            string text = TextOf(element);
            if (_frozen.BeforeChange(element, isRemoved))
                Given.Add(text);
        }

        public override void Added(byte* value, byte* element)
        {
            if (value == new EntryRef(_entry).Pointer)
                _frozen!.NoteAdded(element);
        }

        public void Dispose()
        {
            values.Watch = null;
            var noted = _frozen!.Release();
            if (!noted.IsNull)
                FreeAll(values, noted.Block);
            FreeAll(values, _entry);
        }

        private List<string> Walk(int elementsMax, bool freeze)
        {
            var texts = new List<string>();
            var entry = new EntryRef(_entry);
            Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
            switch (kind)
            {
                case ValueKind.Hash:
                    var fields = new HashCursor(entry);
                    while (texts.Count < elementsMax && fields.MoveNext())
                        texts.Add($"{Encoding.Latin1.GetString(fields.Field(scratch))}={Encoding.Latin1.GetString(fields.Value(scratch))}");
                    _frozen = freeze ? fields.Freeze(values, entry) : null;
                    break;
                case ValueKind.Set:
                    var members = new SetCursor(entry);
                    while (texts.Count < elementsMax && members.MoveNext())
                        texts.Add(Encoding.Latin1.GetString(members.Member(scratch)));
                    _frozen = freeze ? members.Freeze(values, entry) : null;
                    break;
                default:
                    var scored = new SortedSetCursor(values, entry);
                    while (texts.Count < elementsMax && scored.MoveNext())
                        texts.Add(Text(scored.Member, scored.Score));
                    _frozen = freeze ? scored.Freeze(values, entry) : null;
                    break;
            }
            return texts;
        }

        private string TextOf(byte* element) => kind switch
        {
            ValueKind.Hash => $"{Encoding.Latin1.GetString(FrozenElement.Field(element))}={Encoding.Latin1.GetString(FrozenElement.Value(element))}",
            ValueKind.Set => Encoding.Latin1.GetString(FrozenElement.Member(element)),
            _ => Text(FrozenElement.ScoredMember(element), FrozenElement.Score(element)),
        };

        private static string Text(ReadOnlySpan<byte> member, double score) =>
            $"{Encoding.Latin1.GetString(member)}={score.ToString(CultureInfo.InvariantCulture)}";
    }
}
