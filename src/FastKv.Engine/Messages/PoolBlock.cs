using System.Runtime.InteropServices;

namespace FastKv.Engine.Messages;

// Data plane. What every block of a MessagePool begins with.

/// <summary>The header of a pooled native block; what it holds follows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PoolBlock
{
    /// <summary>The next block of a list: of free ones, or of those on their way back.</summary>
    public PoolBlock* Next;

    /// <summary>Where blocks of its pool are given back; null: it belongs to no pool.</summary>
    public PoolReturns* Returns;

    /// <summary>Size of the block, this header included.</summary>
    public long AllocatedBytes;
}

/// <summary>Where other threads leave the blocks of a pool: a list of which they push to the front, and the pool's thread takes the whole.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal unsafe struct PoolReturns
{
    /// <summary>The block given back last. On lines of its own: other threads write it.</summary>
    [FieldOffset(128)]
    public PoolBlock* First;
}
