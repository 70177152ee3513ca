using System.Text;
using FastKv.Structures.Encoding;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>CRC-64 and LZF against vectors, against slow definitions, and there and back.</summary>
public sealed unsafe class EncodingTests
{
    private const ulong Polynomial = 0x95AC9329AC4BC9B5;

    [Fact]
    public void Checksum_of_the_usual_text()
    {
        Assert.Equal(0xe9c6d914c4b8d9caUL, Crc64.Append(0, "123456789"u8));
        string text = "This is a test of the emergency broadcast system. This is a test, and only a test, of many bytes in one go, and of more of them.";
        Assert.Equal(Slow(Encoding.ASCII.GetBytes(text)), Crc64.Append(0, Encoding.ASCII.GetBytes(text)));
    }

    [Fact]
    public void Checksum_is_the_same_however_it_is_cut_and_computed()
    {
        var random = new Random(7);
        byte[] bytes = new byte[3000];
        random.NextBytes(bytes);
        for (int length = 0; length < 400; length++)
        {
            ReadOnlySpan<byte> part = bytes.AsSpan(length % 17, length);
            ulong expected = Slow(part);
            Assert.Equal(expected, Crc64.Append(0, part));
            fixed (byte* start = part)
                Assert.Equal(expected, Crc64.AppendByTables(0, start, length));
            int cut = random.Next(length + 1);
            Assert.Equal(expected, Crc64.Append(Crc64.Append(0, part[..cut]), part[cut..]));
        }
        Assert.Equal(Slow(bytes), Crc64.Append(0, bytes));
    }

    [Fact]
    public void Compressed_texts_come_back()
    {
        var random = new Random(11);
        var memory = (LzfMemory*)FastKv.Memory.NativeBlock.AllocateZeroed(sizeof(LzfMemory));
        int compressed = 0;
        for (int round = 0; round < 3000; round++)
        {
            byte[] text = new byte[random.Next(1, round % 100 == 0 ? 200_000 : 2000)];
            byte[] pattern = new byte[random.Next(1, 200)];
            random.NextBytes(pattern);
            int noise = random.Next(1, 100);
            for (int i = 0; i < text.Length; i++)
                text[i] = random.Next(noise) == 0 ? (byte)random.Next(256) : pattern[i % pattern.Length];
            byte[] target = new byte[text.Length + 100];
            byte[] back = new byte[text.Length];
            fixed (byte* source = text, to = target, again = back)
            {
                int length = Lzf.Compress(memory, source, text.Length, to, text.Length - 1);
                if (length == 0)
                    continue;
                compressed++;
                Assert.True(Lzf.IsPlausible(length, text.Length));
                Assert.True(Lzf.TryDecompress(to, length, again, text.Length));
                Assert.False(Lzf.TryDecompress(to, length - 1, again, text.Length));
            }
            Assert.Equal(text, back);
        }
        FastKv.Memory.NativeBlock.Free((byte*)memory, sizeof(LzfMemory));
        Assert.True(compressed > 1000);
    }

    [Fact]
    public void Known_compressed_bytes()
    {
        // 1 literal 'a', a reference of 9 to it, 2 literals.
        byte[] source = [0, (byte)'a', 0xE0, 0, 0, 1, (byte)'b', (byte)'c'];
        byte[] back = new byte[12];
        fixed (byte* from = source, to = back)
        {
            Assert.True(Lzf.TryDecompress(from, source.Length, to, back.Length));
            Assert.Equal("aaaaaaaaaabc"u8.ToArray(), back);
            Assert.False(Lzf.TryDecompress(from, source.Length, to, back.Length - 1));
            source[4] = 1;
            Assert.False(Lzf.TryDecompress(from, source.Length, to, back.Length));
        }
    }

    private static ulong Slow(ReadOnlySpan<byte> bytes)
    {
        ulong crc = 0;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) != 0 ? Polynomial : 0);
        }
        return crc;
    }
}
