using System.Text;
using FastKv.Engine.Acl;
using FastKv.Structures;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Acl;

/// <summary>A prepared pattern matches what the glob matches, whichever form it takes.</summary>
public sealed unsafe class CompiledPatternTests(ITestOutputHelper output)
{
    private const int Draws = 200_000;
    private const string Letters = "ab*?[]\\^-";

    [Fact]
    public void Prepared_patterns_match_as_globs()
    {
        int seed = TestEnvironment.DifferentialSeed;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        int matches = 0;
        for (int i = 0; i < Draws; i++)
        {
            string pattern = Draw(random, Letters, 6);
            byte[] text = Encoding.Latin1.GetBytes(Draw(random, random.Next(4) == 0 ? Letters : "ab", 6));
            bool wanted = Glob.IsMatch(Encoding.Latin1.GetBytes(pattern), text);
            fixed (byte* bytes = text.Length == 0 ? new byte[1] : text)
                Assert.True(wanted == new CompiledPattern(pattern).Matches(bytes, text.Length), $"'{pattern}' and '{Encoding.Latin1.GetString(text)}'");
            matches += wanted ? 1 : 0;
        }
        Assert.InRange(matches, Draws / 50, Draws / 2);
    }

    private static string Draw(Random random, string letters, int lengthMax)
    {
        var text = new StringBuilder();
        for (int length = random.Next(lengthMax); length > 0; length--)
            text.Append(letters[random.Next(letters.Length)]);
        return text.ToString();
    }
}
