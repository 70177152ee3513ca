using FastKv.Engine.Configuration;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Configuration;

/// <summary>The text rules of redis.conf.</summary>
public class ConfigTextTests(ITestOutputHelper output)
{
    [Fact]
    public void A_quoted_word_is_read_back_as_it_was()
    {
        int seed = TestKit.TestEnvironment.DifferentialSeed;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int i = 0; i < 2000; i++)
        {
            string[] words = new string[random.Next(1, 5)];
            for (int w = 0; w < words.Length; w++)
            {
                char[] chars = new char[random.Next(0, 20)];
                for (int c = 0; c < chars.Length; c++)
                    chars[c] = (char)random.Next(0, 256);
                words[w] = new string(chars);
            }
            string line = string.Join(' ', Array.ConvertAll(words, ConfigText.Quote));
            Assert.Equal(words, ConfigText.SplitWords(line));
        }
    }

    [Theory]
    [InlineData("a  b\tc", new[] { "a", "b", "c" })]
    [InlineData("", new string[0])]
    [InlineData("'it\\'s' \"x\\x41\\ty\"", new[] { "it's", "xA\ty" })]
    [InlineData("a\"b\"", new[] { "ab" })]
    public void Words_are_split_at_blanks_and_quotes(string line, string[] words) => Assert.Equal(words, ConfigText.SplitWords(line));

    [Theory]
    [InlineData("\"open")]
    [InlineData("'open")]
    [InlineData("\"closed\"more")]
    [InlineData("'closed'more")]
    public void Open_quotes_are_no_words(string line) => Assert.Null(ConfigText.SplitWords(line));

    [Theory]
    [InlineData("1k", 1000)]
    [InlineData("1KB", 1024)]
    [InlineData("3mb", 3 << 20)]
    [InlineData("2g", 2_000_000_000)]
    [InlineData("7b", 7)]
    [InlineData("", 0)]
    [InlineData("99999999999999999999", ulong.MaxValue)]
    public void Memory_amounts_have_units(string text, ulong bytes)
    {
        Assert.True(MemorySize.TryParse(text, out ulong parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1tb")]
    [InlineData("1 mb")]
    [InlineData("0x10")]
    public void Other_texts_are_no_amounts(string text) => Assert.False(MemorySize.TryParse(text, out _));
}
