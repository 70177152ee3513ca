using System.Globalization;
using System.Text;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Sets;

/// <summary>Random members: distinct where they must be, members all of them, and no member favoured.</summary>
public sealed unsafe class SetSampleTests(ITestOutputHelper output)
{
    /// <summary>Kind of set, its size, how many are drawn.</summary>
    public static TheoryData<string, int, int> Draws => new()
    {
        { "intset", 40, 1 }, { "intset", 40, 13 }, { "intset", 500, 20 }, { "listpack", 40, 1 }, { "listpack", 40, 30 }, { "listpack", 120, 7 },
        { "large intset", 3000, 100 }, { "large listpack", 3000, 100 }, { "table", 40, 1 }, { "table", 40, 13 }, { "table", 40, 30 }, { "table", 700, 100 },
        { "table", 700, 600 },
    };

    [Theory]
    [MemberData(nameof(Draws))]
    public void Distinct_members_are_drawn_evenly(string kind, int members, int count)
    {
        using var heap = new NativeHeap("sets", guarded: true);
        var values = new ValueHeap(heap, 42, Limits(kind));
        byte* entry = Fill(values, kind, members);
        var random = new RandomSource(7);
        var hits = new Dictionary<string, int>();
        int rounds = Math.Max(50, 400 * members / count / 8);
        for (int i = 0; i < rounds; i++)
        {
            var drawn = new SetValueTests.Collector();
            SetSample.Distinct(values, new EntryRef(entry), count, ref random, ref drawn);
            Assert.Equal(count, drawn.Members.Count);
            Assert.Equal(count, drawn.Members.Distinct().Count());
            foreach (string member in drawn.Members)
                hits[member] = hits.GetValueOrDefault(member) + 1;
        }

        CheckEven(hits, SetValueTests.MembersOf(values, entry), (double)rounds * count / members);
        Free(values, entry);
    }

    [Theory]
    [InlineData("intset", 40)]
    [InlineData("listpack", 40)]
    [InlineData("large listpack", 2000)]
    [InlineData("table", 700)]
    public void Repeated_members_are_drawn_evenly(string kind, int members)
    {
        using var heap = new NativeHeap("sets", guarded: true);
        var values = new ValueHeap(heap, 42, Limits(kind));
        byte* entry = Fill(values, kind, members);
        var random = new RandomSource(8);
        var drawn = new SetValueTests.Collector();
        SetSample.Repeated(values, new EntryRef(entry), 3, ref random, ref drawn);
        SetSample.Repeated(values, new EntryRef(entry), 50L * members - 3, ref random, ref drawn);
        Assert.Equal(50 * members, drawn.Members.Count);
        CheckEven(drawn.Members.GroupBy(m => m).ToDictionary(g => g.Key, g => g.Count()), SetValueTests.MembersOf(values, entry), 50);
        Free(values, entry);
    }

    [Theory]
    [MemberData(nameof(Draws))]
    public void Popped_members_are_gone_and_no_others(string kind, int members, int count)
    {
        using var heap = new NativeHeap("sets", guarded: true);
        var values = new ValueHeap(heap, 42, Limits(kind));
        byte* entry = Fill(values, kind, members);
        var random = new RandomSource(9);
        while (SetValue.Count(new EntryRef(entry)) > count)
        {
            HashSet<string> before = SetValueTests.MembersOf(values, entry);
            var popped = new SetValueTests.Collector();
            entry = SetSample.Pop(values, entry, count, ref random, ref popped);
            HashSet<string> after = SetValueTests.MembersOf(values, entry);
            Assert.Equal(after.Count, SetValue.Count(new EntryRef(entry)));
            Assert.Equal(count, popped.Members.Count);
            Assert.Equal(before.Count, after.Count + count);
            after.UnionWith(popped.Members);
            Assert.True(after.SetEquals(before));
        }

        Free(values, entry);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(400)]
    public void A_split_shares_the_members_out(int keep)
    {
        using var heap = new NativeHeap("sets", guarded: true);
        var values = new ValueHeap(heap, 42, new CompactLimits());
        byte* entry = Fill(values, "table", 3000);
        HashSet<string> before = SetValueTests.MembersOf(values, entry);
        var random = new RandomSource(10);
        byte* kept = SetSample.Split(values, entry, keep, ref random);
        HashSet<string> keptMembers = SetValueTests.MembersOf(values, kept);
        Assert.Equal(keep, keptMembers.Count);
        Assert.Equal(keep <= 128 ? ValueEncoding.Listpack : ValueEncoding.HashTable, new EntryRef(kept).Encoding);
        HashSet<string> left = SetValueTests.MembersOf(values, entry);
        Assert.False(left.Overlaps(keptMembers));
        left.UnionWith(keptMembers);
        Assert.True(left.SetEquals(before));
        int budget = int.MaxValue;
        SetValue.Free(values, kept, ref budget);
        Free(values, entry);
    }

    // Each member was drawn; chi-squared is where it should be (its mean is the degrees of freedom, its deviation the root of twice that), with room for
    // the table's noise.
    private void CheckEven(Dictionary<string, int> hits, HashSet<string> members, double expected)
    {
        Assert.True(members.IsSupersetOf(hits.Keys));
        double chi = members.Sum(m => Math.Pow(hits.GetValueOrDefault(m) - expected, 2) / expected);
        output.WriteLine($"chi-squared {chi:F0} of {members.Count - 1} degrees of freedom, {expected:F0} expected each");
        Assert.InRange(chi, 0, (members.Count - 1) * 1.25 + 6 * Math.Sqrt(2.0 * members.Count));
    }

    private static CompactLimits Limits(string kind) =>
        kind.StartsWith("large", StringComparison.Ordinal) ? new CompactLimits { IntSetEntries = 1_000_000, SetEntries = 1_000_000 } : new CompactLimits();

    private static byte* Fill(ValueHeap values, string kind, int members)
    {
        byte* entry = kind == "table" ? SetValue.CreateTable(values, "key"u8) : SetValue.Create(values, "key"u8);
        string prefix = kind.EndsWith("intset", StringComparison.Ordinal) ? "" : "m";
        for (int i = 0; i < members; i++)
            entry = SetValue.Add(values, entry, Encoding.ASCII.GetBytes(prefix + (i * 7).ToString(CultureInfo.InvariantCulture)), out _);
        return entry;
    }

    private static void Free(ValueHeap values, byte* entry)
    {
        int budget = int.MaxValue;
        SetValue.Free(values, entry, ref budget);
        Assert.Equal(0, values.Heap.LiveBlocks);
    }
}
