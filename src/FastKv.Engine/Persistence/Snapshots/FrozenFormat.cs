using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Snapshots;

// Data plane, one per frozen value. The writer that froze the value has made it; several of them take turns with that writer's memory, so nothing is held back
// between two calls of whoever uses it: elements are flushed at the end.

/// <summary>How the parts of a frozen value are written.</summary>
internal abstract unsafe class FrozenFormat
{
    /// <summary>Bytes of elements that are held back until <see cref="Flush"/>.</summary>
    public virtual long HeldBytes => 0;

    /// <summary>An element of a hash, set or sorted set.</summary>
    public abstract void Element(ref NativeBuffer output, byte* element);

    /// <summary>Writes the elements that are held back.</summary>
    public virtual void Flush(ref NativeBuffer output)
    {
    }

    /// <summary>A node of a list.</summary>
    public abstract void Node(ref NativeBuffer output, byte* first, int bytes, long count);

    /// <summary>The present block of a stream.</summary>
    public abstract void Block(ref NativeBuffer output, FrozenStream* blocks);

    /// <summary>The present one of a list of pending entries; lists have the numbers in which they were added to <see cref="FrozenGroups"/>.</summary>
    public abstract void Pending(ref NativeBuffer output, int list, FrozenPendings* pendings);

    /// <summary>What stands before the bytes of a string, or all of it.</summary>
    /// <returns>True: it is complete.</returns>
    public abstract bool TryWriteShort(ref NativeBuffer output, FrozenString text);

    /// <summary>What stands behind the last part.</summary>
    public virtual void End(ref NativeBuffer output)
    {
    }

    /// <summary>Frees what it has.</summary>
    public virtual void Release()
    {
    }
}
