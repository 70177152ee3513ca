using FastKv.Memory;
using Xunit;

namespace FastKv.Tests.Memory;

public sealed unsafe class NativeBufferTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void BehavesAsAListOfBytes(int seed)
    {
        var random = new Random(seed);
        var buffer = default(NativeBuffer);
        var model = new List<byte>();
        for (int step = 0; step < 5_000; step++)
        {
            if (random.Next(3) < 2)
            {
                byte[] data = new byte[random.Next(1, 3_000)];
                random.NextBytes(data);
                fixed (byte* source = data)
                    buffer.Append(source, data.Length);
                model.AddRange(data);
            }
            else
            {
                int count = random.Next(model.Count + 1);
                buffer.RemovePrefix(count);
                model.RemoveRange(0, count);
            }

            Assert.True(model.ToArray().AsSpan().SequenceEqual(new ReadOnlySpan<byte>(buffer.Data, (int)buffer.Length)));
            Assert.True(buffer.Capacity >= buffer.Length);
        }

        buffer.Release();
        Assert.True(buffer.Data == null && buffer.Length == 0 && buffer.Capacity == 0);
    }

    [Fact]
    public void GrowsToWhatIsNeededBeyondOneMebibyte()
    {
        var buffer = default(NativeBuffer);
        buffer.EnsureFree(1);
        Assert.Equal(1024, buffer.Capacity);
        buffer.EnsureFree(5_000_000);
        Assert.Equal(5_000_000, buffer.Capacity);
        buffer.Length = 5_000_000;
        buffer.EnsureFree(1);
        Assert.Equal(6_250_000, buffer.Capacity);
        buffer.Release();
    }
}
