using System.Text;
using FastKv.LoadGen.Load;
using FastKv.Protocol;
using Xunit;

namespace FastKv.Tests.LoadGen;

/// <summary>The fast scanner sees what <see cref="RespReader"/> sees.</summary>
public sealed unsafe class ReplyScannerTests
{
    [Theory]
    [InlineData("*0\r\n")]
    [InlineData("*-1\r\n")]
    [InlineData("*2\r\n$1\r\na\r\n$12\r\nabcdefghijkl\r\n")]
    [InlineData("*3\r\n:12\r\n+OK\r\n,1.5\r\n")]
    [InlineData("*2\r\n$-1\r\n_\r\n")]
    [InlineData("*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$0\r\n\r\n")]
    [InlineData("%1\r\n$1\r\na\r\n~2\r\n:1\r\n:2\r\n")]
    [InlineData("*1\r\n-ERR x\r\n")]
    [InlineData("*2\r\n$3\r\nab\r\n")]
    [InlineData("*1\r\n$x\r\n")]
    [InlineData("*12\r\n")]
    [InlineData("$3\r\nabc\r\n")]
    [InlineData(":5\r\n")]
    public void It_measures_as_the_reader_does(string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text + "+next\r\n");
        fixed (byte* start = bytes)
        {
            for (int length = 1; length <= bytes.Length; length++)
                Assert.Equal(RespReader.TryMeasure(start, start + length), ReplyScanner.TryMeasure(start, start + length));
        }
    }

    [Fact]
    public void Long_lists_too()
    {
        var text = new StringBuilder("*1000\r\n");
        for (int i = 0; i < 1000; i++)
            text.Append(i % 7 == 0 ? $":{i}\r\n" : $"${i}\r\n{new string('x', i)}\r\n");
        byte[] bytes = Encoding.ASCII.GetBytes(text.ToString());
        fixed (byte* start = bytes)
        {
            Assert.Equal(bytes.Length, ReplyScanner.TryMeasure(start, start + bytes.Length));
            for (int length = 1; length < bytes.Length; length += 97)
                Assert.Equal(0, ReplyScanner.TryMeasure(start, start + length));
        }
    }
}
