using System.Globalization;
using System.Text;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;
using Xunit.Abstractions;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Tests.Sets;

/// <summary>Sets of every encoding beside a HashSet, on a guarded heap: a leak or an overrun fails the test.</summary>
public sealed unsafe class SetValueTests(ITestOutputHelper output)
{
    private static readonly int s_seedBase = Environment.TickCount;

    /// <summary>Runs that stay in, or pass through, the encodings.</summary>
    public static TheoryData<string, int, long, long> Runs => new()
    {
        { "integers16", 60, 512, 128 },
        { "integers", 500, 512, 128 },
        { "integers", 3000, 512, 128 },
        { "integers", 400, 100_000, 128 },
        { "words", 40, 512, 128 },
        { "words", 300, 512, 128 },
        { "words", 4000, 512, 100_000 },
        { "mixed", 60, 512, 128 },
        { "mixed", 20_000, 512, 128 },
        { "mixed", 100, 0, 0 },
        { "long", 50, 512, 128 },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void Behaves_like_a_hash_set(string kind, int space, long intSetEntries, long listpackEntries)
    {
        int seed = s_seedBase + space;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var heap = new NativeHeap("sets", guarded: true);
        var values = new ValueHeap(heap, 42, new CompactLimits { IntSetEntries = intSetEntries, SetEntries = listpackEntries });
        var model = new HashSet<string>();
        byte* entry = SetValue.Create(values, "key"u8, 1234, 99);
        int operations = Math.Max(2000, space * 3);
        for (int i = 0; i < operations; i++)
        {
            string member = Member(kind, random, space);
            byte[] bytes = Encoding.Latin1.GetBytes(member);

            // More additions in the first half, more removals in the second.
            if (random.Next(100) < (i < operations / 2 ? 75 : 30))
            {
                entry = SetValue.Add(values, entry, bytes, out bool added);
                Assert.Equal(model.Add(member), added);
            }
            else
            {
                entry = SetValue.Remove(values, entry, bytes, out bool removed);
                Assert.Equal(model.Remove(member), removed);
            }

            string other = Member(kind, random, space);
            Assert.Equal(model.Contains(other), SetValue.Contains(values, new EntryRef(entry), Encoding.Latin1.GetBytes(other)));
            Assert.Equal(model.Count, SetValue.Count(new EntryRef(entry)));
            if (random.Next(operations) < 20)
                CheckAll(values, entry, model);
        }

        CheckAll(values, entry, model);
        CheckCopy(values, entry, model);
        int budget = int.MaxValue;
        Assert.True(SetValue.Free(values, entry, ref budget));
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Theory]
    [InlineData("512 integers", "intset")]
    [InlineData("513 integers", "hashtable")]
    [InlineData("127 integers and a word", "listpack")]
    [InlineData("128 integers and a word", "hashtable")]
    [InlineData("128 words", "listpack")]
    [InlineData("129 words", "hashtable")]
    [InlineData("a word of 64", "listpack")]
    [InlineData("a word of 65", "hashtable")]
    [InlineData("3 integers and a word of 65", "hashtable")]
    public void Leaves_an_encoding_where_redis_does(string what, string encoding)
    {
        using var heap = new NativeHeap("sets", guarded: true);
        var values = new ValueHeap(heap, 42, new CompactLimits());
        byte* entry = SetValue.Create(values, "key"u8);
        string[] words = what.Split(' ');
        int count = int.TryParse(words[0], out int number) ? number : 0;
        for (int i = 0; i < count; i++)
            entry = SetValue.Add(values, entry, Encoding.ASCII.GetBytes((words[1] == "words" ? "w" : "") + i), out _);
        if (what.EndsWith("and a word", StringComparison.Ordinal))
            entry = SetValue.Add(values, entry, "word"u8, out _);
        else if (what.Contains("word of", StringComparison.Ordinal))
            entry = SetValue.Add(values, entry, Encoding.ASCII.GetBytes(new string('w', int.Parse(words[^1], CultureInfo.InvariantCulture))), out _);
        Assert.Equal(encoding, new EntryRef(entry).Encoding switch
        {
            ValueEncoding.IntSet => "intset",
            ValueEncoding.Listpack => "listpack",
            _ => "hashtable",
        });
        int budget = int.MaxValue;
        SetValue.Free(values, entry, ref budget);
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Fact]
    public void Frees_a_large_set_in_slices()
    {
        using var heap = new NativeHeap("sets", guarded: true);
        var values = new ValueHeap(heap, 42, new CompactLimits());
        byte* entry = SetValue.Create(values, "key"u8);
        for (int i = 0; i < 5000; i++)
            entry = SetValue.Add(values, entry, Encoding.ASCII.GetBytes("member:" + i), out _);
        Assert.Equal(5000, SetValue.FreeEffort(new EntryRef(entry)));
        int slices = 0;
        for (bool isDone = false; !isDone; slices++)
        {
            int budget = 100;
            isDone = SetValue.Free(values, entry, ref budget);
            Assert.True(budget > -50, "a slice is as large as it may be, give or take a bucket");
        }

        Assert.InRange(slices, 40, 60);
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Fact]
    public void A_member_of_eight_bytes_takes_less_than_28_bytes()
    {
        const int Members = 200_000;
        using var heap = new NativeHeap("sets");
        var values = new ValueHeap(heap, 42, new CompactLimits());
        byte* entry = SetValue.Create(values, "key"u8);
        for (int i = 0; i < Members; i++)
            entry = SetValue.Add(values, entry, Encoding.ASCII.GetBytes((10_000_000 + i).ToString(CultureInfo.InvariantCulture)), out _);
        double perMember = (double)heap.UsedBytes / Members;
        output.WriteLine($"{perMember:F2} bytes");
        Assert.InRange(perMember, 20, 28);
        Assert.Equal(heap.UsedBytes, SetValue.MemoryBytes(values, new EntryRef(entry), 0));
        Assert.InRange(SetValue.MemoryBytes(values, new EntryRef(entry), 5), heap.UsedBytes * 0.9, heap.UsedBytes * 1.1);
        int budget = int.MaxValue;
        SetValue.Free(values, entry, ref budget);
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Fact]
    public void A_scan_sees_what_stays()
    {
        using var heap = new NativeHeap("sets", guarded: true);
        var values = new ValueHeap(heap, 42, new CompactLimits());
        byte* entry = SetValue.CreateTable(values, "key"u8);
        for (int i = 0; i < 3000; i++)
            entry = SetValue.Add(values, entry, Encoding.ASCII.GetBytes("stays:" + i), out _);
        var seen = new Collector();
        ulong cursor = 0;
        int n = 0;
        do
        {
            cursor = SetValue.Scan(values, new EntryRef(entry), cursor, ref seen);
            for (int i = 0; i < 20; i++)
                entry = SetValue.Add(values, entry, Encoding.ASCII.GetBytes("comes:" + n++), out _);
        }
        while (cursor != 0);
        for (int i = 0; i < 3000; i++)
            Assert.Contains("stays:" + i, seen.Members);
        int budget = int.MaxValue;
        SetValue.Free(values, entry, ref budget);
        Assert.Equal(0, heap.LiveBlocks);
    }

    internal static string Member(string kind, Random random, int space) => kind switch
    {
        "integers16" => (random.Next(space) - space / 2).ToString(CultureInfo.InvariantCulture),
        "integers" => random.Next(8) switch
        {
            0 => ((long)random.Next(space / 4 + 1) * 0x1_0000_0001L - 7).ToString(CultureInfo.InvariantCulture),
            1 => (long.MinValue + random.Next(space / 8 + 1)).ToString(CultureInfo.InvariantCulture),
            2 or 3 => (random.Next(space / 4 + 1) * 1_000_003 - 40_000).ToString(CultureInfo.InvariantCulture),
            _ => (random.Next(space) - space / 2).ToString(CultureInfo.InvariantCulture),
        },
        "words" => "word" + random.Next(space),
        "long" => new string((char)('a' + random.Next(space) % 26), random.Next(space) * 7),
        _ => random.Next(2) == 0 ? "m" + random.Next(space / 2) : random.Next(space / 2).ToString(CultureInfo.InvariantCulture),
    };

    internal static HashSet<string> MembersOf(ValueHeap values, byte* entry)
    {
        var found = new HashSet<string>();
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        var members = SetValue.Iterate(values, new EntryRef(entry));
        while (members.MoveNext())
            Assert.True(found.Add(Encoding.Latin1.GetString(members.Text(scratch))), "each member once");
        Assert.False(members.MoveNext(), "the end stays the end");
        return found;
    }

    private static void CheckAll(ValueHeap values, byte* entry, HashSet<string> model)
    {
        Assert.True(model.SetEquals(MembersOf(values, entry)));
        var view = new EntryRef(entry);
        Assert.Equal(ValueType.Set, view.Type);
        Assert.True(view.Key.SequenceEqual("key"u8));
        Assert.Equal(1234, view.ExpiryMs);
        Assert.Equal(99u, view.AccessClock);
    }

    private static void CheckCopy(ValueHeap values, byte* entry, HashSet<string> model)
    {
        using var heap = new NativeHeap("other shard", guarded: true);
        var others = new ValueHeap(heap, values.HashSeed, values.Limits);
        byte* copy = SetValue.Copy(values, others, entry, "another key"u8);
        Assert.True(model.SetEquals(MembersOf(others, copy)));
        Assert.Equal(new EntryRef(entry).Encoding, new EntryRef(copy).Encoding);
        Assert.True(new EntryRef(copy).Key.SequenceEqual("another key"u8));
        int budget = int.MaxValue;
        SetValue.Free(others, copy, ref budget);
        Assert.Equal(0, heap.LiveBlocks);
    }

    internal sealed class Bag
    {
        public List<string> Members { get; } = [];
    }

    internal struct Collector : ISetVisitor
    {
        private readonly Bag _bag = new();

        public Collector()
        {
        }

        public readonly List<string> Members => _bag.Members;

        public readonly void Visit(scoped ReadOnlySpan<byte> member) => _bag.Members.Add(Encoding.Latin1.GetString(member));
    }
}
