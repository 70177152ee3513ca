// Data plane. The arguments of all commands decoded in one turn, one after the other, so that a batch of commands is
// a list of (first, count) pairs into one array that is rewound, not freed, at the end of the turn.
using System.Diagnostics;
using FastKv.Memory;

namespace FastKv.Protocol;

/// <summary>
/// A growable native array of <see cref="Argument"/>. Indices stay valid when it grows, pointers to its items do not.
/// Not thread-safe: one shard owns it.
/// </summary>
public sealed unsafe class ArgumentArray : IDisposable
{
    private const int CapacityMin = 64;

    /// <summary>The items; null until the first growth. Moves when the array grows.</summary>
    public Argument* Items;

    /// <summary>Items in use.</summary>
    public int Count;

    /// <summary>Items that fit without growing.</summary>
    public int Capacity;

    /// <summary>Forgets all items and keeps the storage. O(1).</summary>
    public void Clear() => Count = 0;

    /// <summary>Makes room for <paramref name="count"/> more items. Amortised O(1) per item: the storage doubles.</summary>
    /// <param name="count">Free items wanted behind <see cref="Count"/>.</param>
    /// <exception cref="OutOfMemoryException">The system refuses the memory.</exception>
    public void EnsureFree(int count)
    {
        Debug.Assert(count >= 0, "a negative number of items");
        if (Capacity - Count < count)
            Grow((long)Count + count);
    }

    /// <summary>
    /// Gives storage above <paramref name="capacityMax"/> items back, so that one huge command does not pin its memory for ever.
    /// Only allowed while the array is empty.
    /// </summary>
    /// <param name="capacityMax">Items that may stay reserved.</param>
    public void Trim(int capacityMax)
    {
        Debug.Assert(Count == 0, "items in use would be lost");
        if (Capacity <= capacityMax)
            return;
        Dispose();
    }

    /// <summary>Frees the storage; the array is empty and usable afterwards.</summary>
    public void Dispose()
    {
        NativeBlock.Free((byte*)Items, (long)Capacity * sizeof(Argument));
        Items = null;
        Count = 0;
        Capacity = 0;
    }

    private void Grow(long needed)
    {
        long capacity = Math.Max(Math.Max(CapacityMin, needed), Math.Min(2L * Capacity, Array.MaxLength));
        if (capacity > Array.MaxLength)
            throw new OutOfMemoryException();
        Items = (Argument*)NativeBlock.Reallocate((byte*)Items, (long)Capacity * sizeof(Argument), capacity * sizeof(Argument));
        Capacity = (int)capacity;
    }
}
