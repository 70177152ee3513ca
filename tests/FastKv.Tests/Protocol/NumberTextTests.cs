using System.Globalization;
using System.Numerics;
using System.Text;
using FastKv.Protocol;
using Xunit;

namespace FastKv.Tests.Protocol;

public sealed unsafe class NumberTextTests
{
    [Fact]
    public void IntegersKeepTheirTextBothWays()
    {
        const int seed = 31;
        var random = new Random(seed);
        List<long> values = [0, 1, -1, 9, 10, 99, 100, 999, 1000, 9999, 10_000, long.MaxValue, long.MinValue, long.MinValue + 1];
        for (long power = 1; power < long.MaxValue / 10; power *= 10)
            values.AddRange([power - 1, power, power + 1, -power, -power + 1, -power - 1]);
        for (int i = 0; i < 20_000; i++)
            values.Add(random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64));

        byte* target = stackalloc byte[NumberText.Int64CharsMax];
        foreach (long value in values)
        {
            int length = NumberText.Format(target, value);
            string expected = value.ToString(CultureInfo.InvariantCulture);
            Assert.Equal(expected, Encoding.Latin1.GetString(target, length));
            Assert.True(NumberText.TryParseInt64(new ReadOnlySpan<byte>(target, length), out long parsed));
            Assert.Equal(value, parsed);
            ulong unsigned = (ulong)value;
            Assert.Equal(unsigned.ToString(CultureInfo.InvariantCulture).Length, NumberText.CountDigits(unsigned));
            length = NumberText.FormatUnsigned(target, unsigned);
            Assert.True(NumberText.TryParseUInt64(new ReadOnlySpan<byte>(target, length), out ulong parsedUnsigned));
            Assert.Equal(unsigned, parsedUnsigned);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("-0")]
    [InlineData("+1")]
    [InlineData("00")]
    [InlineData("01")]
    [InlineData("-01")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1a")]
    [InlineData("1.0")]
    [InlineData("--1")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("99999999999999999999")]
    [InlineData("-99999999999999999999")]
    public void NoOtherSpellingIsAnInteger(string text) => Assert.False(NumberText.TryParseInt64(Encoding.Latin1.GetBytes(text), out _));

    [Theory]
    [InlineData("18446744073709551615", true)]
    [InlineData("18446744073709551616", false)]
    [InlineData("99999999999999999999", false)]
    [InlineData("-1", false)]
    [InlineData("007", false)]
    [InlineData("", false)]
    public void UnsignedIntegersEndAt64Bits(string text, bool isValid) =>
        Assert.Equal(isValid, NumberText.TryParseUInt64(Encoding.Latin1.GetBytes(text), out _));

    [Theory]
    [InlineData("5", 5UL)]
    [InlineData("+5", 5UL)]
    [InlineData(" 007", 7UL)]
    [InlineData("-05", ulong.MaxValue - 4)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("0", 0UL)]
    [InlineData("00", 0UL)]
    public void LenientIntegersAreThoseOfStrtoull(string text, ulong expected)
    {
        Assert.True(NumberText.TryParseUInt64Lenient(Encoding.Latin1.GetBytes(text), out ulong value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("")]
    [InlineData("+")]
    [InlineData(" ")]
    [InlineData("5 ")]
    [InlineData("18446744073709551616")]
    public void LenientIntegersHaveBoundsToo(string text) => Assert.False(NumberText.TryParseUInt64Lenient(Encoding.Latin1.GetBytes(text), out _));

    // Expected: the rules of strtod(3) and the checks of Redis.
    [Theory]
    [InlineData("3.14", 3.14)]
    [InlineData("-0", -0.0)]
    [InlineData("+007", 7)]
    [InlineData(".5", .5)]
    [InlineData("5.", 5)]
    [InlineData("1e5", 1e5)]
    [InlineData("1E-5", 1e-5)]
    [InlineData("0e99999999999999", 0)]
    [InlineData("4.9e-324", double.Epsilon)]
    [InlineData("1.7976931348623157e308", double.MaxValue)]
    [InlineData("9007199254740993", 9007199254740992)]
    [InlineData("9007199254740993.0000000000000000000000000000000000000000000000000001", 9007199254740994)]
    [InlineData("0x1p3", 8)]
    [InlineData("0X.8", .5)]
    [InlineData("-0xAp-1", -5)]
    [InlineData("0x1.fffffffffffff8p0", 2)]
    [InlineData("0x1p-1074", double.Epsilon)]
    [InlineData("0x0.0p99999", 0)]
    [InlineData("inf", double.PositiveInfinity)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    [InlineData("+INF", double.PositiveInfinity)]
    public void DoublesAreThoseOfStrtod(string text, double expected)
    {
        Assert.True(NumberText.TryParseDouble(Encoding.Latin1.GetBytes(text), out double value));
        Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(value));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("e5")]
    [InlineData(".")]
    [InlineData("-")]
    [InlineData("--1")]
    [InlineData("1,5")]
    [InlineData("nan")]
    [InlineData("-nan(1)")]
    [InlineData("infi")]
    [InlineData("0x")]
    [InlineData("0xg")]
    [InlineData("0x1p")]
    [InlineData("0x.p1")]
    [InlineData("1e309")]
    [InlineData("1e-400")]
    [InlineData("1e999999999999999999")]
    [InlineData("1e-999999999999999999")]
    [InlineData("0x1p1024")]
    [InlineData("0x1p-1075")]
    [InlineData("1\0")]
    public void NoOtherSpellingIsADouble(string text)
    {
        Assert.False(NumberText.TryParseDouble(Encoding.Latin1.GetBytes(text), out double value));
        Assert.Equal(0, value);
    }

    // Expected: printf's %.17g, and the layout rules in the sources of d2string and fpconv (not run against a server that has them).
    [Theory]
    [InlineData(0.0, "0", "0")]
    [InlineData(-0.0, "-0", "-0")]
    [InlineData(3.0, "3", "3")]
    [InlineData(3.1, "3.1000000000000001", "3.1")]
    [InlineData(-1.5, "-1.5", "-1.5")]
    [InlineData(0.01, "0.01", "0.01")]
    [InlineData(0.1, "0.10000000000000001", "0.1")]
    [InlineData(1e15, "1000000000000000", "1000000000000000")]
    [InlineData(1e16, "10000000000000000", "10000000000000000")]
    [InlineData(1e17, "1e+17", "100000000000000000")]
    [InlineData(1.5e21, "1.5e+21", "1.5e+21")]
    [InlineData(1e-4, "0.0001", "0.0001")]
    [InlineData(1e-5, "1.0000000000000001e-05", "0.00001")]
    [InlineData(1e-7, "9.9999999999999995e-08", "1e-7")]
    [InlineData(2.98023223876953125E-8, "2.9802322387695312e-08", "2.980232238769531e-8")]
    [InlineData(0.99999999999999989, "0.99999999999999989", "0.9999999999999999")]
    [InlineData(5e-324, "4.9406564584124654e-324", "5e-324")]
    [InlineData(double.MaxValue, "1.7976931348623157e+308", "1.7976931348623157e+308")]
    [InlineData(double.PositiveInfinity, "inf", "inf")]
    [InlineData(double.NegativeInfinity, "-inf", "-inf")]
    [InlineData(double.NaN, "nan", "nan")]
    public void DoublesHaveTheDigitsOfPrintf(double value, string seventeen, string shortest)
    {
        Span<byte> target = stackalloc byte[NumberText.DoubleCharsMax];
        Assert.Equal(seventeen, Encoding.Latin1.GetString(target[..NumberText.FormatDouble17(target, value)]));
        Assert.Equal(seventeen, Encoding.Latin1.GetString(target[..NumberText.FormatDouble(target, value)]));
        Assert.Equal(shortest, Encoding.Latin1.GetString(target[..NumberText.FormatDoubleShortest(target, value)]));
    }

    [Fact]
    public void RandomDoublesHaveSeventeenExactDigitsAndReadBack()
    {
        const int seed = 17;
        var random = new Random(seed);
        Span<byte> target = stackalloc byte[NumberText.DoubleCharsMax];
        for (int i = 0; i < 20_000; i++)
        {
            double value = i % 2 == 0
                ? BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue))
                : Math.Round((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(18)), random.Next(9));
            if (!double.IsFinite(value))
                continue;
            int length = NumberText.FormatDouble17(target, value);
            Assert.True(NumberText.TryParseDouble(target[..length], out double parsed) && parsed == value, $"seed {seed} number {i}");
            AssertNearest(value, Encoding.Latin1.GetString(target[..length]), $"seed {seed} number {i}");
            length = NumberText.FormatDoubleShortest(target, value);
            Assert.True(NumberText.TryParseDouble(target[..length], out parsed) && parsed == value, $"seed {seed} number {i}");
        }
    }

    [Fact]
    public void NothingAllocates()
    {
        long allocated = 0;
        Span<byte> target = stackalloc byte[ExtendedDouble.HumanCharsMax];
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            NumberText.FormatDouble17(target, 1e300 / 3);
            NumberText.FormatDouble17(target, 3.1);
            NumberText.FormatDoubleShortest(target, 1e-300 / 3);
            NumberText.TryParseDouble("123.456e-100"u8, out _);
            NumberText.TryParseDouble("3.14159"u8, out _);
            NumberText.TryParseDouble("0xabcp-10"u8, out _);
            ExtendedDouble.TryParse("1.5e4000"u8, out ExtendedDouble large);
            ExtendedDouble.TryParse("-1.5e-4000"u8, out ExtendedDouble small);
            ExtendedDouble.Add(large, small).FormatHuman(target);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);
    }

