using FastKv.Memory;
using Xunit;

namespace FastKv.Tests.Memory;

public sealed unsafe class BufferChainTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void BehavesAsAListOfBytes(int seed)
    {
        var random = new Random(seed);
        using var pool = new BufferPool(8);
        var chain = new BufferChain(pool);
        var other = new BufferChain(pool);
        var model = new List<byte>();
        var otherModel = new List<byte>();
        for (int step = 0; step < 5_000; step++)
        {
            (BufferChain Chain, List<byte> Bytes) target = random.Next(2) == 0 ? (chain, model) : (other, otherModel);
            Step(random, target.Chain, target.Bytes, target.Chain == chain ? other : chain, target.Bytes == model ? otherModel : model);
            Assert.Equal(model.Count, chain.Length);
            Assert.Equal(otherModel.Count, other.Length);
            if (step % 50 == 0 || model.Count < 200)
            {
                Assert.Equal(model, Bytes(chain));
                Assert.Equal(otherModel, Bytes(other));
            }
        }

        chain.Consume(chain.Length);
        other.Clear();
        Assert.True(chain.Head == null && other.Head == null);
        Assert.Equal(0, pool.RentedBytes);
    }

    [Fact]
    public void WrittenBytesStayWhereTheyAre()
    {
        using var pool = new BufferPool();
        var chain = new BufferChain(pool);
        chain.Append("prefix"u8);
        byte* inFlight = chain.Head->Data;
        BufferSegment* deferred = chain.BeginDeferred();
        chain.Append(new byte[100]);
        chain.EndDeferred(deferred, "*100\r\n"u8);
        chain.Append(new byte[100_000]);
        Assert.True(new ReadOnlySpan<byte>(inFlight, 6).SequenceEqual("prefix"u8));
        Assert.True(inFlight == chain.Head->Data);
        Assert.Equal(6 + 6 + 100 + 100_000, chain.Length);
        chain.Consume(6);
        Assert.Equal((byte)'*', chain.Head->Data[chain.Head->Consumed]);
        chain.Clear();
    }

    [Fact]
    public void SmallDeferredRepliesLeaveOneSegment()
    {
        using var pool = new BufferPool();
        var chain = new BufferChain(pool);
        for (int i = 0; i < 64; i++)
        {
            BufferSegment* outer = chain.BeginDeferred();
            BufferSegment* inner = chain.BeginDeferred();
            chain.Append("body"u8);
            chain.EndDeferred(inner, "*1\r\n"u8);
            chain.EndDeferred(outer, "*2\r\n"u8);
        }

        Assert.True(chain.Head->Next == null);
        Assert.Equal(BufferPool.SegmentBytes, pool.RentedBytes);
        Assert.Equal(string.Concat(Enumerable.Repeat("*2\r\n*1\r\nbody", 64)), System.Text.Encoding.ASCII.GetString([.. Bytes(chain)]));
        chain.Clear();
    }

    [Fact]
    public void AnEmptyChainHoldsNoMemory()
    {
        using var pool = new BufferPool();
        var chain = new BufferChain(pool);
        chain.Append("reply"u8);
        Assert.Equal(BufferPool.SegmentBytes, pool.RentedBytes);
        chain.Consume(5);
        Assert.True(chain.Head == null);
        Assert.Equal(0, pool.RentedBytes);
        _ = chain.Reserve(10);
        chain.Consume(0);
        Assert.Equal(0, pool.RentedBytes);
    }

    [Fact]
    public void SegmentsMayGoBackToAnotherPool()
    {
        using var first = new BufferPool();
        using var second = new BufferPool();
        var chain = new BufferChain(first);
        var other = new BufferChain(second);
        chain.Append(new byte[100_000]);
        other.AppendChain(chain);
        Assert.Equal(0, chain.Length);
        Assert.Equal(100_000, other.Length);
        other.Consume(100_000);
        Assert.Equal(0, first.RentedBytes + second.RentedBytes);
    }

    [Fact]
    public void AllocatesNothingOnTheManagedHeap()
    {
        using var pool = new BufferPool();
        var chain = new BufferChain(pool);
        Run(chain, 1_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(chain, 100_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static void Run(BufferChain chain, int count)
        {
            for (int i = 0; i < count; i++)
            {
                chain.Append("+OK\r\n"u8);
                *chain.Reserve(20) = 1;
                chain.Commit(1);
                BufferSegment* deferred = chain.BeginDeferred();
                chain.Append("abc"u8);
                chain.EndDeferred(deferred, "*1\r\n"u8);
                if (i % 64 == 0)
                    chain.Consume(chain.Length);
            }

            chain.Clear();
        }
    }

    private static void Step(Random random, BufferChain chain, List<byte> bytes, BufferChain other, List<byte> otherBytes)
    {
        switch (random.Next(8))
        {
            case 0:
            case 1:
                AppendRandom(random, chain, bytes);
                break;
            case 2:
                int reserved = random.Next(1, random.Next(10) == 0 ? 40_000 : 300);
                byte* room = chain.Reserve(reserved);
                int used = random.Next(reserved + 1);
                for (int i = 0; i < used; i++)
                {
                    room[i] = (byte)random.Next(256);
                    bytes.Add(room[i]);
                }

                chain.Commit(used);
                break;
            case 3:
                Deferred(random, chain, bytes, depth: 0);
                break;
            case 4:
            case 5:
                int count = random.Next(bytes.Count + 1);
                chain.Consume(count);
                bytes.RemoveRange(0, count);
                break;
            case 6:
                int moved = random.Next(bytes.Count + 1);
                chain.MoveTo(other, moved);
                otherBytes.AddRange(bytes.GetRange(0, moved));
                bytes.RemoveRange(0, moved);
                break;
            default:
                other.AppendChain(chain);
                otherBytes.AddRange(bytes);
                bytes.Clear();
                break;
        }
    }

    private static void Deferred(Random random, BufferChain chain, List<byte> bytes, int depth)
    {
        BufferSegment* placeholder = chain.BeginDeferred();
        int at = bytes.Count;
        if (random.Next(3) == 0 && depth < 4)
            Deferred(random, chain, bytes, depth + 1);
        AppendRandom(random, chain, bytes);
        byte[] header = new byte[random.Next(BufferChain.DeferredBytesMax + 1)];
        random.NextBytes(header);
        chain.EndDeferred(placeholder, header);
        bytes.InsertRange(at, header);
    }

    private static void AppendRandom(Random random, BufferChain chain, List<byte> bytes)
    {
        byte[] data = new byte[random.Next(random.Next(20) == 0 ? 60_000 : 200)];
        random.NextBytes(data);
        chain.Append(data);
        bytes.AddRange(data);
    }

    private static List<byte> Bytes(BufferChain chain)
    {
        var bytes = new List<byte>();
        for (BufferSegment* segment = chain.Head; segment != null; segment = segment->Next)
            bytes.AddRange(new ReadOnlySpan<byte>(segment->Data + segment->Consumed, segment->Unread));
        return bytes;
    }
}
