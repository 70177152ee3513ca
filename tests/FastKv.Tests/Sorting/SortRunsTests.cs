using FastKv.Engine.Commands.Generic;
using FastKv.Memory;
using Xunit;

namespace FastKv.Tests.Sorting;

/// <summary>SORT's algorithm beside LINQ's stable order.</summary>
public sealed unsafe class SortRunsTests
{
    [Fact]
    public void SortsAsTheModel()
    {
        const int seed = 20261126;
        var random = new Random(seed);
        using var heap = new NativeHeap("sort", guarded: true);
        for (int round = 0; round < 400; round++)
        {
            int count = random.Next(0, round % 10 == 0 ? 3000 : 60);
            int wanted = random.Next(0, count + 1);
            int distinct = random.Next(1, 50);
            bool descending = random.Next(2) == 0;
            var scores = Enumerable.Range(0, count).Select(_ => (double)random.Next(distinct)).ToArray();
            if (random.Next(4) == 0)
                Array.Sort(scores);
            var items = new SortItem[count + 1];
            for (int i = 0; i < count; i++)
                items[i] = new SortItem { Score = scores[i], Index = i };
            int[] expected = Enumerable.Range(0, count).OrderBy(i => descending ? -scores[i] : scores[i]).ThenBy(i => i).Take(wanted).ToArray();
            fixed (SortItem* first = items)
                SortRuns.Sort(heap, first, count, wanted, new NumberOrder(descending));
            Assert.True(expected.SequenceEqual(items.Take(wanted).Select(i => i.Index)), $"seed {seed}, round {round}");
        }
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Theory]
    [InlineData("", true, 0)]
    [InlineData("1", true, 1)]
    [InlineData(" 7", true, 7)]
    [InlineData("7 ", false, 0)]
    [InlineData(" ", false, 0)]
    [InlineData("0x10", true, 16)]
    [InlineData("5\0x", true, 5)]
    [InlineData("nan", false, 0)]
    [InlineData("1e400", false, 0)]
    [InlineData("1e-400", false, 0)]
    [InlineData("1e-310", false, 0)]
    [InlineData("inf", true, double.PositiveInfinity)]
    public void NumbersAreThoseOfStrtod(string text, bool valid, double expected)
    {
        Assert.Equal(valid, SortNumber.TryParse(System.Text.Encoding.Latin1.GetBytes(text), out double value));
        if (valid)
            Assert.Equal(expected, value);
    }
}
