using FastKv.Memory;
using Xunit;

namespace FastKv.Tests.Memory;

public sealed unsafe class AddressSpaceTests
{
    [Fact]
    public void ReferencesFitInFortyBitsAndAreNeverZero()
    {
        Assert.Equal(0, (nint)AddressSpace.Base % AddressSpace.ChunkBytes);
        Assert.InRange(AddressSpace.ReservedBytes, 1L << 30, 8L << AddressSpace.ReferenceBits);
        byte* last = AddressSpace.Base + AddressSpace.ReservedBytes - 8;
        Assert.InRange(AddressSpace.Compress(last), 1UL, (1UL << AddressSpace.ReferenceBits) - 1);
        Assert.True(AddressSpace.Expand(AddressSpace.Compress(last)) == last);
        using var heap = new NativeHeap("references");
        byte* block = heap.Allocate(8);
        Assert.True(AddressSpace.Compress(block) >= AddressSpace.ChunkBytes / 8);
    }

    [Fact]
    public void RunsAreDisjointAndReleasedPagesReadAsZero()
    {
        Chunk* first = AddressSpace.Acquire(3);
        Chunk* second = AddressSpace.Acquire(1);
        Assert.True(second < first || second >= first + 3);
        byte* start = AddressSpace.ChunkStart(first);
        start[0] = 1;
        start[(3 * AddressSpace.ChunkBytes) - 1] = 2;
        AddressSpace.Decommit(start, 3L * AddressSpace.ChunkBytes);
        Assert.Equal(0, start[0]);
        Assert.Equal(0, start[(3 * AddressSpace.ChunkBytes) - 1]);
        AddressSpace.Release(first, 3, 0);
        AddressSpace.Release(second, 1, 0);
    }

    [Fact]
    public void NativeBlocksAreCounted()
    {
        // Other tests count at the same time; a block this large stands out.
        const long Size = 1L << 40;
        byte* block = NativeBlock.Allocate(100);
        Assert.True(NativeBlock.OutstandingBlocks >= 1 && NativeBlock.OutstandingBytes >= 100);
        block[99] = 7;
        block = NativeBlock.Reallocate(block, 100, 10_000);
        Assert.Equal(7, block[99]);
        NativeBlock.Free(block, 10_000);
        NativeBlock.Free(null, Size);
        Assert.InRange(NativeBlock.OutstandingBytes, 0, Size);
        byte* zeroed = NativeBlock.AllocateZeroed(64);
        Assert.Equal(0, zeroed[63]);
        NativeBlock.Free(zeroed, 64);
    }
}
