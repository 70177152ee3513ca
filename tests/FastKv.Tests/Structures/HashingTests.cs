using System.Numerics;
using System.Text;
using FastKv.Structures;
using Xunit;

namespace FastKv.Tests.Structures;

public sealed unsafe class HashingTests
{
    // Slots as redis-server 7.0.15 (CLUSTER KEYSLOT) gives them; the first is the check value of CRC16/XMODEM itself.
    [Theory]
    [InlineData("123456789", 0x31C3)]
    [InlineData("", 0)]
    [InlineData("foo", 12182)]
    [InlineData("bar", 5061)]
    [InlineData("{user1000}.following", 3443)]
    [InlineData("{user1000}.followers", 3443)]
    [InlineData("user1000", 3443)]
    [InlineData("foo{}{bar}", 8363)]
    [InlineData("foo{{bar}}zap", 4015)]
    [InlineData("foo{bar}{zap}", 5061)]
    [InlineData("{", 4092)]
    [InlineData("foo{bar", 15278)]
    public void SlotsAreRedis(string key, int slot) => Assert.Equal(slot & 16383, SlotOf(Encoding.UTF8.GetBytes(key)));

    [Fact]
    public void TheCrcIsThatOfItsDefinition()
    {
        var random = new Random(1);
        for (int length = 0; length < 200; length++)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            fixed (byte* start = bytes)
                Assert.Equal(SlowCrc(bytes), KeySlot.Crc16(start, length));
        }
    }

    [Fact]
    public void EveryBitOfTheKeyAndTheSeedChangesHalfOfTheHash()
    {
        foreach (int length in (int[])[1, 3, 4, 7, 8, 9, 15, 16, 17, 24, 32, 33, 63, 64, 65, 100, 129, 300])
        {
            var random = new Random(length);
            var bytes = new byte[length];
            random.NextBytes(bytes);
            ulong seed = (ulong)random.NextInt64();
            ulong hash = HashOf(bytes, seed);
            long flipped = 0;
            for (int bit = 0; bit < length * 8; bit++)
            {
                bytes[bit >> 3] ^= (byte)(1 << (bit & 7));
                ulong other = HashOf(bytes, seed);
                bytes[bit >> 3] ^= (byte)(1 << (bit & 7));
                int changed = BitOperations.PopCount(hash ^ other);
                Assert.InRange(changed, 8, 56);
                flipped += changed;
            }

            Assert.InRange((double)flipped / (length * 8), 26, 38);
            for (int bit = 0; bit < 64; bit++)
                Assert.InRange(BitOperations.PopCount(hash ^ HashOf(bytes, seed ^ 1UL << bit)), 8, 56);
        }
    }

    [Fact]
    public void SimilarKeysDoNotCollide()
    {
        HashSet<ulong> hashes = [];
        for (int i = 0; i < 100_000; i++)
        {
            Assert.True(hashes.Add(HashOf(Encoding.ASCII.GetBytes($"{i}"), 1)));
            Assert.True(hashes.Add(HashOf(Encoding.ASCII.GetBytes($"key:{i:D12}"), 1)));
        }

        // Lengths alone tell keys of zeroes apart.
        for (int length = 0; length < 200; length++)
            Assert.True(hashes.Add(HashOf(new byte[length], 1)));
    }

    private static ulong HashOf(byte[] key, ulong seed)
    {
        fixed (byte* start = key)
            return KeyHash.Compute(start, key.Length, seed);
    }

    private static int SlotOf(byte[] key)
    {
        fixed (byte* start = key)
            return KeySlot.Compute(start, key.Length);
    }

    private static int SlowCrc(byte[] bytes)
    {
        int crc = 0;
        foreach (byte value in bytes)
        {
            crc ^= value << 8;
            for (int i = 0; i < 8; i++)
                crc = (crc & 0x8000) != 0 ? (crc << 1 ^ 0x1021) & 0xFFFF : crc << 1;
        }

        return crc;
    }
}
