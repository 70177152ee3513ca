using FastKv.Memory;
using Xunit;

namespace FastKv.Tests.Memory;

public sealed unsafe class GuardedHeapTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(64)]
    [InlineData(5_000)]
    [InlineData(100_000)]
    [InlineData(3_000_000)]
    public void FindsAnOverflowOnFree(int size)
    {
        using var heap = new NativeHeap("overflow", guarded: true);
        byte* block = heap.Allocate(size);
        long usable = NativeHeap.UsableSize(size);
        byte saved = block[usable];
        block[usable] = 1;
        Assert.Contains($"offset {usable}", Assert.Throws<HeapCorruptionException>(() => heap.Free(block, size)).Message, StringComparison.Ordinal);
        block[usable] = saved;
        heap.Free(block, size);
    }

    [Fact]
    public void FindsAnUnderflowOnFree()
    {
        using var heap = new NativeHeap("underflow", guarded: true);
        byte* block = heap.Allocate(40);
        byte saved = block[-1];
        block[-1] ^= 1;
        Assert.Throws<HeapCorruptionException>(() => heap.Free(block, 40));
        block[-1] = saved;
        heap.Free(block, 40);
    }

    [Fact]
    public void FindsADoubleFree()
    {
        using var heap = new NativeHeap("double", guarded: true);
        byte* block = heap.Allocate(40);
        heap.Free(block, 40);
        Assert.Contains("second time", Assert.Throws<HeapCorruptionException>(() => heap.Free(block, 40)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindsABlockOfAnotherHeap()
    {
        using var heap = new NativeHeap("mine", guarded: true);
        using var other = new NativeHeap("yours", guarded: true);
        byte* block = other.Allocate(40);
        Assert.Contains("another heap", Assert.Throws<HeapCorruptionException>(() => heap.Free(block, 40)).Message, StringComparison.Ordinal);
        other.Free(block, 40);
    }

    [Fact]
    public void RefusesAddressesThatAreNoBlocks()
    {
        using var heap = new NativeHeap("wild", guarded: true);
        long local = 0;
        Assert.Throws<HeapCorruptionException>(() => heap.Free(null, 8));
        Assert.Throws<HeapCorruptionException>(() => heap.Free(AddressSpace.Base + AddressSpace.ReservedBytes - 4096, 8));
        byte* stack = (byte*)&local;
        Assert.Throws<HeapCorruptionException>(() => heap.Free(stack, 8));
        byte* block = heap.Allocate(200);
        Assert.Throws<HeapCorruptionException>(() => heap.Free(block + 64, 100));
        heap.Free(block, 200);
    }

    [Fact]
    public void FindsAWrongSizeButAcceptsOneOfTheSameClass()
    {
        using var heap = new NativeHeap("size", guarded: true);
        byte* block = heap.Allocate(37);
        Assert.Throws<HeapCorruptionException>(() => heap.Free(block, 41));
        Assert.Throws<HeapCorruptionException>(() => (nint)heap.Reallocate(block, 48, 100));
        heap.Free(block, 40);
    }

    [Fact]
    public void FindsAWriteAfterFree()
    {
        var heap = new NativeHeap("stale", guarded: true);
        byte* block = heap.Allocate(100);
        heap.Free(block, 100);
        Assert.Equal(0xDD, block[50]);
        block[50] = 0;
        Assert.Contains("after its free", Assert.Throws<HeapCorruptionException>(heap.Dispose).Message, StringComparison.Ordinal);
        heap.Dispose();
    }

    [Fact]
    public void ReportsLeaksWithSizesAndFirstBytes()
    {
        var heap = new NativeHeap("leak", guarded: true);
        byte* block = heap.Allocate(24);
        "hello"u8.CopyTo(new Span<byte>(block, 24));
        _ = heap.Allocate(2_000_000);
        string message = Assert.Throws<HeapLeakException>(heap.Dispose).Message;
        Assert.Contains("2 blocks", message, StringComparison.Ordinal);
        Assert.Contains("24 bytes: 68656C6C6F", message, StringComparison.Ordinal);
        Assert.Contains("\"hello", message, StringComparison.Ordinal);
        heap.Dispose();
    }

    [Fact]
    public void FreshBlocksArePoisonedAndReallocationMoves()
    {
        using var heap = new NativeHeap("poison", guarded: true);
        byte* block = heap.Allocate(40);
        Assert.Equal(0xCD, block[0]);
        Assert.Equal(0xCD, block[39]);
        block[0] = 7;
        byte* moved = heap.Reallocate(block, 40, 40);
        Assert.True(moved != block);
        Assert.Equal(7, moved[0]);
        heap.Free(moved, 40);
        Assert.Equal(0, heap.UsedBytes);
    }
}
