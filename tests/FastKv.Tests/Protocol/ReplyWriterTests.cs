using System.Text;
using FastKv.Memory;
using FastKv.Protocol;
using Xunit;

namespace FastKv.Tests.Protocol;

public sealed unsafe class ReplyWriterTests
{
    private delegate void Write(ReplyWriter writer);

    private static string Written(byte resp, Write write)
    {
        using var pool = new BufferPool();
        var output = new BufferChain(pool);
        write(new ReplyWriter(output, resp));
        string text = Content(output);
        output.Clear();
        return text;
    }

    private static string Content(BufferChain chain)
    {
        var text = new StringBuilder();
        for (BufferSegment* segment = chain.Head; segment != null; segment = segment->Next)
            text.Append(Encoding.Latin1.GetString(segment->Data + segment->Consumed, segment->Length - segment->Consumed));
        Assert.Equal(chain.Length, text.Length);
        return text.ToString();
    }

    private static void AssertWritten(string resp2, string resp3, Write write)
    {
        Assert.Equal(resp2.Replace("|", "\r\n"), Written(2, write));
        Assert.Equal(resp3.Replace("|", "\r\n"), Written(3, write));
    }

    [Fact]
    public void EachShapeIsRedisShape()
    {
        AssertWritten("+OK|", "+OK|", writer => writer.Ok());
        AssertWritten("+PONG|", "+PONG|", writer => writer.SimpleString("PONG"u8));
        AssertWritten("$-1|", "_|", writer => writer.Null());
        AssertWritten("*-1|", "_|", writer => writer.NullArray());
        AssertWritten("*2|", "*2|", writer => writer.ArrayHeader(2));
        AssertWritten("*4|", "%2|", writer => writer.MapHeader(2));
        AssertWritten("*12345|", "~12345|", writer => writer.SetHeader(12345));
        AssertWritten("*3|", ">3|", writer => writer.PushHeader(3));
        AssertWritten(":1|:0|", "#t|#f|", writer =>
        {
            writer.Boolean(true);
            writer.Boolean(false);
        });
        AssertWritten("$3|1.5|", ",1.5|", writer => writer.Double(1.5));
        AssertWritten("$18|3.1000000000000001|", ",3.1000000000000001|", writer => writer.Double(3.1));
        AssertWritten("$3|inf|$4|-inf|$3|nan|", ",inf|,-inf|,nan|", writer =>
        {
            writer.Double(double.PositiveInfinity);
            writer.Double(double.NegativeInfinity);
            writer.Double(double.NaN);
        });
        AssertWritten("$20|13.36138933897018433|", ",13.36138933897018433|", writer => writer.HumanDouble(13.361389338970184));
        AssertWritten("$3|123|", "(123|", writer => writer.BigNumber("123"u8));
        AssertWritten("$2|ab|", "=6|txt:ab|", writer => writer.VerbatimString("ab"u8, "txt"u8));
        AssertWritten("ab", "ab", writer => writer.Raw("ab"u8));
        Assert.Equal("|1\r\n", Written(3, writer => writer.AttributeHeader(1)));
    }

    [Fact]
    public void ErrorsAreOneLine()
    {
        AssertWritten("-ERR syntax error|", "-ERR syntax error|", writer => writer.Error("ERR syntax error"u8));
        AssertWritten("-ERR a  b c|", "-ERR a  b c|", writer => writer.Error("ERR a\r\nb\nc\r\n"u8));
        AssertWritten("-ERR no 'a b' here|", "-ERR no 'a b' here|", writer => writer.Error("ERR no '"u8, "a\rb"u8, "' here"u8));
        AssertWritten("-ERR a1b2c|", "-ERR a1b2c|", writer => writer.Error("ERR a"u8, "1"u8, "b"u8, "2"u8, "c"u8));
        AssertWritten("-ERR at -17|", "-ERR at -17|", writer =>
        {
            writer.BeginError("ERR at "u8);
            writer.ErrorPiece(-17);
            writer.EndError();
        });
    }

    [Fact]
    public void IntegersOfAllLengths()
    {
        List<long> values = [0, 9, 10, 99, 100, 9999, 10_000, -1, -99_999_999, -100_000_000, 999_999_999, 1_000_000_000, long.MaxValue, long.MinValue];
        foreach (long value in values)
        {
            string text = $"{value}";
            AssertWritten($":{text}|", $":{text}|", writer => writer.Integer(value));
            AssertWritten($"${text.Length}|{text}|", $"${text.Length}|{text}|", writer => writer.BulkInteger(value));
        }
    }

    [Fact]
    public void BulkStringsOfAllLengths()
    {
        int[] lengths = [.. Enumerable.Range(0, 130), 999, 1000, 4095, 4096, 4097, 16_383, 16_384, 16_385, 100_000, 3_000_000];
        string bytes = new([.. Enumerable.Range(0, lengths[^1]).Select(i => (char)('a' + (i % 26)))]);
        byte[] value = Encoding.Latin1.GetBytes(bytes);
        Assert.Equal(
            string.Concat(lengths.Select(length => $"${length}\r\n{bytes[..length]}\r\n")),
            Written(2, writer =>
            {
                foreach (int length in lengths)
                    writer.BulkString(value.AsSpan(0, length));
            }));
        string longLine = new('x', 5000);
        AssertWritten($"-{longLine}|", $"-{longLine}|", writer => writer.Error(Encoding.Latin1.GetBytes(longLine)));
    }

    [Fact]
    public void HeadersCanComeLast()
    {
        string filler = new('x', 10_000);
        byte[] large = Encoding.Latin1.GetBytes(filler);
        Write write = writer =>
        {
            DeferredReply outer = writer.BeginArray();
            DeferredReply map = writer.BeginMap();
            writer.BulkString("k"u8);
            writer.BulkString(large);
            writer.EndMap(map, 1);
            DeferredReply set = writer.BeginSet();
            writer.BulkString(large);
            writer.EndSet(set, 1);
            DeferredReply nothing = writer.BeginArray();
            writer.EndArray(nothing, 0);
            writer.EndNullArray(writer.BeginArray());
            writer.EndArray(outer, 4);
            writer.Ok();
        };
        AssertWritten($"*4|*2|$1|k|$10000|{filler}|*1|$10000|{filler}|*0|*-1|+OK|", $"*4|%1|$1|k|$10000|{filler}|~1|$10000|{filler}|*0|_|+OK|", write);
    }

    [Fact]
    public void RepliesCostNoManagedMemory()
    {
        using var pool = new BufferPool();
        var output = new BufferChain(pool);
        byte[] value = new byte[5000];
        long allocated = 0;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                var writer = new ReplyWriter(output, (byte)(2 + (i % 2)));
                DeferredReply deferred = writer.BeginArray();
                writer.BulkString(value.AsSpan(0, i * 50));
                writer.Integer(i * 1000);
                writer.BulkInteger(i);
                writer.Double(i / 3.0);
                writer.HumanDouble(i / 3.0);
                writer.Error("ERR '"u8, "a\nb"u8, "'"u8);
                writer.Null();
                writer.VerbatimString("abc"u8, "txt"u8);
                writer.EndArray(deferred, 8);
            }
            output.Clear();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);
    }
}
