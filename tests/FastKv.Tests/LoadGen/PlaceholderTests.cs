using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using FastKv.LoadGen.Load;
using Xunit;

namespace FastKv.Tests.LoadGen;

/// <summary>What templates fill in beside keys and values.</summary>
public sealed unsafe class PlaceholderTests
{
    private static readonly TemplateSizes s_sizes = new(6, 3);

    [Theory]
    [InlineData("ZADD z {int:1000} m", 0, 999)]
    [InlineData("ZADD z {int:5..9} m", 5, 9)]
    [InlineData("ZADD z {int:-20..-1} m", -20, -1)]
    [InlineData("ZADD z {int:1M} m", 0, 999_999)]
    public void Numbers_are_written_as_long_as_they_are_and_reach_their_bounds(string text, long low, long high)
    {
        long[] numbers = [.. Many(text, 20_000).Select(w => long.Parse(w[2], CultureInfo.InvariantCulture))];
        Assert.All(numbers, n => Assert.InRange(n, low, high));
        if (high - low < 1000)
            Assert.Equal((low, high), (numbers.Min(), numbers.Max()));
        Assert.True(numbers.Distinct().Count() > Math.Min(high - low, 1000) / 2);
    }

    [Fact]
    public void Reals_have_their_decimals()
    {
        foreach (string[] words in Many("GEOADD g {real:-180..180:4} {real:0..1} x", 5000))
        {
            Assert.InRange(double.Parse(words[2], CultureInfo.InvariantCulture), -180, 180);
            Assert.Equal(5, words[2].Length - words[2].IndexOf('.'));
            Assert.InRange(double.Parse(words[3], CultureInfo.InvariantCulture), 0, 1);
            Assert.Equal(7, words[3].Length - words[3].IndexOf('.'));
        }
    }

    [Fact]
    public void A_number_may_stand_in_relation_to_the_one_before()
    {
        foreach (string[] words in Many("ZRANGE z {int:1000} {+99}", 1000))
            Assert.Equal(long.Parse(words[2]) + 99, long.Parse(words[3]));
    }

    [Fact]
    public void The_counter_counts_and_may_have_text_around_it()
    {
        string[][] requests = Many("XADD x {seq}-1 f a{bytes:3}b", 1200);
        Assert.Equal(Enumerable.Range(0, 1200).Select(i => $"{i}-1"), requests.Select(w => w[2]));
        Assert.All(requests, w => Assert.Matches("^a[0-9a-zA-Z_.]{3}b$", w[4]));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(11)]
    [InlineData(16)]
    public void Texts_of_key_numbers_differ_and_come_again(int width)
    {
        const int Keys = 100_000;
        string[] first = [.. Many($"SADD s {{text:{width}}}", Keys, Keys).Select(w => w[2])];
        Assert.All(first, t => Assert.Equal(width, t.Length));
        Assert.Equal(Keys, first.Distinct().Count());
        Assert.Equal(first, Many($"SISMEMBER s {{text:{width}}}", Keys, Keys).Select(w => w[2]));
    }

    [Fact]
    public void Random_bytes_are_random()
    {
        string[] texts = [.. Many("SADD s {bytes:23}", 10_000).Select(w => w[2])];
        Assert.Equal(10_000, texts.Distinct().Count());
        Assert.Equal(64, texts.SelectMany(t => t).Distinct().Count());
    }

    [Fact]
    public void Fixed_and_natural_places_mix_in_one_request()
    {
        string[][] requests = Many("X {key}-{int:10..99}-{key} {int:7..7} p{text:2} {value}", 3);
        Assert.Equal(["X", "000000-", "000002-", "000004-"], [requests[0][0], .. requests.Select(w => w[1][..7].Replace("3", "2").Replace("6", "4"))]);
        Assert.All(requests, w => Assert.Equal((16, "7", 3, 3), (w[1].Length, w[2], w[3].Length, w[4].Length)));
    }

    [Theory]
    [InlineData("GET {tag}x", "{tag}x")]
    [InlineData("GET {}", "{}")]
    [InlineData("GET {a{key}", "{a000000")]
    [InlineData("GET {+x}", "{+x}")]
    public void Other_braces_are_text(string text, string expected) => Assert.Equal(expected, Many(text, 1)[0][1]);

    [Theory]
    [InlineData("SET a {int:}")]
    [InlineData("SET a {int:0}")]
    [InlineData("SET a {int:9..5}")]
    [InlineData("SET a {real:1..2:0}")]
    [InlineData("SET a {bytes:x}")]
    [InlineData("SET a {int:5}{int:6}")]
    public void Malformed_ones_are_refused(string text) => Assert.Throws<FormatException>(() => RequestTemplate.Parse(text, s_sizes));

    [Fact]
    public void Filling_in_allocates_nothing()
    {
        RequestTemplate template = RequestTemplate.Parse("X {key} {text:8} {bytes:8} {int:1M} {+9} {real:0..1} {seq}", s_sizes);
        var source = new FieldSource(new KeySource(KeyDistribution.Uniform, 0, 1000, 0, 1), 2);
        byte* memory = (byte*)NativeMemory.Alloc((nuint)template.RoomBytes);
        template.Write(memory, source);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
            template.Write(memory, source);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        NativeMemory.Free(memory);
    }

    /// <summary>Words of requests, the key numbers in order; their framing is checked on the way.</summary>
    private static string[][] Many(string text, int count, long keys = 1_000_000)
    {
        RequestTemplate template = RequestTemplate.Parse(text, s_sizes);
        var source = new FieldSource(new KeySource(KeyDistribution.Sequential, 0, keys, 0, 1), 5);
        byte* memory = (byte*)NativeMemory.Alloc((nuint)template.RoomBytes);
        var requests = new string[count][];
        for (int i = 0; i < count; i++)
            requests[i] = Words(Encoding.UTF8.GetString(memory, template.Write(memory, source)));
        NativeMemory.Free(memory);
        return requests;
    }

    private static string[] Words(string request)
    {
        string[] lines = request.Split("\r\n");
        Assert.Equal("", lines[^1]);
        var words = new List<string>();
        for (int i = 1; i < lines.Length - 1; i += 2)
        {
            Assert.Equal($"${Encoding.UTF8.GetByteCount(lines[i + 1])}", lines[i]);
            words.Add(lines[i + 1]);
        }
        Assert.Equal($"*{words.Count}", lines[0]);
        return [.. words];
    }
}