    /// <summary>|text - value| is at most half a unit of the 17th digit, computed in whole numbers.</summary>
    private static void AssertNearest(double value, string text, string seed)
    {
        if (value == 0)
            return;
        long bits = BitConverter.DoubleToInt64Bits(Math.Abs(value));
        int field = (int)(bits >> 52);
        BigInteger numerator = (bits & ((1L << 52) - 1)) | (field == 0 ? 0 : 1L << 52);
        int weight = Math.Max(field, 1) - 1075;
        BigInteger denominator = BigInteger.One << Math.Max(-weight, 0);
        numerator <<= Math.Max(weight, 0);

        string[] parts = text.TrimStart('-').Split('e');
        int exponent = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        int point = parts[0].IndexOf('.');
        string digits = parts[0].Replace(".", "");
        int first = digits.Length - digits.TrimStart('0').Length;
        int scale = exponent - (point < 0 ? 0 : digits.Length - point);
        var decimalDigits = BigInteger.Parse(digits, CultureInfo.InvariantCulture);
        int unit = scale + digits.Length - first - 17; // weight of the 17th significant digit

        // All times 2 * 10^-min(scale, unit) and times the denominator.
        int lowest = Math.Min(Math.Min(scale, unit), 0);
        BigInteger written = decimalDigits * BigInteger.Pow(10, scale - lowest) * denominator * 2;
        BigInteger exact = numerator * BigInteger.Pow(10, -lowest) * 2;
        Assert.True(BigInteger.Abs(written - exact) <= BigInteger.Pow(10, unit - lowest) * denominator, $"{seed}: {text}");
    }
}
