// The decoder and the numbers against a real redis-server.
using System.Text;
using FastKv.Protocol;
using Xunit;

namespace FastKv.Tests.Protocol;

public sealed class ReferenceServerTests
{
    private const string Frames =
        "*2\r\n$4\r\nECHO\r\n$2\r\nab\r\n*1\r\n$4\r\nPING\r\nPING\r\nECHO \"a\\x41\\n\"\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nabcdefghijkl\r\n"
        + "ECHO 'it\\'s'\n\r\n*0\r\n*-1\r\nECHO b\"c\"\r\n"
        + "*12\r\n$4\r\nMSET\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n$1\r\n6\r\n$1\r\n7\r\n$1\r\n8\r\n"
        + "$1\r\n9\r\n$2\r\n10\r\n$2\r\n11\r\n*1\r\n$4\r\nPING\r\n";

    [Fact]
    public void MutatedRequestsBreakTheProtocolWhereTheyDoForRedis()
    {
        using ReferenceServer? server = ReferenceServer.TryStart();
        if (server == null)
            return;
        const int seed = 7015;
        var random = new Random(seed);
        byte[] frames = Encoding.Latin1.GetBytes(Frames);
        int broken = 0;
        for (int round = 0; round < 1500; round++)
        {
            byte[] input = RequestParserTests.Mutate(frames, random);
            broken += Compare(server, input, true, $"seed {seed} round {round}");
        }
        Assert.InRange(broken, 100, 1400);
    }

    [Theory]
    [InlineData("*2147483647\r\n")]
    [InlineData("*2147483648\r\n")]
    [InlineData("*-5\r\nPING\r\n")]
    [InlineData("*-9223372036854775809\r\n")]
    [InlineData("*1\r\n$536870912\r\n")]
    [InlineData("*1\r\n$536870913\r\n")]
    [InlineData("*1\r\n$-0\r\n")]
    [InlineData("*1\r\n\x01\r\n")]
    [InlineData("*1\r\n\0\r\n")]
    [InlineData("*1\n$4\nPING\n\r\n")]
    [InlineData("ECHO ab\"c\"d\r\n")]
    [InlineData("ECHO \"\"\r\n\"\"\r\n")]
    [InlineData("ECHO a\0b\r\nPING\r\n")]
    [InlineData("ECHO a\vb\r\n\vPING\f\r\n")]
    [InlineData("PING\rx\r\nPING \r\r\n")]
    public void EdgesAreThoseOfRedis(string input)
    {
        using ReferenceServer? server = ReferenceServer.TryStart();
        if (server != null)
            Compare(server, Encoding.Latin1.GetBytes(input), true, input);
    }

    [Fact]
    public void StrangersMeetTheSameLimits()
    {
        using ReferenceServer? server = ReferenceServer.TryStart("--requirepass", "secret");
        if (server == null)
            return;
        string[] inputs =
        [
            "*10\r\n", "*11\r\n", "*11x\r\n", "*-11\r\nPING\r\n", "*1\r\n$16384\r\n", "*1\r\n$16385\r\n", "*1\r\n$536870913\r\n", "*2147483648\r\n",
        ];
        foreach (string input in inputs)
            Compare(server, Encoding.Latin1.GetBytes(input), false, input);
    }

    [Fact]
    public void FloatIncrementsHaveTheDigitsOfRedis()
    {
        using ReferenceServer? server = ReferenceServer.TryStart();
        if (server == null)
            return;
        const int seed = 8016;
        var random = new Random(seed);
        for (int round = 0; round < 100; round++)
        {
            var request = new StringBuilder();
            var expected = new StringBuilder();
            for (int i = 0; i < 20; i++)
            {
                string left = RandomFloat(random);
                string right = RandomFloat(random);
                request.Append($"*3\r\n$3\r\nSET\r\n$1\r\nf\r\n${left.Length}\r\n{left}\r\n");
                request.Append($"*3\r\n$11\r\nINCRBYFLOAT\r\n$1\r\nf\r\n${right.Length}\r\n{right}\r\n");
                string sum = Add(left, right);
                expected.Append("+OK\r\n").Append(sum.StartsWith("-ERR") ? sum : $"${sum.Length}\r\n{sum}").Append("\r\n");
            }
            string answer = Encoding.Latin1.GetString(server.Ask(Encoding.Latin1.GetBytes(request.ToString())));
            Assert.True(expected.ToString() == answer, $"seed {seed} round {round}: {request} expected {expected} got {answer}");
        }
    }

    private static string Add(string left, string right)
    {
        if (!ExtendedDouble.TryParse(Encoding.Latin1.GetBytes(left), out ExtendedDouble value)
            || !ExtendedDouble.TryParse(Encoding.Latin1.GetBytes(right), out ExtendedDouble increment))
            return "-ERR value is not a valid float";
        ExtendedDouble sum = ExtendedDouble.Add(value, increment);
        if (sum.IsNaN || sum.IsInfinity)
            return "-ERR increment would produce NaN or Infinity";
        Span<byte> text = stackalloc byte[ExtendedDouble.HumanCharsMax];
        return Encoding.Latin1.GetString(text[..sum.FormatHuman(text)]);
    }

    private static string RandomFloat(Random random)
    {
        string digits = string.Concat(Enumerable.Range(0, random.Next(1, 24)).Select(_ => random.Next(10)));
        string text = (random.Next(3) == 0 ? "-" : "") + digits;
        if (random.Next(2) == 0)
            text += "." + random.NextInt64();
        return random.Next(12) switch
        {
            0 => text + "e" + random.Next(-30, 300),
            1 => "0x" + text + "p" + random.Next(-70, 70),
            2 => text + "e" + random.Next(-5000, 5000),
            3 => ((string[])["inf", "-inf", "nan", " 1", "1 ", "", "+5", "0x", "1e", "."])[random.Next(10)],
            _ => text,
        };
    }

    private static unsafe int Compare(ReferenceServer server, byte[] input, bool authenticated, string seed)
    {
        ParsedInput parsed = ParsedInput.Of(input, authenticated);
        byte[] answer = server.Ask(input);
        string text = Encoding.Latin1.GetString(answer);
        bool isBroken = parsed.Error.Length > 0;
        string context = $"{seed}: {Encoding.Latin1.GetString(input)} gives {string.Join(" ", parsed.Commands)} {parsed.Error}, Redis {text}";
        Assert.True(isBroken ? text.EndsWith("-" + parsed.Error + "\r\n") : !text.Contains("-ERR Protocol error"), context);

        // Every command has one reply, and so has the error.
        int replies = 0;
        fixed (byte* start = answer)
        {
            byte* end = start + answer.Length;
            for (byte* position = start; position < end; replies++)
            {
                long length = RespReader.TryMeasure(position, end);
                Assert.True(length > 0, context);
                position += length;
            }
        }
        Assert.True(parsed.Commands.Count + (isBroken ? 1 : 0) == replies, context);
        return isBroken ? 1 : 0;
    }
}
