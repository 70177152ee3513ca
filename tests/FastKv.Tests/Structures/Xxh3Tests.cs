using System.Text;
using FastKv.Structures;
using Xunit;

namespace FastKv.Tests.Structures;

public sealed unsafe class Xxh3Tests
{
    // The first from the DIGEST page of redis.io, the others from the documentation of systems that print XXH3 as text.
    [Theory]
    [InlineData("Hello world", 0xB6ACB9D84A38FF74UL)]
    [InlineData("test", 0x9EC9F7918D7DFC40UL)]
    [InlineData("hello", 0x9555E8555C62DCFDUL)]
    [InlineData("foo", 0xAB6E5F64077E7D8AUL)]
    [InlineData("Hello, World!", 0x60415D5F616602AAUL)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0xCE7D19A5418FB365UL)]
    public void TextsHashAsDocumented(string text, ulong hash) => Assert.Equal(hash, HashOf(Encoding.ASCII.GetBytes(text)));

    // From libxxhash 0.8.1: both sides of every length at which the algorithm changes.
    [Theory]
    [InlineData(0, 0x2D06800538D394C2UL)]
    [InlineData(1, 0x4C5CCA45D0F4811FUL)]
    [InlineData(2, 0x29C60963CBFA4E6EUL)]
    [InlineData(3, 0x6E3E2670E61106ACUL)]
    [InlineData(4, 0x5C4C63133443D03FUL)]
    [InlineData(7, 0x46A5C724D51FE43FUL)]
    [InlineData(8, 0xF9FD4DD0B04D78F5UL)]
    [InlineData(9, 0x7C20DF9712C26EDFUL)]
    [InlineData(15, 0xB345A7B2698BA575UL)]
    [InlineData(16, 0x86ABF6BACCEA0858UL)]
    [InlineData(17, 0xB58BF5DC5022D071UL)]
    [InlineData(32, 0xE3712ED84C04A66EUL)]
    [InlineData(33, 0xA4DEE99B093E1F73UL)]
    [InlineData(64, 0x1291D2D4042330DDUL)]
    [InlineData(65, 0x97C6BF83217E5EC9UL)]
    [InlineData(96, 0x81296929FC063365UL)]
    [InlineData(97, 0xF145A45B658AB9DDUL)]
    [InlineData(128, 0x10D17F72C0CCBA41UL)]
    [InlineData(129, 0x1648BDC3DB49D1A2UL)]
    [InlineData(160, 0x655C8DC33B4B4C4AUL)]
    [InlineData(239, 0xF0D154819ADB16CDUL)]
    [InlineData(240, 0xB6CFAF343FAB81E6UL)]
    [InlineData(241, 0x956CAE592C67279EUL)]
    [InlineData(255, 0x64A6073025EB7929UL)]
    [InlineData(256, 0xB15E550733C5DFACUL)]
    [InlineData(512, 0x31CC4C8456761B50UL)]
    [InlineData(1023, 0xAA76836516A7EA30UL)]
    [InlineData(1024, 0xA1E16F2EDF2CBED6UL)]
    [InlineData(1025, 0x0A6D2C17259FE4BBUL)]
    [InlineData(1088, 0x0EF0C0DC0E8682F1UL)]
    [InlineData(2047, 0x9EC85163F94A6B6DUL)]
    [InlineData(2048, 0x1C81A12455515459UL)]
    [InlineData(2049, 0xE54B75096179FB9CUL)]
    [InlineData(4096, 0x48AA0572119E973AUL)]
    [InlineData(5000, 0xAEDBE953D207917DUL)]
    [InlineData(100000, 0x61B222B374CF1FA7UL)]
    public void EveryLengthClassAgreesWithTheReference(int length, ulong hash)
    {
        var bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)(i * 131 + (i >> 8) * 17 + 7);
        Assert.Equal(hash, HashOf(bytes));
    }

    private static ulong HashOf(byte[] bytes)
    {
        fixed (byte* start = bytes)
            return Xxh3.Hash(start, bytes.Length);
    }
}
