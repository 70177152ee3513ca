namespace FastKv.Memory;

/// <summary>
/// Somebody who still reads blocks that their owner changes or frees (a snapshot: large strings), through <see cref="NativeHeap.Keeper"/>. Data plane.
/// </summary>
public abstract unsafe class BlockKeeper
{
    /// <summary>Whether the block is one that is still read. O(1).</summary>
    public abstract bool IsReading(byte* block);

    /// <summary>A block above 4 KiB is about to be freed.</summary>
    /// <param name="block">Its address.</param>
    /// <param name="sizeBytes">Its size, as for <see cref="NativeHeap.Free"/>.</param>
    /// <returns>True: it is the keeper's from now on, to be freed by it when it has been read.</returns>
    public abstract bool TryTake(byte* block, long sizeBytes);

    /// <summary>Some bytes of a block are about to be overwritten in place. O(bytes).</summary>
    /// <param name="block">Its address.</param>
    /// <param name="offset">The first of them.</param>
    /// <param name="count">How many.</param>
    public abstract void BeforeWrite(byte* block, long offset, long count);
}
