using System.Runtime.InteropServices;
using System.Text;
using FastKv.LoadGen.Load;
using FastKv.Memory;
using Xunit;

namespace FastKv.Tests.LoadGen;

/// <summary>Requests as they leave.</summary>
public sealed unsafe class RequestTemplateTests
{
    [Theory]
    [InlineData("PING", "*1\r\n$4\r\nPING\r\n")]
    [InlineData("GET k:{key}", "*2\r\n$3\r\nGET\r\n$7\r\nk:00041\r\n")]
    [InlineData("INCR {key}", "*2\r\n$4\r\nINCR\r\n$5\r\n00041\r\n")]
    [InlineData("MGET a{key}b {key}", "*3\r\n$4\r\nMGET\r\n$7\r\na00041b\r\n$5\r\n00042\r\n")]
    [InlineData("SET '' \"a b\"", "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$3\r\na b\r\n")]
    [InlineData("MULTI ; INCR {key} ; EXEC", "*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$5\r\n00041\r\n*1\r\n$4\r\nEXEC\r\n")]
    [InlineData("ECHO ä", "*2\r\n$4\r\nECHO\r\n$2\r\nä\r\n")]
    public void A_template_becomes_a_request(string text, string expected)
    {
        RequestTemplate template = RequestTemplate.Parse(text, new TemplateSizes(5, 3));
        Assert.Equal(expected, Write(template, new KeySource(KeyDistribution.Sequential, 41, 10, 0, 0)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(600)]
    [InlineData(100_000)]
    public void Values_have_the_size_asked_for(int valueBytes)
    {
        RequestTemplate template = RequestTemplate.Parse("SET {key} {value}", new TemplateSizes(3, valueBytes));
        string request = Write(template, new KeySource(KeyDistribution.Sequential, 7, 1, 0, 0));
        string value = request.Split("\r\n")[6];
        Assert.Equal(valueBytes, value.Length);
        Assert.Equal($"*3\r\n$3\r\nSET\r\n$3\r\n007\r\n${valueBytes}\r\n{value}\r\n", request);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("GET 'a")]
    [InlineData("MULTI ;")]
    [InlineData("; EXEC")]
    [InlineData("MULTI ; ; EXEC")]
    public void What_is_no_command_is_refused(string text)
        => Assert.Throws<FormatException>(() => RequestTemplate.Parse(text, new TemplateSizes(5, 3)));

    [Fact]
    public void Digits_are_those_of_the_number_at_every_width()
    {
        var random = new RandomSource(11);
        byte* memory = stackalloc byte[64];
        for (int width = 1; width <= DigitWriter.DigitsMax; width++)
        {
            var digits = new DigitWriter(width);
            long limit = width >= 18 ? long.MaxValue : (long)Math.Pow(10, width);
            for (int i = 0; i < 1000; i++)
            {
                long number = i switch { 0 => 0, 1 => limit - 1, _ => random.Below(random.Below(limit) + 1) };
                new Span<byte>(memory, 64).Fill((byte)'.');
                new Span<byte>(memory + 32 - width, width).Fill((byte)'0');
                digits.Write(memory + 32, number);
                string text = Encoding.ASCII.GetString(memory, 64);
                string expected = number.ToString().PadLeft(width, '0');
                Assert.Equal(new string('.', 32 - width) + expected[^width..] + new string('.', 32), text);
            }
        }
    }

    [Fact]
    public void Eight_digits_are_right_for_each_group_of_four()
    {
        for (uint i = 0; i < 10_000; i++)
        {
            uint number = (i * 10_000) + (9_999 - i);
            ulong word = DigitWriter.EightDigits(number);
            Assert.Equal(number.ToString("D8"), Encoding.ASCII.GetString(MemoryMarshal.AsBytes(new Span<ulong>(ref word))));
        }
    }

    private static string Write(RequestTemplate template, KeySource keys)
    {
        byte* memory = (byte*)NativeMemory.Alloc((nuint)template.RoomBytes);
        int length = template.Write(memory, new FieldSource(keys, 3));
        string text = Encoding.UTF8.GetString(memory, length);
        NativeMemory.Free(memory);
        return text;
    }
}
