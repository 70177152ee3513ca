using System.Text;
using FastKv.Structures;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Structures;

public sealed class GlobTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("*", "", false)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("h?llo", "hello", true)]
    [InlineData("h?llo", "hllo", false)]
    [InlineData("h*llo", "heeeello", true)]
    [InlineData("h[ae]llo", "hallo", true)]
    [InlineData("h[ae]llo", "hillo", false)]
    [InlineData("h[^e]llo", "hallo", true)]
    [InlineData("h[^e]llo", "hello", false)]
    [InlineData("h[a-b]llo", "hbllo", true)]
    [InlineData("h[b-a]llo", "hallo", true)]
    [InlineData("h[a-b]llo", "hcllo", false)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("a\\", "a\\", true)]
    [InlineData("[\\]]", "]", true)]
    [InlineData("[abc", "c", true)]
    [InlineData("[", "a", false)]
    [InlineData("[^", "a", true)]
    [InlineData("[]", "a", false)]
    [InlineData("[a-]", "]", true)]
    [InlineData("a*b*c", "aXXbYYc", true)]
    [InlineData("a*b*c", "aXXbYYcd", false)]
    [InlineData("a**", "a", true)]
    [InlineData("*a", "ba", true)]
    [InlineData("*?", "a", true)]
    [InlineData("[\u0080-\u00ff]", "\u0090", true)]
    [InlineData("[a-\u00ff]", "z", false)]
    public void CornerCasesAreRedis(string pattern, string text, bool matches) =>
        Assert.Equal(matches, Glob.IsMatch(Encoding.Latin1.GetBytes(pattern), Encoding.Latin1.GetBytes(text)));

    [Theory]
    [InlineData("HELLO*", "hello world", true)]
    [InlineData("[A-C]x", "bX", true)]
    [InlineData("[\\A]", "a", false)]
    [InlineData("\\A", "a", true)]
    public void CaseCanBeIgnored(string pattern, string text, bool matches) =>
        Assert.Equal(matches, Glob.IsMatch(Encoding.Latin1.GetBytes(pattern), Encoding.Latin1.GetBytes(text), ignoreCase: true));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AgreesWithARecursiveMatcher(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        int matched = 0;
        for (int i = 0; i < 200_000; i++)
        {
            byte[] pattern = Draw(random, "ab*?[]^-\\A\u00f0"u8, 9);
            byte[] text = Draw(random, "abA-]\u00f0"u8, 7);
            bool ignoreCase = random.Next(2) == 0;
            bool expected = text.Length == 0 ? pattern.Length == 0 : Recursive(pattern, text, ignoreCase);
            bool actual = Glob.IsMatch(pattern, text, ignoreCase);
            Assert.True(expected == actual, $"{Encoding.Latin1.GetString(pattern)} on {Encoding.Latin1.GetString(text)}, {ignoreCase}");
            matched += actual ? 1 : 0;
        }

        Assert.InRange(matched, 2_000, 198_000);
    }

    [Fact]
    public void ManyStarsTakeNoTime()
    {
        byte[] pattern = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("a*", 900)) + "b");
        byte[] text = Encoding.ASCII.GetBytes(new string('a', 20_000));
        Assert.False(Glob.IsMatch(pattern, text));
        byte[] abusive = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("*a", 1_001)));
        Assert.False(Glob.IsMatch(abusive, text));
        Assert.True(Glob.IsMatch(abusive.AsSpan(2), text));
    }

    private static byte[] Draw(Random random, ReadOnlySpan<byte> alphabet, int lengthMax)
    {
        var bytes = new byte[random.Next(lengthMax + 1)];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = alphabet[random.Next(alphabet.Length)];
        return bytes;
    }

    // The definition: an element at a time, every length of a star tried.
    private static bool Recursive(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase)
    {
        if (pattern.IsEmpty)
            return text.IsEmpty;
        if (pattern[0] == '*')
        {
            for (int i = 0; i <= text.Length; i++)
            {
                if (Recursive(pattern[1..], text[i..], ignoreCase))
                    return true;
            }

            return false;
        }

        if (text.IsEmpty)
            return false;
        int used = Element(pattern, text[0], ignoreCase, out bool matches);
        return matches && Recursive(pattern[used..], text[1..], ignoreCase);
    }

    private static int Element(ReadOnlySpan<byte> pattern, byte value, bool ignoreCase, out bool matches)
    {
        matches = true;
        if (pattern[0] == '?')
            return 1;
        if (pattern[0] == '\\' && pattern.Length > 1)
        {
            matches = Equal(pattern[1], value, ignoreCase);
            return 2;
        }

        if (pattern[0] != '[')
        {
            matches = Equal(pattern[0], value, ignoreCase);
            return 1;
        }

        int at = 1;
        bool negated = at < pattern.Length && pattern[at] == '^';
        at += negated ? 1 : 0;
        bool any = false;
        while (at < pattern.Length && pattern[at] != ']')
        {
            int left = pattern.Length - at;
            if (pattern[at] == '\\' && left >= 2)
            {
                any |= pattern[at + 1] == value;
                at += 2;
            }
            else if (left >= 3 && pattern[at + 1] == '-')
            {
                int low = Math.Min((sbyte)pattern[at], (sbyte)pattern[at + 2]);
                int high = Math.Max((sbyte)pattern[at], (sbyte)pattern[at + 2]);
                any |= Fold(low, ignoreCase) <= Fold((sbyte)value, ignoreCase) && Fold((sbyte)value, ignoreCase) <= Fold(high, ignoreCase);
                at += 3;
            }
            else
            {
                any |= Equal(pattern[at], value, ignoreCase);
                at++;
            }
        }

        matches = any != negated;
        return Math.Min(at + 1, pattern.Length);
    }

    private static bool Equal(byte left, byte right, bool ignoreCase) => Fold(left, ignoreCase) == Fold(right, ignoreCase);

    private static int Fold(int value, bool ignoreCase) => ignoreCase && value is >= 'A' and <= 'Z' ? value + 32 : value;
}
