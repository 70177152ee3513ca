using System.Text;
using FastKv.Protocol;
using Xunit;

namespace FastKv.Tests.Protocol;

public sealed unsafe class RespReaderTests
{
    private static readonly string[] Replies =
    [
        "+OK\r\n", "+\r\n", "-ERR no\r\n", ":1\r\n", ":-12345\r\n", "$-1\r\n", "$0\r\n\r\n", "$5\r\nhello\r\n", "$16\r\n0123456789abcdef\r\n", "*-1\r\n",
        "*0\r\n", "*2\r\n$1\r\na\r\n:5\r\n", "*3\r\n*2\r\n+a\r\n*0\r\n%1\r\n+k\r\n~2\r\n#t\r\n_\r\n$-1\r\n", ",3.5\r\n", "(123456789012345678901234567890\r\n",
        "=7\r\ntxt:abc\r\n",
        "!5\r\nERR x\r\n", ">2\r\n+message\r\n+x\r\n", "|1\r\n+ttl\r\n:5\r\n*2\r\n:1\r\n:2\r\n", "*1\r\n|1\r\n+a\r\n+b\r\n:7\r\n", "_\r\n", "#f\r\n", "%0\r\n",
        "$120\r\n" + new string('x', 120) + "\r\n",
    ];

    private static long Measure(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        using var buffer = new GuardedBuffer(bytes.Length + 1);
        return RespReader.TryMeasure(buffer.Place(bytes), buffer.End);
    }

    [Fact]
    public void EveryReplyEndsWhereItEnds()
    {
        foreach (string reply in Replies)
        {
            Assert.Equal(reply.Length, Measure(reply));
            Assert.Equal(reply.Length, Measure(reply + "+more\r\n$12345"));
            for (int cut = 0; cut < reply.Length; cut++)
                Assert.Equal(0, Measure(reply[..cut]));
        }
    }

    [Fact]
    public void PiecesAreScannedOnce()
    {
        byte[] input = Encoding.Latin1.GetBytes(string.Concat(Replies));
        fixed (byte* bytes = input)
        {
            foreach (int piece in (int[])[1, 2, 7, 64, input.Length])
            {
                RespReader reader = default;
                byte* start = bytes;
                int complete = 0;
                for (int given = Math.Min(piece, input.Length); ;)
                {
                    long length = reader.Measure(start, bytes + given);
                    Assert.True(length >= 0);
                    if (length > 0)
                    {
                        Assert.Equal(Replies[complete++].Length, length);
                        start += length;
                        continue;
                    }
                    if (given == input.Length)
                        break;
                    given = Math.Min(given + piece, input.Length);
                }
                Assert.Equal(Replies.Length, complete);
            }
        }
    }

    [Theory]
    [InlineData("x\r\n")]
    [InlineData("$x\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$3\r\nabcde")]
    [InlineData("*1\r\n?\r\n")]
    [InlineData("+a\rb\n")]
    [InlineData("$1234567890123456789012")]
    [InlineData("*9223372036854775807\r\n")]
    [InlineData("*?\r\n")]
    public void NonsenseIsMalformed(string text) => Assert.Equal(-1, Measure(text + "........................"));

    [Fact]
    public void DepthCostsNothing()
    {
        const int depth = 200_000;
        Assert.Equal((4 * depth) + 4, Measure(string.Concat(Enumerable.Repeat("*1\r\n", depth)) + ":1\r\n"));
        Assert.Equal(0, Measure(string.Concat(Enumerable.Repeat("*1\r\n", depth))));
    }

    [Fact]
    public void RandomBytesStayInBounds()
    {
        const int seed = 99;
        var random = new Random(seed);
        byte[] frames = Encoding.Latin1.GetBytes(string.Concat(Replies));
        using var buffer = new GuardedBuffer(frames.Length * 4);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] input = RequestParserTests.Mutate(frames, random);
            byte* start = buffer.Place(input);
            while (start < buffer.End)
            {
                long length = RespReader.TryMeasure(start, buffer.End);
                Assert.InRange(length, -1, buffer.End - start);
                if (length <= 0)
                    break;
                start += length;
            }
        }
    }
}
