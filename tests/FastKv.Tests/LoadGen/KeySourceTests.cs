using FastKv.LoadGen.Load;
using FastKv.Memory;
using Xunit;

namespace FastKv.Tests.LoadGen;

/// <summary>Keys come as often as their distribution says.</summary>
public sealed class KeySourceTests
{
    [Theory]
    [InlineData(1, 0.99)]
    [InlineData(2, 0.99)]
    [InlineData(63, 0)]
    [InlineData(1000, 0)]
    [InlineData(1000, 0.5)]
    [InlineData(1000, 0.99)]
    [InlineData(1000, 1)]
    [InlineData(1000, 2.5)]
    public void Zipfian_ranks_have_their_exact_frequencies(int count, double theta)
    {
        const int Samples = 400_000;
        var sampler = new ZipfianSampler(count, theta);
        var random = new RandomSource(42);
        var seen = new int[count];
        for (int i = 0; i < Samples; i++)
            seen[sampler.Next(ref random)]++;

        // Chi-square over ranks, rare ones taken together. The seed is fixed, so the bound (mean + 5 deviations) holds always or never.
        double sum = Enumerable.Range(1, count).Sum(r => Math.Pow(r, -theta));
        double chiSquare = 0, expectedGroup = 0, seenGroup = 0;
        int groups = 0;
        for (int rank = 0; rank < count; rank++)
        {
            expectedGroup += Samples * Math.Pow(rank + 1, -theta) / sum;
            seenGroup += seen[rank];
            if (expectedGroup < 20 && rank + 1 < count)
                continue;
            chiSquare += (seenGroup - expectedGroup) * (seenGroup - expectedGroup) / expectedGroup;
            (expectedGroup, seenGroup) = (0, 0);
            groups++;
        }
        Assert.True(chiSquare <= groups + (5 * Math.Sqrt(2 * groups)), $"chi-square {chiSquare} over {groups} groups");
    }

    [Fact]
    public void Zipfian_over_many_keys_is_as_skewed_as_it_should_be()
    {
        const long Count = 100_000_000;
        var sampler = new ZipfianSampler(Count, 0.99);
        var random = new RandomSource(1);
        int first = 0, hundred = 0;
        for (int i = 0; i < 200_000; i++)
        {
            long rank = sampler.Next(ref random);
            Assert.InRange(rank, 0, Count - 1);
            first += rank == 0 ? 1 : 0;
            hundred += rank < 100 ? 1 : 0;
        }

        // zeta(10^8, 0.99) = 20.8 by Euler-Maclaurin; the first 100 terms sum to 5.29.
        Assert.InRange(first / 200_000.0, 0.046, 0.050);
        Assert.InRange(hundred / 200_000.0, 0.248, 0.261);
    }

    [Fact]
    public void Zipfian_ranks_are_spread_over_the_keys_one_to_one()
    {
        const int Count = 1000;
        var keys = new KeySource(KeyDistribution.Zipfian, 0, Count, 0, 3);
        var seen = new HashSet<long>();
        for (int i = 0; i < 50_000; i++)
            seen.Add(keys.Next());
        Assert.Equal(Count, seen.Count);
        Assert.All(seen, k => Assert.InRange(k, 0, Count - 1));
    }

    [Fact]
    public void Uniform_keys_fill_the_range_evenly()
    {
        var keys = new KeySource(KeyDistribution.Uniform, 500, 100, 0, 9);
        var seen = new int[100];
        for (int i = 0; i < 100_000; i++)
            seen[keys.Next() - 500]++;
        Assert.All(seen, n => Assert.InRange(n, 840, 1160));
    }

    [Fact]
    public void Sequential_keys_start_over_behind_the_last()
    {
        var keys = new KeySource(KeyDistribution.Sequential, 10, 3, 0, 0);
        Assert.Equal([10L, 11, 12, 10], Enumerable.Range(0, 4).Select(_ => keys.Next()));
    }

    [Fact]
    public void A_mix_follows_its_weights()
    {
        var sizes = new TemplateSizes(4, 1);
        RequestTemplate[] templates = [RequestTemplate.Parse("A", sizes), RequestTemplate.Parse("B", sizes), RequestTemplate.Parse("C", sizes)];
        var mix = new RequestMix(templates, [1, 0, 9], 5);
        int[] seen = new int[3];
        for (int i = 0; i < 100_000; i++)
            seen[Array.IndexOf(templates, mix.Next())]++;
        Assert.InRange(seen[0], 9_500, 10_500);
        Assert.Equal(0, seen[1]);
    }
}
