// Expected values: long double of gcc 12.2 and glibc 2.36 on x86-64.
using System.Text;
using FastKv.Protocol;
using Xunit;

namespace FastKv.Tests.Protocol;

public sealed class ExtendedDoubleTests
{
    private static string Human(ExtendedDouble value)
    {
        Span<byte> text = stackalloc byte[ExtendedDouble.HumanCharsMax];
        return Encoding.Latin1.GetString(text[..value.FormatHuman(text)]);
    }

    private static ExtendedDouble Parse(string text)
    {
        Assert.True(ExtendedDouble.TryParse(Encoding.Latin1.GetBytes(text), out ExtendedDouble value), text);
        return value;
    }

    [Theory]
    [InlineData("10.5", "0.1", 0x4002, 0xa800000000000000UL, "10.6")]
    [InlineData("3.0e3", "200", 0x400a, 0xbb80000000000000UL, "3200")]
    [InlineData("0.1", "0.2", 0x3ffb, 0xcccccccccccccccdUL, "0.3")]
    [InlineData("1e17", "1", 0x4037, 0xb1a2bc2ec5000000UL, "100000000000000001")]
    [InlineData("1e19", "0.00000000000000001", 0x403e, 0x8ac7230489e80000UL, "10000000000000000000")]
    [InlineData("17179869184.000000001", "-17179869184", 0x4021, 0x8000000000000001UL, "0.00000000186264515")]
    [InlineData("5.0e3", "-5000", 0x400b, 0x9c40000000000000UL, "0")]
    [InlineData("0.000003814697265625", "0", 0x3fed, 0x8000000000000000UL, "0.00000381469726562")]
    [InlineData("1.000011444091796875", "0", 0x3fff, 0x8000600000000000UL, "1.00001144409179688")]
    [InlineData("18446744073709551615", "0.5", 0x403e, 0xffffffffffffffffUL, "18446744073709551616")]
    [InlineData("18446744073709551615", "1.5", 0x403e, 0xffffffffffffffffUL, "18446744073709551616")]
    [InlineData("0x1.8p1", "-0X.8", 0x4000, 0xc000000000000000UL, "2.5")]
    [InlineData("1e30", "-1e10", 0x4062, 0xc9f2c9cd04674edfUL, "1000000000000000000024696061952")]
    [InlineData("123456789012345678901234567890", "1", 0x405f, 0xc77487fb61b9f077UL, "123456789012345678899921813504")]
    [InlineData("1e40", "1e-40", 0x4083, 0xeb194f8e1ae525fdUL, "9999999999999999999783686092270256259072")]
    [InlineData("3.6e-4951", "3.6e-4951", 0x0000, 0x0000000000000001UL, "0")]
    [InlineData("1.00000000000000000005421010862427522170037", "0", 0x3fff, 0x8000000000000000UL, "1")]
    [InlineData("1.00000000000000000016263032587282566510112", "0", 0x3fff, 0x8000000000000002UL, "1")]
    [InlineData("9223372036854775807", "9223372036854775807", 0x403d, 0xfffffffffffffffeUL, "18446744073709551614")]
    [InlineData("-9223372036854775808.5", "0.25", 0xc03e, 0x8000000000000000UL, "-9223372036854775808")]
    [InlineData("0.99999999999999999999", "0", 0x3fff, 0x8000000000000000UL, "1")]
    public void NumbersAndSumsAreThoseOfX87(string left, string right, int signExponent, ulong mantissa, string sum)
    {
        ExtendedDouble value = Parse(left);
        Assert.Equal(signExponent, value.SignExponent);
        Assert.Equal(mantissa, value.Mantissa);
        Assert.Equal(sum, Human(ExtendedDouble.Add(value, Parse(right))));
        Assert.Equal(sum, Human(ExtendedDouble.Add(Parse(right), value)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("nan")]
    [InlineData("1e4933")]
    [InlineData("1e-5000")]
    [InlineData("1e-4951")]
    [InlineData("0x1p16384")]
    [InlineData("0x1p-16446")]
    [InlineData("1e999999999999")]
    [InlineData("0x")]
    [InlineData("1e")]
    [InlineData("1\0")]
    public void WhatRedisRefusesIsRefused(string text) => Assert.False(ExtendedDouble.TryParse(Encoding.Latin1.GetBytes(text), out _));

    [Fact]
    public void TextsHaveAMaximum()
    {
        Assert.Equal("1", Human(Parse("1." + new string('0', ExtendedDouble.TextBytesMax - 2))));
        Assert.False(ExtendedDouble.TryParse(Encoding.Latin1.GetBytes("1." + new string('0', ExtendedDouble.TextBytesMax - 1)), out _));
        // As many digits as there can be, all of them significant: the sticky bit decides.
        string halfway = "1.00000000000000000005421010862427522170037264004349708557128906250";
        Assert.Equal(Parse("1"), Parse(halfway));
        string above = halfway + new string('0', ExtendedDouble.TextBytesMax - halfway.Length - 1) + "1";
        Assert.NotEqual(Parse("1"), Parse(above));
        Assert.Equal(0x8000000000000001, Parse(above).Mantissa);
        Assert.Equal("0", Human(Parse("0." + new string('0', 4000) + new string('9', 1000))));
    }

    [Fact]
    public void SumsOfInfinitiesAreWhatX87Says()
    {
        ExtendedDouble infinity = Parse("inf");
        Assert.True(ExtendedDouble.Add(infinity, Parse("-inf")).IsNaN);
        Assert.True(ExtendedDouble.Add(infinity, Parse("-1")).IsInfinity);
        ExtendedDouble largest = Parse("1.18973149535723176502e4932");
        Assert.False(largest.IsInfinity);
        Assert.True(ExtendedDouble.Add(largest, largest).IsInfinity);
        Assert.Equal("inf", Human(infinity));
        Assert.Equal("-inf", Human(ExtendedDouble.FromDouble(double.NegativeInfinity)));
        Assert.Equal("nan", Human(ExtendedDouble.FromDouble(double.NaN)));
    }

    [Fact]
    public void ZerosHaveNoSignInText()
    {
        Assert.Equal("0", Human(Parse("-0")));
        Assert.Equal("0", Human(ExtendedDouble.Add(Parse("1.5"), Parse("-1.5"))));
        Assert.Equal("0", Human(Parse("-1e-18")));
        Assert.False(ExtendedDouble.Add(Parse("1.5"), Parse("-1.5")).IsNegative);
        Assert.True(ExtendedDouble.Add(Parse("-0"), Parse("-0")).IsNegative);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void IntegersAreExact(long value)
    {
        Assert.Equal($"{value}", Human(ExtendedDouble.FromInt64(value)));
        Assert.Equal(Parse($"{value}"), ExtendedDouble.FromInt64(value));
    }
}
